"""Decisions: values in, values out. Nothing here knows the clock, the disk or a process."""
