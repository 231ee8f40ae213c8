"""Staging what was fixed, in indexes of every kind: the fix is added, and all else in the index stays as it is."""

from pathlib import Path

import pytest

from tests.e2e.driving import Repo, Run
from tests.e2e.staged import check, hook

REGISTRY = """\
    plugins: [omnibase_files]
    stages: {pre-commit: {select: "name=trailing-whitespace,lifecycle=*", fix: true, restage: true}}
    """


@pytest.fixture
def mended(repo: Repo) -> Repo:
    """The commit has a few files, and a.txt has a fixable change that is staged and one that is not."""
    repo.registry(REGISTRY)
    for name in ("a.txt", "b.txt", "in/c.txt", "out/d.txt"):
        repo.write(name, "1\n2\n3\n4\n5\n")
    repo.commit()
    return repo


def change(repo: Repo, path: str = "a.txt", root: Path | None = None) -> None:
    file = (root or repo.root) / path
    file.write_text("one  \n2\n3\n4\n5\n")
    repo.git("add", path, cwd=root)
    file.write_text("one  \n2\n3\n4\nfive\n")


def assert_fixed(repo: Repo, run: Run, path: str = "a.txt", root: Path | None = None) -> None:
    assert (run.code, run.statuses) == (0, {"trailing-whitespace": "WARN"}), run.err
    assert ((root or repo.root) / path).read_text() == "one\n2\n3\n4\nfive\n"
    assert repo.git("show", f":{path}", cwd=root) == "one\n2\n3\n4\n5\n"
    repo.git("write-tree", cwd=root)  # which looks for all that the index names


def entries(repo: Repo, *but: str) -> list[str]:
    """The index with all flags, but for some paths."""
    records = repo.git("ls-files", "-s", "-v", "--full-name").splitlines()
    return [record for record in records if not record.endswith(but)]


def test_flags_of_other_entries_are_kept(mended: Repo) -> None:
    mended.git("update-index", "--assume-unchanged", "b.txt")
    mended.git("update-index", "--skip-worktree", "in/c.txt")
    mended.git("update-index", "--chmod=+x", "out/d.txt")
    mended.write("intended.txt", "x  \n")
    mended.git("add", "--intent-to-add", "intended.txt")
    change(mended)
    before = entries(mended, "a.txt")
    assert_fixed(mended, check(mended))
    assert entries(mended, "a.txt") == before
    assert mended.git("status", "--porcelain").splitlines() == ["MM a.txt", " A intended.txt", "MM out/d.txt"]


@pytest.mark.parametrize(
    "settings",
    [
        {"core.splitIndex": "true", "splitIndex.maxPercentChange": "100"},
        {"index.version": "4", "feature.manyFiles": "true"},
        {"core.untrackedCache": "true"},
        {"core.ignoreCase": "true"},
        {"core.fileMode": "false"},
        {"core.trustctime": "false", "core.checkStat": "minimal"},
    ],
    ids=str,
)
def test_an_index_of_another_kind_takes_the_fix(mended: Repo, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        mended.git("config", name, value)
    if "core.splitIndex" in settings:
        mended.git("update-index", "--split-index")
    mended.git("status")
    change(mended)
    before = entries(mended, "a.txt")
    assert_fixed(mended, check(mended))
    assert entries(mended, "a.txt") == before


def test_names_that_differ_in_case_alone_are_staged_apart(mended: Repo) -> None:
    mended.write("README.txt", "loud  \n")
    mended.write("readme.txt", "quiet  \n")
    mended.stage()
    mended.git("config", "core.ignoreCase", "true")
    run = check(mended)
    assert run.code == 0, run.err
    assert mended.git("show", ":README.txt", ":readme.txt") == "loud\nquiet\n"
    assert (mended.root / "README.txt").read_text() == "loud\n"
    assert mended.git("ls-files", "*.txt").splitlines().count("README.txt") == 1


def test_a_sparse_index_takes_the_fix(mended: Repo) -> None:
    mended.git("sparse-checkout", "set", "--cone", "--sparse-index", "in", check=False)
    if "out/" not in mended.git("ls-files", "--sparse", check=False).split():
        pytest.skip("this git has no sparse index")
    change(mended, "in/c.txt")
    before = entries(mended, "in/c.txt")
    assert_fixed(mended, check(mended), "in/c.txt")
    assert entries(mended, "in/c.txt") == before
    assert not (mended.root / "out").exists()


def test_in_a_worktree_the_fix_is_staged_there(mended: Repo) -> None:
    other = mended.root.parent / "other"
    mended.git("worktree", "add", "-b", "topic", str(other))
    change(mended, root=other)
    index = (mended.root / ".git/index").read_bytes()
    assert_fixed(mended, check(mended, cwd=other), root=other)
    assert (mended.root / ".git/index").read_bytes() == index


def test_in_a_submodule_the_fix_is_staged_there(mended: Repo, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    mended.git("init", "-q", cwd=outer)
    allow = ("-c", "protocol.file.allow=always")
    mended.git(*allow, "submodule", "--quiet", "add", str(mended.root), "inner", cwd=outer)
    change(mended, root=outer / "inner")
    hook(mended, folder=outer / ".git/modules/inner/hooks")
    mended.git("commit", "-q", "-m", "inside", cwd=outer / "inner")
    assert mended.git("show", "HEAD:a.txt", cwd=outer / "inner") == "one\n2\n3\n4\n5\n"
    assert (outer / "inner/a.txt").read_text() == "one\n2\n3\n4\nfive\n"


def test_during_a_merge_the_fix_is_staged_and_the_merge_goes_on(mended: Repo) -> None:
    mended.git("checkout", "-q", "-b", "side")
    mended.write("b.txt", "theirs\n2\n3\n4\n5\n")
    mended.commit()
    mended.git("checkout", "-q", "main")
    mended.git("merge", "-q", "--no-ff", "--no-commit", "side")
    change(mended)
    hook(mended)
    mended.git("commit", "-q", "-m", "merged")
    assert mended.git("show", "HEAD:a.txt") == "one\n2\n3\n4\n5\n"
    assert len(mended.git("rev-list", "--parents", "-1", "HEAD").split()) == 3


def test_a_fix_of_many_files_is_staged_in_one_step(mended: Repo) -> None:
    names = [f"many/{number} {'x' * 60}.txt" for number in range(2_000)]
    for name in names:
        mended.write(name, "x  \n")
    mended.stage()
    run = check(mended)
    assert (run.code, len(run.results["trailing-whitespace"]["changed_files"])) == (0, 2_000), run.err
    assert mended.git("diff-files", "--name-only") == ""
    assert {line.split()[1] for line in mended.git("ls-files", "-s", "many").splitlines()} == {
        mended.git("hash-object", names[0]).strip()
    }
