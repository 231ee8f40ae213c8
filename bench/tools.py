"""How tools are given a plan: what they read, how they are called, and a proof that they carry it out."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from timing import Run, RunError, timed

Files = dict[str, object]  # text, or what becomes JSON, which is YAML too, by file name
PATIENCE = 300  # seconds until a plan counts as hanging


class Step(NamedTuple):
    """A task of a plan: words without quotes, and the names of the tasks that have to end before it begins."""

    name: str
    command: str
    needs: Sequence[str] = ()


class Tool(NamedTuple):
    """How a tool is given a plan: the files that it reads; its arguments and variables for so many slots."""

    files: Callable[[Sequence[Step]], Files]
    arguments: Callable[[int, Sequence[Step]], list[str]]
    variables: Callable[[int], dict[str, str]] = lambda _: {}


MARK = 'echo "+ $1" >>marks\nsleep 0.03\necho "- $1" >>marks\n'
COMPONENT = {"version": "1.0.0", "type": "validator", "lifecycle": "stable"}
HOOK = {"language": "system", "pass_filenames": False, "always_run": True}


def _registry(steps: Sequence[Step]) -> Files:
    rows = [{"name": one.name, **COMPONENT, "command": one.command.split(), "needs": one.needs} for one in steps]
    return {"registry.yaml": {"schema_version": "1", "components": rows}}


def _prek(steps: Sequence[Step]) -> Files:
    """Hooks have no needs: those of one level, which is their priority, run at the same time."""
    levels: dict[str, int] = {}
    for one in steps:
        levels[one.name] = max((levels[need] + 1 for need in one.needs), default=0)
    hooks = [
        {"id": one.name, "name": one.name, "entry": one.command, "priority": levels[one.name], **HOOK} for one in steps
    ]
    return {".pre-commit-config.yaml": {"repos": [{"repo": "local", "hooks": hooks}]}}


def _doit(steps: Sequence[Step]) -> Files:
    rows = [{"basename": one.name, "actions": [one.command.split()], "task_dep": list(one.needs)} for one in steps]
    return {"dodo.py": f"def task_all():\n    yield from {rows!r}\n"}


def _just(steps: Sequence[Step]) -> Files:
    lines = [f"[parallel]\n{one.name}: {' '.join(one.needs)}\n    @{one.command}\n" for one in steps]
    return {"justfile": f"[parallel]\nall: {names(steps)}\n" + "".join(lines)}


def _turbo(steps: Sequence[Step]) -> Files:
    package = {"name": "bench", "private": True, "packageManager": "npm@10.0.0"}
    lock = {"name": "bench", "lockfileVersion": 3, "packages": {"": {"name": "bench"}}}
    tasks = {one.name: {"cache": False, "dependsOn": one.needs} for one in steps}
    scripts = {one.name: one.command for one in steps}
    return {"package.json": {**package, "scripts": scripts}, "package-lock.json": lock, "turbo.json": {"tasks": tasks}}


def _nx(steps: Sequence[Step]) -> Files:
    targets = {one.name: {"command": one.command, "cache": False, "dependsOn": one.needs} for one in steps}
    every = {"all": {"executor": "nx:noop", "dependsOn": [one.name for one in steps]}}
    package = {"name": "bench", "private": True}
    return {"nx.json": {}, "package.json": package, "project.json": {"name": "bench", "targets": every | targets}}


def _ninja(steps: Sequence[Step]) -> Files:
    lines = [f"build {one.name}: run {' '.join(one.needs)}\n  line = {one.command}\n" for one in steps]
    return {"build.ninja": "rule run\n  command = $line\n" + "".join(lines)}


def _make(steps: Sequence[Step]) -> Files:
    lines = [f"{one.name}: {' '.join(one.needs)}\n\t@{one.command}\n" for one in steps]
    return {"Makefile": f".PHONY: all {names(steps)}\nall: {names(steps)}\n" + "".join(lines)}


def _task(steps: Sequence[Step]) -> Files:
    """Its shell has a `true` of its own, which starts nothing: programs are given by their path."""
    lines = {one.name: f"{shutil.which(one.command.split()[0])} {one.command.partition(' ')[2]}" for one in steps}
    tasks = {one.name: {"deps": one.needs, "cmds": [lines[one.name]]} for one in steps}
    every = {"all": {"deps": [one.name for one in steps]}}
    return {"Taskfile.yml": {"version": "3", "run": "once", "silent": True, "tasks": every | tasks}}


def names(steps: Sequence[Step]) -> str:
    """The names of the tasks, with blanks between them."""
    return " ".join(one.name for one in steps)


NX = {"NX_DAEMON": "false", "NX_TUI": "false", "NX_NO_CLOUD": "true"}
TOOLS = {
    "omnibase": Tool(_registry, lambda slots, _: ["orch", "--stage", "ci", "--format", "human", "--jobs", str(slots)]),
    "prek": Tool(_prek, lambda _, __: ["run"], lambda slots: {"PREK_CONCURRENT_HOOKS": str(slots)}),
    "doit": Tool(_doit, lambda slots, _: ["-n", str(slots), "-P", "thread"]),  # processes are slower
    "just": Tool(_just, lambda slots, _: ["--jobs", str(slots), "all"]),
    "turbo": Tool(
        _turbo,
        lambda slots, steps: ["run", f"--concurrency={slots}", "--force", "--output-logs=none", *names(steps).split()],
        lambda _: {"TURBO_TELEMETRY_DISABLED": "1"},
    ),
    "nx": Tool(
        _nx,
        lambda slots, _: ["run", "bench:all", f"--parallel={slots}", "--skip-nx-cache", "--outputStyle=static"],
        lambda _: NX,
    ),
    "ninja": Tool(_ninja, lambda slots, _: ["-j", str(slots)]),
    "make": Tool(_make, lambda slots, _: ["-j", str(slots)]),
    "task": Tool(_task, lambda slots, _: ["--concurrency", str(slots), "all"]),
}


class Workshop(NamedTuple):
    """Where plans are laid out and run: the programs by their names, a folder, and the variables of all processes."""

    programs: dict[str, str]
    folder: str
    environment: Mapping[str, str]

    def lay(self, tool: str, title: str, steps: Sequence[Step]) -> str:
        """A repository with the plan as this tool reads it."""
        folder = os.path.join(self.folder, title, tool)
        os.makedirs(folder)
        for name, content in {**TOOLS[tool].files(steps), "mark.sh": MARK}.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(content if isinstance(content, str) else json.dumps(content))
        git = ["git", "-C", folder, "-c", "user.name=bench", "-c", "user.email=bench@example.org"]
        for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message=Start"]):
            subprocess.run([*git, *arguments], env=self.environment, check=True)
        if tool == "nx":  # it loads itself from the workspace
            packages = os.path.realpath(self.programs[tool]).partition("/node_modules/")[0]
            os.symlink(f"{packages}/node_modules", os.path.join(folder, "node_modules"))
        return folder

    def run(self, tool: str, folder: str, slots: int, steps: Sequence[Step], options: Sequence[str] = ()) -> Run:
        """Run the plan that is laid out there. Raises RunError."""
        arguments = [self.programs[tool], *TOOLS[tool].arguments(slots, steps), *options]
        return timed((arguments, {**self.environment, **TOOLS[tool].variables(slots)}), folder, patience=PATIENCE)

    def problem(self, tool: str, slots: int = 2) -> str | None:
        """What the tool does with a small plan that it should not; None where it carries it out as it should."""
        layers = [[f"p{layer}{number}" for number in range(4)] for layer in range(3)]
        steps = [
            Step(one, f"sh mark.sh {one}", layers[i - 1] if i else ()) for i, row in enumerate(layers) for one in row
        ]
        try:
            folder = self.lay(tool, "proof", steps)
            self.run(tool, folder, slots, steps)
            with open(os.path.join(folder, "marks"), encoding="utf-8") as file:
                marks = [line.split() for line in file]
        except (RunError, OSError) as error:
            return str(error)
        return _wrong(marks, {one.name: set(one.needs) for one in steps}, slots)


def _wrong(marks: Sequence[Sequence[str]], needs: Mapping[str, set[str]], slots: int) -> str | None:
    """What is wrong with an account of beginnings and ends."""
    running: set[str] = set()
    ended: set[str] = set()
    for mark, name in marks:
        if mark == "-":
            running.discard(name)
            ended.add(name)
            continue
        running.add(name)
        if not needs[name] <= ended:
            return f"it ran {name} before what that needs"
        if len(running) > slots:
            return f"it ran {len(running)} tasks at once with {slots} slots"
    whole = ended == needs.keys() and len(marks) == 2 * len(needs)
    return None if whole else f"it ran {len(ended)} of {len(needs)} tasks, with {len(marks)} beginnings and ends"
