"""The command line: argv in, text and an exit code out. The only floor that knows of a terminal."""
