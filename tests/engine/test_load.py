"""Whether more batches would find a processor."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from omnibase.engine.load import LoadMeter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")

# Each runs in a process of its own, whose only descendants are the ones it starts.
BEGIN = """
import os, subprocess, sys
from omnibase.engine.load import LoadMeter
meter = LoadMeter()
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0)
child.stdout.read(1)
"""
END = """
os.killpg(child.pid, 9)
child.wait()
"""
# Counts the answers "idle".
COUNT = BEGIN + "print([meter.idle() for _ in range(200)].count(1.0))" + END
# Waits for as many such answers in a row: the child may need long to get as far as its waiting.
SETTLE = BEGIN + "row = 0\nwhile row < 200: row = row + 1 if meter.idle() == 1.0 else 0\nprint(row)" + END


def _times_taken_for_idle(script: str, *command: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", script, *command], check=True, capture_output=True, text=True, timeout=60
    )
    return int(done.stdout)


@contextmanager
def _busy_machine() -> Iterator[None]:
    """As many processes as there may be processors, none of them below the one that looks."""
    loops = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(4)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def test_what_waits_is_no_burden_however_busy_others_keep_the_machine() -> None:
    with _busy_machine():
        assert _times_taken_for_idle(SETTLE, "sh", "-c", "echo; read x") == 200


def test_a_child_that_computes_is_work() -> None:
    with _busy_machine():
        assert _times_taken_for_idle(COUNT, "sh", "-c", "echo; while :; do :; done") == 0


def test_a_grandchild_that_computes_is_work() -> None:
    with _busy_machine():
        assert _times_taken_for_idle(COUNT, "sh", "-c", "echo; sh -c 'while :; do :; done'; true") < 200


def test_the_share_is_between_none_and_all() -> None:
    meter = LoadMeter()
    answers = [answer for _ in range(1000) if (answer := meter.idle()) is not None]
    assert all(0 <= answer <= 1 for answer in answers)
    assert answers
