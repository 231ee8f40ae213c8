"""Drives one plan: the scheduler's commands become batches, what happens becomes events."""
