"""Fixers of single files at a commit: what they mend in the work tree and the index, and what they leave alone."""

import os
import stat
from pathlib import Path

import pytest

from tests.e2e.driving import Json, Repo, Run
from tests.e2e.staged import check, hook, hooked, work

REGISTRY = """\
    plugins: [omnibase_files]
    stages: {pre-commit: {select: "lifecycle=*"}}
    components: [{name: trailing-whitespace, uses: omnibase_files}]
    """
NAME = "trailing-whitespace"


@pytest.fixture
def mended(repo: Repo) -> Repo:
    """A repository whose files are mended at its end of lines, and a commit."""
    repo.registry(REGISTRY)
    repo.git("commit", "-q", "-m", "start")
    return repo


def fix(repo: Repo, *arguments: str) -> Run:
    return check(repo, "--fix", "--name", NAME, *arguments)


def partly(repo: Repo, path: str, staged: bytes, unstaged: bytes) -> Path:
    file = repo.write(path, staged)
    repo.git("add", path)
    file.write_bytes(unstaged)
    return file


def staged(repo: Repo, path: str) -> bytes:
    return os.fsencode(repo.git("cat-file", "blob", f":{path}"))


def result(run: Run) -> Json:
    return run.results[NAME]


def test_a_fix_is_merged_into_changes_of_other_lines(mended: Repo) -> None:
    file = partly(mended, "a.txt", b"one  \n2\n3\n4\n5\n", b"one  \n2\n3\n4\nfive, and being worked on  \n")
    index = (mended.root / ".git/index").read_bytes()
    run = fix(mended)
    assert (run.code, result(run)["changed_files"]) == (1, ["a.txt"])
    assert file.read_bytes() == b"one\n2\n3\n4\nfive, and being worked on  \n"
    assert (mended.root / ".git/index").read_bytes() == index


def test_a_fix_that_conflicts_with_changes_is_shown_and_nothing_is_written(mended: Repo) -> None:
    partly(mended, "a.txt", b"one  \n", b"being worked on  \n")
    before = work(mended)
    for arguments in ((), ("--restage",)):
        run = fix(mended, *arguments)
        assert (run.code, result(run)["changed_files"]) == (1, [])
        assert [patch["applied"] for patch in result(run)["patches"]] == [False]
        assert "-one  \n+one\n" in result(run)["patches"][0]["diff"]
        assert any("conflicts with changes that are not staged" in one["message"] for one in result(run)["findings"])
        assert work(mended) == before


def test_restaging_takes_the_fix_and_leaves_changes_unstaged(mended: Repo) -> None:
    file = partly(mended, "a.txt", b"one  \n2\n3\n4\n5\n", b"one  \n2\n3\n4\nfive\n")
    partly(mended, "b.txt", b"clean\n", b"clean, and being worked on  \n")
    partly(mended, "c.txt", b"gone since  \n", b"")
    (mended.root / "c.txt").unlink()
    mended.write("untracked.txt", "nobody has staged me  \n")
    run = fix(mended, "--restage")
    assert (run.code, result(run)["changed_files"]) == (1, ["a.txt"])
    assert (staged(mended, "a.txt"), file.read_bytes()) == (b"one\n2\n3\n4\n5\n", b"one\n2\n3\n4\nfive\n")
    assert (mended.root / "b.txt").read_bytes() == b"clean, and being worked on  \n"
    assert not (mended.root / "c.txt").exists()
    assert mended.git("status", "--porcelain").splitlines() == [
        *("AM a.txt", "AM b.txt", "AD c.txt", "?? untracked.txt")
    ]


def test_a_file_whose_changes_are_all_staged_has_none_unstaged_after_restaging(mended: Repo) -> None:
    mended.write("a.txt", "one  \n")
    mended.git("add", "a.txt")
    run = fix(mended, "--restage")
    assert (run.code, result(run)["status"]) == (0, "WARN")
    assert mended.git("status", "--porcelain") == "A  a.txt\n"
    assert mended.git("diff-files", "--name-only") == ""


def test_modes_are_kept_in_file_and_index(mended: Repo) -> None:
    mended.write("script", "#!/bin/sh\necho  \n", mode=0o750)
    mended.write("only-index", "x  \n", mode=0o640)
    mended.git("add", "script", "only-index")
    mended.git("update-index", "--chmod=+x", "only-index")
    fix(mended, "--restage")
    modes = {name: stat.S_IMODE((mended.root / name).stat().st_mode) for name in ("script", "only-index")}
    assert modes == {"script": 0o750, "only-index": 0o640}
    lines = mended.git("ls-files", "-s", "script", "only-index").splitlines()
    assert [line.split()[0] for line in lines] == ["100755", "100755"]
    assert (staged(mended, "script"), staged(mended, "only-index")) == (b"#!/bin/sh\necho\n", b"x\n")


def test_line_ends_are_kept_and_what_is_staged_is_what_git_would_stage(mended: Repo) -> None:
    mended.write(".gitattributes", "*.txt eol=crlf\n")
    file = mended.write("a.txt", b"one  \r\ntwo\r\n")
    raw = mended.write("b.raw", b"one  \r\ntwo\r\n")
    mended.stage()
    run = fix(mended, "--restage")
    assert (run.code, result(run)["changed_files"]) == (0, ["a.txt", "b.raw"])
    assert (file.read_bytes(), staged(mended, "a.txt")) == (b"one\r\ntwo\r\n", b"one\ntwo\n")
    assert (raw.read_bytes(), staged(mended, "b.raw")) == (b"one\r\ntwo\r\n", b"one\r\ntwo\r\n")
    assert mended.git("status", "--porcelain") == "A  .gitattributes\nA  a.txt\nA  b.raw\n"


@pytest.mark.parametrize("attribute", ["text=auto", "eol=crlf"])
def test_a_file_that_a_checkout_would_write_otherwise_is_mended(mended: Repo, attribute: str) -> None:
    """git takes it as unchanged, and yet it is not byte by byte what a checkout would give."""
    mended.write(".gitattributes", f"*.txt {attribute}\n")
    before = {"text=auto": b"one  \r\n2\r\n", "eol=crlf": b"one  \n2\n"}[attribute]
    file = mended.write("a.txt", before)
    mended.stage()
    run = fix(mended, "--restage")
    assert (run.code, result(run)["changed_files"]) == (0, ["a.txt"])
    assert file.read_bytes() == before.replace(b"  ", b"")
    assert staged(mended, "a.txt") == before.replace(b"  ", b"").replace(b"\r", b"")


def test_through_a_filter_the_cleaned_content_is_staged(mended: Repo) -> None:
    mended.write(".gitattributes", "*.conf filter=secret\n")
    mended.git("config", "filter.secret.clean", "sed s/hunter2/PASSWORD/")
    mended.git("config", "filter.secret.smudge", "sed s/PASSWORD/hunter2/")
    mended.git("add", ".gitattributes")
    file = partly(mended, "a.conf", b"login hunter2  \n2\n3\n", b"login hunter2  \n2\n3\nbeing worked on\n")
    fix(mended, "--restage")
    assert staged(mended, "a.conf") == b"login PASSWORD\n2\n3\n"
    assert file.read_bytes() == b"login hunter2\n2\n3\nbeing worked on\n"


def test_links_and_files_with_several_names_are_left_alone(mended: Repo) -> None:
    mended.write("../outside", "x  \n")
    (mended.root / "link.txt").symlink_to("../outside")
    mended.write("one.txt", "x  \n")
    os.link(mended.root / "one.txt", mended.root / "other.txt")
    mended.git("add", "link.txt", "one.txt")
    before = work(mended)
    run = fix(mended, "--restage")
    assert (run.code, result(run)["changed_files"]) == (1, [])
    assert [(one["path"], one["applied"]) for one in result(run)["patches"]] == [("one.txt", False)]
    assert (mended.root / "../outside").read_text() == "x  \n"
    assert work(mended) == before


def test_with_commit_all_the_commit_has_the_fix(mended: Repo) -> None:
    mended.write("a.txt", "old\n")
    mended.commit()
    hook(mended, "--fix", "--restage", "--name", NAME)
    mended.write("a.txt", "new  \n")
    mended.git("commit", "-q", "-a", "-m", "all")
    assert (hooked(mended).code, result(hooked(mended))["status"]) == (0, "WARN")
    assert mended.git("show", "HEAD:a.txt") == "new\n"
    assert mended.git("status", "--porcelain") == ""


def test_with_a_commit_of_paths_restaging_is_refused_and_says_what_to_do(mended: Repo) -> None:
    mended.write("a.txt", "old\n")
    mended.commit()
    hook(mended, "--fix", "--restage", "--name", NAME)
    mended.write("a.txt", "new  \n")
    mended.git("commit", "-q", "-m", "a path", "--", "a.txt", check=False)
    run = hooked(mended)
    assert run.code == 1
    told = f"{result(run)['reason']} {result(run)['remedy']}"
    assert "git commit -- PATH" in told
    assert "`git add`" in told
    assert mended.git("log", "-1", "--format=%s") == "work\n"
    assert mended.git("diff", "--cached", "--name-only") == ""


def test_while_another_program_holds_the_index_nothing_is_staged(mended: Repo) -> None:
    file = mended.write("a.txt", "one  \n")
    mended.git("add", "a.txt")
    lock = mended.write(".git/index.lock", "")
    run = fix(mended, "--restage")
    assert run.code == 1
    assert "index" in result(run)["reason"]
    assert str(lock) in result(run)["remedy"]
    assert (file.read_bytes(), staged(mended, "a.txt"), lock.exists()) == (b"one\n", b"one  \n", True)


def test_in_a_first_commit_fixes_are_staged(repo: Repo) -> None:
    repo.registry(REGISTRY)
    repo.write("a.txt", "one  \n")
    repo.git("add", "a.txt")
    hook(repo, "--fix", "--restage", "--name", NAME)
    repo.git("commit", "-q", "-m", "the first")
    assert repo.git("show", "HEAD:a.txt") == "one\n"


def test_a_dry_run_shows_the_fix_of_what_is_staged_and_writes_nothing(mended: Repo) -> None:
    partly(mended, "a.txt", b"one  \n2\n3\n", b"one  \n2\n3\n4  \n")
    before = work(mended)
    run = fix(mended, "--dry-run")
    assert "-one  \n+one\n" in run.text.replace("\\n", "\n")
    assert "4" not in [line[1:2] for line in result(run)["patches"][0]["diff"].splitlines() if line[:1] in "+-"]
    assert work(mended) == before
