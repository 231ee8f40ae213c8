"""The inputs of a run: which files, and what git knows of them."""

import os
from collections.abc import Mapping, Sequence

from omnibase.inputs import git, ranges
from omnibase.inputs.files import expand, walk
from omnibase.inputs.git import Repository
from omnibase.inputs.matching import Selector, Tags
from omnibase.model.component import Matcher
from omnibase.model.context import ExecutionContext, InputKind
from omnibase.model.errors import ConfigurationError, ExecutionError
from omnibase.model.record import Record
from omnibase.model.report import RepositoryState


class Gathered:
    """A run's files: `paths` in the order of their bytes, or None where the run has no files as its input.

    `everything` are all files of the repository, for components that want theirs at a stage without inputs. `added`
    are the paths new in what is checked, or None where that is not known. `unstaged` are those of `paths` that have
    changes which are not staged.
    """

    def __init__(
        self,
        paths: tuple[str, ...] | None,
        everything: tuple[str, ...],
        tags: Tags,
        repository: RepositoryState,
        *,
        added: frozenset[str] | None = None,
        unstaged: frozenset[str] = frozenset(),
        notices: tuple[str, ...] = (),
    ) -> None:
        self.paths = paths
        self.everything = everything
        self.tags = tags
        self.repository = repository
        self.added = added
        self.unstaged = unstaged
        self.notices = notices
        self._selectors: dict[int, Selector] = {}

    def select(self, matcher: Matcher, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the paths that the matcher takes."""
        if id(paths) not in self._selectors:
            self._selectors[id(paths)] = Selector(paths, self.tags)
        return self._selectors[id(paths)].select(matcher)


class _Known(Record):
    """What git says of a repository, in as few calls as the inputs need."""

    state: git.State
    modes: Mapping[str, int]
    tracked: tuple[str, ...]


def gather(ctx: ExecutionContext, kind: InputKind, repository: Repository | None) -> Gathered:
    """The inputs that the context asks for, or else those of the stage. Raises OmnibaseError."""
    if ctx.inputs.kind is not InputKind.DEFAULT:
        kind = ctx.inputs.kind
    if repository is None:
        return _outside_git(ctx, kind)
    state = git.state(repository)
    needs_all = kind in (InputKind.ALL, InputKind.PATHS, InputKind.NONE)
    entries = git.tracked(repository, state) if needs_all else ()
    known = _Known(state, {entry.path: entry.mode for entry in entries}, tuple(entry.path for entry in entries))
    paths = _paths(ctx, kind, repository, known)
    unstaged = state.unstaged & frozenset(paths or ()) if kind is InputKind.STAGED else frozenset()
    return Gathered(
        paths,
        known.tracked,
        Tags(repository.root, known.modes or None),
        RepositoryState(repository.root, state.head, state.branch, state.dirty),
        added=state.added if kind is InputKind.STAGED else None,
        unstaged=unstaged,
        notices=_unstaged_notice(unstaged, ctx.fix),
    )


def _paths(ctx: ExecutionContext, kind: InputKind, repository: Repository, known: _Known) -> tuple[str, ...] | None:
    request = ctx.inputs
    match kind:
        case InputKind.STAGED:
            _refuse_unmerged(known.state.unmerged)
            # What is staged and gone from the work tree cannot be looked at there.
            return tuple(path for path in known.state.staged if path not in known.state.deleted)
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
    if kind in (InputKind.STAGED, InputKind.RANGE):
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
        shown = ", ".join(unmerged[:3]) + (f" and {len(unmerged) - 3} more" if unmerged[3:] else "")
        raise ExecutionError(
            f"there are unresolved merge conflicts, and git would refuse to commit: {shown}",
            remedy=f"resolve them and `git add {os.path.basename(unmerged[0])}`, then run again",
        )


def _unstaged_notice(unstaged: frozenset[str], fix: bool) -> tuple[str, ...]:
    if not unstaged:
        return ()
    names = sorted(unstaged)
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
    what = "has changes that are not staged" if len(names) == 1 else "have changes that are not staged"
    left = ", and fixers left it alone" if fix else ""
    return (f"{shown} {what}: what was checked is the file as it is in the working tree{left}",)
