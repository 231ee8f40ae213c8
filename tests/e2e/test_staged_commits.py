"""omnibase as git's own pre-commit hook, in every way in which a commit is made."""

import subprocess

import pytest

from tests.e2e.driving import SECONDS, Repo
from tests.e2e.staged import assert_seen, check, hook, hooked, save, stage, witnessed, work

HUNKS = "".join(f"line {number}\n" for number in range(30))


@pytest.fixture
def watched(repo: Repo) -> Repo:
    """The commit `saved` has a.txt and b.txt, and both are changed; what of it is staged is up to the test."""
    witnessed(repo)
    repo.write("a.txt", "old\n")
    repo.write("b.txt", "old\n")
    save(repo)
    repo.write("a.txt", "new\n")
    repo.write("b.txt", "new\n")
    hook(repo)
    return repo


def answer(repo: Repo, *arguments: str, typed: str) -> None:
    done = subprocess.run(
        ["git", *arguments],
        cwd=repo.root,
        env=repo.environment,
        input=typed.encode(),
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_of_commit_all_everything_tracked_is_seen(watched: Repo) -> None:
    watched.git("commit", "-q", "-a", "-m", "all")
    assert_seen(hooked(watched), {"a.txt": ("file", b"new\n"), "b.txt": ("file", b"new\n")})
    assert watched.git("status", "--porcelain") == "?? untracked.txt\n"


def test_of_a_commit_of_a_path_that_path_is_seen_and_nothing_else_that_is_staged(watched: Repo) -> None:
    watched.git("add", "b.txt")
    watched.git("commit", "-q", "-m", "a path", "--", "a.txt")
    assert_seen(hooked(watched), {"a.txt": ("file", b"new\n")})
    assert watched.git("show", "HEAD:b.txt") == "old\n"
    assert watched.git("status", "--porcelain") == "M  b.txt\n?? untracked.txt\n"


def test_of_a_commit_that_includes_a_path_both_are_seen(watched: Repo) -> None:
    watched.git("add", "b.txt")
    watched.git("commit", "-q", "-m", "a path, too", "--include", "a.txt")
    assert_seen(hooked(watched), {"a.txt": ("file", b"new\n"), "b.txt": ("file", b"new\n")})


def test_of_a_commit_by_hunks_the_chosen_ones_are_seen(watched: Repo) -> None:
    watched.write("c.txt", HUNKS)
    save(watched)
    watched.write("c.txt", HUNKS.replace("line 1\n", "first\n").replace("line 28\n", "last\n"))
    answer(watched, "commit", "-q", "-p", "-m", "by hunks", "c.txt", typed="y\nn\n")
    chosen = HUNKS.replace("line 1\n", "first\n").encode()
    assert_seen(hooked(watched), {"c.txt": ("file", chosen)})
    assert watched.git("show", "HEAD:c.txt").encode() == chosen
    assert watched.git("diff", "--stat").startswith(" c.txt | 2 +-")


def test_of_an_amended_commit_what_is_staged_is_seen(watched: Repo) -> None:
    watched.git("add", "a.txt")
    watched.git("commit", "-q", "--amend", "-m", "amended")
    assert_seen(hooked(watched), {"a.txt": ("file", b"new\n")})
    watched.git("commit", "-q", "--amend", "-m", "only the message")
    assert hooked(watched).statuses == {"single": "SKIP", "view": "SKIP"}


def test_from_a_folder_below_the_top_the_same_is_seen(watched: Repo) -> None:
    below = watched.root / "below"
    below.mkdir()
    (below / "c.txt").write_text("below\n")
    watched.git("add", "c.txt", cwd=below)
    watched.git("commit", "-q", "-m", "from below", "--", "c.txt", cwd=below)
    assert_seen(hooked(watched), {"below/c.txt": ("file", b"below\n")})
    watched.git("commit", "-q", "-m", "from below", "-a", cwd=below)
    assert_seen(hooked(watched), {"a.txt": ("file", b"new\n"), "b.txt": ("file", b"new\n")})


def test_a_first_commit_is_seen(repo: Repo) -> None:
    witnessed(repo)
    repo.git("update-ref", "-d", "HEAD")
    repo.git("rm", "-q", "--cached", "registry.yaml")
    hook(repo)
    repo.write("a.txt", "first\n")
    repo.git("add", "a.txt")
    repo.write("a.txt", "second\n")
    repo.git("commit", "-q", "-m", "the first")
    run = hooked(repo)
    assert_seen(run, {"a.txt": ("file", b"first\n")})
    assert run.json["repository"]["head"] is None


@pytest.mark.parametrize("arguments", [(), ("-a",), ("--amend",), ("--", "a.txt")], ids=" ".join)
def test_a_commit_that_is_refused_leaves_everything_as_it_was(watched: Repo, arguments: tuple[str, ...]) -> None:
    watched.registry(
        (watched.root / "registry.yaml").read_text().partition("\n")[2]
        + "  - {name: fails, lifecycle: stable, command: [git, diff, --cached, --exit-code]}\n"
    )
    watched.git("commit", "-q", "--no-verify", "-m", "a component that fails", "registry.yaml")
    watched.git("add", "b.txt")
    watched.write("b.txt", "newer\n")
    watched.git("status")  # by which git has written the index anew as it likes to
    watched.git("write-tree")
    before = work(watched)
    watched.git("commit", "-q", "-m", "refused", *arguments, check=False)
    assert hooked(watched).statuses == {"single": "PASS", "view": "PASS", "fails": "FAIL"}
    after = work(watched)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert {path for path in changed if "/.git/objects/" not in path} <= {
        str(watched.root / ".git" / name) for name in ("hooks/report", "COMMIT_EDITMSG", "index")
    }
    assert watched.git("status", "--porcelain") == " M a.txt\nMM b.txt\n?? untracked.txt\n"


def test_an_unresolved_merge_is_refused_as_git_refuses_it(watched: Repo) -> None:
    conflict(watched, "merge", "side")
    before = work(watched)
    run = check(watched)
    assert (run.code, run.results) == (1, {})
    assert "unresolved merge conflicts" in run.error["message"]
    assert work(watched) == before


@pytest.mark.parametrize("how", ["merge", "cherry-pick", "rebase"])
def test_when_conflicts_are_resolved_the_resolution_is_seen(watched: Repo, how: str) -> None:
    conflict(watched, how, "side")
    watched.write("a.txt", "both\n")
    watched.git("add", "a.txt")
    watched.write("a.txt", "being worked on\n")
    assert_seen(check(watched), {"a.txt": ("file", b"both\n")})
    watched.write("a.txt", "both\n")
    watched.git("commit", "-q", "-m", "resolved")
    assert_seen(hooked(watched), {"a.txt": ("file", b"both\n")})
    assert watched.git("show", "HEAD:a.txt") == "both\n"
    assert watched.git("rev-parse", "-q", "--verify", "MERGE_HEAD", check=False) == ""


def conflict(repo: Repo, how: str, branch: str) -> None:
    """A merge, rebase or cherry-pick that has stopped at a.txt."""
    save(repo)
    repo.git("branch", "-q", branch)
    repo.write("a.txt", "ours\n")
    save(repo)
    repo.git("checkout", "-q", branch)
    repo.write("a.txt", "theirs\n")
    save(repo)
    repo.git("checkout", "-q", "main")
    repo.git(how, branch, check=False)
    assert repo.git("ls-files", "--unmerged") != ""


def test_a_lock_that_somebody_holds_does_not_keep_it_from_looking(watched: Repo) -> None:
    stage(watched)
    watched.write("a.txt", "newer\n")
    watched.write(".git/index.lock", "")
    before = work(watched)
    assert_seen(check(watched), {"a.txt": ("file", b"new\n"), "b.txt": ("file", b"new\n")})
    assert work(watched) == before
