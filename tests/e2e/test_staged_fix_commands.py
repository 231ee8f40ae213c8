"""Commands that fix, at a commit: what they change in their view comes to the work tree by the one door."""

import os
import stat

import pytest

from tests.e2e.driving import Repo, Run
from tests.e2e.staged import check, hook, hooked, work
from tests.e2e.staged_fixes import LOW, declare, partly, result, text, with_a_fixing_command


@pytest.fixture
def fixing(repo: Repo) -> Repo:
    return with_a_fixing_command(repo)


def messages(run: Run) -> str:
    return " ".join(one["message"] for one in result(run)["findings"])


@pytest.mark.parametrize(
    "component",
    ["fixes: true, command: [.git/upper, '{files}']", "command: ['true'], fix: [.git/upper, '{files}']"],
    ids=["fixes", "fix"],
)
def test_a_fix_is_merged_into_other_lines_and_refused_on_the_same(fixing: Repo, component: str) -> None:
    declare(fixing, component)
    partly(fixing, "other.txt", LOW, LOW.replace("5", "five, being worked on"))
    partly(fixing, "same.txt", LOW, LOW.replace("low", "being worked on"))
    fixing.write("whole.txt", LOW)
    fixing.git("add", "whole.txt")
    index = (fixing.root / ".git/index").read_bytes()
    run = check(fixing, "--fix")
    assert (run.code, result(run)["changed_files"]) == (1, ["other.txt", "whole.txt"])
    assert text(fixing, "other.txt") == "LOW\n2\n3\n4\nfive, being worked on\n"
    assert text(fixing, "same.txt") == "being worked on\n2\n3\n4\n5\n"
    assert text(fixing, "whole.txt") == LOW.replace("low", "LOW")
    patches = {one["path"]: (one["applied"], "-low\n+LOW\n" in one["diff"]) for one in result(run)["patches"]}
    assert patches == {"other.txt": (True, True), "same.txt": (False, True), "whole.txt": (True, True)}
    assert "conflicts with changes that are not staged" in messages(run)
    assert (fixing.root / ".git/index").read_bytes() == index
    assert "/views/" not in run.text


def test_restaging_takes_the_fix_alone(fixing: Repo) -> None:
    declare(fixing, "command: [grep, -q, LOW, '{files}'], fix: [.git/upper, '{files}']")
    fixing.git("commit", "-q", "-m", "a check and its fix", "registry.yaml")
    partly(fixing, "a.txt", LOW, LOW.replace("5", "five low"))
    fixing.write("script", LOW, mode=0o755)
    fixing.write("untracked.txt", "low\n")
    fixing.git("add", "script")
    run = check(fixing, "--fix", "--restage")
    assert (run.code, result(run)["status"], result(run)["changed_files"]) == (0, "WARN", ["a.txt", "script"])
    assert fixing.git("show", ":a.txt") == LOW.replace("low", "LOW")
    assert text(fixing, "a.txt") == "LOW\n2\n3\n4\nfive low\n"
    assert fixing.git("status", "--porcelain") == "AM a.txt\nA  script\n?? untracked.txt\n"
    assert fixing.git("ls-files", "-s", "script").startswith("100755 ")
    assert stat.S_IMODE((fixing.root / "script").stat().st_mode) == 0o755


def test_a_file_written_again_with_the_same_bytes_is_no_change(fixing: Repo) -> None:
    partly(fixing, "a.txt", "HIGH\n", "HIGH\nand more\n")
    before = work(fixing)
    run = check(fixing)
    assert (run.code, result(run)["status"], result(run)["changed_files"], result(run)["patches"]) == (
        0,
        "PASS",
        [],
        [],
    )
    assert work(fixing) == before


def test_dirt_that_was_there_is_not_blamed_on_a_command(fixing: Repo) -> None:
    fixing.write("a.txt", "HIGH\n")
    fixing.write("b.txt", "old\n")
    fixing.commit()
    partly(fixing, "a.txt", "HIGH\n2\n", "HIGH\n2\nlow, being worked on\n")
    fixing.write("b.txt", "low, and not staged at all\n")
    fixing.write("c.txt", "low, and not tracked\n")
    before = work(fixing)
    run = check(fixing)
    assert (run.code, result(run)["changed_files"]) == (0, [])
    assert work(fixing) == before


def test_changes_are_told_of_the_component_that_made_them(fixing: Repo) -> None:
    only = "fixes: true, command: [.git/upper, '{files}']"
    others = (f"{{name: {n}, lifecycle: stable, files: {{include: ['{n}.*']}}, {only}}}" for n in ("a", "b", "c"))
    read = "{name: reads, lifecycle: stable, command: [cat, '{files}']}"
    declare(fixing, f"files: {{include: ['it.*']}}, {only}", *others, read)
    for name in ("a", "b", "it"):
        fixing.write(f"{name}.txt", LOW)
        fixing.git("add", f"{name}.txt")
    fixing.write("c.txt", "HIGH\n")
    fixing.git("add", "c.txt")
    run = check(fixing, "--jobs", "4")
    changed = {name: one["changed_files"] for name, one in run.results.items()}
    assert changed == {"a": ["a.txt"], "b": ["b.txt"], "c": [], "it": ["it.txt"], "reads": []}
    assert run.results["reads"]["status"] == "PASS"


def test_line_ends_and_filters_are_kept(fixing: Repo) -> None:
    fixing.write(".gitattributes", "*.txt eol=crlf\n*.conf filter=secret\n")
    fixing.git("config", "filter.secret.clean", "sed s/hunter2/PASSWORD/")
    fixing.git("config", "filter.secret.smudge", "sed s/PASSWORD/hunter2/")
    fixing.write("a.txt", b"low\r\n2\r\n")
    fixing.write("b.conf", "low hunter2\n")
    fixing.stage()
    run = check(fixing, "--restage")
    assert result(run)["changed_files"] == ["a.txt", "b.conf"]
    assert (fixing.root / "a.txt").read_bytes() == b"LOW\r\n2\r\n"
    assert text(fixing, "b.conf") == "LOW hunter2\n"
    assert fixing.git("show", ":a.txt", ":b.conf") == "LOW\n2\nLOW PASSWORD\n"
    assert fixing.git("diff-files", "--name-only") == ""


def test_links_and_files_with_several_names_are_left_alone(fixing: Repo) -> None:
    fixing.write("../outside", "low\n")
    (fixing.root / "link.txt").symlink_to("../outside")
    fixing.write("one.txt", LOW)
    os.link(fixing.root / "one.txt", fixing.root / "other.txt")
    fixing.git("add", "link.txt", "one.txt")
    fixing.write("untracked.txt", "x")
    before = work(fixing)
    run = check(fixing)
    assert (run.code, result(run)["changed_files"]) == (1, [])
    assert text(fixing, "../outside") == "low\n"
    assert "hard links" in messages(run)
    assert work(fixing) == before


def test_what_a_fix_would_remove_stays(fixing: Repo) -> None:
    fixing.script(".git/removes", "import os, sys\nfor path in sys.argv[1:]: os.unlink(path)")
    declare(fixing, "fixes: true, command: [.git/removes, '{files}']")
    partly(fixing, "a.txt", "a\n", "a\nb\n")
    before = work(fixing)
    run = check(fixing)
    assert (run.code, result(run)["changed_files"]) == (1, [])
    assert "would be removed" in messages(run)
    assert work(fixing) == before


def test_what_a_fix_makes_of_a_mode_is_brought_back(fixing: Repo) -> None:
    fixing.script(".git/marks", "import os, sys\nfor path in sys.argv[1:]: os.chmod(path, 0o755)")
    declare(fixing, "fixes: true, command: [.git/marks, '{files}']")
    fixing.write("a.txt", "a\n", mode=0o644)
    fixing.git("add", "a.txt")
    run = check(fixing, "--restage")
    assert result(run)["changed_files"] == ["a.txt"]
    assert stat.S_IMODE((fixing.root / "a.txt").stat().st_mode) == 0o755
    assert fixing.git("ls-files", "-s", "a.txt").startswith("100755 ")


def test_a_commit_of_everything_gets_what_was_fixed(fixing: Repo) -> None:
    declare(fixing, "command: [grep, -q, LOW, '{files}'], fix: [.git/upper, '{files}']")
    fixing.write("a.txt", "old\n")
    fixing.commit()
    hook(fixing, "--fix", "--restage")
    fixing.write("a.txt", LOW)
    fixing.git("commit", "-q", "-a", "-m", "all")
    assert result(hooked(fixing))["status"] == "WARN"
    assert fixing.git("show", "HEAD:a.txt") == LOW.replace("low", "LOW")
    assert fixing.git("status", "--porcelain") == ""


def test_a_command_that_says_nothing_of_writing_has_its_changes_undone(fixing: Repo) -> None:
    declare(
        fixing,
        "command: [.git/upper, '{files}']",
        "{name: then, lifecycle: stable, after: [it], command: [grep, -q, low, '{files}']}",
    )
    partly(fixing, "a.txt", LOW, LOW + "more\n")
    before = work(fixing)
    run = check(fixing)
    assert (run.code, result(run)["cause"], result(run)["changed_files"]) == (1, "changed-files", [])
    assert "fixes: true" in result(run)["remedy"]
    assert run.results["then"]["status"] == "PASS"
    assert work(fixing) == before
