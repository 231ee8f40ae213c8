"""What a person reads at a prompt."""

import pytest

from omnibase.cli.stepping import showing
from omnibase.core.scheduling import STEP
from omnibase.model.component import PythonCall
from omnibase.model.plan import Edge
from omnibase.model.ports import Style
from omnibase.model.result import Attempt, Finding, Output, Result, Seen, Status, Where
from tests.cli.stepping.moments import component, failure, moment

PLAIN = Style()
LONG = [f"some/where/in/a/deep/folder/file_{number:03}.py" for number in range(25)]


def test_a_task_is_shown_with_all_that_decides_how_it_runs() -> None:
    first = component("first")
    second = component("second", version="2.0.0", description="Looks\x1b[2J twice", env={"A": "b"}, cwd="sub")
    shown = showing.overview(
        moment(
            first,
            second,
            task=1,
            files=["a.py", "-b.py", "c.py"],
            edges=(Edge(0, 1),),
            results=(Result(Status.WARN), None),
            where=Seen(Where.VIEW, "a.py is not tracked"),
        ),
        PLAIN,
    )
    assert shown == (
        "[2 of 2] second 2.0.0, validator, experimental\n"
        "  Looks twice\n"
        "  why      named\n"
        "  after    first WARN\n"
        "  inputs   3 files: a.py, -b.py, c.py\n"
        "  command  $ check ../a.py ../-b.py\n"
        "           and 1 more batch like it\n"
        "  where    in a view of what is staged, in sub: a.py is not tracked\n"
        "  env      A=b\n"
    )


def test_a_function_has_no_command() -> None:
    work = PythonCall("plugin.checks", "look", "file", "plugin")
    shown = showing.overview(moment(component("it")._replace(work=work)), PLAIN)
    assert "  function plugin.checks:look, in a worker\n" in shown


@pytest.mark.parametrize("width", [40, 100])
def test_nothing_but_what_is_to_be_copied_is_wider_than_the_terminal(width: int) -> None:
    one = component("a-name", description="word " * 60, env={f"V{number}": "x" * 8 for number in range(30)})
    shown = showing.overview(moment(one, files=LONG), Style(width=width))
    for line in shown.splitlines():
        assert len(line) <= width or line.startswith("  command  $ ") or "file_" in line
    (command,) = [line for line in shown.splitlines() if line.startswith("  command")]
    assert command.endswith(f"$ check {LONG[0]} {LONG[1]}")
    explained = showing.help_text(STEP, Style(width=width))
    assert all(len(line) <= max(width, 60) for line in explained.splitlines())


def test_of_many_files_the_first_are_shown_unless_all_are_wanted() -> None:
    batches = moment(files=LONG).batches
    some = showing.inputs(batches, everything=False).splitlines()
    assert some == [*LONG[:10], "... and 15 more; `inputs all` shows them"]
    assert showing.inputs(batches, everything=True).splitlines() == LONG
    assert showing.inputs(moment(files=[]).batches, everything=True) == "it is given no files\n"


def test_output_is_made_safe_and_ends_with_a_line() -> None:
    result = failure(output=Output("a\x1b]0;title\x07b", size=12, path="/runs/it.stdout"))
    assert showing.output("it", result, PLAIN) == ("output of it (12 bytes; more of it: /runs/it.stdout):\nab\n")
    assert showing.output("it", failure(), PLAIN) == "it has printed nothing\n"


def test_a_failure_is_shown_as_the_report_shows_it() -> None:
    result = failure(findings=(Finding("unused", "a.py", 3, 1, "F401"),), attempts=(Attempt(1, 0.0, 1.0, 1),))
    shown = showing.failed(moment(result=result), PLAIN)
    assert shown.startswith("FAIL it: 1 finding in 1 file\na.py:3:1: F401 unused\n")


def test_of_a_long_failure_the_beginning_is_shown() -> None:
    findings = tuple(Finding("unused", "a.py", line) for line in range(1, 1001))
    shown = showing.failed(moment(result=failure(findings=findings)), PLAIN).splitlines()
    assert len(shown) == showing.FAILURE + 1
    assert shown[-1].endswith("more lines; `output` shows what it printed")


def test_what_has_ended_is_a_line() -> None:
    task = moment(component("it")).plan.tasks[0]
    passed = Result(Status.PASS, attempts=(Attempt(1, 0.0, 0.5), Attempt(2, 1.0, 0.75)))
    assert showing.ended(task, passed, PLAIN) == "PASS it 1.25s\n"
    left_out = Result(Status.SKIP, reason="no files to check")
    assert showing.ended(task._replace(fix=True), left_out, PLAIN) == "SKIP it (fix) no files to check\n"
