"""Where nothing can be written or read from standard input, what is staged is seen all the same."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.driving import COMMAND, SECONDS, Repo, Run
from tests.e2e.staged import assert_seen, change, check, with_a_file, work

# Runs a program as one for whom the modes of files hold, even where the tests are run by root.
UNPRIVILEGED = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
for capability in (0, 1, 2, 3):  # chown, dac_override, dac_read_search, fowner
    libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def watched(repo: Repo) -> Repo:
    return with_a_file(repo)


def unprivileged(repo: Repo, *arguments: str) -> Run:
    command = [sys.executable, "-c", UNPRIVILEGED, str(COMMAND), *arguments]
    done = subprocess.run(
        command, cwd=repo.root, env=repo.environment, input=b"", capture_output=True, timeout=SECONDS, check=False
    )
    return Run(done.returncode, done.stdout, done.stderr)


def test_a_repository_that_cannot_be_written_is_seen_through(watched: Repo) -> None:
    change(watched.root, watched)
    before = work(watched)
    folders = [path for path in (watched.root, *watched.root.rglob("*")) if path.is_dir()]
    for path in folders:
        path.chmod(0o555)
    try:
        run = unprivileged(watched, "orch", "--stage", "pre-commit", "--format", "json")
    finally:
        for path in folders:
            path.chmod(0o755)
    assert_seen(run, {"a.txt": ("file", b"staged\n")})
    assert work(watched) == before


def test_a_fix_for_a_work_tree_that_cannot_be_written_is_shown(watched: Repo) -> None:
    watched.registry("plugins: [omnibase_files]\nstages: {pre-commit: {select: 'lifecycle=*'}}")
    watched.write("below/a.txt", "staged  \n")
    watched.git("add", "below/a.txt")
    before = work(watched)
    (watched.root / "below").chmod(0o555)
    try:
        arguments = ("--fix", "--name", "trailing-whitespace", "--format", "json")
        run = unprivileged(watched, "orch", "--stage", "pre-commit", *arguments)
    finally:
        (watched.root / "below").chmod(0o755)
    assert run.code == 1
    (patch,) = run.results["trailing-whitespace"]["patches"]
    assert (patch["path"], patch["applied"]) == ("below/a.txt", False)
    assert "-staged  \n+staged\n" in patch["diff"]
    codes = [finding["code"] for finding in run.results["trailing-whitespace"]["findings"]]
    assert "not-fixed" in codes
    assert work(watched) == before


@pytest.mark.parametrize("variables", [("HOME", "XDG_CACHE_HOME"), ("XDG_CACHE_HOME",)], ids=" ".join)
def test_with_a_home_that_cannot_be_written_what_is_staged_is_seen(
    watched: Repo, tmp_path: Path, variables: tuple[str, ...]
) -> None:
    home = tmp_path / "a file"
    home.write_text("in the place of a folder")
    change(watched.root, watched)
    watched.environment |= {name: str(home) for name in variables}
    watched.environment |= {"GIT_CONFIG_GLOBAL": "/dev/null"}
    before = work(watched)
    for _ in range(2):
        assert_seen(check(watched), {"a.txt": ("file", b"staged\n")})
    assert work(watched) == before


def test_with_standard_input_closed_what_is_staged_is_seen(watched: Repo) -> None:
    change(watched.root, watched)
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "{COMMAND}" orch --stage pre-commit --format json <&-'],
        cwd=watched.root,
        env=watched.environment,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert_seen(Run(done.returncode, done.stdout, done.stderr), {"a.txt": ("file", b"staged\n")})
