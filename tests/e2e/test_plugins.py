"""Plugins inside the repository: their code runs in workers of a run that was asked for, and nowhere else."""

import pytest

from tests.e2e.driving import Repo

CHECKS = """\
    import os
    from pathlib import Path

    from omnibase.api import FileSet, Finding, Result, Status, fixer, test, tool, validator

    Path(os.environ["IMPORTED"]).touch()


    @validator(name="no-tabs", version="1.0.0", lifecycle="stable", files=FileSet(types=["text"]))
    def no_tabs(file, *, allowed: int = 0):
        for number, line in enumerate(file.lines, start=1):
            if line.count(b"\\t") > allowed:
                yield Finding("a tab", line=number, column=line.index(b"\\t") + 1, code="tab")


    @fixer(of="no-tabs")
    def expand(file, *, allowed: int = 0):
        return file.data.replace(b"\\t", b" ")


    @tool(name="count", version="1.0.0", lifecycle="stable", files=FileSet(include=["*.txt"]))
    async def count(ctx):
        ctx.log("counting")
        return Result(Status.PASS, value={"files": len(ctx.files)})


    @test(name="fails", version="1.0.0", lifecycle="stable", needs=["count"])
    def fails(ctx):
        return Result(Status.FAIL, reason=f"there are {ctx.values['count']['files']}")
    """


@pytest.fixture
def plugged(repo: Repo) -> Repo:
    """A repository with a plugin of its own, which leaves a file behind when it is imported."""
    repo.environment["IMPORTED"] = str(repo.root.parent / "imported")
    repo.write("checks.py", CHECKS)
    repo.registry("plugins: [./checks.py]")
    repo.write("a.txt", "a\tb\n")
    repo.write("b.txt", "a b\n")
    repo.stage()
    return repo


def imported(repo: Repo) -> bool:
    return (repo.root.parent / "imported").exists()


def test_its_components_run_and_their_values_reach_those_that_need_them(plugged: Repo) -> None:
    run = plugged.run("orch", "--stage", "ci", "--format", "json")
    assert run.code == 1
    assert run.statuses == {"no-tabs": "FAIL", "count": "PASS", "fails": "FAIL"}
    (finding,) = run.results["no-tabs"]["findings"]
    assert (finding["path"], finding["line"], finding["column"], finding["code"]) == ("a.txt", 1, 2, "tab")
    assert run.results["count"]["value"] == {"files": 2}
    assert run.results["count"]["output"]["text"] == "counting"
    assert run.results["fails"]["reason"] == "there are 2"


def test_its_fixers_mend(plugged: Repo) -> None:
    run = plugged.run("orch", "--stage", "ci", "--name", "no-tabs", "--fix", "--format", "json")
    assert (run.code, run.results["no-tabs"]["changed_files"]) == (0, ["a.txt"])
    assert (plugged.root / "a.txt").read_bytes() == b"a b\n"


def test_the_registry_adjusts_its_components(plugged: Repo) -> None:
    plugged.registry("""\
        plugins: [./checks.py]
        components: [{name: no-tabs, uses: ./checks.py, lifecycle: experimental, settings: {allowed: 1}}]
        """)
    run = plugged.run("orch", "--stage", "ci", "--name", "no-tabs", "--format", "json")
    assert (run.code, run.results["no-tabs"]["findings"]) == (0, [])
    assert run.results["no-tabs"]["component"]["lifecycle"] == "experimental"


def test_what_is_asked_of_the_registry_does_not_import_it_and_shows_it_as_not_loaded(plugged: Repo) -> None:
    listed = plugged.run("registry", "list")
    assert listed.json["results"][0]["value"]["plugins"][0]["loaded"] is False
    shown = plugged.run("orch", "--format", "human", "--stage", "registry", "list").text
    assert "./checks.py" in shown
    assert "not loaded" in " ".join(shown.split())
    for arguments in (["registry", "validate"], ["runs", "list"], ["--help"], ["orch", "--help"]):
        assert plugged.run(*arguments).code == 0
    assert not imported(plugged)


def test_a_run_imports_it_and_what_is_asked_afterwards_still_does_not(plugged: Repo) -> None:
    plugged.run("orch", "--stage", "ci")
    assert imported(plugged)
    (plugged.root.parent / "imported").unlink()
    assert plugged.run("registry", "list").code == 0
    assert not imported(plugged)


def test_a_change_of_its_file_counts_at_once(plugged: Repo) -> None:
    plugged.run("orch", "--stage", "ci")
    plugged.write("checks.py", CHECKS.replace('name="count"', 'name="number"').replace('["count"]', '["number"]'))
    run = plugged.run("orch", "--stage", "ci", "--format", "json")
    assert sorted(run.statuses) == ["fails", "no-tabs", "number"]


def test_a_package_serves_as_well_as_a_file(plugged: Repo) -> None:
    plugged.registry("plugins: [./tools/checks]")
    plugged.write(
        "tools/checks/__init__.py",
        """\
        from omnibase.api import Finding, validator
        from .words import WORD

        @validator(name="no-word", version="1.0.0", lifecycle="stable")
        def no_word(file):
            if WORD in file.data:
                yield Finding("found")
        """,
    )
    plugged.write("tools/checks/words.py", "WORD = b'a b'\n")
    run = plugged.run("orch", "--stage", "ci", "--format", "json")
    assert [finding["path"] for finding in run.results["no-word"]["findings"]] == ["b.txt"]


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        ("import no_such_module\n", 3, "ModuleNotFoundError: No module named 'no_such_module'"),
        ("x = (\n", 3, "SyntaxError"),
        ("raise RuntimeError('on purpose')\n", 3, "RuntimeError: on purpose"),
        ("import os; os._exit(7)\n", 3, "it ended the worker that looked at it"),
        ("import sys; sys.exit('leaving')\n", 3, "leaving"),
        ("from omnibase.api import validator\n@validator(name='a', version='1')\ndef a(x, y): ...\n", 4, "signature"),
        (
            "from omnibase.api import validator\n@validator(name='a', version='1', colour='red')\ndef a(file): ...\n",
            4,
            "colour",
        ),
        ("from omnibase.api import fixer\n@fixer(of='nothing')\ndef a(file): ...\n", 4, "no validator has that name"),
    ],
)
def test_one_that_is_broken_is_told_by_its_name_and_never_with_a_trace(
    repo: Repo, content: str, code: int, words: str
) -> None:
    repo.write("checks.py", content)
    repo.registry("plugins: [./checks.py]")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.error["place"]) == (code, "registry.yaml:2:11")
    assert run.error["message"].startswith("the plugin './checks.py'")
    assert words in run.error["message"]
    assert "Traceback" not in run.err


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [("./none.py", 3, "does not exist"), ("./../outside.py", 2, "outside"), ("./link.py", 2, "outside")],
)
def test_one_that_is_not_in_the_repository_is_refused(repo: Repo, path: str, code: int, words: str) -> None:
    (repo.root.parent / "outside.py").write_text("open('ran', 'w')\n")
    (repo.root / "link.py").symlink_to("../outside.py")
    repo.registry(f"plugins: [{path}]")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert run.code == code
    assert words in run.error["message"]
    assert not (repo.root / "ran").exists()


@pytest.mark.parametrize(
    ("body", "code", "cause", "words"),
    [
        ("return None", 4, "protocol", "returned NoneType, and a component returns a Result"),
        ("return 'PASS'", 4, "protocol", "returned str"),
        ("return Result(Status.PASS, value={1, 2})", 4, "protocol", "not JSON"),
        ("return Result('FINE')", 4, "protocol", "not well formed"),
        ("raise ValueError('oh')", 1, "crashed", "raised ValueError: oh"),
        ("os._exit(3)", 1, "crashed", "ended without an answer"),
        ("os.kill(os.getpid(), 11)", 1, "crashed", "ended by SIGSEGV"),
        ("signal.pause()", 1, "timeout", "no verdict in the time allowed"),
    ],
)
def test_a_component_that_misbehaves_is_its_own_result_and_the_others_go_on(
    repo: Repo, body: str, code: int, cause: str, words: str
) -> None:
    repo.write(
        "checks.py",
        f"""\
        import os, signal
        from omnibase.api import Finding, Result, Status, tool, validator

        @tool(name="bad", version="1.0.0", lifecycle="stable", timeout=5.0)
        def bad(ctx):
            {body}

        @validator(name="good", version="1.0.0", lifecycle="stable")
        def good(file):
            return []
        """.replace("timeout=5.0", "timeout=0.5" if cause == "timeout" else "timeout=50.0"),
    )
    repo.registry("plugins: [./checks.py]")
    run = repo.run("orch", "--stage", "ci", "--type", "*", "--format", "json")
    assert (run.code, run.results["good"]["status"], run.results["bad"]["cause"]) == (code, "PASS", cause)
    assert words in run.results["bad"]["reason"]


def test_a_check_that_crashes_on_one_file_leaves_the_verdicts_of_the_others(repo: Repo) -> None:
    repo.write(
        "checks.py",
        """\
        import os
        from omnibase.api import Finding, validator

        @validator(name="crashes", version="1.0.0", lifecycle="stable")
        def crashes(file):
            if file.path == "b.txt":
                os.kill(os.getpid(), 9)
            return []

        @validator(name="sees", version="1.0.0", lifecycle="stable")
        def sees(file):
            yield Finding("seen")
        """,
    )
    repo.registry("plugins: [./checks.py]\nexclude: [registry.yaml, checks.py]")
    for name in ("a.txt", "b.txt", "c.txt"):
        repo.write(name, "x\n")
    repo.stage()
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.results["crashes"]["cause"]) == (1, "crashed")
    assert run.results["crashes"]["reason"] == "its worker was ended by SIGKILL at b.txt"
    assert [finding["path"] for finding in run.results["sees"]["findings"]] == ["a.txt", "b.txt", "c.txt"]
