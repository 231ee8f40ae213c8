"""The names of what lies in the user's folders for the moment of a write."""

PREFIX = ".omnibase-fix-"
