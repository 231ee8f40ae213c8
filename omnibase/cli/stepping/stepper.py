"""The stepper: puts the run's questions to the person at the terminal, and tells of what ended in between."""

from collections.abc import Callable, Mapping, Sequence

from omnibase.cli.console import style_for
from omnibase.cli.formatters.layout import DIM, duration, painted, quantity, wrapped
from omnibase.cli.output import Emission
from omnibase.cli.stepping import showing
from omnibase.cli.stepping.breakpoints import ON_FAILURE
from omnibase.cli.stepping.question import Question
from omnibase.cli.stepping.terminal import Terminal
from omnibase.core.outcome import is_failure
from omnibase.core.redaction import visible
from omnibase.core.scheduling import STEP, STEP_FAILED
from omnibase.model.events import AttemptFailed, BatchEnded, BatchStarted, Event, Noticed, RunStarted, TaskEnded
from omnibase.model.plan import Breakpoints, Plan
from omnibase.model.ports import Running, StepMoment, Style

HINTS = {
    STEP: "Enter runs it, ? shows what else can be said",
    STEP_FAILED: "Enter goes on with that, r tries it again, ? shows what else can be said",
}
# What runs longer than this is told of, and again after as long (seconds).
PATIENCE = 10.0


class TerminalStepper:
    """Asks at the terminal; an observer, too, who tells of each task that ended.

    `emission` and the environment `env` say how text may look there, `known` are the names of all components.
    """

    def __init__(self, terminal: Terminal, emission: Emission, env: Mapping[str, str], known: Sequence[str]) -> None:
        self._terminal = terminal
        self._emission = emission
        self._env = env
        self._known = known
        self._plan: Plan | None = None
        self._edits: dict[int, dict[str, str | None]] = {}
        self._hints = dict(HINTS)  # each is given once
        self._running: dict[int, tuple[str, float]] = {}  # the batches under way: whose they are, and since when
        self.pulse: float | None = None

    # What the run asks of it

    def ask(self, question: str, moment: StepMoment) -> Running:
        edits = self._edits.setdefault(moment.task, {})
        asked = Question(question, moment, self._terminal, self._style, edits)
        asked.begin(self._hints.pop(question, None))
        return asked

    def env_of(self, task: int) -> Mapping[str, str | None]:
        return self._edits.get(task, {})

    def close(self) -> None:
        """Let go of the terminal."""
        self._terminal.close()

    # What it hears of the run

    def observe(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._plan = event.plan
            self._begin(event.plan, event.plan.breakpoints or Breakpoints())
        elif self._plan is None:
            if isinstance(event, Noticed):
                self._say(f"{visible(event.message)} ...")
        elif isinstance(event, BatchStarted):
            self._running[event.batch] = showing.name_of(self._plan.tasks[event.tasks[0]]), event.at
            self.pulse = PATIENCE
        elif isinstance(event, BatchEnded):
            self._running.pop(event.batch, None)
            self.pulse = PATIENCE if self._running else None
        elif isinstance(event, TaskEnded):
            self._ended(event, self._plan)
        elif isinstance(event, AttemptFailed):
            name = showing.name_of(self._plan.tasks[event.task])
            why = visible(event.attempt.error or "it failed in passing")
            wait = f"it is tried again in {event.again - event.at:.1f} s"
            self._say(f"{name}: attempt {event.attempt.number}: {why}; {wait}")

    def look(self, at: float, last_line: Callable[[int], str | None]) -> None:
        """Tell of what takes long."""
        for batch, (name, since) in self._running.items():
            if at - since >= PATIENCE:
                line = visible(last_line(batch) or "")
                self._say(f"{name} has been running for {duration(at - since)}{f': {line}' if line else ''}")

    def _begin(self, plan: Plan, breakpoints: Breakpoints) -> None:
        self._say(f"stepping through {quantity(len(plan.tasks), 'task')}, one at a time")
        present = {task.component.name for task in plan.tasks}
        for name in breakpoints.names:
            if name not in present:
                self._say(f"--break {name}: it is not part of this run; with -v the report says why")
        if breakpoints.on_failure and ON_FAILURE in self._known:
            self._say("--break on-failure means failures, and not the component of that name; --step stops before it")

    def _ended(self, event: TaskEnded, plan: Plan) -> None:
        task = plan.tasks[event.task]
        if not self._emission.quiet or is_failure(event.result, required=task.component.required):
            self._terminal.write(showing.ended(task, event.result, self._style))

    @property
    def _style(self) -> Style:
        """How text may look at the terminal, as wide as that is now."""
        emission = self._emission
        style = style_for(
            stream_is_tty=True,
            env=self._env,
            color_option="never" if emission.no_color else emission.color,
            encoding=self._terminal.encoding,
            width=self._terminal.width,
        )
        return style._replace(verbosity=emission.verbosity, emoji=style.emoji and not emission.no_color)

    def _say(self, text: str) -> None:
        style = self._style
        for line in wrapped(text, style.width, "  "):
            self._terminal.write(f"{painted(line, DIM, style)}\n")
