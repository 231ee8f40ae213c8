"""Commands started by posix_spawn: like those that subprocess starts, or not at all."""

import os
import signal
import subprocess
import sys
from ast import literal_eval
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from omnibase.executors import spawning
from omnibase.executors.spawning import Child, spawned

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is used on Linux")

ENV = {"PATH": os.environ["PATH"], "GREETING": "h\udce9llo"}
Start = Callable[[list[str], Mapping[str, str]], Child | subprocess.Popen[bytes]]


def _with_subprocess(argv: list[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
    )


@pytest.fixture(params=["posix_spawn", "subprocess"])
def start(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Both ways of starting a command; what is true of one has to be true of the other."""
    if request.param == "subprocess":
        yield _with_subprocess
        return
    monkeypatch.setattr(
        spawning, "_passes_nothing_on", lambda: True
    )  # the test's own process may pass on what it likes

    def start(argv: list[str], env: Mapping[str, str]) -> Child:
        child = spawned(argv, os.getcwd(), env)
        assert child is not None
        return child

    yield start


def said(start: Start, script: str, env: Mapping[str, str] = ENV) -> tuple[int, bytes, bytes]:
    child = start([sys.executable, "-I", "-S", "-c", script], env)
    assert child.stdout is not None
    assert child.stderr is not None
    with child.stdout, child.stderr:
        out, err = child.stdout.read(), child.stderr.read()
    return child.wait(), out, err


def test_its_output_and_its_errors_are_read_apart_and_its_exit_code_is_told(start: Start) -> None:
    assert said(start, "import os; os.write(1, b'out'); os.write(2, b'err'); os._exit(7)") == (7, b"out", b"err")


def test_a_signal_is_a_negative_exit_code(start: Start) -> None:
    assert said(start, "import os; os.kill(os.getpid(), 9)")[0] == -9


def test_it_has_a_session_of_its_own_and_reads_nothing(start: Start) -> None:
    script = "import os; print(os.getsid(0) == os.getpid() == os.getpgrp(), os.read(0, 1), end='')"
    assert said(start, script)[1] == b"True b''"


def test_signals_that_python_ignores_have_their_meaning_again(start: Start) -> None:
    child = start(["/bin/sh", "-c", "grep SigIgn /proc/self/status"], ENV)
    assert child.stdout is not None
    with child.stdout:
        ignored = int(child.stdout.read().split()[1], 16)
    child.wait()
    assert child.stderr is not None
    child.stderr.close()
    assert not ignored & (1 << (signal.SIGPIPE - 1) | 1 << (signal.SIGXFSZ - 1))


def test_its_environment_is_what_it_was_given_bytes_that_are_no_text_included(start: Start) -> None:
    out = said(start, "print(open('/proc/self/environ', 'rb').read(), end='')")[1]
    expected = sorted(os.fsencode(f"{name}={value}") for name, value in ENV.items())
    assert sorted(literal_eval(out.decode()).rstrip(b"\0").split(b"\0")) == expected


def test_nothing_but_its_three_streams_is_open_in_it(start: Start) -> None:
    read, write = os.pipe()
    try:
        script = "import os; print(*sorted(map(int, os.listdir('/proc/self/fd')))[:-1], end='')"
        assert said(start, script)[1] == b"0 1 2"
    finally:
        os.close(read)
        os.close(write)


def test_whether_it_has_ended_is_told_without_waiting(start: Start) -> None:
    child = start(["/bin/sh", "-c", "read x <&1 || kill -STOP $$"], ENV)
    assert child.poll() is None
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert child.poll() == -signal.SIGKILL
    for stream in (child.stdout, child.stderr):
        assert stream is not None
        stream.close()


@pytest.mark.parametrize("argv", [["/no/such/program"], ["/"], ["/bin/echo", "\0"]])
def test_what_cannot_be_started_raises_and_leaves_nothing_open(start: Start, argv: list[str]) -> None:
    before = os.listdir("/proc/self/fd")
    with pytest.raises((OSError, ValueError)):
        start(argv, ENV)
    assert os.listdir("/proc/self/fd") == before


def test_in_another_folder_it_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spawning, "_passes_nothing_on", lambda: True)
    assert spawned(["/bin/true"], str(tmp_path), ENV) is None


def test_where_this_process_s_folder_is_gone_it_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert spawned(["/bin/true"], str(tmp_path / "gone"), ENV) is None
    monkeypatch.chdir(tmp_path)


INHERITED = """
import os, sys
from omnibase.executors import spawning
read, write = os.pipe()
os.set_inheritable(write, True)
print(spawning.spawned(["/bin/true"], os.getcwd(), {}) is None)
spawning._passes_nothing_on.cache_clear()
spawning.pass_nothing_on()
child = spawning.spawned(["/bin/true"], os.getcwd(), {})
print(child is not None and child.wait())
"""


def test_what_would_be_passed_on_keeps_it_from_being_used_until_nothing_is() -> None:
    done = subprocess.run([sys.executable, "-c", INHERITED], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["True", "0"]
