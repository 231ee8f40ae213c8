"""omnibase: a repository's validators, tools and tests, declared once and run at every stage."""

__version__ = "0.1.0"
