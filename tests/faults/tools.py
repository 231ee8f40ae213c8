"""How each tool is started for the same work, and where it keeps what is its own."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

KEPT = ("PATH", "TMPDIR", "LANG")


class Tool(NamedTuple):
    """A tool, and the command that runs the hooks of what is staged.

    `before` is run once in the scenario, `following` after a run that was killed, and fixes nothing. `restage`: fixes
    are staged. `exact`: nothing writes the index otherwise. `again` shows the last report as JSON.
    """

    name: str
    program: str
    arguments: tuple[str, ...]
    before: tuple[str, ...] = ()
    following: tuple[str, ...] = ()
    restage: bool = False
    exact: bool = False
    again: tuple[str, ...] = ()

    @property
    def is_ours(self) -> bool:
        return bool(self.following)

    @property
    def command(self) -> list[str]:
        return [self.program, *self.arguments]

    def version(self) -> str:
        done = subprocess.run([self.program, "--version"], capture_output=True, check=True, text=True)
        found = re.search(r"\d+(\.\d+)+\S*", done.stdout)
        return found[0] if found else "unknown"


def omnibase(*, program: str | None = None, restage: bool = False) -> Tool:
    """The command that is installed beside this interpreter, or another one."""
    program = program or str(Path(sys.executable).with_name("omnibase"))
    stage = ("orch", "--stage", "pre-commit", "--format", "json")
    return Tool(
        "omnibase",
        program,
        (*stage, "--restage") if restage else stage,
        following=(program, *stage, "--no-fix", "--skip", "reading"),
        restage=restage,
        exact=not restage,
        again=(program, "runs", "show", "last", "--format", "json"),
    )


def commit() -> Tool:
    """`git commit`, with the hook that omnibase installs. git itself writes the index anew."""
    ours = omnibase()
    return Tool("commit", "git", ("commit", "-m", "more"), (ours.program, "install"), ours.following)


def peer(name: str, folder: str | None) -> Tool:
    """pre-commit or prek, in a folder or on PATH."""
    return Tool(name, str(Path(folder, name)) if folder else name, ("run",))


def environment(home: Path) -> dict[str, str]:
    """The environment of a user who has set nothing, with a home of their own."""
    home.mkdir(parents=True, exist_ok=True)
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Some One\n\temail = some.one@example.org\n[init]\n\tdefaultBranch = main\n"
    )
    own: Mapping[str, str] = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {
        "LANG": "C.UTF-8",
        **own,
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
        "PREK_HOME": str(home / "prek"),
        "TMPDIR": str(home),
    }
