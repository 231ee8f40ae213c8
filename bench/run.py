"""Times omnibase beside pre-commit, prek and lefthook: the same work, on the same repository, in turns.

Every figure is a whole process seen from outside: the time it took, and the processors' time of it and its children.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import NamedTuple

from timing import Contender, Run, RunError, describe_machine, find_program, make_environment, print_table, timed


class Case(NamedTuple):
    """Hooks that all tools run: one command, some times, one after another or as many at once as the tool can."""

    title: str
    command: list[str]
    hooks: int
    parallel: bool = False


CASES = {
    "one": Case("one no-op hook", ["true"], 1),
    "twenty": Case("twenty no-op hooks", ["true"], 20),
    "sleeps": Case("ten hooks that sleep for 0.2 s, at once where the tool can", ["sleep", "0.2"], 10, parallel=True),
}
PEERS = ("pre-commit", "prek", "lefthook")
STAGED = 5  # files


def main() -> int:
    """Time what the options ask for, print the tables and return the exit code: 2 where that was not possible."""
    options = _options()
    programs = {name: found for name in ("omnibase", *options.peers) if (found := find_program(name, options.bin))}
    for name in ("omnibase", *options.peers):
        if name not in programs:
            package = "-e ." if name == "omnibase" else name
            print(f"{name} is not found and left out: pip install {package}, or give --bin DIR")
    if "omnibase" not in programs:
        return 2
    try:
        with tempfile.TemporaryDirectory(prefix="omnibase-bench-") as folder:
            environment = make_environment(folder)
            machine = describe_machine(programs, folder, environment)
            print("\n".join(f"{name:12}{value}" for name, value in machine.items()))
            cases = {name: _measure(name, programs, folder, environment, options.runs) for name in options.only}
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump({"machine": machine, "columns": [f"{name}, s" for name in Run._fields], "cases": cases}, file)
    except (RunError, OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, metavar="N", help="of each tool in each case [20]")
    parser.add_argument("--only", action="append", choices=list(CASES), help="this case; repeatable [all]")
    parser.add_argument("--peers", default=",".join(PEERS), metavar="NAME,...", help=f"[{','.join(PEERS)}]")
    parser.add_argument("--bin", action="append", default=[], metavar="DIR", help="look here first; repeatable")
    parser.add_argument("--json", metavar="PATH", help="write every single figure to this file")
    options = parser.parse_args()
    options.peers = [name.strip() for name in options.peers.split(",") if name.strip()]
    options.only = options.only or list(CASES)
    if options.runs < 1:
        parser.error("--runs takes a number from 1")
    if unknown := set(options.peers) - set(PEERS):
        parser.error(f"--peers takes {', '.join(PEERS)}, not {', '.join(sorted(unknown))}")
    return options


def _measure(
    name: str, programs: Mapping[str, str], folder: str, environment: Mapping[str, str], count: int
) -> dict[str, list[Run]]:
    case = CASES[name]
    repository = os.path.join(folder, name)
    _make_repository(repository, case, environment)
    contenders: dict[str, Contender] = {
        tool: ([program, *_arguments(tool, case)], environment) for tool, program in programs.items()
    }
    if case.parallel and "prek" in contenders:
        # Left alone it runs as many hooks at once as there are processors.
        more = {**environment, "PREK_CONCURRENT_HOOKS": str(case.hooks)}
        contenders[f"prek, {case.hooks} at once"] = (contenders["prek"][0], more)
    print(f"\n{name}: {case.title} ({count} runs each)", flush=True)
    for tool, contender in contenders.items():
        _warm_up(tool, contender, repository, case)
    runs: dict[str, list[Run]] = {tool: [] for tool in contenders}
    for _ in range(count):
        for tool, contender in contenders.items():
            runs[tool].append(timed(contender, repository))
    print_table(runs)
    return runs


def _warm_up(tool: str, contender: Contender, repository: str, case: Case) -> None:
    """The first run fills caches, and its output shows whether all hooks ran: one that is skipped costs nothing."""
    with tempfile.TemporaryFile() as output:
        timed(contender, repository, output.fileno())
        output.seek(0)
        shown = output.read().decode("utf-8", "replace")
    if "skip" in shown.lower() or not all(_hook(number) in shown for number in range(case.hooks)):
        raise RunError(f"{tool} did not run all hooks; it printed:\n{shown}")


def _arguments(tool: str, case: Case) -> list[str]:
    if tool == "omnibase":
        return ["orch", "--stage", "pre-commit", "--format", "human", *(["--jobs", "auto"] if case.parallel else [])]
    parallel = ["--config", "parallel.yaml"] if tool == "prek" and case.parallel else []
    return ["run", *parallel, *(["pre-commit"] if tool == "lefthook" else [])]


def _hook(number: int) -> str:
    return f"hook-{number + 1:02}"


def _make_repository(folder: str, case: Case, environment: Mapping[str, str]) -> None:
    """A repository with all configurations committed, as JSON, which is YAML too, and a few changed files staged."""
    line = " ".join(case.command)
    ids = [_hook(number) for number in range(case.hooks)]
    component = {"version": "1.0.0", "type": "validator", "lifecycle": "canary", "tags": ["pre-commit"]}
    local = {"language": "system", "entry": line, "pass_filenames": False}
    components = [{"name": name, **component, "command": case.command} for name in ids]
    hooks = [{"id": name, "name": name, **local} for name in ids]
    at_once = [{**hook, "priority": 0} for hook in hooks]  # prek's word for hooks that may run at the same time
    jobs = [{"name": name, "run": line} for name in ids]
    configurations: dict[str, object] = {
        "registry.yaml": {"schema_version": "1", "components": components},
        ".pre-commit-config.yaml": {"repos": [{"repo": "local", "hooks": hooks}]},
        "parallel.yaml": {"repos": [{"repo": "local", "hooks": at_once}]},
        "lefthook.yml": {"no_auto_install": True, "pre-commit": {"parallel": case.parallel, "jobs": jobs}},
    }
    settled = {name: json.dumps(content) for name, content in configurations.items()}
    sources = [f"source-{number}.txt" for number in range(STAGED)]
    git = ["git", "-C", folder, "-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    os.mkdir(folder)
    subprocess.run([*git, "init", "--quiet"], env=environment, check=True)
    for contents in (settled | dict.fromkeys(sources, "old"), dict.fromkeys(sources, "new")):
        for name, text in contents.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text + "\n")
        subprocess.run([*git, "add", "--all"], env=environment, check=True)
        if contents.keys() > set(sources):
            subprocess.run([*git, "commit", "--quiet", "--message=Start"], env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main())
