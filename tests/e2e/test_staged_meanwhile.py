"""Files and index that change while a run is under way: what is seen stays what was staged, and no edit is lost."""

from ast import literal_eval
from pathlib import Path

import pytest

from tests.e2e.driving import Channel, Repo
from tests.e2e.staged import work

# Says that it has begun, and at its first time waits until it is told to go on; then shows what it sees.
WAITS = """\
    import os, sys
    with open("@begun@", "w") as file: file.write("begun\\n")
    if not os.path.exists("@waited@"):
        open("@waited@", "w").close()
        open("@go@").readline()
    for path in sys.argv[1:]: print(ascii((path, open(path, "rb").read())))
    """
MENDS = (
    WAITS
    + """open("a.txt", "w").write("fixed\\n1\\n2\\n3\\n")
    """
)
CHECK = """\
    import os
    from omnibase.api import FileSet, Finding, Severity, validator


    @validator(name="it", version="1.0.0", lifecycle="stable", files=FileSet(include=("*.txt",)))
    def it(file):
        with open("@begun@", "w") as channel: channel.write("begun\\n")
        if not os.path.exists("@waited@"):
            open("@waited@", "w").close()
            open("@go@").readline()
        yield Finding(ascii(file.data), severity=Severity.NOTE)
    """
HEAD = "stages: {pre-commit: {select: 'lifecycle=*'}}\ndefaults: {timeout: 60s}\nexclude: [registry.yaml]\n"


class Waiting:
    """A repository whose one component waits in mid-run."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.begun: Channel = repo.channel("here")
        self._go: Channel = repo.channel("there")
        repo.write("a.txt", "old\n1\n2\n3\n")
        repo.write("b.txt", "old\n")

    def declares(self, component: str, waits: str = WAITS) -> None:
        self.repo.script("../waits", self._of(waits))
        whole = str(self.repo.root.parent / "waits")
        self.repo.registry(HEAD + f"components: [{{name: it, lifecycle: stable, {component.replace('WAITS', whole)}}}]")
        self.repo.commit()

    def checks(self) -> None:
        self.repo.install("waiting", self._of(CHECK))
        self.repo.registry(HEAD + "plugins: [waiting]")
        self.repo.commit()

    def go(self) -> None:
        with Path(self._go.path).open("w") as file:
            file.write("go\n")

    def _of(self, text: str) -> str:
        names = {"@begun@": self.begun.path, "@go@": self._go.path, "@waited@": self.repo.root.parent / "waited"}
        for name, path in names.items():
            text = text.replace(name, str(path))
        return text


@pytest.fixture
def waiting(repo: Repo) -> Waiting:
    return Waiting(repo)


ARGUMENTS = ("orch", "--stage", "pre-commit", "--format", "json")


@pytest.mark.parametrize("how", ["changed", "gone", "a folder", "a link", "replaced"])
def test_a_command_in_place_whose_file_changes_sees_it_again_as_it_is_staged(waiting: Waiting, how: str) -> None:
    waiting.declares("command: [WAITS, '{files}']")
    file = waiting.repo.write("a.txt", "staged\n")
    waiting.repo.git("add", "a.txt")
    running = waiting.repo.start(*ARGUMENTS)
    waiting.begun.line()
    meddle(file, how)
    waiting.go()
    run = running.end()
    assert (run.code, run.results["it"]["seen"]["where"]) == (0, "view"), run.err
    assert literal_eval(run.results["it"]["output"]["text"]) == ("a.txt", b"staged\n")


@pytest.mark.parametrize("how", ["changed", "gone", "a folder", "a link", "replaced"])
def test_a_check_of_single_files_whose_file_changes_sees_it_as_it_is_staged(waiting: Waiting, how: str) -> None:
    waiting.checks()
    file = waiting.repo.write("a.txt", "staged\n")
    waiting.repo.git("add", "a.txt")
    running = waiting.repo.start(*ARGUMENTS)
    waiting.begun.line()
    meddle(file, how)
    waiting.go()
    run = running.end()
    assert (run.code, run.results["it"]["seen"]["where"]) == (0, "staged"), run.err
    assert [literal_eval(one["message"]) for one in run.results["it"]["findings"]] == [b"staged\n"]


def meddle(file: Path, how: str) -> None:
    match how:
        case "changed":
            file.write_text("edited\n")
        case "replaced":
            file.with_name("new").write_text("staged\n")
            file.with_name("new").rename(file)
        case "gone":
            file.unlink()
        case "a folder":
            file.unlink()
            file.mkdir()
        case _:
            file.unlink()
            file.symlink_to("b.txt")


def test_what_is_staged_during_a_run_is_not_seen_by_it(waiting: Waiting) -> None:
    waiting.declares("command: [WAITS, '{files}']")
    waiting.repo.write("a.txt", "staged\n")
    waiting.repo.git("add", "a.txt")
    waiting.repo.write("untracked", "so that it runs in a view")
    running = waiting.repo.start(*ARGUMENTS)
    waiting.begun.line()
    waiting.repo.write("a.txt", "staged later\n")
    waiting.repo.git("add", "a.txt", "untracked")
    before = work(waiting.repo)
    waiting.go()
    run = running.end()
    assert (run.code, run.results["it"]["seen"]["where"]) == (0, "view"), run.err
    assert literal_eval(run.results["it"]["output"]["text"]) == ("a.txt", b"staged\n")
    assert work(waiting.repo) == before


def test_an_edit_during_a_fix_is_kept_and_the_fix_shown(waiting: Waiting) -> None:
    waiting.declares("fixes: true, command: [WAITS, '{files}']", MENDS)
    file = waiting.repo.write("a.txt", "staged\n1\n2\n3\n")
    waiting.repo.git("add", "a.txt")
    running = waiting.repo.start(*ARGUMENTS, "--restage")
    waiting.begun.line()
    file.write_text("edited\n1\n2\n3\n")
    before = work(waiting.repo)
    waiting.go()
    run = running.end()
    assert (run.code, run.results["it"]["changed_files"]) == (1, [])
    (patch,) = run.results["it"]["patches"]
    assert (patch["applied"], "-staged\n+fixed\n" in patch["diff"]) == (False, True)
    assert work(waiting.repo) == before


def test_when_the_index_changes_during_a_fix_nothing_is_staged(waiting: Waiting) -> None:
    waiting.declares("fixes: true, command: [WAITS, '{files}']", MENDS)
    waiting.repo.write("a.txt", "staged\n1\n2\n3\n")
    waiting.repo.git("add", "a.txt")
    running = waiting.repo.start(*ARGUMENTS, "--restage")
    waiting.begun.line()
    waiting.repo.write("b.txt", "staged meanwhile\n")
    waiting.repo.git("add", "b.txt")
    waiting.go()
    run = running.end()
    assert run.code == 1
    assert run.results["it"]["reason"].endswith("not staged: the index was changed meanwhile")
    assert run.results["it"]["changed_files"] == ["a.txt"]
    assert waiting.repo.git("show", ":a.txt", ":b.txt") == "staged\n1\n2\n3\nstaged meanwhile\n"
    assert not (waiting.repo.root / ".git/index.lock").exists()
