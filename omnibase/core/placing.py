"""Where a task looks at its inputs when what is staged is to be seen: in place only if that makes no difference."""

from collections.abc import Collection

from omnibase.model.component import Component, PythonCall
from omnibase.model.record import Record


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
    if fix or component.fixes:
        return "it may write"
    reasons = (
        (circumstances.unstaged, "has changes that are not staged", "have changes that are not staged"),
        (circumstances.untracked, "is not tracked", "are not tracked"),
        (circumstances.fixed, "was fixed", "were fixed"),
        (circumstances.unsettled, "changed a moment ago", "changed a moment ago"),
    )
    for paths, one, several in reasons:
        if paths:
            first = min(paths)
            return f"{first} {one}" if len(paths) == 1 else f"{first} and {len(paths) - 1} more {several}"
    return None


def looks_around(component: Component) -> bool:
    """Whether it may look at other files than those that it is given: all but checks of single files do."""
    return not (isinstance(component.work, PythonCall) and component.work.takes == "file")
