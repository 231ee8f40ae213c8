"""An installed plugin that brings something of every kind, each seen at work; and one whose parts misbehave."""

import os
from pathlib import Path
from textwrap import dedent

import pytest

from tests.e2e.driving import Repo

PLUGIN = '''\
    """Something of every kind."""

    import json
    import os

    import click

    from omnibase.api import (
        Finding, Outcome, Parsed, Result, SourceFile, Status, StoredRun, hookimpl, tool, validator,
    )
    from omnibase.orchestrators.base import Orchestrator


    def note(*words):
        with open(os.environ["NOTES"], "a") as file:
            print(*words, file=file)


    @validator(name="demo-check", version="2.0.0", lifecycle="stable")
    def check(file: SourceFile):
        if file.path.endswith(".txt"):
            yield Finding("seen by the demo", line=1)


    def shouting(given):
        lines = given.stdout.decode().splitlines()
        return Parsed(findings=tuple(Finding(line) for line in lines if line.isupper()))


    @hookimpl
    def omnibase_parsers():
        return {"shouting": shouting}


    def tally(report, style):
        return " ".join(f"{status}={count}" for status, count in report.summary.counts.items() if count) + "\\n"


    @hookimpl
    def omnibase_formatters():
        return {"tally": tally}


    class Echoing:
        """A batch that is over at once."""

        fds = set()

        def __init__(self, assignment):
            self.made = tuple(
                Outcome(share.task, status=Status.PASS, value=[share.component.name, len(share.paths or ())])
                for share in assignment.shares
            )

        def ready(self, fd):
            pass

        def cancel(self, cause, *, force):
            pass

        def outcomes(self):
            return self.made


    class EchoExecutor:
        def start(self, assignment):
            return Echoing(assignment)

        def close(self):
            note("executor closed")


    @hookimpl
    def omnibase_executors():
        return {"echo": EchoExecutor}


    class NightlyOrchestrator(Orchestrator):
        stage = "nightly"
        select = "tag=nightly"


    @hookimpl
    def omnibase_orchestrators():
        return {"nightly": NightlyOrchestrator}


    class Listener:
        def observe(self, event):
            note("observed", type(event).__name__)


    @hookimpl
    def omnibase_observers():
        return [Listener()]


    class FileStore:
        """The history as a line for each run."""

        notice = None

        def __init__(self, folder):
            self.path = os.path.join(folder, "history")

        def fold(self, events):
            first = next(iter(events))
            with open(self.path, "a") as file:
                print(first.header.run_id, file=file)

        def durations(self, names):
            return {}

        def runs(self, limit):
            with open(self.path) as file:
                ids = file.read().split()
            return [StoredRun(run, "stored", "by-the-demo", "PASS", 0, 0.0, 1.0) for run in ids[-limit:]]

        def forget(self, runs):
            pass

        def close(self):
            note("store closed")


    @hookimpl
    def omnibase_stores():
        return {"file": FileStore}


    @click.command()
    @click.argument("word")
    def demo(word):
        """Say a word."""
        click.echo(word * 2)


    @hookimpl
    def omnibase_commands():
        return {"demo": demo}


    @hookimpl
    def omnibase_before_run(run):
        note("before run", run.stage, run.mode, ",".join(run.components))


    @hookimpl
    def omnibase_after_run(run):
        note("after run", json.dumps(dict(run.statuses), sort_keys=True))


    @hookimpl
    def omnibase_before_task(task):
        note("before task", task.component, task.status)


    @hookimpl
    def omnibase_after_task(task):
        note("after task", task.component, task.status)
    '''


@pytest.fixture
def installed(repo: Repo, tmp_path: Path) -> Repo:
    """A repository, and beside it the distribution `omnibase-demo` on the path of modules."""
    site = tmp_path / "site"
    repo.environment["PYTHONPATH"] = str(site)
    repo.environment["NOTES"] = str(tmp_path / "notes")
    install(repo, PLUGIN)
    return repo


def install(repo: Repo, text: str, name: str = "demo") -> None:
    site = Path(repo.environment["PYTHONPATH"])
    files = {
        f"omnibase_{name}/__init__.py": dedent(text),
        f"omnibase_{name}-1.5.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: omnibase-{name}\nVersion: 1.5.0\n",
        f"omnibase_{name}-1.5.0.dist-info/entry_points.txt": f"[omnibase.plugins]\n{name} = omnibase_{name}\n",
    }
    files[f"omnibase_{name}-1.5.0.dist-info/RECORD"] = "".join(f"{path},,\n" for path in files)
    for path, content in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(content)


def notes(repo: Repo) -> list[str]:
    """What the plugin has noted since the last look."""
    file = Path(repo.environment["NOTES"])
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return lines


def test_one_that_the_registry_does_not_name_is_not_used(installed: Repo) -> None:
    installed.only("command: ['true']")
    run = installed.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, list(run.statuses), notes(installed)) == (0, ["it"], [])
    assert installed.run("demo", "x").code == 2


def test_it_is_shown_with_its_version(installed: Repo) -> None:
    installed.registry("plugins: [demo]")
    (plugin,) = installed.run("registry", "list").json["results"][0]["value"]["plugins"]
    assert (plugin["name"], plugin["version"], plugin["loaded"]) == ("demo", "1.5.0", True)


def test_its_component_its_parser_and_its_executor_work(installed: Repo) -> None:
    installed.registry("""\
        plugins: [demo]
        components:
          - {name: loud, lifecycle: stable, shell: true, command: ['echo fine; echo NOT FINE'], findings: shouting}
          - {name: echoed, lifecycle: stable, executor: echo, command: [touch, ran, "{files}"]}
        """)
    installed.write("a.txt", "a\n")
    installed.stage()
    for _ in range(2):  # the second run reads the compiled form of the registry
        run = installed.run("orch", "--stage", "ci", "--format", "json")
        assert run.code == 1
        assert [finding["path"] for finding in run.results["demo-check"]["findings"]] == ["a.txt"]
        assert run.results["demo-check"]["component"]["version"] == "2.0.0"
        assert [finding["message"] for finding in run.results["loud"]["findings"]] == ["NOT FINE"]
        assert run.results["echoed"]["value"] == ["echoed", 2]
        assert "executor closed" in notes(installed)
    assert not (installed.root / "ran").exists()


def test_its_format_works_on_standard_output_and_in_files(installed: Repo) -> None:
    installed.registry("plugins: [demo]\ncomponents: [{name: it, lifecycle: stable, command: ['true']}]")
    run = installed.run("orch", "--stage", "ci", "--format", "tally", "--output", "tally=.git/tally")
    assert (run.code, run.text, run.err) == (0, "PASS=2\n", "")
    assert (installed.root / ".git/tally").read_text() == "PASS=2\n"


def test_its_stage_works(installed: Repo) -> None:
    installed.registry("""\
        plugins: [demo]
        components:
          - {name: by-day, lifecycle: stable, command: ["true"]}
          - {name: by-night, lifecycle: stable, tags: [nightly], command: ["true"]}
        """)
    run = installed.run("orch", "--stage", "nightly", "--format", "json")
    assert (run.code, run.json["stage"], list(run.statuses)) == (0, "nightly", ["by-night"])
    wrong = installed.run("orch", "--stage", "nightlie", "--format", "json")
    assert (wrong.code, wrong.error["remedy"]) == (2, "did you mean 'nightly'?")


def test_its_observer_hears_every_event_and_its_hooks_are_called_around_the_run_and_each_task(installed: Repo) -> None:
    installed.registry("""\
        plugins: [demo]
        components:
          - {name: good, lifecycle: stable, command: ["true"]}
          - {name: bad, lifecycle: stable, command: ["false"], after: [good]}
        """)
    for _ in range(2):
        run = installed.run("orch", "--stage", "ci", "--skip", "demo-check", "--mode", "sync", "--format", "json")
        assert (run.code, run.json["notices"]) == (1, [])
        heard = notes(installed)
        called = [line for line in heard if not line.startswith("observed")]
        assert called[0] == "before run ci sync good,bad,demo-check"
        assert called[-1] == 'after run {"bad": "FAIL", "demo-check": "SKIP", "good": "PASS"}'
        # Nothing waits for what is called after a task but the end of the run.
        assert [line for line in called if "good" in line][1:-1] == ["before task good None", "after task good PASS"]
        assert [line for line in called if "bad" in line][1:-1] == ["before task bad None", "after task bad FAIL"]
        assert len(called) == 6
        assert [heard[0], heard[-1]] == ["observed RunStarted", "observed RunEnded"]
        assert heard.count("observed TaskEnded") == 3


def test_its_store_keeps_the_history(installed: Repo) -> None:
    installed.registry("""\
        plugins: [demo]
        defaults: {store: file}
        components: [{name: it, lifecycle: stable, command: ["true"]}]
        """)
    ids = [installed.run("orch", "--stage", "ci", "--format", "json").json["run_id"] for _ in range(2)]
    listed = installed.run("runs", "list")
    assert [line.split()[0] for line in listed.text.splitlines()] == ids
    assert listed.text.count("stored, by-the-demo") == 2
    assert (installed.root / ".git/omnibase/history").read_text().split() == ids
    assert not (installed.root / ".git/omnibase/state.sqlite").exists()


def test_its_command_is_offered_and_works(installed: Repo) -> None:
    installed.registry("plugins: [demo]")
    assert installed.run("demo", "tick") == (0, b"ticktick\n", b"")
    shown = " ".join(installed.run("--help").text.split())
    assert "demo Say a word." in shown


# Plugins whose parts misbehave


BAD = """\
    from omnibase.api import hookimpl

    @hookimpl
    def omnibase_{hook}({argument}):
        {body}
    """


@pytest.mark.parametrize("hook", ["before_run", "after_run", "before_task", "after_task"])
@pytest.mark.parametrize("body", ["raise ValueError('oh')", "import os; os._exit(3)"], ids=["raises", "leaves"])
def test_a_hook_that_fails_is_a_notice_and_changes_no_verdict(installed: Repo, hook: str, body: str) -> None:
    install(installed, BAD.format(hook=hook, argument=hook.rpartition("_")[2], body=body), "bad")
    installed.registry("plugins: [bad]\ncomponents: [{name: it, lifecycle: stable, command: ['true']}]")
    run = installed.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.statuses) == (0, {"it": "PASS"})
    assert len(run.json["notices"]) == 1
    assert f"omnibase_{hook}" in run.json["notices"][0]
    assert "ValueError: oh" in run.json["notices"][0] or "did not come to an end" in run.json["notices"][0]


def test_a_format_that_fails_gives_way_to_json_with_a_notice(installed: Repo) -> None:
    install(
        installed, BAD.format(hook="formatters", argument="", body="return {'odd': lambda report, style: 1 / 0}"), "bad"
    )
    installed.registry("plugins: [bad]\ncomponents: [{name: it, lifecycle: stable, command: ['false']}]")
    run = installed.run("orch", "--stage", "ci", "--format", "odd")
    assert (run.code, run.statuses) == (1, {"it": "FAIL"})
    assert "the format odd failed (ZeroDivisionError: division by zero); this is json instead" in run.err
    assert "Traceback" not in run.err


def test_a_listener_that_fails_is_told_and_hears_no_more(installed: Repo) -> None:
    body = "return [type('Deaf', (), {'observe': lambda self, event: 1 / 0})()]"
    install(installed, BAD.format(hook="observers", argument="", body=body), "bad")
    installed.registry("plugins: [bad]\ncomponents: [{name: it, lifecycle: stable, command: ['true']}]")
    run = installed.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.statuses) == (0, {"it": "PASS"})
    assert run.json["notices"] == ["Deaf stopped listening: ZeroDivisionError: division by zero"]


def test_a_parser_that_fails_fails_its_component(installed: Repo) -> None:
    body = "return {'odd': lambda given: 1 / 0}"
    install(installed, BAD.format(hook="parsers", argument="", body=body), "bad")
    installed.registry("plugins: [bad]\ncomponents: [{name: it, lifecycle: stable, command: ['true'], findings: odd}]")
    run = installed.run("orch", "--stage", "ci", "--format", "json")
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
def test_an_executor_that_fails_violates_its_interface(installed: Repo, executor: str, words: str) -> None:
    install(installed, BAD.format(hook="executors", argument="", body=f"return {{'odd': {executor}}}"), "bad")
    installed.registry("plugins: [bad]\ncomponents: [{name: it, lifecycle: stable, command: ['true'], executor: odd}]")
    run = installed.run("orch", "--stage", "ci", "--format", "json")
    assert run.code == 4
    assert f"the executor 'odd' {words}" in run.err
    assert "Traceback" not in run.err


def test_a_stage_that_is_none_is_refused(installed: Repo) -> None:
    install(installed, BAD.format(hook="orchestrators", argument="", body="return {'odd': dict}"), "bad")
    installed.registry("plugins: [bad]")
    run = installed.run("orch", "--stage", "odd", "--format", "json")
    assert run.code == 4
    assert "the stage 'odd' of the plugin 'bad'" in run.error["message"]


def test_a_store_that_fails_changes_no_verdict(installed: Repo) -> None:
    body = "return {'odd': lambda folder: 1 / 0}"
    install(installed, BAD.format(hook="stores", argument="", body=body), "bad")
    installed.registry(
        "plugins: [bad]\ndefaults: {store: odd}\ncomponents: [{name: it, lifecycle: stable, command: ['true']}]"
    )
    run = installed.run("orch", "--stage", "ci", "--format", "json")
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
    installed: Repo, text: str, code: int, words: str
) -> None:
    install(installed, text, "bad")
    installed.registry("plugins: [bad]")
    run = installed.run("orch", "--stage", "ci", "--format", "json")
    assert run.code == code
    assert "bad" in run.error["message"]
    assert words in run.error["message"]
    assert run.error["place"] == "registry.yaml:2:11"
    assert "Traceback" not in run.err


def test_two_that_bring_the_same_name_are_refused(installed: Repo) -> None:
    twin = BAD.format(hook="parsers", argument="", body="return {'odd': print}")
    install(installed, twin, "one")
    install(installed, twin, "two")
    installed.registry(
        "plugins: [one, two]\ncomponents: [{name: it, lifecycle: stable, command: ['true'], findings: odd}]"
    )
    run = installed.run("orch", "--stage", "ci", "--format", "json")
    assert run.code == 4
    assert "brings 'odd' twice" in run.error["message"]


def test_an_updated_plugin_counts_at_once(installed: Repo) -> None:
    installed.registry("plugins: [demo]")
    installed.run("orch", "--stage", "ci")
    module = Path(installed.environment["PYTHONPATH"], "omnibase_demo/__init__.py")
    module.write_text(module.read_text().replace('name="demo-check"', 'name="demo-new"'))
    os.utime(module, ns=(module.stat().st_atime_ns, module.stat().st_mtime_ns + 1))
    assert list(installed.run("orch", "--stage", "ci", "--format", "json").statuses) == ["demo-new"]
