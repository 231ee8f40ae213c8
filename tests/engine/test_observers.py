"""Who listens to a run: all hear everything in order, and none can end the run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.core.planning import Conditions
from omnibase.engine.observers import Collector, Observers
from omnibase.model.events import Event, Noticed, RunEnded, TaskEnded, TimerFired
from omnibase.model.result import Status
from tests.engine.driving import drive, planned
from tests.executors.batches import command

FIRST, SECOND, THIRD = (TimerFired(at, "run") for at in (1.0, 2.0, 3.0))


class Raising:
    """Listens until the given event; from then on nothing can be heard any more."""

    def __init__(self, at: type | Event, heard: list[Event] | None = None) -> None:
        self.at = at
        self.heard: list[Event] = [] if heard is None else heard
        self.is_broken = False

    def observe(self, event: Event) -> None:
        self.heard.append(event)
        self.is_broken |= event == self.at or type(event) is self.at
        if self.is_broken:
            raise OSError(28, "No space left on device")


class OtherRaising(Raising):
    """Another, told apart by its name."""


def _notices(collector: Collector) -> list[Noticed]:
    return [event for event in collector.events if isinstance(event, Noticed)]


def test_all_hear_every_event_in_the_order_in_which_they_listen() -> None:
    heard: list[Event] = []
    observers = Observers([Raising(Noticed, heard), Raising(Noticed, heard)])
    for event in (FIRST, SECOND):
        observers.publish(event)
    assert heard == [FIRST, FIRST, SECOND, SECOND]


def test_one_that_raises_is_told_of_once_and_hears_no_more() -> None:
    raising, collector = Raising(SECOND), Collector()
    observers = Observers([raising, collector])
    for event in (FIRST, SECOND, THIRD):
        observers.publish(event)
    notice = Noticed(2.0, "Raising stopped listening: OSError: [Errno 28] No space left on device")
    assert collector.events == [FIRST, SECOND, notice, THIRD]
    assert raising.heard == [FIRST, SECOND]


def test_what_is_to_be_in_no_record_is_in_no_notice_whoever_said_it() -> None:
    collector = Collector()
    observers = Observers([Raising(FIRST), collector], lambda text: text.replace("space", "***"))
    observers.publish(Noticed(0.5, "no space"))
    observers.publish(FIRST)
    assert [notice.message for notice in _notices(collector)] == [
        "no ***",
        "Raising stopped listening: OSError: [Errno 28] No *** left on device",
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_several_that_raise_at_once_are_each_told_of(order: int) -> None:
    collector = Collector()
    listeners = [Raising(SECOND), OtherRaising(SECOND), collector][::order]
    observers = Observers(listeners)
    for event in (FIRST, SECOND, THIRD):
        observers.publish(event)
    assert sorted(notice.message.split()[0] for notice in _notices(collector)) == ["OtherRaising", "Raising"]
    assert [event for event in collector.events if not isinstance(event, Noticed)] == [FIRST, SECOND, THIRD]


def test_one_that_raises_at_the_news_of_another_is_told_of_too() -> None:
    collector = Collector()
    observers = Observers([Raising(FIRST), OtherRaising(Noticed), collector])
    observers.publish(FIRST)
    observers.publish(SECOND)
    assert sorted(notice.message.split()[0] for notice in _notices(collector)) == ["OtherRaising", "Raising"]
    assert collector.events[-1] == SECOND


def test_with_nobody_left_the_run_goes_on() -> None:
    observers = Observers([Raising(FIRST)])
    for event in (FIRST, SECOND):
        observers.publish(event)


@pytest.mark.parametrize("at", [TaskEnded, RunEnded])
def test_an_observer_that_raises_does_not_change_a_run(tmp_path: Path, at: type) -> None:
    components = [command("true", name="one"), command("true", name="two")]
    run = drive(planned(components, Conditions()), tmp_path, observers=[Raising(at)])
    assert run.statuses() == {"one": Status.PASS, "two": Status.PASS}
    assert len(run.report.notices) == 1
    assert "Raising stopped listening" in run.report.notices[0]
    assert run.report.exit_code == 0


class Watching:
    """Looks at a run by itself."""

    def __init__(self, pulse: float | None, *, breaks: bool = False) -> None:
        self.pulse = pulse
        self.breaks = breaks
        self.looks: list[tuple[float, str | None]] = []

    def observe(self, event: Event) -> None:
        pass

    def look(self, at: float, last_line: Callable[[int], str | None]) -> None:
        self.looks.append((at, last_line(0)))
        if self.breaks:
            raise OSError(28, "No space left on device")


def test_those_look_that_want_to_as_often_as_the_first_of_them_does() -> None:
    often, seldom, never = Watching(0.1), Watching(30.0), Watching(None)
    observers = Observers([often, Collector(), never, seldom])
    assert observers.pulse(0.0) == 0.1
    observers.look(1.5, lambda batch: f"line of {batch}")
    assert (often.looks, seldom.looks, never.looks) == ([(1.5, "line of 0")], [(1.5, "line of 0")], [])
    often.pulse = seldom.pulse = None
    assert observers.pulse(0.0) is None


def test_one_that_raises_when_it_looks_hears_no_more_either() -> None:
    breaking, collector = Watching(0.1, breaks=True), Collector()
    observers = Observers([breaking, collector])
    observers.look(1.0, lambda batch: None)
    observers.look(2.0, lambda batch: None)
    assert len(breaking.looks) == 1
    assert [notice.message for notice in _notices(collector)] == [
        "Watching stopped listening: OSError: [Errno 28] No space left on device"
    ]


def test_the_driver_lets_them_look_while_nothing_happens(tmp_path: Path) -> None:
    """The command goes on until it was looked at three times: were it not, the test would run out of time."""

    class Releasing(Watching):
        def look(self, at: float, last_line: Callable[[int], str | None]) -> None:
            super().look(at, last_line)
            if len(self.looks) == 3:
                (tmp_path / "go").touch()
                self.pulse = None

    watching = Releasing(0.01)
    body = "echo first; echo the last line; until test -e go; do sleep 0.01; done"
    run = drive(planned([command(body, shell=True, name="a")], Conditions()), tmp_path, observers=[watching])
    assert run.statuses() == {"a": Status.PASS}
    assert len(watching.looks) == 3
    assert [at for at, _ in watching.looks] == sorted(at for at, _ in watching.looks)


class Odd:
    """Has a `pulse` that is none."""

    def __init__(self, pulse: object) -> None:
        self._pulse = pulse

    @property
    def pulse(self) -> object:
        if isinstance(self._pulse, Exception):
            raise self._pulse
        return self._pulse

    def observe(self, event: Event) -> None:
        pass

    def look(self, at: float, last_line: Callable[[int], str | None]) -> None:
        raise AssertionError("nobody said when")


@pytest.mark.parametrize("pulse", [None, "soon", len, ValueError("no pulse")])
def test_one_whose_pulse_is_none_is_left_alone_and_ends_no_run(pulse: object) -> None:
    observers = Observers([Odd(pulse), Watching(0.5)])
    assert observers.pulse(0.0) == 0.5
    observers.look(1.0, lambda batch: None)
    assert observers.pulse(1.0) == 0.5


def test_nobody_looks_more_often_than_a_hundred_times_a_second() -> None:
    assert Observers([Watching(0.0)]).pulse(0.0) == 0.01
