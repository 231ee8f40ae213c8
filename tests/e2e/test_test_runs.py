"""The stage of tests, with pytest as the runner: each test is a part, each failure a finding."""

import sys

import pytest

from tests.e2e.driving import Repo

RUNNER = f"[{sys.executable}, -m, pytest, -q, -p, 'no:cacheprovider', '--junit-xml={{report}}']"


@pytest.fixture
def tested(repo: Repo) -> Repo:
    """A repository whose tests pytest runs."""
    repo.only(f"type: test, command: {RUNNER}, findings: pytest, env: {{PYTHONDONTWRITEBYTECODE: '1'}}")
    return repo


def test_each_test_is_a_part_and_each_failure_a_finding_where_it_happened(tested: Repo) -> None:
    tested.write(
        "tests/test_it.py",
        """\
        import pytest

        def test_passes():
            pass

        @pytest.mark.parametrize("number", [1, 2])
        def test_fails_for_two(number):
            assert number == 1, "two is not one"

        @pytest.mark.skip(reason="not today")
        def test_is_skipped():
            pass

        @pytest.fixture
        def broken():
            raise RuntimeError("no fixture")

        def test_has_an_error(broken):
            pass
        """,
    )
    run = tested.run("orch", "--stage", "test", "--format", "json")
    assert (run.code, run.json["stage"], run.json["mode"], run.statuses) == (1, "test", "sync", {"it": "FAIL"})
    result = run.results["it"]
    assert {part["name"]: part["status"] for part in result["parts"]} == {
        "tests/test_it.py::test_passes": "PASS",
        "tests/test_it.py::test_fails_for_two[1]": "PASS",
        "tests/test_it.py::test_fails_for_two[2]": "FAIL",
        "tests/test_it.py::test_is_skipped": "SKIP",
        "tests/test_it.py::test_has_an_error": "FAIL",
    }
    assert all(part["duration_ms"] is not None for part in result["parts"])
    found = [(finding["path"], finding["line"], finding["code"]) for finding in result["findings"]]
    assert found == [("tests/test_it.py", 8, "failed"), ("tests/test_it.py", 16, "error")]
    assert "two is not one" in result["findings"][0]["message"]
    assert result["attempts"][0]["exit_code"] == 1


def test_people_are_told_how_many_tests_there_were_and_which_failed(tested: Repo) -> None:
    tested.write("test_it.py", "def test_good(): pass\ndef test_bad(): assert 1 == 2\n")
    text = tested.run("orch", "--stage", "test", "--format", "human").text
    assert "2 tests, 1 failed" in text
    assert "test_it.py:2: failed " in text


def test_tests_that_all_pass_pass(tested: Repo) -> None:
    tested.write("test_it.py", "def test_good(): pass\n")
    run = tested.run("orch", "--stage", "test", "--format", "json")
    assert (run.code, run.statuses, len(run.results["it"]["parts"])) == (0, {"it": "PASS"}, 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("import no_such_module\n", "test_it.py"),
        ("import os\ndef test_it(): os.kill(os.getpid(), 9)\n", "SIGKILL"),
        ("import os\ndef test_it(): os._exit(0)\n", "left no report"),
        ("", "no tests were collected"),
    ],
    ids=["cannot be imported", "is killed", "leaves without a word", "has no tests"],
)
def test_a_test_run_that_comes_to_nothing_is_a_failure(tested: Repo, content: str, words: str) -> None:
    tested.write("test_it.py", content)
    run = tested.run("orch", "--stage", "test", "--format", "json")
    assert (run.code, run.statuses) == (1, {"it": "FAIL"})
    assert words in run.err


def test_only_the_named_files_are_tested_where_the_command_takes_files(repo: Repo) -> None:
    repo.only(f"type: test, files: {{include: ['test_*.py']}}, command: {RUNNER[:-1]}, '{{files}}'], findings: pytest")
    repo.write("test_a.py", "def test_a(): pass\n")
    repo.write("test_b.py", "def test_b(): pass\n")
    repo.stage()
    run = repo.run("orch", "--stage", "test", "test_b.py", "--format", "json")
    assert [part["name"] for part in run.results["it"]["parts"]] == ["test_b.py::test_b"]
