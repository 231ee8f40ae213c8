"""A world for the scheduler: it carries out commands as the driver would, and lets things happen in any order."""

from collections.abc import Iterator
from heapq import heappop, heappush
from random import Random
from typing import Any, NamedTuple

from omnibase.core.breaking import PRISTINE, Breaker, BreakerState, Moment, failed, succeeded
from omnibase.core.breaking import lease as begin
from omnibase.core.scheduling import State, step
from omnibase.model.commands import Ask, CancelBatch, SchedulerCommand, StartBatch, Tell, WaitUntil
from omnibase.model.events import (
    Answered,
    BatchEnded,
    Event,
    Interrupted,
    Outcome,
    RunStarted,
    Stimulus,
    TaskEnded,
    TimerFired,
)
from omnibase.model.plan import Plan
from omnibase.model.report import RepositoryState, RunHeader
from omnibase.model.result import Cause, Finding, Result, Severity, Status

Json = Any
# What a person at a breakpoint may say: mostly that it is to go on, so that runs come to an end.
SAID = {
    "step": ("run", "run", "run", "run", "continue", "skip", "quit"),
    "step_failed": ("accept", "accept", "accept", "continue", "retry", "quit"),
}
MEMORY = (None, 0.5, 0.5, 0.01)
HEADER = RunHeader("run", "0" * 32, "ci", "async", 1_700_000_000.0, RepositoryState("/repository"))
TERM = 15


class Habits(NamedTuple):
    """How this world treats a run: chances from 0 to 1 for each outcome, and how many interrupts may come."""

    fails: float = 0.2
    dies: float = 0.1  # the worker ends before it has an answer
    forgets: float = 0.0  # the executor leaves a task out of its outcomes
    passing: float = 0.2  # it fails in passing
    interrupts: int = 0
    vetoes: float = 0.3  # a hook that went wrong does not let begin what is about to


class Turn(NamedTuple):
    """One event, and what the scheduler made of it."""

    stimulus: Stimulus
    commands: tuple[SchedulerCommand, ...]
    running: frozenset[int]  # the batches under way before the event
    slots: int  # how many may be, after it


class Run(NamedTuple):
    """A run that has ended."""

    plan: Plan
    turns: tuple[Turn, ...]
    late: tuple[Stimulus, ...]  # what was still to come when it ended

    @property
    def stimuli(self) -> list[Stimulus]:
        return [turn.stimulus for turn in self.turns]

    @property
    def events(self) -> list[Event]:
        """What the journal has: each event, and then the decisions that followed from it."""
        events: list[Event] = []
        for turn in self.turns:
            events.append(turn.stimulus)
            events += [command.event for command in turn.commands if isinstance(command, Tell)]
        return events

    @property
    def commands(self) -> list[SchedulerCommand]:
        return [command for turn in self.turns for command in turn.commands]

    @property
    def starts(self) -> list[StartBatch]:
        return [command for command in self.commands if isinstance(command, StartBatch)]

    @property
    def ran(self) -> set[int]:
        """The tasks that were started."""
        return {task for start in self.starts for task in start.tasks}

    @property
    def results(self) -> dict[int, Result]:
        return {event.task: event.result for event in self.events if isinstance(event, TaskEnded)}

    @property
    def by_hand(self) -> set[int]:
        """The tasks that a person had tried once more."""
        answers = [stimulus for stimulus in self.stimuli if isinstance(stimulus, Answered)]
        return {one.task for one in answers if one.answer == {"do": "retry"} and one.task is not None}

    @property
    def vetoed(self) -> bool:
        """Whether a hook kept anything from beginning."""
        return any(result.cause is Cause.VETOED for result in self.results.values())

    @property
    def stopped(self) -> bool:
        """Whether something from outside ended the run early."""
        return any(is_stop(stimulus) for stimulus in self.stimuli)


def is_stop(stimulus: Stimulus) -> bool:
    """Whether nothing may start from this event on, whatever the plan says of failures."""
    if isinstance(stimulus, Answered):
        return stimulus.answer == {"do": "quit"}
    return isinstance(stimulus, Interrupted) or (isinstance(stimulus, TimerFired) and stimulus.timer == "run")


USUAL = Habits()


def play(plan: Plan, random: Random, habits: Habits = USUAL) -> Run:
    """Run the plan to its end in a world of its own. A run that comes to a halt is an AssertionError."""
    world = World(plan, random, habits)
    world.feed(RunStarted(0.0, HEADER, plan))
    limit = 100 * (10 + len(plan.tasks) + len(plan.batches))
    while not world.state.finished:
        world.feed(world.happening())
        assert len(world.turns) < limit, "the run goes on for ever"
    assert not world.running, "the run ended before its batches did"
    assert not world.questions - {Ask("load")}, "the run ended before it had all answers"
    return Run(plan, tuple(world.turns), tuple(world.late()))


class World:
    """Holds what was started and not ended, asked and not answered, and the timers."""

    def __init__(self, plan: Plan, random: Random, habits: Habits) -> None:
        self.plan = plan
        self.state = State(plan)
        self.turns: list[Turn] = []
        self.running: dict[int, tuple[int, ...]] = {}
        self.cancelled: dict[int, Cause] = {}
        self.timers: list[tuple[float, int, WaitUntil]] = []
        self.questions: set[Ask] = set()
        opened = Breaker(BreakerState.OPEN, 5, Moment("boot", 0.0, 0.0), held=random.random() < 0.2)
        components = [task.component.name for task in plan.tasks if random.random() < 0.3]
        self.breakers: dict[str, Breaker] = dict.fromkeys(components, opened)
        self._random = random
        self._habits = habits
        self._interrupts = habits.interrupts
        self._now = 0.0

    def feed(self, stimulus: Stimulus) -> None:
        """Give the scheduler an event, and carry out its commands in their order."""
        running = frozenset(self.running)
        if isinstance(stimulus, BatchEnded):
            del self.running[stimulus.batch]
            self.cancelled.pop(stimulus.batch, None)
        commands = tuple(step(self.state, stimulus))
        for command in commands:
            self._carry_out(command)
        self.turns.append(Turn(stimulus, commands, running, self.state.slots))

    def happening(self) -> Stimulus:
        """What comes next: whatever may, one as likely as the other."""
        waits = {timer.timer for _, _, timer in self.timers}
        assert self.running or self.questions - {Ask("load")} or "retry" in waits, "the run waits for nothing"
        ways: list[tuple[str, int | Ask]] = [("end", batch) for batch in self.running]
        ways += [("answer", question) for question in sorted(self.questions, key=repr)]
        due = self.timers and (self.timers[0][0] <= self._now or not ways or self._random.random() < 0.2)
        ways += [("timer", 0)] if due else []
        ways += [("interrupt", 0)] if self._interrupts and self._random.random() < 0.1 else []
        way, key = self._random.choice(ways)
        self._now += self._random.choice((0.0, 0.001, 0.1, 1.0))
        if way == "timer":
            timer = heappop(self.timers)[2]
            self._now = max(self._now, timer.at)
            return TimerFired(self._now, timer.timer, timer.key)
        if way == "interrupt":
            self._interrupts -= 1
            return Interrupted(self._now, self._random.choice((2, TERM)))
        if isinstance(key, Ask):
            self.questions.remove(key)
            return self._answer(key)
        return BatchEnded(self._now, key, self._outcomes(key))

    def late(self) -> Iterator[Stimulus]:
        """What would have come if the run had not ended."""
        at = self._now
        for due, _, timer in sorted(self.timers):
            at = max(at, due)
            yield TimerFired(at, timer.timer, timer.key)
        yield from (self._answer(question) for question in self.questions)
        yield Interrupted(at, TERM)

    def _carry_out(self, command: SchedulerCommand) -> None:
        match command:
            case StartBatch(batch=batch, tasks=tasks):
                assert batch not in self.running, "a batch runs twice at once"
                assert tasks, "a batch runs for nobody"
                self.running[batch] = tasks
            case CancelBatch(batch=batch, cause=cause):
                assert batch in self.running, "a batch is cancelled that does not run"
                self.cancelled[batch] = cause
            case WaitUntil(at=at):
                heappush(self.timers, (at, len(self.timers) + len(self.turns), command))
            case Ask():
                assert command not in self.questions, "the same is asked twice"
                self.questions.add(command)

    def _answer(self, question: Ask) -> Answered:
        if question.question in ("lease", "failed", "succeeded") and question.task is not None:
            return Answered(self._now, question.question, question.task, *self._of_breaker(question))
        if question.question == "load":
            answer = {"idle": self._random.choice((None, 0.1, 0.6, 1.0)), "memory": self._random.choice(MEMORY)}
            return Answered(self._now, "load", answer=answer)
        if question.question in SAID:
            done = self._random.choice(SAID[question.question])
            return Answered(self._now, question.question, question.task, {"do": done})
        problem = f"{question.question} went wrong" if self._random.random() < self._habits.fails else None
        veto = {"veto": "a freeze"} if problem and self._random.random() < self._habits.vetoes else None
        return Answered(self._now, question.question, question.task, veto, problem, question.hook)

    def _of_breaker(self, question: Ask) -> tuple[Json, str | None]:
        """What the breaker says, and the problem where it could not be asked."""
        name, task = question.question, self.plan.tasks[question.task or 0].component
        assert task.breaker is not None, "a breaker is asked for that there is none of"
        if self._random.random() < 0.05:
            return None, "other runs hold their database"
        kept = self.breakers.get(task.name, PRISTINE)
        now = Moment("boot", self._now, self._now)
        if name == "succeeded":
            self.breakers[task.name] = succeeded(kept)
            return None, None
        self.breakers[task.name], lease = (begin if name == "lease" else failed)(kept, task.breaker, now)
        return lease._asdict(), None

    def _outcomes(self, batch: int) -> tuple[Outcome, ...]:
        tasks = self.running[batch]
        cause = self.cancelled.get(batch)
        if cause is not None and self._random.random() < 0.7:
            return self._broken_off(tasks, cause)
        if self._random.random() < self._habits.dies:
            return self._broken_off(tasks, Cause.CRASHED)
        return tuple(self._verdict(task) for task in tasks if self._random.random() >= self._habits.forgets)

    def _broken_off(self, tasks: tuple[int, ...], cause: Cause) -> tuple[Outcome, ...]:
        """Whoever was at work is to blame; nobody, if the worker ended before it began."""
        blamed = self._random.choice((None, *tasks)) if len(tasks) > 1 else tasks[0]
        return tuple(
            Outcome(task, cause=cause, reason=f"broken off: {cause.value}")
            if task == blamed
            else Outcome(task, served=False, cause=cause)
            for task in tasks
        )

    def _verdict(self, task: int) -> Outcome:
        table = BAD if self._random.random() < self._habits.fails else GOOD
        table = PASSING if self._random.random() < self._habits.passing else table
        return self._random.choice(table)._replace(task=task, duration=self._random.choice((0.25, 1.5)))


ERROR = Finding("an error", "a.py", 1, severity=Severity.ERROR)
NOTE = Finding("a note", "a.py", 2, severity=Severity.NOTE)
GOOD = (
    Outcome(0, exit_code=0),
    Outcome(0, findings=(NOTE,)),
    Outcome(0, status=Status.PASS, value={"made": [1, 2.5, None]}),
    Outcome(0, status=Status.WARN, reason="not quite"),
    Outcome(0, exit_code=0, findings=(ERROR,)),
)
PASSING = (
    Outcome(0, exit_code=75),
    Outcome(0, status=Status.FAIL, cause=Cause.CRASHED, transient="ConnectionResetError"),
    Outcome(0, cause=Cause.NOT_STARTED, reason="no processes are left", transient="no processes are left"),
    Outcome(0, exit_code=75, findings=(ERROR,)),
    Outcome(0, exit_code=75, changed_files=("a.py",)),
)
BAD = (
    Outcome(0, exit_code=1),
    Outcome(0, findings=(ERROR,)),
    Outcome(0, status=Status.FAIL, reason="no"),
    Outcome(0, status=Status.SKIP, reason="not here"),
    Outcome(0, status=Status.TIME, reason="too slow"),
    Outcome(0, signal=11, cause=Cause.SIGNAL, reason="ended by SIGSEGV"),
    Outcome(0, status=Status.FAIL, cause=Cause.PROTOCOL, reason="returned int"),
    Outcome(0, cause=Cause.NOT_INSTALLED, reason="there is no such program"),
    Outcome(0, exit_code=0, changed_files=("a.py",)),
)
