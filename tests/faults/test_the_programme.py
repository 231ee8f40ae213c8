"""The fault programme sees what it is there to see, shown with tools that each break one promise."""

import signal
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.faults import editing, processes
from tests.faults.allowed import Deviation, deviation
from tests.faults.conftest import MakeTemplate
from tests.faults.killing import kill_at
from tests.faults.looking import Ended
from tests.faults.processes import WHOLE
from tests.faults.snapshot import take
from tests.faults.template import Template, run
from tests.faults.tools import Tool
from tests.faults.while_editing import edited


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    """A tool that does what `tool.py` says."""
    return Tool("tool", sys.executable, (str(tmp_path / "tool.py"),))


def write(tool: Tool, body: str) -> None:
    Path(tool.arguments[0]).write_text("import os, signal, subprocess, sys, time\n" + dedent(body))


def killed(make: MakeTemplate, tool: Tool, body: str, *, number: signal.Signals = signal.SIGKILL) -> Ended:
    """A run that does what the body says, and then gets the signal, from itself."""
    write(tool, "")
    template = make(tool)
    write(tool, f"{dedent(body)}\nos.kill(os.getpid(), {int(number)})\n")
    return kill_at(template, number, WHOLE, group=False)


@pytest.mark.parametrize("group", [False, True])
def test_a_run_that_changes_nothing_is_found_to_keep_all_promises(
    scratch: MakeTemplate, tool: Tool, group: bool
) -> None:
    write(tool, "")
    template = scratch(tool)
    write(tool, f"time.sleep({WHOLE})")
    ended = kill_at(template, signal.SIGKILL, 0.1, group=group)
    assert (ended.landed, ended.code, ended.is_bad, ended.fixed) == (True, 137, False, 0)


def test_work_that_was_stashed_away_is_seen(scratch: MakeTemplate, tool: Tool) -> None:
    ended = killed(
        scratch,
        tool,
        """
        patch = subprocess.run(["git", "diff", "--binary"], capture_output=True, check=True).stdout
        with open(".git/stashed", "wb") as file:
            file.write(patch)
        subprocess.run(["git", "checkout", "--quiet", "--", "."], check=True)
        """,
    )
    assert {"partly 0.txt", "unstaged/0.txt", "removed.txt", "picture.bin"} <= set(ended.deviation.files)
    assert (ended.lines > 0, ended.named) == (True, False)


def test_work_that_is_in_a_file_which_the_output_names_is_told_from_work_that_is_not(
    scratch: MakeTemplate, tool: Tool
) -> None:
    ended = killed(
        scratch,
        tool,
        """
        os.rename("untracked.txt", ".git/moved")
        print("moved to", os.path.abspath(".git/moved"), flush=True)
        """,
    )
    assert (ended.deviation.files, ended.lines > 0, ended.named) == (("untracked.txt",), True, True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("open('staged 0.txt', 'r+b').truncate(5)", Deviation(files=("staged 0.txt",)), id="half a file"),
        pytest.param("os.remove('link')", Deviation(files=("link",)), id="no link"),
        pytest.param("os.mkdir('new')", Deviation(files=("new",)), id="a folder more"),
        pytest.param("os.chmod('mode.sh', 0o700)", Deviation(modes=("mode.sh",)), id="permissions"),
        pytest.param("os.remove('build/out.txt')", Deviation(files=("build/out.txt",)), id="an ignored file"),
        pytest.param(
            "subprocess.run(['git', 'add', 'unstaged/0.txt'])", Deviation(entries=("unstaged/0.txt",)), id="staged"
        ),
        pytest.param(
            "subprocess.run(['git', 'rm', '-q', '--cached', 'later.txt'])",
            Deviation(entries=("later.txt",)),
            id="no intent to add",
        ),
        pytest.param("open('.git/HEAD', 'a').write(' ')", Deviation(kept=("HEAD",)), id="something else of git's"),
    ],
)
def test_what_is_neither_as_before_nor_fixed_is_seen(
    scratch: MakeTemplate, tool: Tool, body: str, expected: Deviation
) -> None:
    assert killed(scratch, tool, body).deviation == expected


def test_a_completed_fix_is_no_deviation_and_a_fix_that_drops_unstaged_work_is_one(
    scratch: MakeTemplate, tool: Tool
) -> None:
    write(tool, "")
    template = scratch(tool)
    scenario, rule = template.fresh()
    run(scenario, [sys.executable, "hooks/fixing.py", "fix", "strip", "staged 0.txt", "crlf.txt"])
    assert deviation(rule, take(scenario)) == Deviation()
    run(scenario, ["sh", "-c", "git show ':partly 0.txt' > 'partly 0.txt'"])
    run(scenario, [sys.executable, "hooks/fixing.py", "fix", "strip", "partly 0.txt"])
    assert deviation(rule, take(scenario)) == Deviation(files=("partly 0.txt",))


def test_an_index_that_was_only_written_anew_is_seen_where_it_matters(scratch: MakeTemplate, tool: Tool) -> None:
    write(tool, "")
    template = scratch(tool)
    scenario, rule = template.fresh()
    run(scenario, ["git", "status"])
    assert deviation(rule, take(scenario)) == Deviation()
    assert deviation(rule._replace(exact=True), take(scenario)) == Deviation(entries=("(its bytes)",))


@pytest.mark.parametrize("lock", [".git/index.lock", ".git/refs/heads/main.lock"])
def test_a_lock_is_seen(scratch: MakeTemplate, tool: Tool, lock: str) -> None:
    assert killed(scratch, tool, f"open({lock!r}, 'w')").locks == (lock,)


def test_what_was_left_beside_a_file_is_seen(scratch: MakeTemplate, tool: Tool) -> None:
    ended = killed(scratch, tool, "open('deep/.omnibase-fix-1', 'w')")
    assert (ended.temporaries, ended.is_bad) == (("deep/.omnibase-fix-1",), True)


def test_a_process_that_goes_on_is_seen_and_ended(scratch: MakeTemplate, tool: Tool) -> None:
    ended = killed(scratch, tool, "subprocess.Popen(['sleep', '60'], process_group=0)", number=signal.SIGTERM)
    assert (ended.code, ended.outlived) == (143, ("sleep 60",))


def test_processes_are_found_by_their_mark_alone() -> None:
    assert processes.alive(processes.mark()) == {}


def test_a_lost_edit_is_seen(scratch: MakeTemplate, tool: Tool) -> None:
    """A tool that takes unstaged work away, and puts it back when it is done."""
    write(tool, "")
    template = scratch(tool)
    write(
        tool,
        """
        patch = subprocess.run(["git", "diff", "--binary"], capture_output=True, check=True).stdout
        subprocess.run(["git", "checkout", "--quiet", "--", "."])
        time.sleep(0.5)
        subprocess.run(["git", "checkout", "--quiet", "--", "."])
        subprocess.run(["git", "apply", "-"], input=patch)
        """,
    )
    found = edited(template, 3, 1)
    assert found.account.lost
    assert found.lost_bytes > 0


@pytest.mark.parametrize("way", editing.WAYS)
def test_a_way_of_editing_adds_a_line(tmp_path: Path, way: editing.Way) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"one\n")
    way(str(file), b"two\n")
    assert file.read_bytes() == b"one\ntwo\n"


def test_an_account_tells_lost_lines_from_those_elsewhere_and_those_that_are_there_twice() -> None:
    account = editing.Account([b"<1>", b"<2>", b"<3>", b"<4>"], [b"<1> <4>", b"<4>"], [b"<2>"])
    assert (account.lost, account.elsewhere, account.twice) == ([b"<3>"], [b"<2>"], [b"<4>"])


def test_a_template_is_copied_with_all_that_is_in_it(scratch: MakeTemplate, tool: Tool) -> None:
    write(tool, "")
    template: Template = scratch(tool)
    scenario, rule = template.fresh()
    assert take(scenario).files == template.rule.before.files
    assert take(scenario) == rule.before
    assert take(scenario).entries == template.rule.before.entries
