"""Output while it is read: whole lines, safe and without secrets, to whoever follows; and the last one so far."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.redaction import visible
from omnibase.core.secrets import Secrets
from omnibase.executors.capture import MEMORY, Capture
from omnibase.executors.command import CommandExecutor
from omnibase.executors.following import Following
from omnibase.executors.python.executor import PythonExecutor
from omnibase.executors.settled import Settled
from omnibase.executors.tapping import LONGEST
from omnibase.model.component import Component
from omnibase.model.events import Outcome
from omnibase.model.ports import Running
from omnibase.model.result import Cause
from tests.executors import batches

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

SECRET = "hunter2hunter2"
KEY = "-----BEGIN KEY-----\nfirst/line/of/it\nsecond/line/of/it\n-----END KEY-----"


class Heard:
    """A tap that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def __call__(self, name: str, text: str) -> None:
        self.told.append((name, text))

    def lines(self, name: str) -> list[str]:
        return [line for of, text in self.told if of == name for line in text.split("\n")]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def commands(heard: Heard) -> Iterator[CommandExecutor]:
    executor = CommandExecutor({}, Secrets([SECRET]), tap=heard)
    yield executor
    executor.close()


@pytest.fixture
def workers(heard: Heard) -> Iterator[PythonExecutor]:
    executor = PythonExecutor(batches.WRITE, Secrets([SECRET]), tap=heard)
    yield executor
    executor.close()


def fed(pieces: list[bytes], secrets: Secrets | None = None) -> list[str]:
    """The lines that are told when a stream comes in these pieces."""
    told: list[str] = []
    capture = Capture(None, secrets, lambda text: told.extend(text.split("\n")))
    for piece in pieces:
        capture.stdout.feed(piece)
    capture.close()
    return told


# Lines


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([], []),
        ([b"one\ntwo\n"], ["one", "two"]),
        ([b"on", b"e\ntw", b"o\n"], ["one", "two"]),
        ([b"one\n", b"two"], ["one", "two"]),
        ([b"\n\n"], ["", ""]),
        ([b"10%\r20%\r30%\n"], ["30%"]),
        ([b"a\r\nb\r", b"\n"], ["a", "b"]),
        ([b"\x1b[31mred\x1b[0m \xff\x07\n"], ["red \\xff\\x07"]),
        ([b"\x1b]0;ti", b"tle\x07text\n"], ["text"]),
        ([b"::error::x\n##[group]y\n"], ["\\::error::x", "#\\#[group]y"]),
        ([b"\xe5\xa5", b"\xbd\n"], ["好"]),
    ],
)
def test_lines_are_told_whole_and_safe_to_show(pieces: list[bytes], lines: list[str]) -> None:
    assert fed(pieces) == lines


def test_a_line_is_told_as_soon_as_it_has_an_end() -> None:
    told: list[str] = []
    capture = Capture(None, Secrets([SECRET]), told.append)
    capture.stdout.feed(b"one\ntwo\nthr")
    assert told == ["one\ntwo"]
    capture.stderr.feed(b"beside\n")
    assert told == ["one\ntwo", "beside"]
    capture.close()
    capture.close()
    assert told == ["one\ntwo", "beside", "thr"]


@given(
    st.lists(st.sampled_from([b"a", b" ", b"\n", b"\x1b[1m", b"\xc3\xa9", b"::x::"]), max_size=40),
    st.integers(1, 7),
)
def test_where_a_stream_is_cut_makes_no_difference_to_its_lines(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    expected = [visible(line) for line in data.removesuffix(b"\n").split(b"\n")] if data else []
    assert fed([data[at : at + size] for at in range(0, len(data), size)]) == expected


def test_a_line_without_an_end_takes_no_more_memory() -> None:
    pieces: list[int] = []
    capture = Capture(None, None, lambda text: pieces.append(len(text)))
    for _ in range(200):
        capture.stdout.feed(b"x" * 10_000)
    capture.close()
    assert sum(pieces) == 2_000_000
    assert max(pieces) <= LONGEST + 10_000


@pytest.mark.parametrize("secrets", [None, Secrets([SECRET])], ids=["no secret", "secrets"])
def test_all_of_it_is_told_also_when_no_more_of_it_is_kept(secrets: Secrets | None) -> None:
    lines = [f"line {number}" for number in range(2 * MEMORY // 8)]
    data = "".join(f"{line}\n" for line in lines).encode()
    assert fed([data[at : at + 65536] for at in range(0, len(data), 65536)], secrets) == lines


# Secrets


@given(st.integers(1, 30), st.sampled_from([SECRET, KEY, "päss wörd\twith tab"]))
def test_no_secret_is_told_wherever_the_stream_is_cut(size: int, secret: str) -> None:
    data = f"before {secret} after\n{secret}\nend {secret}".encode()
    told = "\n".join(fed([data[at : at + size] for at in range(0, len(data), size)], Secrets([secret])))
    assert told == "before *** after\n***\nend ***"


def test_a_secret_with_a_terminal_sequence_in_the_middle_is_hidden_too() -> None:
    assert fed([b"hunter2\x1b[1mhunter2\n"], Secrets([SECRET])) == ["***"]


def test_a_secret_of_several_lines_is_hidden_although_lines_are_told_as_they_come() -> None:
    assert "\n".join(fed([line.encode() + b"\n" for line in KEY.split("\n")], Secrets([KEY]))) == "***"


# The last line so far


def test_a_line_that_has_an_end_is_the_last_one_at_once_although_there_are_secrets() -> None:
    capture = Capture(None, Secrets([SECRET]))
    capture.stdout.feed(b"step 1\n")
    assert capture.last_line() == "step 1"
    capture.stdout.feed(b"step 2\nhunter2")
    assert capture.last_line() == "step 2"
    capture.stdout.feed(b"hunter2 is it\n")
    assert capture.last_line() == "*** is it"


def test_the_last_line_is_looked_for_only_where_something_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = Capture(None)
    looked: list[int] = []
    find = capture._find_last_line
    monkeypatch.setattr(capture, "_find_last_line", lambda: looked.append(1) or find())
    capture.stdout.feed(b"one\n")
    assert [capture.last_line() for _ in range(3)] == ["one"] * 3
    capture.stderr.feed(b"two\n")
    assert capture.last_line() == "two"
    assert len(looked) == 2


# Commands and workers

WAITING = "echo one; echo two >&2; read _ < go; echo three"


def _wait_for(running: Running, shown: Callable[[], bool], what: str) -> None:
    def look() -> bool:
        batches.step(running, 0.005)
        return shown()

    batches.wait_until(look, what)


def test_a_command_tells_what_it_prints_while_it_runs(commands: CommandExecutor, heard: Heard, root: Path) -> None:
    os.mkfifo(root / "go")
    running = commands.start(batches.assignment(batches.place(root), batches.command(WAITING, shell=True, name="it")))
    _wait_for(running, lambda: len(heard.lines("it")) == 2, "both lines have come")
    assert sorted(heard.lines("it")) == ["one", "two"]
    assert running.last_line() in ("one", "two")  # type: ignore[attr-defined] # whichever was read last
    assert Following(running, lambda outcomes: outcomes).last_line() in ("one", "two")
    (root / "go").write_text("\n")
    batches.finish(running)
    assert heard.lines("it")[2:] == ["three"]
    assert running.last_line() == "three"  # type: ignore[attr-defined] # as above


def test_what_has_nothing_to_tell_has_no_last_line() -> None:
    assert Following(Settled((Outcome(0),)), lambda outcomes: outcomes).last_line() is None


def test_a_component_in_python_tells_what_it_prints_while_it_runs(
    workers: PythonExecutor, heard: Heard, root: Path, tmp_path: Path
) -> None:
    """Not only what it prints at its end, and flushes."""
    os.mkfifo(root / "go")
    component = _python(
        tmp_path, "def talks(ctx):\n    print('one')\n    open('go').read()\n    print('two')\n", "talks"
    )
    running = workers.start(batches.assignment(batches.place(root), component))
    _wait_for(running, lambda: heard.lines("talks") == ["one"], "it has printed a line")
    assert running.last_line() == "one"  # type: ignore[attr-defined] # workers have one
    (root / "go").write_text("")
    batches.finish(running)
    assert heard.lines("talks")[:2] == ["one", "two"]


def test_a_component_in_python_that_is_killed_has_last_words(
    workers: PythonExecutor, heard: Heard, root: Path, tmp_path: Path
) -> None:
    component = _python(tmp_path, "import time\ndef hangs(ctx):\n    print('so far')\n    time.sleep(1000)\n", "hangs")
    running = workers.start(batches.assignment(batches.place(root), component))
    _wait_for(running, lambda: heard.lines("hangs") == ["so far"], "it has printed a line")
    running.cancel(Cause.TIMEOUT, force=True)
    (outcome,) = batches.finish(running)
    assert outcome.reason is not None
    assert outcome.reason.endswith("last output: so far")


def test_in_a_pass_lines_are_told_of_the_check_that_is_at_work(
    workers: PythonExecutor, heard: Heard, root: Path, tmp_path: Path
) -> None:
    body = """\
        def first(file):
            print("of the first")
            open("one").read()
            return ()

        def second(file):
            print("of the second")
            open("two").read()
            return ()
        """
    for name in ("one", "two"):
        os.mkfifo(root / name)
    (root / "a.txt").write_text("a\n")
    checks = [_python(tmp_path, dedent(body), name, takes="file") for name in ("first", "second")]
    running = workers.start(batches.assignment(batches.place(root), *checks, paths=["a.txt"]))
    for name, fifo in (("first", "one"), ("second", "two")):
        _wait_for(running, lambda name=name: bool(heard.lines(name)), f"the {name} has printed")  # type: ignore[misc]
        (root / fifo).write_text("")
    batches.finish(running)
    assert [(name, text) for name, text in heard.told if text] == [
        ("first", "of the first"),
        ("second", "of the second"),
    ]


def test_no_secret_of_a_command_is_told(commands: CommandExecutor, heard: Heard, root: Path) -> None:
    component = batches.command("printf 'it is hunter2'; printf 'hunter2\\n'", shell=True, name="it")
    batches.run(commands, batches.assignment(batches.place(root), component))
    assert heard.lines("it") == ["it is ***"]


def test_endless_lines_are_told_in_bounded_memory(commands: CommandExecutor, heard: Heard, root: Path) -> None:
    component = batches.command("head -c 3000000 /dev/zero | tr '\\0' x", shell=True, name="it")
    batches.run(commands, batches.assignment(batches.place(root), component))
    assert sum(map(len, heard.lines("it"))) == 3_000_000
    assert max(map(len, heard.lines("it"))) <= 2 * LONGEST


def _python(folder: Path, body: str, function: str, takes: str = "context") -> Component:
    (folder / "talking.py").write_text(body)
    make = batches.taking_context if takes == "context" else batches.check
    return make(function, module="talking", path=str(folder))
