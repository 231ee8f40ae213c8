"""Where batches run at commit, and what becomes of what they change: whole runs, called from Python."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from omnibase.model.context import ExecutionContext, Mode
from omnibase.model.report import RunReport
from omnibase.model.result import Cause, Result, Status, Where
from omnibase.orchestrators import orchestrator
from omnibase.orchestrators.placing import UNSETTLED
from omnibase.orchestrators.services import Services
from omnibase.orchestrators.workspace import open_workspace

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


class Case:
    """A repository at a commit, with components that are shell scripts over `*.txt`."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "repository"
        self.root.mkdir()
        self.env = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
        self.marks = folder / "marks"
        self.marks.mkdir()
        self.git("init", "-q", "-b", "main")
        self.runs = 0

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout.rstrip("\n")

    def write(self, path: str, content: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        return file

    def component(self, name: str, script: str, **more: str) -> None:
        """A component; the script has the run's files as its arguments."""
        registry = self.root / "registry.yaml"
        text = registry.read_text() if registry.exists() else 'schema_version: "1"\ncomponents:\n'
        file = self.marks / f"{name}.sh"
        file.write_text(script)
        fields = "".join(f"    {key}: {value}\n" for key, value in more.items())
        text += (
            f"  - name: {name}\n    type: validator\n    lifecycle: canary\n    tags: [pre-commit]\n"
            f"    files: {{include: ['*.txt']}}\n    command: [sh, {file}, '{{files}}']\n{fields}"
        )
        registry.write_text(text)

    def run(self, *, restage: bool = False, fix: bool = False) -> dict[str, Result]:
        """The results of a run at commit."""
        self.git("add", "registry.yaml")
        self._let_settle()
        workspace = open_workspace(str(self.root), None, self.env, run=True)
        self.runs += 1
        ctx = ExecutionContext(
            stage="pre-commit",
            mode=Mode.SYNC,
            root=workspace.root,
            start=workspace.start,
            run_id=f"20240501T100000000-{self.runs}",
            correlation_id="0" * 31 + "1",
            env=self.env,
            fix=fix,
            restage=restage,
        )
        report: RunReport = orchestrator("pre-commit", workspace.registry)(Services(workspace)).run(ctx)
        assert report.error is None, report.error
        return {entry.name: entry.result for entry in report.results}

    def _let_settle(self) -> None:
        """Until all that is there is older than what may have changed a moment ago."""
        newest = max(file.lstat().st_ctime_ns for file in self.root.rglob("*"))
        while time.time_ns() <= newest + UNSETTLED:
            pass


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    return Case(tmp_path)


def _seen(result: Result) -> tuple[Where, str | None]:
    assert result.seen is not None
    return result.seen.where, result.seen.why


def test_a_check_of_what_is_all_staged_runs_in_place(case: Case) -> None:
    case.component("where", f"pwd -P > '{case.marks}/where'; cat \"$@\"")
    case.write("a.txt", "staged\n")
    case.git("add", "-A")
    result = case.run()["where"]
    assert (result.status, _seen(result)) == (Status.PASS, (Where.IN_PLACE, None))
    assert (case.marks / "where").read_text() == f"{os.path.realpath(case.root)}\n"


def test_a_file_that_changes_while_it_is_checked_in_place_is_checked_again_in_a_view(case: Case) -> None:
    """The check itself does to the work tree what a person may do at that moment; it fails over what is not staged."""
    once = case.marks / "once"
    case.component(
        "check",
        f"test -e '{once}' || {{ : > '{once}'; echo typed >> '{case.root}/a.txt'; }}; ! grep -q typed \"$@\"",
    )
    case.write("a.txt", "staged\n")
    case.git("add", "-A")
    result = case.run()["check"]
    assert result.status is Status.PASS
    assert _seen(result) == (Where.VIEW, "a.txt changed during the run")
    assert (case.root / "a.txt").read_text() == "staged\ntyped\n"
    assert case.git("show", ":a.txt") == "staged"


def test_a_verdict_on_what_was_there_only_for_a_moment_is_dropped_too(case: Case) -> None:
    """The first time it passes over what is typed meanwhile, the second time it sees what is staged, and fails."""
    once = case.marks / "once"
    case.component(
        "check", f"test -e '{once}' || {{ : > '{once}'; echo good > '{case.root}/a.txt'; }}; grep -q good \"$@\""
    )
    case.write("a.txt", "bad\n")
    case.git("add", "-A")
    result = case.run()["check"]
    assert (result.status, result.reason) == (Status.FAIL, "exit code 1")
    assert _seen(result)[0] is Where.VIEW


def test_with_anything_unstaged_a_command_sees_the_view(case: Case) -> None:
    case.component("check", 'cat "$@" other.py; test ! -e untracked')
    case.write("a.txt", "staged\n")
    case.write("other.py", "staged\n")
    case.git("add", "-A")
    case.write("other.py", "later\n")
    case.write("untracked", "")
    result = case.run()["check"]
    assert (result.status, _seen(result)) == (Status.PASS, (Where.VIEW, "other.py has changes that are not staged"))
    assert result.output is not None
    assert result.output.text == "staged\nstaged"


CHANGES: dict[str, str] = {
    "content": 'echo more >> "$1"',
    "mode": 'chmod +x "$1"',
    "removed": 'rm "$1"',
    "a folder in its place": 'rm "$1"; mkdir "$1"; : > "$1/x"',
    "a link in its place": 'rm "$1"; ln -s sub/b.txt "$1"',
    "a link that leads elsewhere": "rm link.txt; ln -s /etc/passwd link.txt",
    "a link that is gone": "rm link.txt",
    "a folder that is a link": "rm -r sub; ln -s HOME/sub sub",
    "all of it": "rm -r ./*",
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_a_check_changes_in_the_view_is_undone_and_fails(case: Case, what: str) -> None:
    case.component("careless", CHANGES[what].replace("HOME", str(case.root)))
    look = (
        'for file in a.txt sub/b.txt link.txt; do ls -ld "$file" | cut -c1-10; cat "$file"; done; readlink link.txt sub'
    )
    case.component("next", f"{look}; true", after="[careless]")
    case.write("a.txt", "a\n")
    case.write("sub/b.txt", "staged\n")
    (case.root / "link.txt").symlink_to("a.txt")
    case.git("add", "-A")
    case.write("sub/b.txt", "unstaged work\n")
    results = case.run()
    careless = results["careless"]
    assert (careless.status, careless.cause) == (Status.FAIL, Cause.CHANGED_FILES), careless
    assert "does not declare that it writes" in (careless.reason or "")
    output = results["next"].output
    assert output is not None
    assert output.text == "-rw-r--r--\na\n-rw-r--r--\nstaged\nlrwxrwxrwx\na\na.txt"
    assert (case.root / "sub/b.txt").read_text() == "unstaged work\n"
    assert case.git("status", "--short", "--untracked-files=no").splitlines() == [
        "A  a.txt",
        "A  link.txt",
        "A  registry.yaml",
        "AM sub/b.txt",
    ]


def test_the_same_bytes_written_again_are_no_change(case: Case) -> None:
    case.component("rewriter", 'cp "$1" "$1.copy"; rm "$1"; mv "$1.copy" "$1"')
    case.write("a.txt", "a\n")
    case.git("add", "-A")
    case.write("later", "")
    assert case.run()["rewriter"].status is Status.PASS


@pytest.mark.parametrize("restage", [False, True])
def test_what_a_writer_changes_comes_to_the_user_s_file(case: Case, restage: bool) -> None:
    case.component("writer", "sed -i 's/bad/good/' \"$@\"", fixes="true")
    case.write("a.txt", "bad\n\n\nlast\n")
    case.git("add", "-A")
    case.write("a.txt", "bad\n\n\nlast\nunstaged\n")
    result = case.run(restage=restage)["writer"]
    assert result.status is (Status.WARN if restage else Status.FAIL)
    assert (result.cause, result.changed_files) == (Cause.CHANGED_FILES, ("a.txt",))
    assert (case.root / "a.txt").read_text() == "good\n\n\nlast\nunstaged\n"
    assert case.git("show", ":a.txt") == ("good\n\n\nlast" if restage else "bad\n\n\nlast")


def test_what_a_check_says_of_the_view_is_meant_of_the_work_tree(case: Case) -> None:
    case.component(
        "check",
        'echo "$PWD/$1:1: bad"; exit 1',
        findings="{regex: '^(?P<path>[^:]+):(?P<line>\\d+): (?P<message>.*)$'}",
    )
    case.write("a.txt", "a\n")
    case.git("add", "-A")
    case.write("later", "")
    result = case.run()["check"]
    assert _seen(result)[0] is Where.VIEW
    assert [(found.path, found.line) for found in result.findings] == [("a.txt", 1)]
    assert result.output is None or "views" not in result.output.text


def test_no_file_stays_open_and_nothing_is_left_behind(case: Case) -> None:
    case.component("writer", 'echo more >> "$1"', fixes="true")
    case.write("a.txt", "a\n")
    case.git("add", "-A")
    before = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
    case.run()
    assert not os.listdir(case.root / ".git" / "omnibase" / "scratch")
    if before:
        assert len(os.listdir("/proc/self/fd")) == before
