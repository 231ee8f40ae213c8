"""Stepping through a run at the terminal: where it stops, what is shown there, and what can be said."""
