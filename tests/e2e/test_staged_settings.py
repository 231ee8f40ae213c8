"""What a repository or a user has set for git makes no difference to what is seen, and nothing set is run."""

from pathlib import Path

import pytest

from tests.e2e.driving import Repo
from tests.e2e.staged import assert_seen, check, hook, hooked, save, witnessed, work

SETTINGS = {
    "output": {
        "color.ui": "always",
        "color.diff": "always",
        "color.status": "always",
        "core.quotePath": "true",
        "core.pager": "false",
        "column.ui": "always",
    },
    "diff": {
        "diff.external": "false",
        "diff.noprefix": "true",
        "diff.renames": "copies",
        "diff.ignoreSubmodules": "all",
        "diff.orderFile": "/nowhere",
        "diff.algorithm": "patience",
        "merge.conflictStyle": "diff3",
        "apply.whitespace": "fix",
    },
    "status": {
        "status.showUntrackedFiles": "no",
        "status.branch": "true",
        "status.short": "true",
        "status.renames": "copies",
        "status.relativePaths": "false",
        "status.showStash": "true",
        "status.aheadBehind": "false",
        "status.submoduleSummary": "true",
        "status.displayCommentPrefix": "true",
    },
    "index": {
        "core.splitIndex": "true",
        "splitIndex.maxPercentChange": "0",
        "index.version": "4",
        "feature.manyFiles": "true",
        "core.untrackedCache": "true",
        "core.preloadIndex": "false",
        "core.trustctime": "false",
        "core.checkStat": "minimal",
        "index.threads": "true",
    },
    "checking out": {"core.safecrlf": "true", "checkout.workers": "4", "checkout.thresholdForParallelism": "1"},
    "objects": {
        "core.bigFileThreshold": "1",
        "core.compression": "0",
        "gc.auto": "1",
        "core.sharedRepository": "group",
    },
}

PROGRAMS = (
    *("core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.alternateRefsCommand"),
    *("diff.external", "diff.x.textconv", "diff.x.command", "merge.x.driver", "credential.helper"),
)


@pytest.fixture
def watched(repo: Repo) -> Repo:
    witnessed(repo)
    repo.write("a.txt", "old\n")
    repo.write("ümlaut.txt", "old\n")
    save(repo)
    return repo


def change(repo: Repo) -> None:
    for name in ("a.txt", "ümlaut.txt"):
        repo.write(name, "staged\n")
        repo.git("add", name)
        repo.write(name, "unstaged\n")


@pytest.mark.parametrize("group", SETTINGS)
@pytest.mark.parametrize("scope", ["--local", "--global"])
def test_settings_of_git_make_no_difference(watched: Repo, group: str, scope: str) -> None:
    for name, value in SETTINGS[group].items():
        watched.git("config", scope, name, value)
    watched.git("update-index", "--refresh")
    change(watched)
    before = work(watched)
    for _ in range(2):
        assert_seen(check(watched), dict.fromkeys(("a.txt", "ümlaut.txt"), ("file", b"staged\n")))
        assert work(watched) == before


def test_settings_of_a_single_command_make_no_difference(watched: Repo) -> None:
    hook(watched)
    change(watched)
    settings = ("-c", "color.ui=always", "-c", "core.hooksPath=.git/hooks", "-c", "status.relativePaths=true")
    watched.git(*settings, "--literal-pathspecs", "commit", "-q", "-m", "with settings")
    assert_seen(hooked(watched), dict.fromkeys(("a.txt", "ümlaut.txt"), ("file", b"staged\n")))


def test_programs_that_are_set_are_not_run(watched: Repo, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    ran = tmp_path / "ran"
    trap.write_text(f"#!/bin/sh\necho $0 $* >> {ran}\nexit 1\n")
    trap.chmod(0o755)
    for name in PROGRAMS:
        watched.git("config", name, str(trap))
    watched.write(".git/info/attributes", "* diff=x merge=x\n")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "post-checkout", "pre-auto-gc", "reference-transaction", "fsmonitor-watchman"):
        (hooks / name).symlink_to(trap)
    watched.git("config", "core.hooksPath", str(hooks))
    watched.git("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=", "update-index", "--refresh")
    watched.write("a.txt", "staged\n")
    watched.git("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=", "add", "a.txt")
    watched.write("a.txt", "unstaged\n")
    before = work(watched)
    assert_seen(check(watched), {"a.txt": ("file", b"staged\n")})
    assert not ran.exists(), ran.read_text()
    assert work(watched) == before


def test_while_fixes_are_staged_no_hook_of_the_repository_runs(watched: Repo, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "post-index-change").write_text(f"#!/bin/sh\necho ran >> {tmp_path}/ran\n")
    (hooks / "post-index-change").chmod(0o755)
    watched.write("a.txt", "staged  \n")
    watched.git("add", "a.txt")
    watched.git("config", "core.hooksPath", str(hooks))
    watched.registry("plugins: [omnibase_files]\nstages: {pre-commit: {select: 'lifecycle=*'}}")
    (tmp_path / "ran").unlink(missing_ok=True)
    run = check(watched, "--fix", "--restage", "--name", "trailing-whitespace")
    assert (run.code, run.statuses) == (0, {"trailing-whitespace": "WARN"})
    assert watched.git("show", ":a.txt") == "staged\n"
    assert not (tmp_path / "ran").exists()


def test_a_hook_in_a_folder_of_its_own_sees_what_is_staged(watched: Repo, tmp_path: Path) -> None:
    hook(watched, folder=tmp_path / "hooks")
    watched.git("config", "core.hooksPath", str(tmp_path / "hooks"))
    change(watched)
    watched.git("commit", "-q", "-m", "by another folder")
    assert_seen(hooked(watched, tmp_path / "hooks"), dict.fromkeys(("a.txt", "ümlaut.txt"), ("file", b"staged\n")))


def test_variables_of_git_are_heeded_where_they_say_where_things_are(watched: Repo, tmp_path: Path) -> None:
    change(watched)
    index = tmp_path / "another index"
    index.write_bytes((watched.root / ".git/index").read_bytes())
    watched.git("reset", "-q")
    before = work(watched)
    run = watched.run(
        *("orch", "--stage", "pre-commit", "--format", "json"),
        env={"GIT_INDEX_FILE": str(index), "GIT_DIR": ".git", "GIT_PREFIX": "", "GIT_EDITOR": ":"},
    )
    assert_seen(run, dict.fromkeys(("a.txt", "ümlaut.txt"), ("file", b"staged\n")))
    assert work(watched) == before
