"""Asks git about contents that are in no repository, in a folder of their own and free of all settings."""

import os
import subprocess
from collections.abc import Iterable, Mapping

from omnibase.inputs.calling import SMALLEST_GIT
from omnibase.model.errors import ExecutionError


def ask_aside(
    contents: Mapping[str, bytes], arguments: Iterable[str], *, scratch: str | None = None, limit_s: float
) -> subprocess.CompletedProcess[bytes] | None:
    """Run git where the contents lie as files under their names; None where it has not ended after `limit_s` seconds.

    They are put into a folder below `scratch`, or among the system's temporary files. Raises ExecutionError where
    git cannot be started or there is no room.
    """
    import tempfile

    try:
        with tempfile.TemporaryDirectory(prefix="omnibase-aside-", dir=scratch) as folder:
            for name, content in contents.items():
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(content)
            return subprocess.run(
                ["git", *arguments],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                env=_environment(folder),
                timeout=limit_s,
            )
    except subprocess.TimeoutExpired:
        return None
    except OSError as error:
        if error.filename == "git":
            remedy = f"install git {'.'.join(map(str, SMALLEST_GIT))} or later, or add its folder to PATH"
            raise ExecutionError(f"git cannot be started: {error.strerror}", remedy=remedy) from None
        message = f"there is no place for temporary files: {error.strerror}"
        raise ExecutionError(message, remedy="see that the disk has room") from None


def _environment(folder: str) -> dict[str, str]:
    """GIT_CONFIG_GLOBAL is known to git 2.32 and later; the older ones look into the home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    nowhere = {"HOME": folder, "XDG_CONFIG_HOME": folder, "GIT_CONFIG_GLOBAL": os.devnull}
    return {
        **kept,
        **nowhere,
        "GIT_CEILING_DIRECTORIES": os.path.dirname(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "LC_ALL": "C",
    }
