"""Where a task looks at its inputs when what is staged is to be seen: in place only if that makes no difference."""

from collections.abc import Collection

from omnibase.model.component import Component, PythonCall
from omnibase.model.record import Record
from omnibase.model.result import Seen, Where


class Circumstances(Record):
    """How the work tree differs from what is staged, and what has become of it in this run.

    `unstaged` are tracked paths whose file is not as staged, `untracked` are neither tracked nor ignored, `fixed` are
    those that fixers have changed, `unsettled` those of the task's inputs that changed too recently to be trusted.
    """

    unstaged: Collection[str] = ()
    untracked: Collection[str] = ()
    fixed: Collection[str] = ()
    unsettled: Collection[str] = ()


def why_view(component: Component, *, fix: bool, circumstances: Circumstances) -> str | None:
    """Why a component that may look at anything has to run in a view; None where it can run in place."""
    return "it may write" if fix or component.fixes else why_apart(circumstances)


def why_apart(circumstances: Circumstances) -> str | None:
    """What tells the work tree from what is staged, in words; None where nothing does."""
    reasons = (
        (circumstances.unstaged, "has changes that are not staged", "have changes that are not staged"),
        (circumstances.untracked, "is not tracked", "are not tracked"),
        (circumstances.fixed, "was fixed", "were fixed"),
        (circumstances.unsettled, "changed a moment ago", "changed a moment ago"),
    )
    for paths, one, several in reasons:
        if paths:
            return f"{some(paths)} {one if len(paths) == 1 else several}"
    return None


def why_staged(unstaged: Collection[str], unsettled: Collection[str]) -> Seen:
    """Where a pass looks at its files: over staged contents where some of them are not in the work tree as staged."""
    why = why_apart(Circumstances(unstaged=unstaged, unsettled=unsettled))
    return Seen(Where.STAGED if why else Where.IN_PLACE, why)


def some(paths: Collection[str]) -> str:
    """The first of the paths, and how many more there are."""
    return min(paths) if len(paths) == 1 else f"{min(paths)} and {len(paths) - 1} more"


def looks_around(component: Component) -> bool:
    """Whether it may look at other files than those that it is given: all but checks of single files do."""
    return not (isinstance(component.work, PythonCall) and component.work.takes == "file")
