"""The live view in a pseudo-terminal: what a person sees of a run, at several widths and with few and many tasks."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.dialogue import INTERRUPT
from tests.e2e.driving import COMMAND, Repo
from tests.screen import GO_ON, STOP, Screen

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="what is left of a session is seen in /proc")

Start = Callable[..., Screen]

# It prints the words that the test writes into a FIFO, and ends by "pass" or "fail".
TALK = """\
    import os, signal, sys

    signal.alarm(100)  # should the test leave it behind
    print(f"{sys.argv[1]} has begun", flush=True)
    # It stays open, also for writing: a word that comes while it is opened anew would be lost.
    with open(os.open(f".git/{sys.argv[1]}", os.O_RDWR)) as said:
        while word := said.readline().strip():
            if word == "pass":
                sys.exit(0)
            print(word, flush=True)
            if word == "fail":
                sys.exit(3)
    """


WAITING = [f"wait-{number:02}" for number in range(20)]


class Talkers:
    """Components that say and do what the test tells them."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        repo.script(".git/talk", TALK)

    def entry(self, name: str, more: str = "") -> str:
        os.mkfifo(self._repo.root / ".git" / name)
        return f"  - {{name: {name}, lifecycle: stable, command: [.git/talk, {name}]{more}}}\n"

    def tell(self, name: str, word: str) -> None:
        """Returns when the component is there to hear it."""
        (self._repo.root / ".git" / name).write_text(f"{word}\n")

    def let_pass(self, *names: str) -> None:
        for name in names:
            self.tell(name, "pass")


@pytest.fixture
def talkers(repo: Repo) -> Talkers:
    return Talkers(repo)


@pytest.fixture
def three(repo: Repo, talkers: Talkers) -> Talkers:
    """Three components that wait to be told, of which the third begins after the first."""
    entries = [talkers.entry("build"), talkers.entry("lint"), talkers.entry("test", ", after: [build]")]
    repo.registry(f"components:\n{''.join(entries)}")
    return talkers


@pytest.fixture
def many(repo: Repo, talkers: Talkers) -> Talkers:
    """Three hundred: twenty wait to be told, one fails, all others pass at once."""
    entries = [talkers.entry(name) for name in WAITING]
    for number in range(280):
        command = "false" if number == 42 else "true"
        entries.append(f"  - {{name: check-{number:03}, lifecycle: stable, command: ['{command}']}}\n")
    repo.registry(f"components:\n{''.join(entries)}")
    return talkers


@pytest.fixture
def start(repo: Repo) -> Iterator[Start]:
    """Starts a run at a terminal, at whose top a line stands already."""
    with ExitStack() as stack:

        def started(*arguments: str, size: tuple[int, int] = (100, 24), out: Path | None = None, **env: str) -> Screen:
            command = [COMMAND, "orch", "--stage", "ci", "--jobs", "3", *arguments]
            whole = {**repo.environment, **env}
            screen = Screen(command, repo.root, whole, columns=size[0], rows=size[1], out=out, before="$ omnibase\n")
            return stack.enter_context(screen)

        yield started


def row(screen: Screen, name: str) -> str:
    """The last row that begins with the name of this component, behind a sign."""
    return next((row for row in reversed(screen.rows) if row[1:].lstrip().startswith(name)), "")


@pytest.mark.parametrize("columns", [40, 100, 200])
def test_three_tasks(start: Start, three: Talkers, columns: int) -> None:
    """What runs is seen with its last line, what has ended with what it came to, and at the end there is the report."""
    screen = start(size=(columns, 20))
    screen.wait_until(lambda: "build has" in row(screen, "build") and "lint has" in row(screen, "lint"))
    assert screen.rows[0] == "$ omnibase"
    assert "0/3 done, 2 running" in screen.rows[-1]
    assert not screen.cursor_is_visible

    three.tell("lint", "looking")
    screen.wait_until(lambda: "looking" in row(screen, "lint"))
    three.tell("lint", "fail")
    screen.wait_until(lambda: "1/3 done, 1 failed" in screen.rows[-1])
    assert row(screen, "lint").startswith("\u274c")
    assert "exit code 3" in row(screen, "lint")
    three.tell("build", "pass")
    screen.wait_until(lambda: row(screen, "test"))
    assert row(screen, "build").startswith("\u2705")
    assert "2/3 done" in screen.rows[-1]
    assert all(len(row) < columns for row in screen.rows)
    assert screen.rows[0] == "$ omnibase"

    three.tell("test", "pass")
    assert screen.end() == 1
    assert screen.cursor_is_visible
    assert screen.everything[0] == "$ omnibase"
    assert "/3 done" not in "\n".join(screen.everything)
    assert "1 failed, 2 passed" in " ".join(screen.everything[-3:])
    assert sum("test" in row for row in screen.everything) == 1  # a line of the report, and no further one


@pytest.mark.parametrize("columns", [40, 100, 200])
def test_three_hundred_tasks(start: Start, many: Talkers, columns: int) -> None:
    """They never take more than the screen, and the failure among them stays in sight."""
    screen = start("--jobs", "24", size=(columns, 12))
    screen.wait_for_text("280/300 done, 1 failed")
    assert screen.rows[0] == "$ omnibase"
    assert len(screen.rows) == len(screen.everything) == 12
    assert row(screen, "check-042").startswith("\u274c")
    assert row(screen, "wait-00")
    assert "more" in screen.rows[-2]
    assert all(len(row) < columns for row in screen.rows)
    many.let_pass(*WAITING)
    assert screen.end() == 1
    assert sum(row.startswith("\u2705 check-") for row in screen.everything) == 279  # those of the report
    assert "done" not in "\n".join(screen.everything)
    assert screen.cursor_is_visible


@pytest.mark.parametrize("columns", [20, 40, 99, 200])
def test_a_terminal_that_is_resized_in_mid_run(start: Start, three: Talkers, columns: int) -> None:
    screen = start()
    screen.wait_until(lambda: "build has begun" in row(screen, "build"))
    for number, size in enumerate([(columns, 10), (100, 24), (columns, 6), (100, 4), (columns, 12)]):
        screen.resize(*size)
        three.tell("build", f"word-{number}")
        if size[0] > 20:  # else there is no room for it
            screen.wait_until(lambda number=number: f"word-{number}" in row(screen, "build"))  # type: ignore[misc]
    screen.wait_until(lambda: "0/3" in screen.rows[-1][:40])  # drawn anew: not behind a bar as wide as before
    assert sum("build" in row for row in screen.rows) == 1
    assert sum("/3" in row for row in screen.rows) == 1
    three.let_pass("build", "lint", "test")
    assert screen.end() == 0
    assert screen.cursor_is_visible
    assert "running" not in "\n".join(screen.everything)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_terminal_of_few_lines(start: Start, three: Talkers, rows: int) -> None:
    screen = start(size=(60, rows))
    screen.wait_for_text("2 running")
    assert len(screen.everything) <= rows + 1  # what stood there before has gone up, once
    three.let_pass("build", "lint", "test")
    assert screen.end() == 0
    assert screen.cursor_is_visible
    assert "running" not in "\n".join(screen.everything)


def test_a_terminal_that_does_not_say_how_large_it_is(start: Start, three: Talkers) -> None:
    screen = start()
    screen.resize(100, 24, told=(0, 0))
    screen.wait_for_text("2 running")
    three.let_pass("build", "lint", "test")
    assert screen.end() == 0


def test_a_terminal_whose_output_is_stopped_does_not_stop_the_run(start: Start, three: Talkers) -> None:
    """The third task begins where the first has ended, and somebody has heard of that."""
    screen = start()
    screen.wait_for_text("2 running")
    screen.type(STOP)
    assert screen.is_silent(0.5)  # by now it would have been drawn again
    three.let_pass("lint", "build")
    three.tell("test", "looking")
    assert "2 running" in screen.text
    screen.type(GO_ON)
    screen.wait_until(lambda: "looking" in row(screen, "test"))
    three.tell("test", "pass")
    assert screen.end() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_in_mid_run_leaves_the_terminal_clean(
    start: Start, three: Talkers, number: signal.Signals
) -> None:
    screen = start()
    screen.wait_for_text("2 running")
    assert not screen.cursor_is_visible
    if number is signal.SIGINT:
        screen.type(INTERRUPT)  # as a person does it
    else:
        screen.signal(number)
    assert screen.end() == 128 + number
    assert screen.cursor_is_visible
    text = "\n".join(screen.everything)
    assert "running" not in text
    assert f"ended by {number.name}" in text
    assert text.startswith("$ omnibase\n")


def test_where_the_report_goes_elsewhere_the_lines_of_what_ended_stay(
    start: Start, three: Talkers, tmp_path: Path
) -> None:
    screen = start(out=tmp_path / "report.json")
    screen.wait_for_text("2 running")
    three.tell("lint", "pass")
    screen.wait_for_text("1/3 done")
    assert screen.rows[1].startswith("\u2705 lint")
    assert "running" in screen.rows[-1]
    three.tell("build", "fail")
    three.tell("test", "pass")
    assert screen.end() == 1
    assert [row.split()[1] for row in screen.everything[1:4]] == ["lint", "build", "test"]
    assert (tmp_path / "report.json").read_bytes().startswith(b"{")


def test_a_run_that_is_over_within_a_second_shows_only_its_report(repo: Repo, start: Start) -> None:
    repo.only("command: ['true']")
    screen = start()
    assert screen.end() == 0
    assert b"\x1b[?25l" not in screen.written
    assert screen.rows[1].startswith("\u2705 it")


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"TERM": ""}, {"CI": "true"}])
def test_a_terminal_that_cannot_and_a_log_that_is_read_later_have_lines(
    start: Start, three: Talkers, env: dict[str, str]
) -> None:
    screen = start(**env)
    screen.wait_for_text("s] start lint")
    three.let_pass("build", "lint", "test")
    assert screen.end() == 0
    assert not re.search(rb"\x1b\[\??\d*[A-Zhl]", screen.written)
    assert "s] PASS test" in "\n".join(screen.everything)


def test_without_colours_there_is_a_live_view_all_the_same(start: Start, three: Talkers) -> None:
    screen = start(NO_COLOR="1")
    screen.wait_for_text("2 running")
    three.let_pass("build", "lint", "test")
    assert screen.end() == 0
    assert not re.search(rb"\x1b\[[0-9;]*m", screen.written)


def test_where_colours_are_forced_and_there_is_no_terminal_lines_are_coloured(repo: Repo, three: Talkers) -> None:
    running = repo.start("orch", "--stage", "ci", "--jobs", "3", "--follow", "build", env={"FORCE_COLOR": "1"})
    three.let_pass("build", "lint", "test")
    run = running.end()
    assert run.code == 0
    assert "\x1b[32mPASS\x1b[0m build" in run.err
    assert set(re.findall("\x1b\\[[0-9;?]*(.)", run.err)) == {"m"}
    assert "\r" not in run.err


def test_what_is_followed_is_shown_above_the_view_while_it_comes(start: Start, three: Talkers) -> None:
    screen = start("--follow", "build")
    screen.wait_for_text("build | build has begun")
    three.tell("build", "compiling")
    screen.wait_for_text("build | compiling")
    screen.wait_for_text("2 running")
    three.tell("build", "linking")
    screen.wait_until(lambda: "build | linking" in screen.text and "2 running" in screen.rows[-1])
    three.let_pass("build", "lint", "test")
    assert screen.end() == 0
    said = [row for row in screen.everything if " | " in row]
    assert said == ["build | build has begun", "build | compiling", "build | linking"]


def test_to_follow_what_does_not_exist_is_exit_code_3(repo: Repo) -> None:
    repo.only("command: ['true']")
    run = repo.run("orch", "--stage", "ci", "--format", "json", "--follow", "itt")
    assert (run.code, run.error["message"]) == (3, "no component is called 'itt'")
    assert run.error["remedy"] == "did you mean 'it'?"


@pytest.mark.parametrize("option", ["--quiet", "--progress=off"])
def test_quiet_and_off_show_nothing_but_what_is_followed(start: Start, three: Talkers, option: str) -> None:
    screen = start(option, "--follow", "lint", TERM="dumb")  # else there would be lines at once
    screen.wait_for_text("lint | lint has begun")
    three.let_pass("build", "lint", "test")
    assert screen.end() == 0
    assert b"s] " not in screen.written


@pytest.mark.parametrize(
    ("options", "env", "code"),
    [
        (["--progress", "lines"], {}, 0),
        ([], {"OMNIBASE_PROGRESS": "lines"}, 0),
        ([], {"OMNIBASE_PROGRESS": "dancing"}, 2),
        (["--progress", "dancing"], {}, 2),
    ],
)
def test_how_it_is_shown_can_be_set(repo: Repo, options: list[str], env: dict[str, str], code: int) -> None:
    repo.only("command: ['true']")
    run = repo.run("orch", "--stage", "ci", "--format", "json", *options, env=env)
    assert run.code == code
    if code:
        assert "progress" in run.error["message"]
    else:
        assert run.json["environment"]["settings"]["progress"]["value"] == "lines"


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_with_standard_error_closed_or_full_a_run_goes_on(repo: Repo, redirection: str) -> None:
    repo.only("command: [echo, hello]")
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" orch --stage ci --format json --follow it {redirection}', COMMAND],
        cwd=repo.root,
        env=repo.environment,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout[:1]) == (0, b"{")
