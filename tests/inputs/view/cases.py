"""A repository with its views, as the tests of views have it."""

import os
import tempfile
from pathlib import Path

from omnibase.inputs.shadow import snapshot
from omnibase.inputs.view.tree import View, take
from tests.inputs.conftest import Repo

Contents = dict[str, str]


class Case:
    """A repository with the folder for its state."""

    def __init__(self, repo: Repo, state: Path, scratch: Path) -> None:
        self.repo = repo
        self.state = str(state)
        self.scratch = scratch
        self.runs = 0

    def take(self) -> View:
        return take(self.state, self.repo.found())

    def update(self, view: View) -> View:
        """As a run does it: over an index of which nothing is known but what it holds."""
        self.runs += 1
        folder = self.scratch / str(self.runs)
        folder.mkdir(parents=True)
        found = self.repo.found()
        kept = snapshot(found, str(folder))
        view.update(kept, found, self.repo.state().head)
        return view

    def seen(self) -> Contents:
        """What a run of its own sees in its view."""
        view = self.update(self.take())
        try:
            return contents(view.root)
        finally:
            view.close()

    def staged(self) -> Contents:
        """What a checkout of the index gives."""
        with tempfile.TemporaryDirectory() as folder:
            self.repo.git("checkout-index", "-a", f"--prefix={folder}/")
            return contents(folder)

    @property
    def root(self) -> Path:
        return Path(self.state, "views", "main-0", "tree")


def contents(root: str) -> Contents:
    """Each path of a tree with what it is; the `.git` at its top left out."""
    found = {}
    for base, folders, files in os.walk(root):
        for name in (*folders, *files):
            whole = os.path.join(base, name)
            path = os.path.relpath(whole, root)
            if path == ".git":
                continue
            if os.path.islink(whole):
                found[path] = f"-> {os.readlink(whole)}"
            elif name in files:
                with open(whole, "rb") as file:
                    mode = "x" if os.access(whole, os.X_OK) else "-"
                    found[path] = f"{mode} {file.read()!r}"
    return found
