"""A run in a place that is not as it should be: streams closed, nothing writable, other runs beside it."""

import os
import pty
import stat
import subprocess
from pathlib import Path

import pytest

from tests.e2e.driving import COMMAND, SECONDS, Repo, report


def shell(repo: Repo, script: str) -> "subprocess.CompletedProcess[bytes]":
    """A line of sh, with the command as $OMNIBASE."""
    env = {**repo.environment, "OMNIBASE": str(COMMAND)}
    return subprocess.run(
        ["/bin/sh", "-c", script], cwd=repo.root, env=env, capture_output=True, timeout=SECONDS, check=False
    )


@pytest.fixture
def passing(repo: Repo) -> Repo:
    repo.only('command: ["true"]')
    return repo


def test_with_standard_input_closed_a_run_works(repo: Repo) -> None:
    repo.registry("plugins: [omnibase_files]\ncomponents: [{name: it, lifecycle: stable, command: [cat]}]")
    done = shell(repo, '"$OMNIBASE" orch --stage ci --format json <&-')
    assert done.returncode == 0, done.stderr
    assert report(done.stdout)["status"] == "PASS"


@pytest.mark.parametrize("streams", ["2>&-", ">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_with_output_closed_a_run_ends_with_its_own_exit_code(repo: Repo, streams: str) -> None:
    repo.only("shell: true, command: ['echo said; echo complained >&2; touch ran; exit 1']")
    done = shell(repo, f'"$OMNIBASE" orch --stage ci --format json {streams}')
    assert done.returncode == 1
    assert (repo.root / "ran").exists()
    assert b"Traceback" not in done.stderr
    if streams == "2>&-":
        assert report(done.stdout)["status"] == "FAIL"


def test_who_reads_only_the_first_line_ends_nothing_loudly(repo: Repo) -> None:
    entries = "\n".join(f"  - {{name: component-{n}, command: ['true'], description: {'d' * 200}}}" for n in range(500))
    repo.registry(f"components:\n{entries}\n")
    done = shell(repo, '{ "$OMNIBASE" registry list --format json; echo $? >&2; } | head -1')
    assert (done.stdout, done.stderr) == (b"{\n", b"0\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_a_full_disk_for_the_report_is_told_and_fails(passing: Repo) -> None:
    done = shell(passing, '"$OMNIBASE" orch --stage ci --format json > /dev/full')
    assert done.returncode == 1
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


def test_in_a_folder_that_was_removed_a_run_says_so(passing: Repo) -> None:
    done = shell(passing, 'mkdir gone; cd gone; rmdir ../gone; "$OMNIBASE" orch --stage ci --format json')
    assert done.returncode == 2
    assert report(done.stdout)["error"]["message"] == "the folder you stand in does not exist any more"
    assert b"Traceback" not in done.stderr


def test_without_git_on_path_a_run_says_what_to_install(passing: Repo) -> None:
    run = passing.run("orch", "--stage", "ci", "--format", "json", env={"PATH": "/nowhere"})
    assert (run.code, run.error["message"]) == (1, "git is not installed, or not on PATH")


def test_without_a_home_a_run_works(passing: Repo) -> None:
    run = passing.run("orch", "--stage", "ci", "--format", "json", env={"HOME": None, "XDG_CACHE_HOME": None})
    assert (run.code, run.json["status"]) == (0, "PASS")


def test_with_a_home_that_cannot_be_written_a_run_works(passing: Repo, tmp_path: Path) -> None:
    """A file in its place, because nothing is forbidden to root."""
    home = tmp_path / "home"
    home.write_text("a file")
    env = {"HOME": str(home), **{name: str(home / name) for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME")}}
    for _ in range(2):
        run = passing.run("orch", "--stage", "ci", "--format", "json", env=env)
        assert (run.code, run.json["status"], run.err) == (0, "PASS", "")
        told = f"the registry is read anew by every run: nothing can be kept in {home}/XDG_CACHE_HOME/omnibase: "
        assert run.json["notices"] == [f"{told}Not a directory"]
    assert home.read_text() == "a file"


def test_a_cache_that_is_damaged_is_passed_over(passing: Repo) -> None:
    passing.run("orch", "--stage", "ci")
    cache = Path(passing.environment["XDG_CACHE_HOME"], "omnibase")
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    (compiled,) = cache.iterdir()
    before, _, after = compiled.read_bytes().rpartition(b'"true"')  # in what was made of the registry, not in its copy
    for damaged in (before + b'"fals"' + after, b"", os.urandom(500)):
        compiled.write_bytes(damaged)
        run = passing.run("orch", "--stage", "ci", "--format", "json")
        assert (run.code, run.json["status"], run.err) == (0, "PASS", "")


def test_where_no_state_can_be_kept_a_run_goes_on_with_a_notice(passing: Repo) -> None:
    passing.write(".git/omnibase", "a file in the place of the folder")
    run = passing.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.json["status"]) == (0, "PASS")
    assert len(run.json["notices"]) == 1
    assert f"{passing.root}/.git/omnibase" in run.json["notices"][0]


def test_where_no_state_can_be_kept_a_test_runner_s_report_is_read_all_the_same(repo: Repo) -> None:
    repo.script("runner", "import sys\nopen(sys.argv[1], 'w').write('<testsuite><testcase name=\"t\"/></testsuite>')\n")
    repo.only("type: test, command: [./runner, '{report}'], findings: pytest")
    repo.write(".git/omnibase", "a file in the place of the folder")
    run = repo.run("orch", "--stage", "test", "--format", "json")
    assert (run.code, len(run.results["it"]["parts"])) == (0, 1)


def test_a_damaged_history_is_moved_aside_and_told(passing: Repo) -> None:
    passing.run("orch", "--stage", "ci")
    assert len(passing.run("runs", "list").text.splitlines()) == 1
    passing.write(".git/omnibase/state.sqlite", b"no database" * 1000)
    run = passing.run("orch", "--stage", "ci", "--format", "json")
    assert run.code == 0
    listed = passing.run("runs", "list")
    assert listed.code == 0
    assert run.json["run_id"] in listed.text
    assert "was moved to" in listed.err
    assert list((passing.root / ".git/omnibase").glob("state.sqlite.damaged-*"))


def test_two_runs_on_one_repository_at_once_both_work(repo: Repo) -> None:
    """Each waits for the other to be there."""
    here, there = repo.channel("here").path, repo.channel("there").path
    repo.registry(f"""\
        defaults: {{timeout: 30s}}
        components:
          - {{name: a, lifecycle: stable, shell: true, command: ['echo x > "{here}"; head -n1 "{there}"']}}
          - {{name: b, lifecycle: stable, shell: true, command: ['head -n1 "{here}"; echo x > "{there}"']}}
        """)
    running = [repo.start("orch", "--stage", "ci", "--name", name, "--format", "json") for name in "ab"]
    runs = [one.end() for one in running]
    assert [run.code for run in runs] == [0, 0]
    listed = repo.run("runs", "list").text
    assert all(run.json["run_id"] in listed for run in runs)


def test_on_a_terminal_people_are_told_in_colours_and_only_the_report_is_on_standard_output(passing: Repo) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, "orch", "--stage", "ci"],
        cwd=passing.root,
        env=passing.environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    _, err = process.communicate(timeout=SECONDS)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert (process.returncode, err) == (0, b"")
    assert "✅" in shown
    assert "\x1b[" in shown
    assert "1 passed" in shown
