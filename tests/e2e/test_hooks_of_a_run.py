"""Hooks around a run, its stage and its tasks: commands of the registry and of plugins, driven by the command."""

import json
import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.driving import Repo

# Writes down the event that it is given, with its folder and some of its environment.
TELL = """\
    import json, os, sys

    event = json.load(sys.stdin)
    names = ("OMNIBASE_HOOK", "OMNIBASE_RUN_ID", "CHANNEL", "TRACEPARENT")
    event["env"] = {name: os.environ.get(name) for name in names}
    event["cwd"] = os.getcwd()
    event["arguments"] = sys.argv[1:]
    with open(os.path.join(sys.path[0], "told"), "a") as file:
        file.write(json.dumps(event) + "\\n")
    """
# Two processes that say their numbers and wait, and hear no polite signal. Left behind, they end by themselves.
HANG = """\
    import os, signal

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.alarm(100)
    os.fork()
    with open({channel!r}, "w") as channel:
        print(os.getpid(), file=channel)
    while True:
        signal.pause()
    """
# A process in a session of its own that goes on when the program has ended.
SERVE = """\
    import os, signal

    child = os.fork()
    if not child:
        os.setsid()
        with open(".git/pid.new", "w") as file:
            file.write(str(os.getpid()))
        os.rename(".git/pid.new", ".git/pid")
        signal.alarm(100)
        signal.pause()
    while not os.path.exists(".git/pid"):
        pass
    """
MOMENTS = ("before_run", "before_stage", "before_task", "after_task", "after_stage", "after_run")
RUN = ("orch", "--stage", "ci", "--mode", "sync", "--format", "json")


@pytest.fixture
def hooked(repo: Repo) -> Repo:
    """A repository with programs: one for hooks that tells of their events, and one that tells that it has run."""
    repo.script(".git/tell", TELL)
    repo.script(".git/work", "with open('.git/told', 'a') as file:\n    file.write('{\"hook\": \"first runs\"}\\n')")
    return repo


def told(repo: Repo) -> list[dict[str, Any]]:
    """The events that hooks were given so far, and what the component has told in between."""
    file = repo.root / ".git/told"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def moments(repo: Repo) -> list[str]:
    """The same in words."""
    return [" ".join(filter(None, (one["hook"], one.get("component", {}).get("name")))) for one in told(repo)]


COMPONENTS = """
components:
  - {name: first, lifecycle: stable, command: [.git/work]}
  - {name: unit, type: test, lifecycle: stable, version: 1.2.0, owner: "@us", tags: [quick], command: ["false"]}
  - {name: left, lifecycle: stable, files: {include: [nothing]}, command: [touch, ran]}
"""
EVERYWHERE = """
hooks:
  - {at: after_run, command: [.git/tell]}
  - {at: after_stage, command: [.git/tell]}
  - {at: after_task, command: [.git/tell]}
  - {at: before_task, command: [.git/tell]}
  - {at: before_stage, command: [.git/tell]}
  - {at: before_run, command: [.git/tell, "a b"], env: {CHANNEL: builds}}
"""
SOME = """
hooks:
  - {at: before_task, command: [.git/tell], filter: "type=test"}
  - {at: after_task, command: [.git/tell], filter: "name=f*"}
  - {at: before_run, command: [.git/tell], stage: pre-commit}
  - {at: before_task, command: [.git/tell], filter: "type=tool"}
"""


def test_hooks_are_called_around_the_run_the_stage_and_each_task_that_is_started(hooked: Repo) -> None:
    hooked.registry(EVERYWHERE + COMPONENTS)
    for _ in range(2):  # the second run reads the compiled form of the registry
        run = hooked.run(*RUN)
        assert (run.code, run.json["notices"]) == (1, [])
        order = moments(hooked)
        assert order[:2] == ["before_run", "before_stage"]
        assert order[-2:] == ["after_stage", "after_run"]
        assert [one for one in order if "first" in one] == ["before_task first", "first runs", "after_task first"]
        assert [one for one in order if "unit" in one] == ["before_task unit", "after_task unit"]
        assert len(order) == 9
        (hooked.root / ".git/told").unlink()


def test_at_each_moment_the_hooks_of_plugins_are_called_before_commands(hooked: Repo) -> None:
    moment = """
        @hookimpl
        def omnibase_{hook}({argument}):
            with open(".git/told", "a") as file:
                file.write(json.dumps({{"hook": "{hook}", "of": "plugin"}}) + "\\n")
        """
    source = "".join(moment.format(hook=name, argument="task" if "task" in name else "run") for name in MOMENTS)
    hooked.install("noting", f"\n        import json\n        from omnibase.api import hookimpl\n{source}")
    it = "components: [{name: it, lifecycle: stable, command: ['true']}]"
    hooked.registry(f"plugins: [noting]{EVERYWHERE}{it}")
    run = hooked.run(*RUN)
    assert (run.code, run.json["notices"]) == (0, [])
    order = [f"{one['hook']}{' of a plugin' if 'of' in one else ''}" for one in told(hooked)]
    assert order == [words for name in MOMENTS for words in (f"{name} of a plugin", name)]


def test_a_hook_is_given_one_document_with_what_it_is_about(hooked: Repo) -> None:
    hooked.registry(EVERYWHERE + COMPONENTS)
    (hooked.root / "below").mkdir()
    run = hooked.run(*RUN, cwd=hooked.root / "below")
    report = run.json
    events = told(hooked)
    for event in events:
        if "runs" in event["hook"]:
            continue
        assert event["event_version"] == "1"
        assert [event[key] for key in ("run_id", "correlation_id", "stage", "mode")] == [
            report[key] for key in ("run_id", "correlation_id", "stage", "mode")
        ]
        assert event["cwd"] == str(hooked.root)
        assert event["env"]["TRACEPARENT"].split("-")[1] == report["correlation_id"]
        assert (event["env"]["OMNIBASE_HOOK"], event["env"]["OMNIBASE_RUN_ID"]) == (event["hook"], report["run_id"])
    assert (events[0]["components"], events[0]["env"]["CHANNEL"]) == (["first", "unit", "left"], "builds")
    assert (events[0]["arguments"], events[1]["env"]["CHANNEL"]) == (["a b"], None)
    (before, after) = (one for one in events if one.get("component", {}).get("name") == "unit")
    unit = {
        "name": "unit",
        "type": "test",
        "version": "1.2.0",
        "lifecycle": "stable",
        "tags": ["quick"],
        "owner": "@us",
    }
    assert before["component"] == after["component"] == unit
    assert "result" not in before
    duration = run.results["unit"]["duration_ms"]
    assert after["result"] == {
        "status": "FAIL",
        "cause": None,
        "reason": "exit code 1",
        "remedy": None,
        "failed": True,
        "duration_ms": duration,
        "attempts": 1,
        "findings": 0,
        "files": run.results["unit"]["files"],
        "changed_files": 0,
    }
    assert events[-1]["status"] == report["status"]
    assert events[-1]["statuses"] == {"first": "PASS", "unit": "FAIL", "left": "SKIP"}
    assert (events[-1]["failed"], events[-1]["signal"]) == (["unit"], None)


def test_a_hook_may_be_for_some_components_or_one_stage(hooked: Repo) -> None:
    hooked.registry(SOME + COMPONENTS)
    hooked.run(*RUN)
    assert sorted(moments(hooked)) == ["after_task first", "before_task unit", "first runs"]


# Vetoes


@pytest.mark.parametrize("at", ["before_run", "before_stage"])
def test_a_veto_before_the_run_or_the_stage_keeps_every_component_from_running(hooked: Repo, at: str) -> None:
    hooked.script(".git/frozen", "import sys; print('looking'); sys.exit('frozen until Monday')")
    hooked.registry(f"""\
        hooks:
          - {{at: {at}, command: [.git/frozen], veto: true}}
          - {{at: before_task, command: [.git/tell]}}
          - {{at: after_run, command: [.git/tell]}}
        components:
          - {{name: one, lifecycle: stable, command: [touch, ran]}}
          - {{name: two, lifecycle: stable, command: [touch, ran], needs: [one]}}
        """)
    run = hooked.run(*RUN)
    assert (run.code, run.statuses) == (1, {"one": "SKIP", "two": "SKIP"})
    assert not (hooked.root / "ran").exists()
    one = run.results["one"]
    assert (one["cause"], one["reason"]) == (
        "vetoed",
        f"vetoed by {at} .git/frozen: exit code 1: frozen until Monday",
    )
    assert one["remedy"]
    (end,) = told(hooked)
    assert (end["hook"], end["failed"][:1], end["statuses"]["one"]) == ("after_run", ["one"], "SKIP")
    human = hooked.run("orch", "--stage", "ci", "--format", "human")
    assert "frozen until Monday" in human.text


def test_a_veto_before_a_task_keeps_that_one_from_running(hooked: Repo) -> None:
    hooked.registry("""\
        hooks:
          - {at: before_task, command: ["false"], veto: true, filter: "name=one"}
          - {at: after_task, command: [.git/tell]}
        components:
          - {name: one, lifecycle: stable, command: [touch, ran]}
          - {name: two, lifecycle: stable, command: ["true"]}
          - {name: three, lifecycle: stable, command: ["true"], needs: [one]}
        """)
    run = hooked.run(*RUN)
    assert (run.code, run.statuses) == (1, {"one": "SKIP", "two": "PASS", "three": "SKIP"})
    assert not (hooked.root / "ran").exists()
    assert run.results["one"]["reason"] == "vetoed by before_task false: exit code 1"
    assert run.results["three"]["cause"] == "dependency"
    assert moments(hooked) == ["after_task two"]


def test_a_veto_does_not_fail_the_run_by_what_is_not_required(hooked: Repo) -> None:
    hooked.registry("""\
        hooks: [{at: before_run, command: ["false"], veto: true}]
        components: [{name: it, lifecycle: stable, command: [touch, ran], required: false}]
        """)
    run = hooked.run(*RUN)
    assert (run.code, run.statuses, run.results["it"]["cause"]) == (0, {"it": "SKIP"}, "vetoed")
    assert not (hooked.root / "ran").exists()


def test_a_vetoed_component_is_not_fixed_either_and_asked_about_once(hooked: Repo) -> None:
    hooked.script(".git/refuse", TELL + "    sys.exit(1)\n")
    hooked.registry("""\
        plugins: [omnibase_files]
        hooks:
          - {at: before_task, command: [.git/refuse], veto: true, filter: "name=trailing-whitespace|it"}
        components:
          - name: it
            lifecycle: stable
            files: {include: ["*.txt"]}
            command: [touch, checked, "{files}"]
            fix: [touch, fixed, "{files}"]
        """)
    file = hooked.write("a.txt", "blank  \n")
    hooked.stage()
    run = hooked.run(*RUN, "--fix", "--filter", "lifecycle=canary|stable")
    assert run.code == 1
    for name in ("trailing-whitespace", "it"):
        assert (run.results[name]["status"], run.results[name]["cause"]) == ("SKIP", "vetoed")
    assert run.results["end-of-file"]["status"] == "PASS"
    assert file.read_bytes() == b"blank  \n"
    assert not (hooked.root / "fixed").exists()
    assert not (hooked.root / "checked").exists()
    assert sorted(moments(hooked)) == ["before_task it", "before_task trailing-whitespace"]


PLUGIN = """\
    from omnibase.api import VetoError, hookimpl

    @hookimpl
    def omnibase_{hook}({argument}):
        raise VetoError(f"not with {{{argument}}}"[:14])
    """


@pytest.mark.parametrize("hook", ["before_run", "before_stage", "before_task"])
def test_a_plugin_vetoes_by_an_error_of_its_own(hooked: Repo, hook: str) -> None:
    hooked.install("strict", PLUGIN.format(hook=hook, argument=hook.partition("_")[2].replace("stage", "run")))
    hooked.registry("plugins: [strict]\ncomponents: [{name: it, lifecycle: stable, command: [touch, ran]}]")
    run = hooked.run(*RUN)
    assert (run.code, run.statuses, run.json["notices"]) == (1, {"it": "SKIP"}, [])
    assert run.results["it"]["cause"] == "vetoed"
    assert run.results["it"]["reason"].startswith(f"vetoed by omnibase_{hook} of strict: not with ")
    assert not (hooked.root / "ran").exists()


# Hooks that fail


@pytest.mark.parametrize("at", MOMENTS)
@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("[sh, -c, 'echo so far; echo oh >&2; exit 3']", "failed{for_it}: exit code 3: so far | oh (registry.yaml:2:"),
        ("[./missing]", "failed{for_it}: ./missing is not installed (registry.yaml:2:"),
        ("[sh, -c, 'kill -9 $$']", "failed{for_it}: ended by SIGKILL (registry.yaml:2:"),
    ],
)
def test_a_hook_that_fails_without_a_veto_is_a_notice_and_changes_no_verdict(
    repo: Repo, at: str, command: str, words: str
) -> None:
    repo.registry(f"""\
        hooks: [{{at: {at}, command: {command}}}]
        components: [{{name: it, lifecycle: stable, command: ["true"]}}]
        """)
    run = repo.run(*RUN)
    assert (run.code, run.statuses) == (0, {"it": "PASS"})
    (notice,) = run.json["notices"]
    assert notice.startswith(f"the hook {at} ")
    assert words.format(for_it=" for it" if at.endswith("task") else "") in notice


def test_a_hook_that_fails_for_every_component_is_one_notice(repo: Repo) -> None:
    repo.registry("""\
        hooks: [{at: after_task, command: [./missing]}]
        components:
          - {name: one, lifecycle: stable, command: ["true"]}
          - {name: two, lifecycle: stable, command: ["true"]}
        """)
    run = repo.run(*RUN)
    assert (run.code, len(run.json["notices"])) == (0, 1)


@pytest.mark.parametrize("veto", [False, True])
def test_a_hook_that_hangs_is_ended_at_its_limit_with_its_children(
    repo: Repo, gone: Callable[[int], bool], veto: bool
) -> None:
    channel = repo.channel("pids")
    repo.script(".git/hang", HANG.format(channel=str(channel.path)))
    repo.registry(f"""\
        hooks: [{{at: before_run, command: [.git/hang], timeout: 300ms, veto: {str(veto).lower()}}}]
        components: [{{name: it, lifecycle: stable, command: ["true"]}}]
        """)
    run = repo.run(*RUN)
    said = "did not come to an end in 0.3 s"
    if veto:
        assert (run.code, run.statuses, run.json["notices"]) == (1, {"it": "SKIP"}, [])
        assert said in run.results["it"]["reason"]
    else:
        assert (run.code, run.statuses) == (0, {"it": "PASS"})
        assert said in run.json["notices"][0]
    started = int(channel.line())  # the limit may have come before the other one had its turn
    assert gone(started)


def test_megabytes_of_output_are_no_burden(repo: Repo) -> None:
    text = "yes 0123456789abcde | head -c 50000000; echo the end; exit 1"
    repo.registry(f"""\
        hooks: [{{at: after_run, command: [sh, -c, "{text}"]}}]
        components: [{{name: it, lifecycle: stable, command: ["true"]}}]
        """)
    run, peak = repo.measure(*RUN)
    assert run.code == 0
    assert "the end" in run.json["notices"][0]
    assert len(run.json["notices"][0]) < 1000
    assert peak < 100 * 1024 * 1024


def test_what_a_hook_leaves_running_is_there_for_the_run_and_ended_after_it(
    repo: Repo, gone: Callable[[int], bool]
) -> None:
    repo.script(".git/serve", SERVE)
    repo.registry("""\
        hooks: [{at: before_run, command: [.git/serve]}]
        components: [{name: it, lifecycle: stable, shell: true, command: ['kill -0 $(cat .git/pid)']}]
        """)
    run = repo.run(*RUN)
    assert (run.code, run.statuses) == (0, {"it": "PASS"})
    (notice,) = run.json["notices"]
    assert notice.startswith("left running at the end of the run, and ended: before_run .git/serve")
    assert gone(int((repo.root / ".git/pid").read_text()))


# Runs that do not go all the way


def test_an_interrupt_ends_a_hook_that_hangs_and_the_run(repo: Repo, gone: Callable[[int], bool]) -> None:
    channel = repo.channel("pids")
    repo.script(".git/hang", HANG.format(channel=str(channel.path)))
    repo.registry("""\
        hooks: [{at: before_run, command: [.git/hang], timeout: 1m, veto: true}]
        components: [{name: it, lifecycle: stable, command: [touch, ran]}]
        """)
    running = repo.start(*RUN)
    pids = [int(channel.line()) for _ in range(2)]
    running.signal(signal.SIGINT)
    run = running.end()
    assert (run.code, run.results["it"]["cause"]) == (130, "interrupted")
    (notice,) = run.json["notices"]
    assert "it was ended with the run" in notice
    assert all(gone(pid) for pid in pids)
    assert not (repo.root / "ran").exists()


def test_after_an_interrupted_run_all_its_hooks_are_called(hooked: Repo) -> None:
    channel = hooked.channel("pids")
    hooked.script(".git/hang", HANG.format(channel=str(channel.path)))
    hooked.registry("""\
        hooks:
          - {at: after_stage, command: [.git/tell]}
          - {at: after_run, command: ["false"]}
          - {at: after_run, command: [.git/tell]}
        components: [{name: it, lifecycle: stable, command: [.git/hang]}]
        """)
    running = hooked.start(*RUN)
    channel.line()
    running.signal(signal.SIGTERM)
    run = running.end()
    assert run.code == 143
    assert moments(hooked) == ["after_stage", "after_run"]
    assert (told(hooked)[-1]["signal"], told(hooked)[-1]["statuses"]) == (15, {"it": "SKIP"})


def test_after_a_failure_that_ends_the_run_all_its_hooks_are_called(hooked: Repo) -> None:
    hooked.registry("""\
        hooks:
          - {at: after_task, command: ["false"]}
          - {at: after_task, command: [.git/tell]}
          - {at: after_run, command: ["false"]}
          - {at: after_run, command: [.git/tell]}
        components: [{name: it, lifecycle: stable, command: ["false"]}]
        """)
    run = hooked.run(*RUN, "--keep-going", "never")
    assert run.code == 1
    assert moments(hooked) == ["after_task it", "after_run"]


def test_a_dry_run_calls_no_hook_and_says_once_which_would_be(hooked: Repo) -> None:
    hooked.install("noting", PLUGIN.format(hook="before_run", argument="run"))
    one = "components: [{name: it, lifecycle: stable, command: [touch, ran]}]"
    hooked.registry(f"plugins: [noting]{EVERYWHERE}{one}")
    before = hooked.snapshot()
    run = hooked.run("orch", "--stage", "ci", "--mode", "dry-run", "--format", "json")
    (notice,) = [one for one in run.json["notices"] if "hook" in one]
    others = ", ".join(f"{name} .git/tell" for name in MOMENTS[1:])
    said = f"omnibase_before_run of noting, before_run .git/tell 'a b', {others}"
    assert notice == f"hooks are not called in a dry run: {said}"
    assert run.statuses == {"it": "SKIP"}
    assert hooked.snapshot() == before


def test_the_commands_that_are_no_runs_call_no_hooks(hooked: Repo) -> None:
    hooked.registry(EVERYWHERE + COMPONENTS)
    assert hooked.run("registry", "list").code == 0
    assert hooked.run("runs", "list").code == 0
    assert told(hooked) == []
    assert hooked.run("run", "first").code == 0
    assert moments(hooked)[0] == "before_run"


# Where hooks run, and what is kept of them


def test_at_a_commit_hooks_run_in_the_work_tree_where_components_run_in_a_view(hooked: Repo) -> None:
    hooked.registry("""\
        hooks: [{at: before_task, command: [.git/tell]}, {at: before_run, command: [grep, unstaged, a.txt]}]
        components:
          - {name: it, lifecycle: canary, tags: [pre-commit], command: [grep, -q, "^staged", a.txt]}
        """)
    hooked.write("a.txt", "staged\n")
    hooked.stage()
    hooked.write("a.txt", "unstaged\n")
    run = hooked.run("orch", "--stage", "pre-commit", "--format", "json", cwd=hooked.root)
    assert (run.code, run.statuses, run.json["notices"]) == (0, {"it": "PASS"}, [])
    assert told(hooked)[0]["cwd"] == str(hooked.root)


def test_no_secret_of_a_hook_is_in_what_is_kept_or_shown(repo: Repo) -> None:
    repo.environment["SVC_TOKEN"] = "hunter2secret"
    repo.registry("""\
        hooks:
          - at: before_run
            command: [sh, -c, "echo registrysecret99 $SVC_TOKEN $HOOK_TOKEN; exit 1"]
            env: {HOOK_TOKEN: registrysecret99}
          - {at: before_task, command: [sh, -c, "echo $SVC_TOKEN; exit 1"], veto: true}
        components: [{name: it, lifecycle: stable, command: ["true"]}]
        """)
    run = repo.run(*RUN, "--log-file", ".git/run.log")
    assert "***" in run.json["notices"][0]
    assert run.results["it"]["reason"].endswith(": ***")
    repo.run("runs", "list")
    kept = [path for path in (repo.root / ".git/omnibase").rglob("*") if path.is_file()]
    assert kept
    dry = repo.run("orch", "--stage", "ci", "--mode", "dry-run", "--format", "json")
    assert "before_run sh -c 'echo *** $SVC_TOKEN" in dry.json["notices"][0]
    log = (repo.root / ".git/run.log").read_bytes()
    assert b"hook.ended" in log
    for data in (run.out, run.stderr, dry.out, log, *(path.read_bytes() for path in kept)):
        assert b"hunter2" not in data
        assert b"registrysecret" not in data


def test_what_a_hook_came_to_is_in_the_record(repo: Repo) -> None:
    repo.registry("""\
        hooks: [{at: before_run, command: ["false"], veto: true}, {at: after_run, command: [./missing]}]
        components: [{name: it, lifecycle: stable, command: ["true"]}]
        """)
    run = repo.run(*RUN)
    again = repo.run("runs", "show", "last", "--format", "json")
    assert again.json == run.json
