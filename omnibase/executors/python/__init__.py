"""Batches that are Python: workers forked from a zygote, and passes over single files."""
