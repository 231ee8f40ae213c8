"""`python -m omnibase`: the command, where its script is not at hand, as in git's hooks."""

from omnibase.cli.entry import main

main()
