"""The file with a commit's message, which git gives to the hooks that are about it."""

import os

from omnibase.model.errors import ConfigurationError, Location


def message_file(path: str, start: str, root: str) -> str:
    """The path as components are given it: relative to the root where it lies below it, else absolute.

    It is git's own file, in the folder that paths of inputs never lead to. Raises ConfigurationError where it is no
    file.
    """
    whole = os.path.normpath(os.path.join(start, path))
    if not os.path.isfile(whole):
        raise ConfigurationError(
            "there is no such file, and the hook is about a commit's message",
            place=Location(path),
            remedy="give it the file with the message, such as .git/COMMIT_EDITMSG",
        )
    inside = os.path.realpath(root).rstrip("/") + "/"
    real = os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))
    return real.removeprefix(inside)
