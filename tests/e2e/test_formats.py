"""What is put out, and where: formats, files, standard error, colours, symbols, and errors in every format."""

import json
import os
import re
import subprocess
from collections.abc import Mapping

import pytest
import yaml

from tests.e2e.driving import COMMAND, SECONDS, Repo, report

FAILING = """\
    components:
      - {name: good, lifecycle: stable, command: ["true"]}
      - {name: bad, lifecycle: stable, shell: true, command: ['echo oh dear; exit 3']}
    """
MISTAKES = {
    "an option": ("orch", "--stge", "ci"),
    "an option's value": ("orch", "--stage", "ci", "--jobs", "many"),
    "an option without its value": ("orch", "--stage"),
    "a stage": ("orch", "--stage", "no"),
    "a filter": ("orch", "--stage", "ci", "--filter", "type"),
    "a name": ("orch", "--stage", "ci", "--name", "no"),
    "a duration": ("orch", "--stage", "ci", "--timeout", "soon"),
    "a colour": ("orch", "--stage", "ci", "--color", "red"),
    "an output": ("orch", "--stage", "ci", "--output", "json"),
    "an action": ("orch", "--stage", "registry", "lst"),
    "a pipeline's step": ("orch", "--stage", "ci", "--from", "good"),
    "an argument": ("registry", "inspect"),
    "a run": ("runs", "show", "nothing"),
    "a format": ("orch", "--stage", "ci", "--format", "jsn"),
}


@pytest.mark.parametrize("arguments", MISTAKES.values(), ids=MISTAKES)
def test_every_mistake_is_one_valid_document_and_beside_it_a_message_for_people(
    repo: Repo, arguments: tuple[str, ...]
) -> None:
    repo.registry(FAILING)
    format_ = () if "--format" in arguments else ("--format", "json")
    before, after = (format_, ()) if "registry" in arguments[2:] else ((), format_)
    run = repo.run(arguments[0], *before, *arguments[1:], *after)
    assert run.code in (2, 3)
    assert run.error["message"]
    assert run.error["remedy"]
    assert run.err.startswith("error: ")
    assert run.err.count("error:") == 1
    assert "Traceback" not in run.err


def test_an_unknown_command_is_told_with_the_nearest_one(repo: Repo) -> None:
    run = repo.run("orhc")
    assert (run.code, run.out) == (2, b"")
    assert "did you mean 'orch'?" in run.err


def test_json_goes_where_no_person_reads_and_what_failed_besides_to_standard_error(repo: Repo) -> None:
    repo.registry(FAILING)
    run = repo.run("orch", "--stage", "ci")
    assert (run.code, run.json["status"], run.statuses) == (1, "FAIL", {"good": "PASS", "bad": "FAIL"})
    assert run.err.startswith("❌ bad: exit code 3\n")
    assert "oh dear" in run.err
    assert "good" not in run.err


def test_json_is_canonical(repo: Repo) -> None:
    repo.registry(FAILING)
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert run.text == json.dumps(run.json, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def test_human_is_a_line_a_component_the_failures_and_a_summary(repo: Repo) -> None:
    repo.registry(FAILING)
    run = repo.run("orch", "--stage", "ci", "--format", "human")
    lines = run.text.splitlines()
    assert (run.code, run.err) == (1, "")
    assert lines[0].startswith("✅ good ")
    assert lines[1].startswith("❌ bad ")
    assert lines[2:4] == ["", "❌ bad: exit code 3"]
    assert "oh dear" in lines
    assert lines[-1].startswith("1 failed, 1 passed in ")
    assert "\x1b" not in run.text
    assert max(map(len, lines)) <= 100


def test_quiet_leaves_failures_and_the_summary_verbose_adds_reasons(repo: Repo) -> None:
    repo.registry(FAILING)
    quiet = repo.run("orch", "--stage", "ci", "--format", "human", "-q").text
    assert quiet.startswith("❌ bad: exit code 3")
    assert "good" not in quiet
    verbose = repo.run("orch", "--stage", "ci", "--format", "human", "--type", "tool", "-v").text
    assert "good: type=tool does not hold" in verbose


def test_yaml_is_the_same_document_as_json(repo: Repo) -> None:
    repo.registry(FAILING)
    run = repo.run("orch", "--stage", "ci", "--format", "yaml", "--output", "json=.git/report.json")
    document = yaml.safe_load(run.text)
    assert document == report((repo.root / ".git/report.json").read_bytes())
    assert document["exit_code"] == run.code == 1


def test_further_reports_are_written_to_files_beside_the_one_on_standard_output(repo: Repo) -> None:
    repo.registry(FAILING)
    outputs = [f"--output={kind}=.git/report.{kind}" for kind in ("human", "json", "yaml")]
    run = repo.run("orch", "--stage", "ci", "--format", "json", *outputs)
    assert report((repo.root / ".git/report.json").read_bytes()) == run.json
    assert (repo.root / ".git/report.human").read_text().splitlines()[-1].startswith("1 failed, 1 passed")
    assert not [name for name in os.listdir(repo.root / ".git") if name.endswith(".tmp")]


def test_a_file_that_cannot_be_written_fails_a_run_that_passed_and_the_report_is_out_all_the_same(repo: Repo) -> None:
    repo.only('command: ["true"]')
    done = subprocess.run(
        [COMMAND, "orch", "--stage=ci", "--format=json", "--output=json=no/such/folder/report.json"],
        cwd=repo.root,
        env=repo.environment,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 1
    assert report(done.stdout)["status"] == "PASS"
    assert "--output json=no/such/folder/report.json: No such file or directory" in done.stderr.decode()


def test_an_unknown_format_costs_no_run(repo: Repo) -> None:
    repo.only("command: [touch, ran]")
    for option in ("--format=jsno", "--output=jsno=x"):
        run = repo.run("orch", "--stage", "ci", option)
        assert (run.code, run.error["remedy"]) == (2, "did you mean 'json'?")
    assert not (repo.root / "ran").exists()


# Colours and symbols


@pytest.mark.parametrize(
    ("env", "options", "color"),
    [
        ({}, (), False),
        ({"FORCE_COLOR": "1"}, (), True),
        ({"CLICOLOR_FORCE": "1"}, (), True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False),
        ({"FORCE_COLOR": "1"}, ("--no-color",), False),
        ({"NO_COLOR": "1"}, ("--color", "always"), True),
        ({"OMNIBASE_COLOR": "always"}, (), True),
    ],
    ids=str,
)
def test_colours_follow_the_option_and_then_the_conventions(
    repo: Repo, env: Mapping[str, str], options: tuple[str, ...], color: bool
) -> None:
    repo.registry(FAILING)
    run = repo.run("orch", "--stage", "ci", "--format", "human", *options, env=env)
    assert ("\x1b[" in run.text) is color
    assert re.sub(r"\x1b\[[\d;]*m", "", run.text).splitlines()[-1].startswith("1 failed, 1 passed in ")


@pytest.mark.parametrize(
    ("env", "options", "symbols"),
    [
        ({"NO_COLOR": "1"}, (), True),
        ({"CI": "true"}, (), False),
        ({"TERM": "dumb"}, (), False),
        ({}, ("--no-color",), False),
        ({"LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}, (), False),
    ],
    ids=str,
)
def test_symbols_give_way_to_words_where_they_cannot_be_shown(
    repo: Repo, env: Mapping[str, str], options: tuple[str, ...], symbols: bool
) -> None:
    repo.registry(FAILING)
    run = repo.run("orch", "--stage", "ci", "--format", "human", *options, env=env)
    assert run.text.startswith("✅ good" if symbols else "PASS good")
    assert symbols or run.text.isascii()


def test_ci_changes_symbols_and_never_the_format(repo: Repo) -> None:
    repo.registry(FAILING)
    run = repo.run("orch", "--stage", "ci", env={"CI": "true"})
    assert run.statuses == {"good": "PASS", "bad": "FAIL"}
    assert run.err.startswith("FAIL bad: exit code 3\n")


# Help and completion


def test_the_help_of_every_command_shows_an_example(repo: Repo) -> None:
    for command in ([], ["orch"], ["run"], ["registry"], ["runs"], ["completion"]):
        text = repo.run(*command, "--help").text
        assert "Example" in text
        assert f"  omnibase {' '.join(command)}".rstrip() in text or "omnibase completion bash" in text
    assert "omnibase orch --stage pipeline --from generate --to build --to publish" in repo.run("orch", "-h").text


def test_the_version_is_told(repo: Repo) -> None:
    run = repo.run("--version")
    assert (run.code, run.text.split()[0]) == (0, "omnibase,")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_given_its_completion_script(repo: Repo, shell: str) -> None:
    run = repo.run("completion", shell)
    assert run.code == 0
    assert f"_OMNIBASE_COMPLETE={shell}_complete" in run.text


def test_a_shell_completes_the_names_of_components_and_is_told_nothing_where_there_are_none(repo: Repo) -> None:
    words = {"_OMNIBASE_COMPLETE": "bash_complete", "COMP_WORDS": "omnibase orch --name g", "COMP_CWORD": "3"}
    run = repo.run(env=words)
    assert (run.code, run.text.strip(), run.err) == (0, "", "")
    repo.registry(FAILING)
    assert repo.run(env=words).text.splitlines() == ["plain,good"]
