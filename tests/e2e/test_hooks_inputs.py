"""What each hook of git looks at: pushed files, the message of a commit, what is staged, or no files."""

import os
import pty
import shutil
import subprocess
from ast import literal_eval
from pathlib import Path

import pytest

from tests.e2e.driving import COMMAND, Repo

# Writes its arguments to a file beside the repository, a line for each call.
NOTE = """\
import os, sys
with open(os.path.join(os.environ["NOTES"], sys.argv[1]), "a") as file:
    file.write(ascii(sys.argv[2:]) + "\\n")
"""
REGISTRY = """\
    stages: {pre-commit: {select: "tag=pre-commit,type=validator|tool"}}
    exclude: [registry.yaml, note]
    components:
      - {name: staged, lifecycle: stable, tags: [pre-commit], command: [./note, staged, "{files}"]}
      - {name: pushed, lifecycle: stable, tags: [pre-push], command: [./note, pushed, "{files}"]}
      - name: message
        lifecycle: stable
        tags: [commit-msg]
        files: {types: [python]}
        command: [sh, -c, "./note message \\"$@\\"; ! grep WIP \\"$@\\"", sh, "{files}"]
      - {name: after, type: tool, lifecycle: stable, tags: [post-checkout, post-commit, post-rewrite, pre-rebase],
         command: [./note, after]}
    """
HOOKS = ("pre-commit", "pre-merge-commit", "pre-push", "commit-msg", "post-checkout", "post-commit", "post-rewrite")


class Noting(Repo):
    """A repository with all hooks, and what its components were given since they were last asked for it."""

    def given(self, name: str) -> list[list[str]]:
        file = Path(self.environment["NOTES"], name)
        if not file.exists():
            return []
        text = file.read_text()
        file.unlink()
        return [literal_eval(line) for line in text.splitlines()]

    def refused(self, *arguments: str) -> str:
        """What git says where it fails."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=self.environment, capture_output=True, timeout=60, check=False
        )
        assert done.returncode != 0
        return done.stdout.decode() + done.stderr.decode()


def _noting(repo: Repo, tmp_path: Path, *options: str) -> Noting:
    (tmp_path / "notes").mkdir()
    noting = Noting(repo.root, {**repo.environment, "NOTES": str(tmp_path / "notes")})
    noting.git("init", "--quiet", "--bare", *options, str(tmp_path / "remote"))
    noting.git("remote", "add", "origin", str(tmp_path / "remote"))
    noting.script("note", NOTE)
    noting.registry(REGISTRY)
    noting.write("old.txt", "1\n")
    noting.commit("start")
    noting.git("push", "--quiet", "origin", "main")
    run = noting.run("install", *(word for hook in HOOKS for word in ("--hook", hook)))
    assert run.code == 0, run.err
    return noting


@pytest.fixture
def noting(repo: Repo, tmp_path: Path) -> Noting:
    return _noting(repo, tmp_path)


def _work(repo: Noting, name: str) -> None:
    repo.write(name, "work\n")
    repo.commit(name)


# pre-push


def test_a_push_is_about_what_it_changes_in_the_remote(noting: Noting) -> None:
    _work(noting, "one.txt")
    _work(noting, "two.txt")
    noting.git("push", "origin", "main")
    assert noting.given("pushed") == [["one.txt", "two.txt"]]
    noting.git("push", "origin", "main")  # git has nothing to push
    assert noting.given("pushed") == []


def test_a_push_that_fails_its_checks_does_not_happen(noting: Noting) -> None:
    registry = (noting.root / "registry.yaml").read_text()
    noting.write("registry.yaml", registry.replace("[./note, pushed, ", "['false', "))
    _work(noting, "one.txt")
    before = noting.git("ls-remote", "origin")
    assert "❌ pushed" in noting.refused("push", "origin", "main")
    assert noting.git("ls-remote", "origin") == before
    noting.git("push", "--no-verify", "origin", "main")


def test_a_new_branch_is_compared_with_what_the_remote_has(noting: Noting) -> None:
    noting.git("checkout", "--quiet", "-b", "topic")
    _work(noting, "topic.txt")
    noting.git("push", "origin", "topic")
    assert noting.given("pushed") == [["topic.txt"]]


def test_another_remote_is_not_taken_to_have_what_the_first_has(noting: Noting, tmp_path: Path) -> None:
    noting.git("init", "--quiet", "--bare", str(tmp_path / "backup"))
    noting.git("remote", "add", "backup", str(tmp_path / "backup"))
    noting.git("push", "backup", "main")
    assert noting.given("pushed") == [["old.txt"]]


def test_a_deletion_has_no_files(noting: Noting) -> None:
    noting.git("push", "--quiet", "--no-verify", "origin", "main:gone")
    noting.git("push", "origin", "--delete", "gone")
    assert noting.given("pushed") == []
    assert "gone" not in noting.git("ls-remote", "origin")


def test_a_forced_push_is_about_what_is_other_than_before_they_parted(noting: Noting) -> None:
    _work(noting, "one.txt")
    noting.git("push", "--quiet", "--no-verify", "origin", "main")
    noting.git("reset", "--quiet", "--hard", "HEAD^")
    _work(noting, "other.txt")
    noting.git("push", "--force", "origin", "main")
    assert noting.given("pushed") == [["other.txt"]]


def test_a_forced_push_over_what_somebody_else_pushed_is_like_a_new_branch(noting: Noting, tmp_path: Path) -> None:
    noting.git("clone", "--quiet", str(tmp_path / "remote"), "../clone")
    clone = tmp_path / "clone"
    (clone / "theirs.txt").write_text("theirs\n")
    noting.git("add", "theirs.txt", cwd=clone)
    noting.git("commit", "--quiet", "-m", "theirs", cwd=clone)
    noting.git("push", "--quiet", "origin", "main", cwd=clone)
    _work(noting, "ours.txt")
    noting.git("push", "--force", "origin", "main")
    assert noting.given("pushed") == [["ours.txt"]]


def test_a_branch_with_no_past_in_the_remote_is_all_of_its_files(noting: Noting) -> None:
    noting.git("checkout", "--quiet", "--orphan", "fresh")
    _work(noting, "new.txt")
    noting.git("push", "origin", "fresh")
    assert noting.given("pushed") == [["new.txt", "old.txt"]]


def test_a_repository_of_sha_256_is_pushed_as_any_other(tmp_path: Path, folder: Repo) -> None:
    folder.git("init", "--quiet", "--object-format=sha256")
    noting = _noting(folder, tmp_path, "--object-format=sha256")
    _work(noting, "one.txt")
    noting.git("push", "origin", "main")
    noting.git("push", "origin", "main:new")
    noting.git("checkout", "--quiet", "-b", "topic")
    _work(noting, "topic.txt")
    noting.git("push", "origin", "topic")
    noting.git("push", "origin", "--delete", "new")
    assert noting.given("pushed") == [["one.txt"], ["topic.txt"]]


def test_several_refs_are_looked_at_once(noting: Noting) -> None:
    _work(noting, "one.txt")
    noting.git("checkout", "--quiet", "-b", "topic")
    _work(noting, "topic.txt")
    noting.git("tag", "-a", "-m", "v1", "v1")
    noting.git("push", "--quiet", "--no-verify", "origin", "main~1:refs/heads/gone")
    noting.git("push", "origin", "main", "topic", "v1", ":gone")
    assert noting.given("pushed") == [["one.txt", "topic.txt"]]


def test_files_that_are_not_as_they_are_pushed_are_said_to_be_so(noting: Noting) -> None:
    noting.git("checkout", "--quiet", "-b", "topic")
    _work(noting, "topic.txt")
    _work(noting, "more.txt")
    noting.write("topic.txt", "changed\n")
    lines = f"refs/heads/x {noting.git('rev-parse', 'HEAD^').strip()} refs/heads/x {'0' * 40}\n"
    run = noting.run("orch", "--hook", "pre-push", "--format", "json", "origin", "url", stdin=lines.encode())
    assert run.json["notices"] == [
        "refs/heads/x: not checked out; files were looked at as in the working tree",
        "looked at with changes that are not committed: topic.txt",
    ]


def test_a_hook_that_was_there_before_reads_the_same_lines(noting: Noting, tmp_path: Path) -> None:
    noting.run("uninstall")
    noting.write(".git/hooks/pre-push", '#!/bin/sh\necho "$@" > .git/args\ncat > .git/lines\n', mode=0o755)
    assert "runs first" in noting.run("install", "--hook", "pre-push").text
    _work(noting, "one.txt")
    head, old = noting.git("rev-parse", "HEAD", "HEAD^").split()
    noting.git("push", "origin", "main")
    assert (noting.root / ".git/args").read_text() == f"origin {tmp_path / 'remote'}\n"
    assert (noting.root / ".git/lines").read_text() == f"refs/heads/main {head} refs/heads/main {old}\n"
    assert noting.given("pushed") == [["one.txt"]]
    noting.git("push", "origin", "main")
    assert (noting.root / ".git/lines").read_text() == ""
    noting.write(".git/hooks/pre-push.omnibase-kept", "#!/bin/sh\nexit 3\n")
    _work(noting, "two.txt")
    noting.refused("push", "origin", "main")
    assert noting.given("pushed") == []


def test_with_a_bare_path_both_hooks_read_the_lines(noting: Noting) -> None:
    noting.run("uninstall")
    noting.write(".git/hooks/pre-push", "#!/bin/sh\nread -r name rest\necho $name > .git/read\n", mode=0o755)
    assert "runs first" in noting.run("install", "--hook", "pre-push").text
    _work(noting, "one.txt")
    git = shutil.which("git", path=noting.environment["PATH"])
    assert git is not None
    env = {**noting.environment, "PATH": "/nowhere"}
    subprocess.run([git, "push", "--quiet", "origin", "main"], cwd=noting.root, env=env, timeout=60, check=True)
    assert (noting.root / ".git/read").read_text() == "refs/heads/main\n"
    assert noting.given("pushed") == [["one.txt"]]


def test_more_lines_than_a_pipe_holds_reach_both(noting: Noting) -> None:
    noting.run("uninstall")
    noting.write(".git/hooks/pre-push", "#!/bin/sh\nexit 0\n", mode=0o755)  # reads nothing of it
    assert "runs first" in noting.run("install", "--hook", "pre-push").text
    _work(noting, "one.txt")
    new = "".join(f"create refs/tags/{'t' * 100}{number} HEAD\n" for number in range(1_000))
    subprocess.run(
        ["git", "update-ref", "--stdin"], input=new.encode(), cwd=noting.root, env=noting.environment, check=True
    )
    noting.git("push", "--quiet", "--tags", "origin", "main")
    assert noting.given("pushed") == [["one.txt"]]


def test_by_hand_at_a_terminal_it_is_what_a_push_would_bring(noting: Noting) -> None:
    _work(noting, "one.txt")
    leader, follower = pty.openpty()
    try:
        call = [COMMAND, "orch", "--hook", "pre-push"]
        subprocess.run(
            call, cwd=noting.root, env=noting.environment, stdin=follower, capture_output=True, timeout=60, check=True
        )
    finally:
        os.close(leader)
        os.close(follower)
    assert noting.given("pushed") == [["one.txt"]]


@pytest.mark.parametrize(
    ("options", "files"),
    [
        (["--all-files"], [["old.txt", "one.txt"]]),
        (["--from-ref", "origin/main"], [["one.txt"]]),
        (["--name", "pushed"], []),
    ],
)
def test_files_named_by_options_take_the_place_of_the_hook_s(
    noting: Noting, options: list[str], files: list[list[str]]
) -> None:
    _work(noting, "one.txt")
    assert noting.run("orch", "--hook", "pre-push", *options).code == 0
    assert noting.given("pushed") == files


def test_lines_that_git_would_not_give_are_a_mistake(noting: Noting) -> None:
    run = noting.run("orch", "--hook", "pre-push", "--format", "json", stdin=b"old.txt\n")
    assert (run.code, "not what git gives a pre-push hook" in run.error["message"]) == (2, True)


# The message of a commit


def test_a_message_is_given_whatever_files_a_component_is_for(noting: Noting) -> None:
    noting.write("new.txt", "new\n")
    noting.commit("a message")
    assert noting.given("message") == [[".git/COMMIT_EDITMSG"]]
    assert noting.given("staged") == [["new.txt"]]


def test_a_message_that_is_refused_makes_no_commit(noting: Noting) -> None:
    before = noting.git("rev-parse", "HEAD")
    assert "❌ message" in noting.refused("commit", "--allow-empty", "-m", "WIP")
    assert noting.git("rev-parse", "HEAD") == before


def test_in_a_worktree_the_message_is_in_the_repository(noting: Noting, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    noting.git("worktree", "add", "--quiet", str(tree))
    noting.git("commit", "--quiet", "--allow-empty", "-m", "there", cwd=tree)
    assert noting.given("message") == [[str(noting.root / ".git/worktrees/tree/COMMIT_EDITMSG")]]


@pytest.mark.parametrize("worktree", [False, True])
def test_a_message_may_be_written_by_a_command_and_checked_by_python(
    repo: Repo, tmp_path: Path, worktree: bool
) -> None:
    repo.registry("""\
        plugins: [omnibase_files]
        stages: {pre-commit: {select: "tag=pre-commit,type=validator|tool", fix: true}}
        components:
          - {name: ticket, lifecycle: stable, fixes: true, tags: [prepare-commit-msg],
             command: [sed, -i, "1s/^/X-1 /", "{files}"]}
          - {name: blanks, lifecycle: stable, tags: [commit-msg], uses: omnibase_files/trailing-whitespace}
        """)
    repo.commit()
    assert repo.run("install", "--hook", "commit-msg", "--hook", "prepare-commit-msg").code == 0
    folder = repo.root
    if worktree:
        folder = tmp_path / "tree"
        repo.git("worktree", "add", "--quiet", str(folder))
    repo.git("commit", "--quiet", "--allow-empty", "-m", "written", cwd=folder)
    assert repo.git("log", "-1", "--format=%B", cwd=folder) == "X-1 written\n\n"
    command = ("commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "-m", "blanks  \n")
    done = subprocess.run(["git", *command], cwd=folder, env=repo.environment, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"COMMIT_EDITMSG:1:11: trailing-whitespace" in done.stderr
    assert b"not-fixed" not in done.stderr  # it is not for omnibase to write what is git's own


def test_a_message_that_is_not_named_is_a_mistake(noting: Noting) -> None:
    run = noting.run("orch", "--hook", "commit-msg", "--format", "json")
    assert (run.code, ".git/COMMIT_EDITMSG" in run.error["remedy"]) == (2, True)
    run = noting.run("orch", "--hook", "commit-msg", "--format", "json", "missing")
    assert (run.code, run.error["place"]) == (2, "missing")


# What is staged, and hooks without files


@pytest.mark.parametrize(
    ("arguments", "files"), [((), ["new.txt"]), (("-a",), ["new.txt", "old.txt"]), (("--", "old.txt"), ["old.txt"])]
)
def test_a_commit_is_about_what_it_takes_from_the_index_or_its_own(
    noting: Noting, arguments: tuple[str, ...], files: list[str]
) -> None:
    """`git commit -a` and `git commit -- path` have an index of their own."""
    noting.write("new.txt", "staged\n")
    noting.git("add", "new.txt")
    noting.write("old.txt", "not staged\n")
    noting.git("commit", "--quiet", "-m", "some", *arguments)
    assert noting.given("staged") == [files]


def test_a_merge_is_checked_as_a_commit_is(noting: Noting) -> None:
    noting.git("checkout", "--quiet", "-b", "topic")
    _work(noting, "topic.txt")
    noting.git("checkout", "--quiet", "main")
    _work(noting, "main.txt")
    noting.given("staged")
    noting.git("merge", "--quiet", "--no-ff", "-m", "merged", "topic")
    assert noting.given("staged") == [["topic.txt"]]


def test_hooks_about_no_files_run_what_is_tagged_for_them(noting: Noting) -> None:
    noting.git("checkout", "--quiet", "-b", "topic")
    assert noting.given("after") == [[]]
    noting.git("commit", "--quiet", "--allow-empty", "-m", "empty")
    assert noting.given("after") == [[]]
    noting.git("commit", "--quiet", "--allow-empty", "--amend", "-m", "again")
    assert noting.given("after") == [[], []]  # post-commit and post-rewrite
    assert noting.given("staged") == []


def test_a_checkout_of_a_branch_without_a_registry_is_told_so(noting: Noting) -> None:
    noting.git("checkout", "--quiet", "--orphan", "other")
    noting.git("rm", "--quiet", "-rf", ".")
    noting.git("commit", "--quiet", "--no-verify", "--allow-empty", "-m", "nothing")
    noting.given("after")
    noting.git("checkout", "--quiet", "-b", "more")
    assert noting.given("after") == []


def test_a_hook_belongs_to_the_stage_pre_commit_under_a_ci_too(noting: Noting) -> None:
    run = noting.run("orch", "--hook", "pre-push", "--format", "json", env={"CI": "true"})
    assert (run.code, run.json["stage"]) == (0, "pre-commit")
    run = noting.run("orch", "--stage", "ci", "--hook", "pre-push", "--format", "json")
    assert (run.code, run.error["message"]) == (2, "--hook belongs to the stage pre-commit")
    run = noting.run("orch", "--hook", "prepush", "--format", "json")
    assert (run.code, run.error["remedy"]) == (2, "did you mean 'pre-push'?")
