"""The hook specifications: all that a plugin may add. Each is documented in docs/plugins.md with an example.

A plugin is a module or an object registered under the entry point group `omnibase.plugins`, used only when a
registry names it. A hook that returns a table adds its rows to omnibase's own; of a name that omnibase
has itself its own row counts, and one that two plugins bring is an error (exit code 4).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pluggy

from omnibase.model.component import Component
from omnibase.model.ports import AfterRun, BeforeRun, Executor, Formatter, Observer, Parser, RunStore, TaskMoment

GROUP = "omnibase.plugins"

hookspec = pluggy.HookspecMarker("omnibase")
hookimpl = pluggy.HookimplMarker("omnibase")


class Specs:
    """What pluggy holds an implementation against."""

    @hookspec
    def omnibase_components(self) -> Sequence[Component]:  # type: ignore[empty-body] # a specification
        """The components that the plugin brings; without it, those declared in the plugin's own module."""

    @hookspec
    def omnibase_parsers(self) -> Mapping[str, Parser]:  # type: ignore[empty-body]
        """Parsers by the name that `findings:` uses."""

    @hookspec
    def omnibase_formatters(self) -> Mapping[str, Formatter]:  # type: ignore[empty-body]
        """Output formats by the name that `--format` uses."""

    @hookspec
    def omnibase_executors(self) -> Mapping[str, type[Executor]]:  # type: ignore[empty-body]
        """Executors by the name that a component's `executor:` uses; made without arguments when first needed."""

    @hookspec
    def omnibase_orchestrators(self) -> Mapping[str, type[Any]]:  # type: ignore[empty-body]
        """Orchestrators by the name that `--stage` uses."""

    @hookspec
    def omnibase_observers(self) -> Sequence[Observer]:  # type: ignore[empty-body]
        """Listeners to every run; one that raises is reported and the run goes on."""

    @hookspec
    def omnibase_stores(self) -> Mapping[str, type[RunStore]]:  # type: ignore[empty-body]
        """Run histories by the name that `defaults: {store: ...}` uses; made with the state folder's path."""

    @hookspec
    def omnibase_commands(self) -> Mapping[str, Any]:  # type: ignore[empty-body]
        """Click commands by the name under which `omnibase` offers them."""

    @hookspec
    def omnibase_before_run(self, run: BeforeRun) -> None:
        """Called in a process of its own before the first task starts.

        Here and before a stage or a task, a `VetoError` keeps what it is about from beginning; any other failure is a
        notice.
        """

    @hookspec
    def omnibase_after_run(self, run: AfterRun) -> None:
        """Called in a process of its own after the last task ended; a failure is a notice."""

    @hookspec
    def omnibase_before_stage(self, run: BeforeRun) -> None:
        """Called in a process of its own after `omnibase_before_run`: a run carries out one stage."""

    @hookspec
    def omnibase_after_stage(self, run: AfterRun) -> None:
        """Called in a process of its own before `omnibase_after_run`."""

    @hookspec
    def omnibase_before_task(self, task: TaskMoment) -> None:
        """Called in a process of its own before a component is started, or its fixer where that comes first."""

    @hookspec
    def omnibase_after_task(self, task: TaskMoment) -> None:
        """Called in a process of its own after a component that was started has ended."""
