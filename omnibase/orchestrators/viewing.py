"""The view of a run: opened when something first has to run in it, with all that was fixed before."""

import os
from collections.abc import Callable, Iterable, Sequence

from omnibase.inputs import git
from omnibase.inputs.git import Repository
from omnibase.inputs.scratch import remove
from omnibase.inputs.shadow import check_out
from omnibase.inputs.view import comparing, copying, linking, tree
from omnibase.inputs.view.tree import View
from omnibase.orchestrators.gathering import Staging

Say = Callable[[str], None]
OF = "of"  # the file that names the repository


def folder(cache: str | None, state: str, real: Repository) -> str:
    """Where a repository's views are: in the user's cache, or below the state folder where that cannot be written.

    Not below `.git` in the first place: tools that search upward for their configuration would find that of the work
    tree there, and some see nothing at all in a path with `.git` in it. What is in the cache for repositories that are
    gone is removed when a further one comes.
    """
    if cache is None:
        return state
    from hashlib import blake2b

    every = os.path.join(cache, "repositories")
    own = os.path.join(every, blake2b(os.fsencode(real.common_dir), digest_size=12).hexdigest())
    try:
        if not os.path.isdir(own):
            os.makedirs(own, mode=0o700)
            with open(os.path.join(own, OF), "wb") as file:
                file.write(os.fsencode(real.common_dir))
            _remove_gone(every)
        return own if os.access(own, os.W_OK) and os.stat(own).st_uid == os.geteuid() else state
    except OSError:
        return state


class Views:
    """The run's view of what is staged, or, where no staging is given, of the work tree as it is.

    `kept` and `shadow` are the index and the folder that hold what the view was made of. `real` is the repository.
    `say` is told of what may take long.
    """

    def __init__(
        self, state: str, real: Repository, kept: Repository, shadow: str, staging: Staging | None, say: Say
    ) -> None:
        self.kept = kept
        self.shadow = shadow
        self._state = state
        self._real = real
        self._staging = staging
        self._say = say
        self._view: View | None = None
        self._fixed: set[str] = set()

    def open(self) -> str:
        """The view's folder. Raises OmnibaseError where it cannot be made."""
        if self._view is None:
            tree.sweep(self._state, self._real)
            view = tree.take(self._state, self._real)
            try:
                if view.is_new:
                    self._say("checking out a view of what is staged, for the first time")
                head = self._staging.head if self._staging else git.state(self.kept).head
                view.update(self.kept, self._real, head)
                self._view = view
                if self._staging is None:
                    self._overlay()
                else:
                    self._add_sparse(self._staging.paths)
                self.put(self._fixed)
            except BaseException:
                self._view = None
                view.close()
                raise
        return self._view.root

    def put(self, paths: Iterable[str]) -> None:
        """Bring what the shadow has of the paths into the view, at once or when it is opened."""
        paths = set(paths)
        self._fixed |= paths
        if self._view is not None:
            for path in paths:
                copying.put(os.path.join(self.shadow, path), self._view.root, path)

    def contents(self, paths: Sequence[str]) -> None:
        """See that the shadow has what these paths hold in the view before anything changes them there."""
        known = [path for path in paths if not os.path.lexists(os.path.join(self.shadow, path))]
        if known:
            check_out(self.kept, self.shadow, known, alone=self._staging is None or self._staging.alone)

    def restore(self, paths: Iterable[str]) -> None:
        """Undo what was done to the paths in the view."""
        for path in paths:
            if os.path.lexists(os.path.join(self.shadow, path)):
                copying.put(os.path.join(self.shadow, path), self._opened.root, path)
            else:
                copying.take_away(self._opened.root, path)

    def tracked(self) -> tuple[str, ...]:
        """All files that the view was made of."""
        return tuple(git.records(git.ask(self.kept, "ls-files", "-z")))

    def made(self) -> tuple[str, ...]:
        """What is in the view and was not when it was opened, but for what is ignored."""
        found = git.records(git.ask(self._opened.index(), "ls-files", "-z", "--others", "--exclude-standard"))
        return tuple(path for path in found if not os.path.lexists(os.path.join(self.shadow, path)))

    def strays(self) -> dict[str, bool]:
        """What in the view is neither as it was made nor as it was fixed since; whether it was there to begin with."""
        options = ("-m", "-d", "-o", "--exclude-standard")
        listed = set(git.records(git.ask(self._opened.index(), "ls-files", "-z", *options)))
        tracked = set(self.tracked()) if listed else set()
        listed.difference_update(linking.names(self._opened.folder))  # a submodule is a link here
        return {path: path in tracked for path in sorted(listed) if not self._is_known(path)}

    def close(self) -> None:
        """Let go of it."""
        if self._view is not None:
            self._view.close()
            self._view = None

    @property
    def _opened(self) -> View:
        if self._view is None:
            raise ValueError("the view is not open")
        return self._view

    def _is_known(self, path: str) -> bool:
        here, known = os.path.join(self._opened.root, path), os.path.join(self.shadow, path)
        return os.path.lexists(known) and comparing.is_same(known, here)

    def _add_sparse(self, staged: Sequence[str]) -> None:
        """Bring in what is staged although the sparse checkout, whose patterns a view keeps, leaves it out."""
        missing = [path for path in staged if not os.path.lexists(os.path.join(self._opened.root, path))]
        self.contents(missing)
        for path in missing:
            copying.put(os.path.join(self.shadow, path), self._opened.root, path)

    def _overlay(self) -> None:
        """Bring the work tree as it is into the view: what is not staged, and what is not tracked."""
        state = git.state(self._real)
        others = git.records(git.ask(self._real, "ls-files", "-z", "--others", "--exclude-standard"))
        for path in state.deleted:
            self.restore([path])
        for path in {*state.unstaged, *others}:
            if not path.endswith("/"):  # a repository of its own
                copying.put(os.path.join(self._real.root, path), self.shadow, path)
                copying.put(os.path.join(self.shadow, path), self._opened.root, path)


def _remove_gone(every: str) -> None:
    for name in os.listdir(every):
        own = os.path.join(every, name)
        of = comparing.read(os.path.join(own, OF))
        if of is not None and not os.path.isdir(os.fsdecode(of)):
            remove(own)
