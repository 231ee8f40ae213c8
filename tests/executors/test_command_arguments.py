"""What a command is given: its files in their place, the path of its report, the parser's view of what it left."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from omnibase.executors.command import CommandExecutor
from omnibase.executors.invoking import invocation
from omnibase.model.component import Parsing
from omnibase.model.events import Outcome
from omnibase.model.ports import Parsed, ParserInput, Share
from omnibase.model.result import Cause, Finding, Part, Status
from tests.executors import batches
from tests.executors.batches import command

SPECIAL = [
    "plain.txt",
    "with space.txt",
    "-rf",
    "--output=x",
    "-",
    "new\nline.txt",
    "quote'\".txt",
    "$(touch made) `touch made` ;touch made",
    "*",
    "[a-z]?",
    "\\n",
    "漢字.txt",
    os.fsdecode(b"not utf-8 \xff\xfe.txt"),
    "sub/-x",
    "{files}",
    "{report}",
]


def _received(root: Path) -> list[str]:
    return [os.fsdecode(argument) for argument in (root / "received").read_bytes().split(b"\0")[:-1]]


RECEIVE = "import os, sys; open('received', 'wb').write(b''.join(os.fsencode(a) + b'\\0' for a in sys.argv[1:]))"


@pytest.fixture
def give(commands: CommandExecutor, root: Path, scratch: Path) -> Callable[..., list[str]]:
    """Runs a command that is given arguments and files; what arrived."""

    def run(*argv: str, paths: list[str] | None = None, cwd: str = ".") -> list[str]:
        os.makedirs(root / cwd, exist_ok=True)
        component = command(sys.executable, "-c", RECEIVE, *argv, cwd=cwd)
        outcome = batches.run_one(commands, batches.assignment(batches.place(root, scratch), component, paths=paths))
        assert outcome.exit_code == 0, outcome
        return _received(root / cwd)

    return run


def test_files_stand_where_the_command_wants_them(give: Callable[..., list[str]]) -> None:
    assert give("--before", "{files}", "--after", paths=["a", "b"]) == ["--before", "a", "b", "--after"]


def test_a_command_that_does_not_ask_for_files_is_given_none(give: Callable[..., list[str]]) -> None:
    assert give("--all", paths=["a", "b"]) == ["--all"]


@pytest.mark.parametrize("paths", [None, []])
def test_without_files_their_place_is_empty(give: Callable[..., list[str]], paths: list[str] | None) -> None:
    assert give("one", "{files}", "two", paths=paths) == ["one", "two"]


def test_any_name_arrives_as_it_is_and_none_reads_as_an_option(give: Callable[..., list[str]]) -> None:
    expected = [f"./{name}" if name.startswith("-") else name for name in SPECIAL]
    assert give("{files}", paths=SPECIAL) == expected


def test_files_are_named_as_seen_from_the_commands_folder(give: Callable[..., list[str]]) -> None:
    given = give("{files}", paths=["sub/a.txt", "top.txt", "sub/-x", os.fsdecode(b"sub/\xff")], cwd="sub")
    assert given == ["a.txt", "../top.txt", "./-x", os.fsdecode(b"\xff")]


def test_a_shell_gets_files_as_its_arguments_and_never_as_text(commands: CommandExecutor, root: Path) -> None:
    text = 'for file in "$@"; do printf "%s\\0" "$file"; done > received; echo "$0"'
    component = command(text, "{files}", shell=True, name="of-a-shell")
    outcome = batches.run_one(commands, batches.assignment(batches.place(root), component, paths=SPECIAL))
    assert outcome.exit_code == 0
    assert _received(root) == [f"./{name}" if name.startswith("-") else name for name in SPECIAL]
    assert outcome.output is not None
    assert outcome.output.text == "of-a-shell"
    assert os.listdir(root) == ["received"]


def test_the_same_arguments_are_told_as_were_given(commands: CommandExecutor, root: Path) -> None:
    component = command("true", "{files}", "end")
    outcome = batches.run_one(commands, batches.assignment(batches.place(root), component, paths=["-a", "b"]))
    assert outcome.command == ("true", "./-a", "b", "end")


# Reports and parsers


def _see(given: ParserInput) -> Parsed:
    """A parser that tells what it was given."""
    seen.append(given)
    return Parsed((Finding("seen", "a.txt"),), (Part("one", Status.PASS),))


seen: list[ParserInput] = []


@pytest.fixture
def seeing() -> Iterator[CommandExecutor]:
    seen.clear()
    executor = CommandExecutor({"see": _see})
    yield executor
    executor.close()


def _parse(executor: CommandExecutor, root: Path, scratch: Path | None, text: str, **fields: object) -> Outcome:
    component = command(text, shell=True, **{"findings": Parsing("see"), **fields})  # type: ignore[arg-type]
    return batches.run_one(executor, batches.assignment(batches.place(root, scratch), component))


def test_a_parser_is_given_all_that_a_command_left_behind(seeing: CommandExecutor, root: Path, scratch: Path) -> None:
    (root / "sub").mkdir()
    text = "echo out; echo err >&2; printf report > {report}; exit 1"
    outcome = _parse(seeing, root, scratch, text, cwd="sub", findings=Parsing("see", {"option": "value"}))
    (given,) = seen
    assert given == ParserInput(b"out\n", b"err\n", 1, str(root), b"report", {"option": "value"}, "sub")
    assert outcome.findings == (Finding("seen", "a.txt"),)
    assert outcome.parts == (Part("one", Status.PASS),)
    assert outcome.exit_code == 1


def test_each_batch_has_a_report_of_its_own(seeing: CommandExecutor, root: Path, scratch: Path) -> None:
    component = command("test ! -e {report} && echo new > {report}", shell=True, findings=Parsing("see"))
    batch = batches.assignment(batches.place(root, scratch), component)
    running = [seeing.start(batch) for _ in range(3)]
    assert [batches.finish(one)[0].exit_code for one in running] == [0, 0, 0]
    assert len({one[0].command for one in map(batches.finish, running)}) == 3
    assert [given.report for given in seen] == [b"new\n"] * 3


@pytest.mark.parametrize("text", ["true", "true {report}"], ids=["not asked for", "not written"])
def test_a_report_that_is_not_there_is_none(seeing: CommandExecutor, root: Path, scratch: Path, text: str) -> None:
    _parse(seeing, root, scratch, text)
    assert seen[0].report is None


def test_without_a_folder_for_output_a_report_goes_nowhere(seeing: CommandExecutor, root: Path) -> None:
    outcome = _parse(seeing, root, None, "echo report > {report}")
    assert outcome.exit_code == 0
    assert not seen[0].report
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    assert os.listdir(root) == []


def test_a_parser_is_given_bytes_as_they_were_printed(seeing: CommandExecutor, root: Path, scratch: Path) -> None:
    _parse(seeing, root, scratch, r"printf '\377\000\033[31m\r\n'")
    assert seen[0].stdout == b"\xff\0\x1b[31m\r\n"


def test_a_parser_is_given_more_than_is_kept_in_memory(seeing: CommandExecutor, root: Path, scratch: Path) -> None:
    _parse(seeing, root, scratch, "head -c 1000000 /dev/zero | tr '\\0' 'x'; echo end")
    assert seen[0].stdout == b"x" * 1_000_000 + b"end\n"


def test_a_parser_that_raises_is_the_components_fault(root: Path) -> None:
    def broken(given: ParserInput) -> Parsed:
        raise KeyError("unexpected \x1b[31m")

    with closing(CommandExecutor({"see": broken})) as executor:
        outcome = _parse(executor, root, None, "echo printed")
    assert outcome.cause is Cause.NO_REPORT
    assert "the parser see raised KeyError" in (outcome.reason or "")
    assert "\x1b" not in (outcome.reason or "")
    assert outcome.output is not None
    assert outcome.output.text == "printed"


def test_what_a_parser_cannot_read_is_the_reason(root: Path) -> None:
    def halfway(given: ParserInput) -> Parsed:
        return Parsed((Finding("as far as it goes"),), problem="the rest is no JSON")

    with closing(CommandExecutor({"see": halfway})) as executor:
        outcome = _parse(executor, root, None, "exit 2")
    assert (outcome.cause, outcome.reason, outcome.exit_code) == (Cause.NO_REPORT, "the rest is no JSON", 2)
    assert outcome.findings == (Finding("as far as it goes"),)


def test_a_command_that_was_killed_says_so_and_not_what_its_parser_missed(root: Path) -> None:
    def empty(given: ParserInput) -> Parsed:
        return Parsed(problem="there is no report")

    with closing(CommandExecutor({"see": empty})) as executor:
        outcome = _parse(executor, root, None, "kill -9 $$")
    assert (outcome.cause, outcome.reason) == (Cause.SIGNAL, "ended by SIGKILL")


def test_findings_of_a_command_in_a_folder_have_paths_from_the_root(commands: CommandExecutor, root: Path) -> None:
    (root / "sub").mkdir()
    component = command("echo 'a.c:3: wrong'; exit 1", shell=True, cwd="sub", findings=Parsing("text"))
    outcome = batches.run_one(commands, batches.assignment(batches.place(root), component))
    assert [(finding.path, finding.line) for finding in outcome.findings] == [("sub/a.c", 3)]


# Commands that write


def _fixing(commands: CommandExecutor, root: Path, text: str, *paths: str) -> tuple[str, ...]:
    component = command(text, "{files}", shell=True, fixes=True)
    outcome = batches.run_one(commands, batches.assignment(batches.place(root), component, paths=paths))
    assert outcome.exit_code == 0, outcome
    return outcome.changed_files


def test_a_file_that_a_command_changed_is_told(commands: CommandExecutor, root: Path) -> None:
    for name in ("a.txt", "b.txt", os.fsdecode(b"\xff.txt")):
        (root / name).write_text("before\n")
    changed = _fixing(commands, root, 'for f in "$@"; do echo after > "$f"; done', "a.txt", os.fsdecode(b"\xff.txt"))
    assert changed == ("a.txt", os.fsdecode(b"\xff.txt"))
    assert _fixing(commands, root, "echo after > b.txt", "a.txt") == ()


def test_a_file_that_is_written_again_with_the_same_bytes_has_not_changed(
    commands: CommandExecutor, root: Path
) -> None:
    (root / "a.txt").write_text("same\n")
    os.utime(root / "a.txt", (0, 0))
    assert _fixing(commands, root, 'echo same > new; mv new "$1"', "a.txt") == ()
    assert (root / "a.txt").stat().st_mtime > 0


def test_a_file_that_a_command_removed_or_made_has_changed(commands: CommandExecutor, root: Path) -> None:
    (root / "a.txt").write_text("before\n")
    assert _fixing(commands, root, "rm a.txt; echo new > b.txt", "a.txt", "b.txt", "c.txt") == ("a.txt", "b.txt")


def test_only_a_command_that_says_so_is_watched_for_changes(commands: CommandExecutor, root: Path) -> None:
    (root / "a.txt").write_text("before\n")
    component = command('echo after > "$1"', "{files}", shell=True)
    outcome = batches.run_one(commands, batches.assignment(batches.place(root), component, paths=["a.txt"]))
    assert outcome.changed_files == ()


def test_an_invocation_is_the_same_with_and_without_being_started(root: Path, scratch: Path) -> None:
    component = command("tool", "--to={report}", "{files}", env={"PATH": "/only"})
    call = invocation(Share(0, component, ("a",)), batches.place(root, scratch), str(scratch / "stem"))
    assert call.argv == ("tool", f"--to={scratch}/stem.report", "a")
    assert call.report == f"{scratch}/stem.report"
    assert call.env["PATH"] == "/only"
    assert call.cwd == str(root)
