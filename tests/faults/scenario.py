"""A repository in the midst of work: staged, partly staged, unstaged, renamed, and each kind of file; and its hooks."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

SOURCE = Path(__file__).with_name("fixing.py")

REGISTRY = """\
schema_version: "1"
plugins: [omnibase_files]
exclude: ["hooks/**", registry.yaml, .pre-commit-config.yaml, .gitattributes, .gitignore]
stages:
  pre-commit: {select: "tag=faults,lifecycle=canary|stable", mode: async, fix: true}
components:
  - {name: trailing-whitespace, uses: omnibase_files, tags: [faults]}
  - {name: end-of-file, uses: omnibase_files, tags: [faults]}
  - name: upper
    type: validator
    lifecycle: stable
    tags: [faults]
    files: {types: [text]}
    command: [python3, hooks/fixing.py, check, upper, "{files}"]
    fix: [python3, hooks/fixing.py, fix, upper, "{files}"]
  - name: reading
    type: validator
    lifecycle: stable
    tags: [faults]
    files: {types: [text]}
    command: [python3, hooks/fixing.py, read, "0.15", "{files}"]
  - name: seeing
    type: validator
    lifecycle: stable
    tags: [faults]
    files: {types: [text]}
    command: [python3, hooks/fixing.py, see, all, "{files}"]
"""

PRE_COMMIT = """\
exclude: ^(hooks/.*|registry\\.yaml|\\.pre-commit-config\\.yaml|\\.gitattributes|\\.gitignore)$
repos:
  - repo: local
    hooks:
      - &hook {id: strip, name: strip, language: system, entry: python3 hooks/fixing.py fix strip, types: [text]}
      - {id: end, name: end, language: system, entry: python3 hooks/fixing.py fix end, types: [text]}
      - {id: upper, name: upper, language: system, entry: python3 hooks/fixing.py fix upper, types: [text]}
      - id: reading
        name: reading
        language: system
        entry: python3 hooks/fixing.py read 0.15
        types: [text]
        require_serial: true
"""

ATTRIBUTES = "*.dos text eol=crlf\n*.bin binary\n"
IGNORED = "build/\n"


class Scenario:
    """A repository at `root`, and the whole environment of what runs in it.

    `filtered` are the paths whose content in the work tree has CRLF where the staged one has LF.
    """

    filtered = frozenset({"filtered.dos"})

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        self.root = root
        self.environment = dict(environment)

    def git(self, *arguments: str, feed: bytes | None = None, check: bool = True) -> bytes:
        """What git answers; it refreshes nothing by itself."""
        command = ["git", "--no-optional-locks", *arguments]
        done = subprocess.run(
            command, cwd=self.root, env=self.environment, input=feed or b"", capture_output=True, check=False
        )
        assert not check or done.returncode == 0, (command, done.stderr)
        return done.stdout

    def write(self, path: str, content: str | bytes, *, mode: int | None = None) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        if mode is not None:
            file.chmod(mode)

    def copy(self, root: Path) -> "Scenario":
        """The same in another folder, and git knows its files as it knew these.

        One was touched since: any git that may would write the index anew.
        """
        shutil.copytree(self.root, root, symlinks=True)
        copied = Scenario(root, self.environment)
        copied.git("update-index", "--refresh", "-q", check=False)
        os.utime(root / "clean.txt", (0, 0))
        return copied


def lines(words: str, count: int = 60) -> list[str]:
    return [f"{words} {number}" for number in range(count)]


def text(of: list[str]) -> str:
    return "".join(f"{line}\n" for line in of)


def build(root: Path, environment: Mapping[str, str], *, each: int = 6, conflicting: bool = True) -> Scenario:
    """A scenario in a new folder; `each` is how many files there are of the kinds that are there more than once.

    `conflicting`: in one file, what is not staged is in a line that a fixer wants to change.
    """
    scenario = Scenario(root, environment)
    root.mkdir(parents=True)
    scenario.git("init", "--quiet")
    _commit(scenario, each)
    _stage(scenario, each)
    _leave_unstaged(scenario, each, conflicting)
    scenario.git("update-index", "--refresh", "-q", check=False)
    return scenario


def _commit(scenario: Scenario, each: int) -> None:
    write = scenario.write
    write("registry.yaml", REGISTRY)
    write(".pre-commit-config.yaml", PRE_COMMIT)
    write(".gitattributes", ATTRIBUTES)
    write(".gitignore", IGNORED)
    write("hooks/fixing.py", SOURCE.read_bytes())
    for number in range(each):
        write(f"partly {number}.txt", text(lines("partly")))
        write(f"unstaged/{number}.txt", text(lines("unstaged")))
    for name in ("clean", "conflict", "old name", "gone", "removed", "deep/in folders/file"):
        write(f"{name}.txt", text(lines(name)))
    write("mode.sh", text(["#!/bin/sh", *lines("true")]), mode=0o644)
    write("crlf.txt", b"one\r\ntwo\r\n")
    write("filtered.dos", b"one\r\ntwo\r\n")
    write("picture.bin", bytes(range(256)))
    os.symlink("clean.txt", scenario.root / "link")
    scenario.git("add", "--all")
    scenario.git("commit", "--quiet", "-m", "start")


def _stage(scenario: Scenario, each: int) -> None:
    """What is to be committed: each text has something for each of the fixers, two of them near its beginning."""
    write, git = scenario.write, scenario.git
    for number in range(each):
        write(f"staged {number}.txt", f"todo {number}  \nfine\nno end")
        write(f"partly {number}.txt", text(_partly()))
    write("conflict.txt", text(["staged  ", *lines("conflict")[1:]]))
    git("mv", "old name.txt", "new name.txt")
    write("new name.txt", text(["renamed todo\t", *lines("old name")[1:]]))
    git("rm", "--quiet", "gone.txt")
    write("mode.sh", text(["#!/bin/sh  ", *lines("true")]), mode=0o755)
    write("crlf.txt", b"one  \r\ntodo\r\n\r\n")
    write("filtered.dos", b"one \r\ntodo\r\n")
    write("picture.bin", bytes(range(256)) + b"todo  \n")
    write("deep/in folders/file.txt", text(["todo  ", *lines("deep")]))
    write("naïve (copy) $1.txt", "todo  \n")
    write("large.txt", text(["todo  ", *lines("a file of several pages, which may fit in part", 1000)]))
    (scenario.root / "link").unlink()
    os.symlink("crlf.txt", scenario.root / "link")
    git("add", "--all")


def _leave_unstaged(scenario: Scenario, each: int, conflicting: bool) -> None:
    """What is not to be committed, and what a fixer would find in it stays as it is."""
    write = scenario.write
    for number in range(each):
        partly = _partly()
        partly[50] = f"being worked on todo {number}   "
        partly.insert(30, "a line more  ")
        write(f"partly {number}.txt", text(partly) + "no end, too")
        write(f"unstaged/{number}.txt", text(["unstaged todo  ", *lines("unstaged")]) + "no end")
    if conflicting:
        write("conflict.txt", text(["not yet staged  ", *lines("conflict")[1:]]))
    write("picture.bin", bytes(range(255, -1, -1)) * 3)
    write("deep/in folders/file.txt", text(["todo  ", *lines("deep")]) + "one line more\n", mode=0o600)
    (scenario.root / "removed.txt").unlink()
    write("untracked.txt", "todo  \nno end")
    write("build/out.txt", "todo  \nno end")
    write("later.txt", "todo  \nno end")
    scenario.git("add", "--intent-to-add", "later.txt")


def _partly() -> list[str]:
    partly = lines("partly")
    partly[3] = "staged todo  "
    return partly
