"""Installed plugins whose parts misbehave: told by name, never with a trace, and no verdict is changed."""

import pytest

from tests.e2e.driving import Repo

BAD = """\
    from omnibase.api import hookimpl

    @hookimpl
    def omnibase_{hook}({argument}):
        {body}
    """


@pytest.mark.parametrize("hook", ["before_run", "after_run", "before_task", "after_task"])
@pytest.mark.parametrize("body", ["raise ValueError('oh')", "import os; os._exit(3)"], ids=["raises", "leaves"])
def test_a_hook_that_fails_is_a_notice_and_changes_no_verdict(repo: Repo, hook: str, body: str) -> None:
    repo.install("bad", BAD.format(hook=hook, argument=hook.rpartition("_")[2], body=body))
    repo.registry("plugins: [bad]\ncomponents: [{name: it, lifecycle: stable, command: ['true']}]")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.statuses) == (0, {"it": "PASS"})
    assert len(run.json["notices"]) == 1
    assert f"omnibase_{hook}" in run.json["notices"][0]
    assert "ValueError: oh" in run.json["notices"][0] or "did not come to an end" in run.json["notices"][0]


def test_a_format_that_fails_gives_way_to_json_with_a_notice(repo: Repo) -> None:
    body = "return {'odd': lambda report, style: 1 / 0}"
    repo.install("bad", BAD.format(hook="formatters", argument="", body=body))
    repo.registry("plugins: [bad]\ncomponents: [{name: it, lifecycle: stable, command: ['false']}]")
    run = repo.run("orch", "--stage", "ci", "--format", "odd")
    assert (run.code, run.statuses) == (1, {"it": "FAIL"})
    assert "the format odd failed (ZeroDivisionError: division by zero); this is json instead" in run.err
    assert "Traceback" not in run.err


def test_a_listener_that_fails_is_told_and_hears_no_more(repo: Repo) -> None:
    body = "return [type('Deaf', (), {'observe': lambda self, event: 1 / 0})()]"
    repo.install("bad", BAD.format(hook="observers", argument="", body=body))
    repo.registry("plugins: [bad]\ncomponents: [{name: it, lifecycle: stable, command: ['true']}]")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.statuses) == (0, {"it": "PASS"})
    assert run.json["notices"] == ["Deaf stopped listening: ZeroDivisionError: division by zero"]


def test_a_parser_that_fails_fails_its_component(repo: Repo) -> None:
    body = "return {'odd': lambda given: 1 / 0}"
    repo.install("bad", BAD.format(hook="parsers", argument="", body=body))
    repo.registry("plugins: [bad]\ncomponents: [{name: it, lifecycle: stable, command: ['true'], findings: odd}]")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.statuses) == (1, {"it": "FAIL"})
    assert run.results["it"]["reason"] == "the parser odd raised ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("executor", "words"),
    [
        (
            "type('Odd', (), {'start': lambda self, batch: 1 / 0, 'close': lambda self: None})",
            "raised ZeroDivisionError",
        ),
        ("type('Odd', (), {'__init__': lambda self: 1 / 0})", "cannot be made: ZeroDivisionError"),
    ],
)
def test_an_executor_that_fails_violates_its_interface(repo: Repo, executor: str, words: str) -> None:
    repo.install("bad", BAD.format(hook="executors", argument="", body=f"return {{'odd': {executor}}}"))
    repo.registry("plugins: [bad]\ncomponents: [{name: it, lifecycle: stable, command: ['true'], executor: odd}]")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert run.code == 4
    assert f"the executor 'odd' {words}" in run.err
    assert "Traceback" not in run.err


def test_a_stage_that_is_none_is_refused(repo: Repo) -> None:
    repo.install("bad", BAD.format(hook="orchestrators", argument="", body="return {'odd': dict}"))
    repo.registry("plugins: [bad]")
    run = repo.run("orch", "--stage", "odd", "--format", "json")
    assert run.code == 4
    assert "the stage 'odd' of the plugin 'bad'" in run.error["message"]


def test_a_store_that_fails_changes_no_verdict(repo: Repo) -> None:
    body = "return {'odd': lambda folder: 1 / 0}"
    repo.install("bad", BAD.format(hook="stores", argument="", body=body))
    repo.registry(
        "plugins: [bad]\ndefaults: {store: odd}\ncomponents: [{name: it, lifecycle: stable, command: ['true']}]"
    )
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.statuses) == (0, {"it": "PASS"})


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("import no_such_module\n", 3, "No module named 'no_such_module'"),
        ("raise SystemExit(7)\n", 3, "SystemExit"),
        (BAD.format(hook="parsers", argument="", body="return 7"), 4, "returned int, and a"),
        (BAD.format(hook="executors", argument="", body="return {'x': 7}"), 4, "'x' as int, which cannot be called"),
        (BAD.format(hook="parsers", argument="", body="raise ValueError('oh')"), 4, "raised ValueError: oh"),
        (BAD.format(hook="before_run", argument="word", body="pass"), 4, "breaks a hook specification"),
        (BAD.format(hook="berfore_run", argument="run", body="pass"), 4, "breaks a hook specification"),
        (BAD.format(hook="components", argument="", body="return [7]"), 4, "which is no component"),
        (BAD.format(hook="components", argument="", body="return 7"), 4, "returned int, and a"),
    ],
)
def test_one_that_is_broken_is_told_by_its_name_and_never_with_a_trace(
    repo: Repo, text: str, code: int, words: str
) -> None:
    repo.install("bad", text)
    repo.registry("plugins: [bad]")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert run.code == code
    assert "bad" in run.error["message"]
    assert words in run.error["message"]
    assert run.error["place"] == "registry.yaml:2:11"
    assert "Traceback" not in run.err


def test_two_that_bring_the_same_name_are_refused(repo: Repo) -> None:
    twin = BAD.format(hook="parsers", argument="", body="return {'odd': print}")
    repo.install("one", twin)
    repo.install("two", twin)
    repo.registry("plugins: [one, two]\ncomponents: [{name: it, lifecycle: stable, command: ['true'], findings: odd}]")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert run.code == 4
    assert "brings 'odd' twice" in run.error["message"]
