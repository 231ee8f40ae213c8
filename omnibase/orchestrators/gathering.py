"""The inputs of a run: which files, and what git knows of them."""

import os
import time
from collections.abc import Mapping, Sequence

from omnibase.inputs import git, ranges
from omnibase.inputs.files import expand, walk
from omnibase.inputs.git import Repository
from omnibase.inputs.matching import Selector, Tags
from omnibase.inputs.scratch import Scratch
from omnibase.inputs.shadow import check_out, snapshot
from omnibase.model.component import Matcher
from omnibase.model.context import ExecutionContext, InputKind
from omnibase.model.errors import ConfigurationError, ExecutionError
from omnibase.model.record import Record
from omnibase.model.report import RepositoryState


class Staging(Record):
    """What is staged, and how the work tree differs from it.

    `kept` is the repository with its index as it was when the run began, `shadow` the folder in which staged contents
    are checked out, `alone` where the work tree's attributes are not the staged ones. `paths` are staged. `unstaged`
    are all tracked paths whose file is not as staged, gone ones among them, `untracked` those that are neither tracked
    nor ignored. `began` is when git was asked (nanoseconds since 1970).
    """

    kept: Repository
    shadow: str
    alone: bool
    paths: tuple[str, ...]
    unstaged: frozenset[str]
    untracked: tuple[str, ...]
    began: int
    head: str | None


class Gathered:
    """A run's files: `paths` in the order of their bytes, or None where the run has no files as its input.

    `everything` are all files of the repository, for components that want theirs at a stage without inputs. `added`
    are the paths new in what is checked, or None where that is not known. `dirty` are the tracked paths that differ
    from what is committed. `staging` is there where what is staged is to be seen.
    """

    def __init__(
        self,
        paths: tuple[str, ...] | None,
        everything: tuple[str, ...],
        tags: Tags,
        repository: RepositoryState,
        *,
        added: frozenset[str] | None = None,
        dirty: frozenset[str] = frozenset(),
        staging: Staging | None = None,
        notices: tuple[str, ...] = (),
    ) -> None:
        self.paths = paths
        self.everything = everything
        self.tags = tags
        self.repository = repository
        self.added = added
        self.dirty = dirty
        self.staging = staging
        self.notices = notices
        self._selectors: dict[int, Selector] = {}

    def select(self, matcher: Matcher, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the paths that the matcher takes."""
        if id(paths) not in self._selectors:
            self._selectors[id(paths)] = Selector(paths, self.tags)
        return self._selectors[id(paths)].select(matcher)


class Message(Gathered):
    """The file with a commit's message: it is no file of the repository, and belongs to all that run at its hook."""

    def select(self, matcher: Matcher, paths: tuple[str, ...]) -> tuple[str, ...]:
        return paths


class _Known(Record):
    """What git says of a repository, in as few calls as the inputs need."""

    state: git.State
    modes: Mapping[str, int]
    tracked: tuple[str, ...]


def gather(
    ctx: ExecutionContext, kind: InputKind, repository: Repository | None, scratch: Scratch, *, around: bool
) -> Gathered:
    """The inputs that the context asks for, or else those of the stage. Raises OmnibaseError.

    With `around`, some component may look at other files than its inputs: it matters then what is not tracked.
    """
    if ctx.inputs.kind is not InputKind.DEFAULT:
        kind = ctx.inputs.kind
    if kind is InputKind.MESSAGE:
        return _message(ctx, repository)
    if repository is None:
        return _outside_git(ctx, kind)
    if kind is InputKind.STAGED:
        return _staged(repository, scratch, around=around)
    if kind is InputKind.PUSHED:
        return _pushed(ctx, repository)
    state = git.state(repository)
    needs_all = kind in (InputKind.ALL, InputKind.PATHS, InputKind.NONE)
    entries = git.tracked(repository, state) if needs_all else ()
    known = _Known(state, {entry.path: entry.mode for entry in entries}, tuple(entry.path for entry in entries))
    paths = _paths(ctx, kind, repository, known)
    return Gathered(
        paths,
        known.tracked,
        Tags(repository.root, known.modes or None),
        RepositoryState(repository.root, state.head, state.branch, state.dirty),
        dirty=frozenset((*state.unstaged, *state.deleted, *state.staged)),
    )


def _staged(repository: Repository, scratch: Scratch, *, around: bool) -> Gathered:
    """What is staged, as it is staged: from here on the index may change as it likes."""
    kept = snapshot(repository, scratch.folder)
    began = time.time_ns()
    state = git.state(kept, untracked=around)
    _refuse_unmerged(state.unmerged)
    unstaged = state.unstaged | state.deleted
    shadow = scratch.below("staged")
    elsewhere = [path for path in state.staged if path in unstaged]
    alone = any(os.path.basename(path) == ".gitattributes" for path in (*unstaged, *state.untracked))
    check_out(kept, shadow, elsewhere, alone=alone)
    return Gathered(
        state.staged,
        (),
        Tags(repository.root, state.staged_modes, dict.fromkeys(elsewhere, shadow)),
        RepositoryState(repository.root, state.head, state.branch, state.dirty),
        added=state.added,
        dirty=unstaged | frozenset(state.staged),
        staging=Staging(kept, shadow, alone, state.staged, unstaged, state.untracked, began, state.head),
    )


def _pushed(ctx: ExecutionContext, repository: Repository) -> Gathered:
    """What the pushed refs change in the remote, as it is in the work tree."""
    from omnibase.inputs.pushed import changed_by_push

    state = git.state(repository)
    pushed = changed_by_push(repository, ctx.inputs.pushed, ctx.inputs.remote, state.head)
    notices = []
    if pushed.elsewhere and pushed.paths:
        notices.append(f"{_first(pushed.elsewhere)}: not checked out; files were looked at as in the working tree")
    changed = [path for path in pushed.paths if path in state.unstaged or path in state.staged_modes]
    if changed:
        notices.append(f"looked at with changes that are not committed: {_first(changed)}")
    return Gathered(
        pushed.paths,
        (),
        Tags(repository.root, None),
        RepositoryState(repository.root, state.head, state.branch, state.dirty),
        notices=tuple(notices),
    )


def _message(ctx: ExecutionContext, repository: Repository | None) -> Gathered:
    from omnibase.inputs.message import message_file

    file = message_file(ctx.inputs.paths[0], ctx.start, ctx.root)
    where = RepositoryState(ctx.root)
    if repository is not None:
        state = git.state(repository)
        where = RepositoryState(repository.root, state.head, state.branch, state.dirty)
    return Message((file,), (), Tags(ctx.root, None), where)


def _paths(ctx: ExecutionContext, kind: InputKind, repository: Repository, known: _Known) -> tuple[str, ...] | None:
    request = ctx.inputs
    match kind:
        case InputKind.RANGE if request.to_ref is not None:
            return ranges.changed_between(repository, request.from_ref or "", request.to_ref)
        case InputKind.RANGE:
            return ranges.changed_since(repository, request.from_ref or "", known.state)
        case InputKind.PATHS:
            return expand(request.paths, ctx.start, repository.root, known.tracked).files
        case InputKind.NONE:
            return None
    return known.tracked


def _outside_git(ctx: ExecutionContext, kind: InputKind) -> Gathered:
    if kind in (InputKind.STAGED, InputKind.RANGE, InputKind.PUSHED):
        what = "nothing is staged" if kind is InputKind.STAGED else "there are no commits to compare"
        raise ConfigurationError(
            f"{ctx.root} is not in a git repository: {what}",
            remedy="name the files, use `--all-files`, or run `git init`",
        )
    notices: tuple[str, ...] = ()
    if kind is InputKind.PATHS:
        found = expand(ctx.inputs.paths, ctx.start, ctx.root, None)
        everything: tuple[str, ...] = ()
    else:
        found = walk(ctx.root)
        everything = found.files
    if found.unreadable:
        notices = (f"these folders could not be read: {', '.join(found.unreadable)}",)
    paths = None if kind is InputKind.NONE else found.files
    return Gathered(paths, everything, Tags(ctx.root, None), RepositoryState(ctx.root), notices=notices)


def _refuse_unmerged(unmerged: Sequence[str]) -> None:
    if unmerged:
        raise ExecutionError(
            f"there are unresolved merge conflicts, and git would refuse to commit: {_first(unmerged)}",
            remedy=f"resolve them and `git add {os.path.basename(unmerged[0])}`, then run again",
        )


def _first(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
