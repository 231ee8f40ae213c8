"""Signals as something that a loop can watch, and the machine's load."""

import os
import select
import signal
import threading
from collections.abc import Iterator

import pytest

from omnibase.engine.load import LoadMeter
from omnibase.engine.modes import MODES
from omnibase.engine.signals import Signals
from omnibase.model.context import Mode
from tests.executors import batches

ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    """No signal is ignored, as it would be for tests that run in the background of a shell or under nohup."""
    before = [(number, signal.signal(number, signal.SIG_DFL)) for number in ENDING]
    yield
    for number, handler in before:
        signal.signal(number, handler)


def _handlers() -> list[object]:
    return [signal.getsignal(number) for number in (*ENDING, signal.SIGCHLD)]


def test_signals_arrive_as_numbers_and_end_nothing() -> None:
    with Signals() as signals:
        assert signals.read() == []
        for number in ENDING:
            os.kill(os.getpid(), number)
        assert select.select([signals.fd], [], [], batches.SECONDS)[0] == [signals.fd]
        assert sorted(signals.read()) == sorted(ENDING)
        assert signals.read() == []


def test_afterwards_everything_is_as_it_was() -> None:
    before = _handlers()
    with batches.no_file_left_open(), Signals():
        assert _handlers()[:3] != before[:3]
    assert _handlers() == before
    assert signal.set_wakeup_fd(-1) == -1


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Signals() as signals:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            assert select.select([signals.fd], [], [], batches.SECONDS)[0]
            assert signals.read() == [signal.SIGTERM]
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("pidfds", [True, False])
def test_children_that_were_ignored_are_heeded_meanwhile(monkeypatch: pytest.MonkeyPatch, pidfds: bool) -> None:
    if not pidfds:
        monkeypatch.delattr(os, "pidfd_open", raising=False)
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with Signals() as signals:
            pid = os.fork()
            if pid == 0:
                os._exit(7)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
            assert signals.read() == ([] if hasattr(os, "pidfd_open") else [signal.SIGCHLD])
        assert signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_outside_the_main_thread_nothing_is_changed() -> None:
    seen: list[object] = []

    def enter() -> None:
        before = _handlers()
        with Signals() as signals:
            seen.append((_handlers() == before, signals.read()))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [(True, [])]


def test_how_idle_the_machine_is_lies_between_nothing_and_all() -> None:
    meter = LoadMeter()
    shares = [meter.idle() for _ in range(3)]
    assert all(share is None or 0 <= share <= 1 for share in shares)


@pytest.mark.skipif(not os.path.exists("/proc/stat"), reason="only Linux says")
def test_over_a_stretch_of_time_there_is_a_share(monkeypatch: pytest.MonkeyPatch) -> None:
    meter = LoadMeter()
    found: list[float] = []

    def looked() -> bool:
        share = meter.idle()
        if share is not None:
            found.append(share)
        return bool(found)

    batches.wait_until(looked, "a tick has passed")
    assert 0 <= found[0] <= 1


def test_a_system_that_does_not_say_how_busy_it_is_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*arguments: object) -> int:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "open", missing)
    assert LoadMeter().idle() is None


def test_every_mode_has_its_row_and_a_dry_run_starts_and_writes_nothing() -> None:
    assert set(MODES) == set(Mode)
    assert [mode for mode, row in MODES.items() if row.executor == "nothing"] == [Mode.DRY_RUN]
    assert [mode for mode, row in MODES.items() if not row.writes] == [Mode.DRY_RUN]
    assert [mode for mode, row in MODES.items() if row.parallel] == [Mode.ASYNC]
