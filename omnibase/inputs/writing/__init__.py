"""The one door by which files of the user change, and what is left of a write that was cut off."""
