"""The one loop of a run: it carries out the scheduler's commands and tells it what happened. It never blocks."""

import selectors
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from time import monotonic
from typing import Any

from omnibase.core.scheduling import STEP, STEP_FAILED, State, step
from omnibase.engine.load import LoadMeter
from omnibase.engine.observers import Observers
from omnibase.engine.signals import Signals
from omnibase.model.commands import Ask, CancelBatch, StartBatch, Tell, WaitUntil
from omnibase.model.events import Answered, BatchEnded, Interrupted, RunStarted, Stimulus, TimerFired
from omnibase.model.plan import Plan
from omnibase.model.ports import CHILD_ENDED, WOKEN, BusyError, Running
from omnibase.model.record import Record
from omnibase.model.report import RunHeader
from omnibase.model.result import Cause, Status

Json = Any
PERSON = (STEP, STEP_FAILED)

# After being asked politely, processes have this long to end (seconds; docs/commands.md, "Timeouts"). Who interrupts a
# run waits for its end, and is served within two seconds.
GRACE = 2.0
GRACE_OF_AN_INTERRUPT = 1.0
# What is asked and another run's lock is in the way of is asked again after so long, and given up after so long
# (seconds).
BUSY_AGAIN = 0.01
BUSY_MOST = 10.0
# The system waits no longer than some weeks at a time; who wakes for nothing waits again (seconds).
LONGEST_WAIT = 24 * 3600.0
# So many hooks run at once: every task may ask for one, and each takes a process and five descriptors.
HOOKS_AT_ONCE = 8

StartBatchOf = Callable[[int, tuple[int, ...], State], Running]
# Calls a hook, or asks the person who steps through.
StartHook = Callable[[Ask, State], Running]
# Answers what is asked of a circuit breaker: the question and the task. Raises BusyError where it has to wait.
Answer = Callable[[str, int, State], Json]


class End(Record):
    """A timer of the driver's own: time is up for what runs under this key, if it is still the same."""

    key: object
    running: Running
    cause: Cause


class Wake(Record):
    """A timer of the driver's own: the batch under this key wanted to look at something now."""

    key: object
    running: Running


class Pulse(Record):
    """A timer of the driver's own: observers wanted to look at the run now."""


class Consult(Record):
    """A timer of the driver's own: ask again what could not be answered; given up after `until` (seconds)."""

    ask: Ask
    until: float


class Driver:
    """Drives one plan to its end. `start` makes a batch run, `hook` a hook or a question, `answer` asks breakers."""

    def __init__(
        self,
        plan: Plan,
        header: RunHeader,
        start: StartBatchOf,
        hook: StartHook,
        answer: Answer,
        observers: Observers,
    ) -> None:
        self._answer = answer
        self._consulted: set[Ask] = set()  # breakers that another run's lock is in the way of
        self._patient = True  # until that took too long once: then the run goes on without them
        self._plan = plan
        self._header = header
        self._start = start
        self._hook = hook
        self._observers = observers
        self._state = State(plan)
        self._selector = selectors.DefaultSelector()
        self._running: dict[object, Running] = {}
        self._watched: dict[object, set[int]] = {}
        self._timers: list[tuple[float, int, object]] = []
        self._timer_count = 0
        self._stimuli: deque[Stimulus] = deque()
        self._asked: deque[Ask] = deque()  # hooks that wait for others to end
        self._load = LoadMeter()
        self._pulse: float | None = None  # when observers want to look next
        self._began = 0.0

    def run(self, began: float, over: Callable[[], object] | None = None) -> None:
        """Run to the end. `began` is when the run started, on the monotonic clock (seconds).

        `over` is called when there is nothing more to decide, and signals are still heard here.
        """
        self._began = began
        with Signals() as signals:
            self._selector.register(signals.fd, selectors.EVENT_READ, signals)
            self._stimuli.append(RunStarted(self._now(), self._header, self._plan))
            try:
                while True:
                    self._settle()
                    if self._state.finished:
                        return
                    self._look_later()
                    self._wait(signals)
            finally:
                for running in self._running.values():
                    running.cancel(Cause.INTERRUPTED, force=True)
                self._selector.close()
                if over is not None:
                    over()

    def _now(self) -> float:
        return monotonic() - self._began

    def _settle(self) -> None:
        """Have every event that waits decided on, and carry out what follows."""
        while True:
            while self._stimuli:
                event = self._stimuli.popleft()
                self._observers.publish(event)
                for command in step(self._state, event):
                    self._carry_out(command)
            if not self._asked or sum(isinstance(key, Ask) for key in self._running) >= HOOKS_AT_ONCE:
                return
            self._start_hook(self._asked.popleft())

    def _carry_out(self, command: Any) -> None:
        match command:
            case Tell(event=event):
                self._observers.publish(event)
            case StartBatch(batch=batch, tasks=tasks):
                self._add(batch, self._start(batch, tasks, self._state))
            case CancelBatch(batch=batch, cause=cause, force=force):
                self._cancel(batch, cause, force)
            case WaitUntil(at=at):
                self._set_timer(at, command)
            case Ask(question="load"):
                load = {"idle": self._load.idle(), "memory": self._load.memory()}
                self._stimuli.append(Answered(self._now(), "load", answer=load))
            case Ask(question=question, hook=hook) if hook is not None or question in PERSON:
                self._asked.append(command)
            case Ask():
                self._consult(Consult(command, self._now() + BUSY_MOST))

    def _consult(self, consult: Consult) -> None:
        """Ask a breaker. One that cannot be asked stands in nobody's way."""
        question, task, _ = consult.ask
        answer = problem = None
        try:
            answer = self._answer(question, task or 0, self._state)
        except BusyError:
            if self._patient and self._now() < consult.until:
                self._consulted.add(consult.ask)
                self._set_timer(self._now() + BUSY_AGAIN, consult)
                return
            if self._patient:
                self._patient = False
                problem = f"the circuit breakers could not be asked for {BUSY_MOST:g} s: other runs hold their database"
        self._consulted.discard(consult.ask)
        self._stimuli.append(Answered(self._now(), question, task, answer=answer, problem=problem))

    def _start_hook(self, ask: Ask) -> None:
        running = self._hook(ask, self._state)
        self._add(ask, running)
        if ask.hook is not None:
            seconds = self._plan.hooks[ask.hook].timeout
            if self._state.stopping in (Cause.INTERRUPTED, Cause.RUN_TIMEOUT):
                seconds = min(seconds, GRACE_OF_AN_INTERRUPT)
            self._set_timer(self._now() + seconds, End(ask, running, Cause.TIMEOUT))

    def _wait(self, signals: Signals) -> None:
        timeout = min(max(self._timers[0][0] - self._now(), 0.0), LONGEST_WAIT) if self._timers else None
        self._hear(signals, self._selector.select(timeout))
        now = self._now()
        if self._timers and self._timers[0][0] <= now:
            # What has ended meanwhile (this process was stopped, or busy) has ended in time as far as anyone can tell.
            self._hear(signals, self._selector.select(0))
        while self._timers and self._timers[0][0] <= now:
            self._ring(heappop(self._timers)[2])

    def _hear(self, signals: Signals, ready: list[tuple[selectors.SelectorKey, int]]) -> None:
        # The end of a process comes after those of its output, mostly all at once: heard of first, it settles the rest.
        for key, _ in reversed(ready):
            if key.data is signals:
                for number in signals.read():
                    self._heard(number)
            elif key.data in self._running and key.fd in self._watched[key.data]:
                self._running[key.data].ready(key.fd)
                self._look_at(key.data)

    def _heard(self, number: int) -> None:
        if number not in Signals.ENDING:  # a child has ended, on a system that does not tell which
            for key in list(self._running):
                self._running[key].ready(CHILD_ENDED)
                self._look_at(key)
            return
        self._stimuli.append(Interrupted(self._now(), number))
        self._give_up_questions()

    def _give_up_questions(self) -> None:
        """Nobody waits for hooks and breakers any more."""
        waiting = (*self._asked, *self._consulted)
        self._stimuli += [Answered(self._now(), ask.question, ask.task, hook=ask.hook) for ask in waiting]
        self._asked.clear()
        self._consulted.clear()
        for key in [key for key in self._running if isinstance(key, Ask)]:
            self._cancel(key, Cause.INTERRUPTED, force=True)

    def _set_timer(self, at: float, what: object) -> None:
        self._timer_count += 1
        heappush(self._timers, (at, self._timer_count, what))

    def _ring(self, what: object) -> None:
        if isinstance(what, WaitUntil):
            self._stimuli.append(TimerFired(max(self._now(), what.at), what.timer, what.key))
            if what.timer == "run":
                self._give_up_questions()
        elif isinstance(what, Consult):
            if what.ask in self._consulted:
                self._consult(what)
        elif isinstance(what, End) and self._running.get(what.key) is what.running:
            self._cancel(what.key, what.cause, force=True)
        elif isinstance(what, Pulse):
            self._pulse = None
            self._observers.look(self._now(), self._last_line)
        elif isinstance(what, Wake) and self._running.get(what.key) is what.running:
            what.running.ready(WOKEN)
            self._look_at(what.key)
            if what.key in self._running:
                self._wake_later(what.key, what.running)

    def _cancel(self, key: object, cause: Cause, force: bool) -> None:
        running = self._running.get(key)
        if running is None:
            return
        running.cancel(cause, force=force)
        if not force:
            grace = GRACE_OF_AN_INTERRUPT if cause is Cause.INTERRUPTED else GRACE
            self._set_timer(self._now() + grace, End(key, running, cause))
        self._look_at(key)

    # Who runs, and what is watched for it

    def _add(self, key: object, running: Running) -> None:
        self._running[key] = running
        self._watched[key] = set()
        self._look_at(key)
        if key in self._running:
            self._wake_later(key, running)

    def _look_later(self) -> None:
        """Observers want to look at the run by themselves, every now and then."""
        pulse = self._observers.pulse(self._now()) if self._pulse is None else None
        if pulse is not None:
            self._pulse = self._now() + pulse
            self._set_timer(self._pulse, Pulse())

    def _last_line(self, batch: int) -> str | None:
        """What a batch under way has printed last, where it can tell."""
        tell: Callable[[], str | None] | None = getattr(self._running.get(batch), "last_line", None)
        try:
            return tell() if tell is not None else None
        except Exception:  # noqa: BLE001 - a plugin's batch; who asks is not to blame, and it is only to be shown
            return None

    def _wake_later(self, key: object, running: Running) -> None:
        wake: float | None = getattr(running, "wake", None)  # few want to be woken
        if wake is not None:
            self._set_timer(self._now() + wake, Wake(key, running))

    def _look_at(self, key: object) -> None:
        """Watch what the batch wants watched, and take its outcomes when it has ended."""
        running = self._running[key]
        self._watch(key, running.fds)
        outcomes = running.outcomes()
        if outcomes is None:
            self._watch(key, running.fds)  # a next step of the batch may have begun
            return
        for fd in self._watched.pop(key):
            self._selector.unregister(fd)
        del self._running[key]
        if isinstance(key, Ask):
            one = outcomes[0]
            problem = one.reason if one.status is not Status.PASS else None
            answered = Answered(self._now(), key.question, key.task, one.value, problem, key.hook)
            self._stimuli.append(answered)
        elif isinstance(key, int):
            self._stimuli.append(BatchEnded(self._now(), key, outcomes))

    def _watch(self, key: object, fds: set[int]) -> None:
        watched = self._watched[key]
        for fd in watched - fds:
            self._selector.unregister(fd)
        for fd in fds - watched:
            self._selector.register(fd, selectors.EVENT_READ, key)
        self._watched[key] = set(fds)
