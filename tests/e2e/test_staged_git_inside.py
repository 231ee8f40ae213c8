"""git inside a view: it gives right answers, and what is done with it there changes nothing of the user's."""

import pytest

from tests.e2e.driving import Repo
from tests.e2e.staged import asks, attempt, in_the_midst, save, work


@pytest.fixture
def watched(repo: Repo) -> Repo:
    return in_the_midst(repo)


def test_git_gives_right_answers(watched: Repo) -> None:
    before = work(watched)
    run = asks(
        watched,
        """\
        git status --porcelain
        git diff --cached | grep '^[-+][a-z]'
        git rev-parse --abbrev-ref HEAD
        git rev-parse --show-prefix
        git log -1 --format=%s
        git describe
        git ls-files
        git show :a.txt
        git cat-file -e HEAD:a.txt
        git config user.name
        git check-ignore .venv/
        """,
    )
    assert run.results["it"]["output"]["text"].splitlines() == [
        "M  a.txt",
        "-old",
        "+staged",
        "main",
        "",
        "saved",
        "v1",
        *(".gitignore", "a.txt", "registry.yaml"),
        "staged",
        "Some One",
        ".venv/",
    ]
    assert work(watched) == before


def test_git_knows_a_branch_without_a_commit_and_a_detached_head(watched: Repo) -> None:
    head = watched.git("rev-parse", "HEAD").strip()
    watched.git("checkout", "-q", "--detach")
    run = asks(watched, "git rev-parse --abbrev-ref HEAD; git rev-parse HEAD")
    assert run.results["it"]["output"]["text"].split() == ["HEAD", head]
    watched.git("checkout", "-q", "--orphan", "fresh")
    run = asks(watched, "git symbolic-ref HEAD; git rev-parse -q --verify HEAD || echo none; git ls-files | wc -l")
    assert run.results["it"]["output"]["text"].split() == ["refs/heads/fresh", "none", "3"]


def test_git_knows_of_a_merge_under_way(watched: Repo) -> None:
    watched.git("stash", "-q")
    watched.git("checkout", "-q", "-b", "side")
    watched.write("b.txt", "b\n")
    save(watched)
    watched.git("checkout", "-q", "main")
    watched.git("merge", "-q", "--no-ff", "--no-commit", "side")
    side = watched.git("rev-parse", "side").strip()
    assert asks(watched, "git rev-parse MERGE_HEAD").results["it"]["output"]["text"] == side
    watched.git("commit", "-q", "-m", "merged")
    watched.write("a.txt", "staged\n")
    watched.git("add", "a.txt")
    assert asks(watched, "git rev-parse -q --verify MERGE_HEAD || echo no").results["it"]["output"]["text"] == "no"


@pytest.mark.parametrize(
    "script",
    [
        "git commit -q --allow-empty -m inside",
        "git commit -q -a -m inside",
        "git tag inside; git branch inside; git checkout -q -b other",
        "git rm -q --cached a.txt; git add -A; git update-index --chmod=+x a.txt",
        "git stash -q; git stash list | grep .",
        "git reset -q --hard HEAD; git gc -q --prune=now",
        "git config user.name Nobody; git remote add origin /nowhere",
        "git update-ref refs/heads/main $(git commit-tree HEAD^{tree} -m inside)",
        "rm -rf $(git rev-parse --git-dir)/refs; echo garbage > .git",
        "git pack-refs --all; git reflog expire --expire=now --all",
    ],
)
def test_what_a_component_does_with_git_stays_in_the_view_and_ends_with_the_run(watched: Repo, script: str) -> None:
    before = work(watched)
    attempt(watched, script)
    assert work(watched) == before
    head, staged = (watched.git("rev-parse", name).strip() for name in ("HEAD", ":a.txt"))
    run = asks(
        watched,
        """\
        git rev-parse HEAD :a.txt; git symbolic-ref HEAD; git for-each-ref --format='%(refname)'; git config user.name
        git remote; git stash list; git status --porcelain; cat a.txt; git reflog | grep inside || true
        """,
    )
    assert run.results["it"]["output"]["text"].split("\n") == [
        *(head, staged, "refs/heads/main", "refs/heads/main", "refs/tags/v1", "Some One", "M  a.txt", "staged")
    ]
    assert work(watched) == before


def test_a_commit_inside_runs_no_hook_of_the_repository(watched: Repo) -> None:
    for folder in (".git/hooks", ".git/others"):
        watched.write(f"{folder}/pre-commit", "#!/bin/sh\necho hook; exit 1\n", mode=0o755)
    watched.git("config", "core.hooksPath", str(watched.root / ".git/others"))
    asks(watched, "git commit -q --allow-empty -m inside")


def test_no_variable_of_git_reaches_a_component(watched: Repo) -> None:
    watched.environment |= {"GIT_AUTHOR_NAME": "Hook", "GIT_CONFIG_COUNT": "0", "GIT_INDEX_FILE": ".git/index"}
    run = asks(watched, "env | grep ^GIT_ || echo none; git ls-files | wc -l")
    assert run.results["it"]["output"]["text"].split() == ["none", "3"]
