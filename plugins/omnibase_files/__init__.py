"""Checks and fixers for a repository's files. Nothing is imported here: a worker loads only the module it runs."""
