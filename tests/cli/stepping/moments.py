"""Moments at which a person may be asked, made by hand."""

from collections.abc import Sequence
from typing import Any

from omnibase.cli.output import Emission
from omnibase.cli.stepping.stepper import TerminalStepper
from omnibase.cli.stepping.terminal import Terminal
from omnibase.model.component import FILES, Command, Component
from omnibase.model.plan import Batch, Breakpoints, Edge, Plan, Span, Task
from omnibase.model.ports import Assignment, Place, Share, StepMoment
from omnibase.model.result import Result, Seen, Status, Where

SEPARATED = 2  # files in a batch


def moment(
    *components: Component, task: int = 0, files: Sequence[str] = ("a.py",), edges: tuple[Edge, ...] = (), **more: Any
) -> StepMoment:
    """The task of a plan; each batch of it has two of the files at most."""
    given = components or (component("it"),)
    cuts = [(at, at + SEPARATED) for at in range(0, max(len(files), 1), SEPARATED)]
    batches = tuple(Batch((Span(task, *cut),), "command") for cut in cuts)
    plan = Plan(tuple(Task(one, 0) for one in given), edges, batches, (tuple(files),), breakpoints=Breakpoints(True))
    made = tuple(
        Assignment(
            number,
            (Share(task, given[task], tuple(files[start:stop])),),
            Place("/repo", {"PATH": "/usr/bin"}),
            "run",
            "c" * 32,
        )
        for number, (start, stop) in enumerate(cuts)
    )
    fields = {"number": 1, "where": Seen(Where.IN_PLACE), "results": (None,) * len(given), **more}
    return StepMoment(plan, task, "named", made, enter=lambda: ("/repo", Where.IN_PLACE), leave=lambda: (), **fields)


def component(name: str, *argv: str, **fields: Any) -> Component:
    return Component(name, Command(argv or ("check", FILES)), **fields)


def failure(**fields: Any) -> Result:
    return Result(Status.FAIL, reason="exit code 1", **fields)


def stepper(terminal: Terminal, *, verbosity: int = 0, known: Sequence[str] = ()) -> TerminalStepper:
    """One without colours."""
    emission = Emission("human", lambda *_: "", no_color=True, verbosity=verbosity)
    return TerminalStepper(terminal, emission, {"TERM": "xterm"}, known)
