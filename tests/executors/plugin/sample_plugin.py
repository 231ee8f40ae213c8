"""A plugin whose functions behave and misbehave in every way that the tests of executors ask for."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gate

from omnibase.api import (
    Context,
    Finding,
    Part,
    Result,
    Severity,
    SourceFile,
    Status,
    TransientError,
    breaker,
    retry,
)

# Checks of single files


def finds_todo(file: SourceFile, *, word: str = "TODO") -> Iterator[Finding]:
    for number, line in enumerate(file.lines, start=1):
        if word.encode() in line:
            yield Finding(f"{word} is left", line=number, code="todo")


def says_what_it_is_given(file: SourceFile) -> Iterator[Finding]:
    yield Finding(f"size={file.size} executable={file.executable} added={file.added}", code="given")


def finds_nothing(file: SourceFile) -> list[Finding]:
    return []


def raises(file: SourceFile) -> Iterator[Finding]:
    yield Finding("found before it raised")
    raise ValueError(f"cannot bear {file.path}")


def raises_at_once(file: SourceFile) -> Iterator[Finding]:
    raise KeyError("at once")


def returns_none(file: SourceFile) -> None:
    return None


def yields_a_string(file: SourceFile) -> Iterator[Any]:
    yield "this is no finding"


def yields_what_is_not_well_formed(file: SourceFile) -> Iterator[Finding]:
    yield Finding("a line is a number", line="three")  # type: ignore[arg-type]


def yields_what_is_no_json(file: SourceFile) -> Iterator[Finding]:
    yield Finding(object())  # type: ignore[arg-type]


def removes_the_file_before_reading(file: SourceFile) -> Iterator[Finding]:
    os.unlink(file.path)
    yield from finds_todo(file)


def stats_by_bytes(file: SourceFile) -> Iterator[Finding]:
    os.stat(os.fsencode(f"not-there-{file.path}"))
    yield Finding("never")


def hangs(file: SourceFile) -> Iterator[Finding]:
    gate.tell("hanging", file.path)
    signal.pause()
    yield Finding("never")


def exits(file: SourceFile) -> Iterator[Finding]:
    os._exit(0)
    yield Finding("never")


def exits_with_words(file: SourceFile) -> Iterator[Finding]:
    print("last words")
    sys.exit("and an error")
    yield Finding("never")


def kills_itself(file: SourceFile) -> Iterator[Finding]:
    os.kill(os.getpid(), signal.SIGKILL)
    yield Finding("never")


def dies_of_a_signal_without_a_name(file: SourceFile) -> Iterator[Finding]:
    os.kill(os.getpid(), signal.SIGRTMIN + 5)
    yield Finding("never")


def breaks_memory(file: SourceFile) -> Iterator[Finding]:
    import ctypes
    import faulthandler

    faulthandler.disable()  # pytest has enabled it
    ctypes.string_at(0)
    yield Finding("never")


def prints_much(file: SourceFile) -> Iterator[Finding]:
    for _ in range(64):
        print("x" * 65536)
        os.write(2, b"y" * 65536)
    yield Finding("found after all", severity=Severity.NOTE)


def finds_much(file: SourceFile) -> Iterator[Finding]:
    for line in range(1, 4001):
        yield Finding("the same again, at some length, so that the answer does not fit into a pipe", line=line)


def shows_git_variables(file: SourceFile) -> Iterator[Finding]:
    yield Finding(" ".join(sorted(name for name in os.environ if name.startswith("GIT_"))) or "none")


def waits(file: SourceFile) -> Iterator[Finding]:
    """Wait at the FIFO `gate`, with a child process beside it, once."""
    if not os.path.exists("pids"):
        gate.wait()
    yield Finding("passed the gate", severity=Severity.NOTE)


def waits_deaf(file: SourceFile) -> Iterator[Finding]:
    gate.be_deaf()
    return waits(file)


def waits_politely(file: SourceFile) -> Iterator[Finding]:
    gate.be_polite()
    return waits(file)


# Fixers


def swaps_case(file: SourceFile) -> bytes:
    return file.data.swapcase()


def makes_upper(file: SourceFile) -> bytes:
    return file.data.upper()


def adds_a_line(file: SourceFile) -> bytes:
    return file.data if file.data.lower().endswith(b"one more\n") else file.data + b"one more\n"


def leaves_alone(file: SourceFile) -> bytes:
    return file.data


def makes_a_string(file: SourceFile) -> str:
    return file.data.decode()


def raises_when_fixing(file: SourceFile) -> bytes:
    raise RuntimeError("cannot mend")


def hangs_when_fixing(file: SourceFile) -> bytes:
    gate.tell("hanging", file.path)
    while True:
        signal.pause()


def is_overtaken(file: SourceFile) -> bytes:
    """The user saves the file while the fixer works."""
    Path(file.path).write_bytes(b"typed meanwhile\n")
    return b"mended\n"


# Components that take the context


def passes(ctx: Context) -> Result:
    return Result(Status.PASS, value={"answer": 42})


async def awaits(ctx: Context) -> Result:
    import asyncio

    await asyncio.sleep(0)
    return Result(Status.WARN, reason="seen later", parts=(Part("one", Status.PASS, 0.5),))


def tells_all_it_is_given(ctx: Context) -> Result:
    ctx.log("working")
    deadline = ctx.deadline
    return Result(
        Status.PASS,
        value={
            "name": ctx.name,
            "root": ctx.root,
            "cwd": os.getcwd(),
            "files": [os.fsencode(path).hex() for path in ctx.files],
            "values": ctx.values,
            "settings": ctx.settings,
            "env": ctx.env["SAMPLE"],
            "environ": os.environ.get("SAMPLE"),
            "git": sorted(name for name in (*os.environ, *ctx.env) if name.startswith("GIT_")),
            "correlation_id": ctx.correlation_id,
            "deadline": deadline is not None and 0 < deadline <= 60,
            "stdin": sys.stdin.read(),
        },
    )


def takes_settings(ctx: Context, *, level: int = 1, words: Any = ()) -> Result:
    return Result(Status.PASS, value=[level, words])


def reads_source_files(ctx: Context) -> Result:
    found = [[file.path, file.size, file.data.decode(), sorted(file.tags)] for file in ctx.source_files()]
    return Result(Status.PASS, value=found)


def has_findings(ctx: Context) -> Result:
    return Result(Status.FAIL, findings=(Finding("wrong", "a.txt", 3),), reason="it is wrong", remedy="mend it")


def context_raises(ctx: Context) -> Result:
    print("printed before")
    raise LookupError("nothing there")


async def async_raises(ctx: Context) -> Result:
    raise LookupError("nothing there, later")


def context_returns_none(ctx: Context) -> None:
    return None


def context_returns_a_dict(ctx: Context) -> dict[str, str]:
    return {"status": "PASS"}


def value_is_a_set(ctx: Context) -> Result:
    return Result(Status.PASS, value={1, 2})


def value_is_nan(ctx: Context) -> Result:
    return Result(Status.PASS, value=float("nan"))


def value_is_a_circle(ctx: Context) -> Result:
    circle: list[Any] = []
    circle.append(circle)
    return Result(Status.PASS, value=circle)


def status_is_unknown(ctx: Context) -> Result:
    return Result("FINE")  # type: ignore[arg-type]


def findings_are_strings(ctx: Context) -> Result:
    return Result(Status.FAIL, findings=("wrong",))  # type: ignore[arg-type]


def context_exits(ctx: Context) -> Result:
    print("last words")
    sys.exit(3)


def context_prints(ctx: Context) -> Result:
    print("to standard output")
    print("to standard error", file=sys.stderr)
    subprocess.run(["/bin/sh", "-c", "echo from a child"], check=True)
    os.write(1, b"\xff\xfe\x1b[31mred\n")
    return Result(Status.PASS)


def context_waits(ctx: Context) -> Result:
    gate.wait(ctx.root)
    return Result(Status.PASS)


def context_waits_deaf(ctx: Context) -> Result:
    gate.be_deaf()
    gate.wait(ctx.root)
    return Result(Status.PASS)


def context_waits_politely(ctx: Context) -> Result:
    gate.be_polite()
    gate.wait(ctx.root)
    return Result(Status.PASS)


def leaves_a_child(ctx: Context) -> Result:
    child = subprocess.Popen(["sleep", "1000"])
    gate.tell("pids", f"{child.pid} {os.getpid()}")
    return Result(Status.PASS)


def spins(ctx: Context) -> Result:
    while True:
        pass


def prints_on(ctx: Context) -> Result:
    while True:
        print("on and on", flush=True)


def opens_files(ctx: Context) -> Result:
    opened = []
    try:
        while len(opened) < 1000:
            opened.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as error:
        while opened:
            os.close(opened.pop())
        return Result(Status.PASS, value=error.errno)
    return Result(Status.FAIL)


def raises_what_it_is_told(ctx: Context, *, error: str, number: int = 0) -> Result:
    from omnibase.model.errors import TransientError

    kinds: dict[str, type[Exception]] = {"transient": TransientError, "os": OSError, "value": ValueError}
    raise kinds[error](number, "told so") if number else kinds[error]("told so")


def check_that_raises(file: SourceFile, *, number: int) -> Iterator[Finding]:
    raise OSError(number, "told so")
    yield Finding("never")


def answers_too_much(ctx: Context) -> Result:
    return Result(Status.PASS, value="x" * (40 * 1024 * 1024))


def prints_what_it_is_told(ctx: Context, *, text: str) -> Result:
    print(f"it is {text}", flush=True)
    return Result(Status.PASS)


def tells_how_far_it_is(ctx: Context) -> Result:
    print("step one", flush=True)
    print("step two", flush=True)
    gate.wait(ctx.root)
    return Result(Status.PASS)


def escapes(ctx: Context, *, then: str) -> Result:
    """Leave a process in a session of its own, whose parent has ended, then go on as told."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            gate.tell("pids", f"{os.getpid()} {os.getpgid(os.getppid())}", ctx.root)
            for fd in range(3, 256):
                try:
                    os.close(fd)
                except OSError:
                    continue
            time.sleep(1000)
        time.sleep(0.05)
        os._exit(0)
    while not os.path.exists(os.path.join(ctx.root, "pids")):
        time.sleep(0.001)
    if then == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif then == "wait":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(1000)
    return Result(Status.PASS)


def tells_its_marks(ctx: Context) -> Result:
    marks = {name: os.environ.get(name) for name in ("OMNIBASE_RUN", "OMNIBASE_BATCH")}
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError as error:
        return Result(Status.PASS, value=[marks, error.errno])
    return Result(Status.PASS, value=[marks, 0])


def fills_memory(ctx: Context) -> Result:
    held = [bytearray(b"x") * (8 << 20) for _ in range(25)]
    time.sleep(1000)
    return Result(Status.PASS, value=len(held))


def finds_endlessly(file: SourceFile) -> Iterator[Finding]:
    while True:
        yield Finding("again")


def mends_when_let(file: SourceFile) -> bytes:
    Path("mending").touch()
    while not Path("go").exists():
        time.sleep(0.001)
    return file.data.swapcase()


# Calls that are tried again, or guarded


def _told(times: int) -> None:
    left = [TransientError("busy")] * times

    @retry(first_delay=0.001, max_delay=0.002, name="fetch")
    def fetch() -> None:
        if left:
            raise left.pop()

    fetch()


def calls_again(ctx: Context, *, times: int = 0) -> Result:
    _told(times)
    return Result(Status.PASS)


def calls_and_dies(ctx: Context) -> Result:
    _told(1)
    os.kill(os.getpid(), signal.SIGKILL)
    return Result(Status.PASS)


def checks_by_calls(file: SourceFile, *, times: int = 0) -> Iterator[Finding]:
    _told(times)
    yield from ()


def asks_a_service(ctx: Context, *, fails: bool = True) -> Result:
    with breaker("service", failures=2, reset=3600.0):
        if fails:
            raise TimeoutError("no answer")
    return Result(Status.PASS)


def writes_into_the_answer(ctx: Context) -> Result:
    from omnibase.model.calls import Served

    os.write(Served.by._answer, b"{}\n")  # as what finds the descriptor by chance may do
    return Result(Status.PASS)
