"""What all stages share: from a context to a report."""

from abc import ABC
from time import gmtime, strftime
from typing import ClassVar

from omnibase.core import reporting
from omnibase.core.expression import Expression, ExpressionError, explain, parse
from omnibase.core.gates import rules
from omnibase.core.placing import looks_around
from omnibase.core.planning import Conditions, Wanted, plan
from omnibase.core.recovering import dropped
from omnibase.core.refusals import refusal
from omnibase.core.selection import Criteria, Selected, select
from omnibase.core.sharing import granted
from omnibase.engine.modes import MODES
from omnibase.model.component import Component
from omnibase.model.context import ExecutionContext, InputKind, Mode
from omnibase.model.errors import ConfigurationError, OmnibaseError
from omnibase.model.plan import LeftOut, Plan
from omnibase.model.report import RunReport
from omnibase.model.result import Cause
from omnibase.orchestrators.gathering import Gathered
from omnibase.orchestrators.services import Services


class Orchestrator(ABC):
    """One stage: what it selects, where its inputs come from, what it promises.

    A plugin's stage derives from this class, too, and is named by `omnibase_orchestrators`.
    """

    stage: ClassVar[str]
    select: ClassVar[str] = "*"  # the stage's default filter
    inputs: ClassVar[InputKind] = InputKind.ALL
    mode: ClassVar[Mode] = Mode.SYNC
    change_fails: ClassVar[bool] = False  # a run that changed files fails

    def __init__(self, services: Services) -> None:
        self.services = services

    def run(self, ctx: ExecutionContext) -> RunReport:
        """Carry out the run that was asked for. What keeps it from happening is in the report's `error`."""
        try:
            report = self.carry_out(ctx)
        except (OmnibaseError, OSError) as error:
            told = error if isinstance(error, OmnibaseError) else refusal(error)
            if told is None:
                raise
            report = reporting.error_report(self.services.header(ctx), told, self.services.now())
        finally:
            signal = self.services.close()
        if signal is None or report.signal is not None:
            return report
        return report._replace(signal=signal, exit_code=128 + signal)

    async def arun(self, ctx: ExecutionContext) -> RunReport:
        """`run` for callers inside an event loop: in a thread, where the caller keeps its own signals."""
        import asyncio

        return await asyncio.to_thread(self.run, ctx)

    def carry_out(self, ctx: ExecutionContext) -> RunReport:
        """The run, step by step. Raises OmnibaseError where it cannot happen."""
        selected = self.selected(ctx)
        running = [component for component, left_out in selected.components if left_out is None]
        around = any(looks_around(component) for component in (*running, *selected.standby))
        gathered = self.services.gather(ctx, self.inputs, around=around)
        wanted = [self.wanted(component, left_out, gathered) for component, left_out in selected.components]
        others = [self.wanted(component, None, gathered)._replace(standby=True) for component in selected.standby]
        wanted += [one for one in others if one.left_out is None]
        made = self.planned(ctx, wanted, gathered)
        notices = (*self.services.registry.notices, *selected.notices, *gathered.notices, *self.remarks(ctx, selected))
        notices += tuple(dropped(made.tasks))
        asked = ctx.settings.get("restage")
        if ctx.restage and gathered.staging is None and asked is not None and asked.origin == "command line":
            notices += ("--restage stages nothing here: what is looked at is not what is staged",)
        if made.shuffle is not None:
            from shlex import quote

            notices += (f"in an order by chance: `--shuffle {quote(made.shuffle)}` is the same order again",)
        if not wanted:
            notices += ("nothing was selected; -v shows why each component was left out",)
        header = self.services.header(ctx, gathered.repository, selected.selection, notices)
        return self.services.drive(ctx, made, header, gathered)

    def selected(self, ctx: ExecutionContext) -> Selected:
        """The components of the run."""
        return select(self.services.registry.components, self.criteria(ctx))

    def criteria(self, ctx: ExecutionContext) -> Criteria:
        """The stage's default filter, the registry's in its place, and what the user asked for."""
        registry = self.services.registry
        stage = registry.stages.get(self.stage)
        filters = [_parsed(origin, text) for origin, text in ctx.filters.expressions]
        if ctx.filters.suite is not None:
            default = self.services.suite(ctx.filters.suite)
        else:
            default = stage.select if stage and stage.select else self.default_filter(ctx)
        gates = rules(registry.gates, self.stage)
        asked = ctx.filters
        return Criteria(parse(default), tuple(filters), asked.names, asked.skip, gates, today=self.today())

    def today(self) -> str:
        """The day by which gates measure, in UTC, as ISO 8601 has it."""
        return strftime("%Y-%m-%d", gmtime(self.services.now()))

    def default_filter(self, ctx: ExecutionContext) -> str:
        """The filter that selects where neither registry nor user says anything."""
        return self.select

    def wanted(self, component: Component, left_out: LeftOut | None, gathered: Gathered) -> Wanted:
        """A component with those of the run's files that are its own."""
        if gathered.paths is None:
            return Wanted(component, self.services.files_of(component, gathered), left_out)
        paths = gathered.select(component.matcher, gathered.paths)
        if not paths and not component.always_run and left_out is None:
            left_out = LeftOut(Cause.NO_FILES, "no files to check")
        return Wanted(component, paths, left_out)

    def planned(self, ctx: ExecutionContext, wanted: list[Wanted], gathered: Gathered) -> Plan:
        """The plan of the run."""
        return plan(wanted, self.conditions(ctx, wanted, gathered))

    def conditions(self, ctx: ExecutionContext, wanted: list[Wanted], gathered: Gathered) -> Conditions:
        """What the plan is made for."""
        row = MODES[ctx.predicts or ctx.mode]
        return self.services.conditions(ctx, wanted, gathered)._replace(
            change_fails=self.change_fails,
            fix=ctx.fix,
            keep_going=ctx.keep_going,
            timeout=ctx.deadline if ctx.breakpoints is None else None,  # nobody thinks against a clock
            adaptive=row.parallel and ctx.slots is None and ctx.breakpoints is None and granted(ctx.env) is None,
        )

    def remarks(self, ctx: ExecutionContext, selected: Selected) -> tuple[str, ...]:
        """Notices of the stage's own."""
        return ()


def _parsed(origin: str, text: str) -> Expression:
    """A filter of the command line. Raises ConfigurationError, which shows where it is wrong."""
    try:
        return parse(text)
    except ExpressionError as error:
        raise ConfigurationError(f"{origin}: {error.message}\n{explain(text, error)}", remedy=error.remedy) from None
