"""Times what it takes to see what is staged: omnibase's view beside a checkout by git, and beside the peers' stash.

The repository has 10,000 files, and 50 of them have changes that are staged and others that are not. Run it with the
Python that omnibase is installed for.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from timing import PATIENCE, Run, RunError, describe_machine, find_program, make_environment, print_table, timed

from omnibase.inputs.git import Repository, discover
from omnibase.inputs.shadow import snapshot
from omnibase.inputs.view import tree

PEERS = ("pre-commit", "prek")
LINES = (2, 10, 40, 100)  # of a file, about 50 bytes each
HOOK = "nothing"
COMPONENT = {"version": "1.0.0", "type": "validator", "lifecycle": "canary", "tags": ["pre-commit"]}
LOCAL = {"id": HOOK, "name": HOOK, "language": "system", "entry": "true", "always_run": True, "pass_filenames": False}
CONFIGURATIONS = {
    "registry.yaml": {"schema_version": "1", "components": [{"name": HOOK, **COMPONENT, "command": ["true"]}]},
    ".pre-commit-config.yaml": {"repos": [{"repo": "local", "hooks": [LOCAL]}]},
}


class Place(NamedTuple):
    """A repository of the benchmark, with the environment of what runs in it."""

    root: str
    environment: Mapping[str, str]

    def git(self, *arguments: str, env: Mapping[str, str] | None = None) -> bytes:
        """What git prints. Raises CalledProcessError."""
        who = ("-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "gc.auto=0")
        command = ["git", "-C", self.root, *who, *arguments]
        return subprocess.run(command, env={**self.environment, **(env or {})}, check=True, capture_output=True).stdout

    def work(self) -> bytes:
        """All that is staged and all that is not, to be compared."""
        return self.git("diff", "--binary", "--cached") + self.git("diff", "--binary") + self.git("status", "-z")


def main() -> int:
    """Time everything, print the tables and return the exit code: 2 where that was not possible."""
    options = _options()
    programs = {name: found for name in ("omnibase", *PEERS) if (found := find_program(name, options.bin))}
    for name in ("omnibase", *PEERS):
        if name not in programs:
            print(f"{name} is not found and left out: give --bin DIR")
    try:
        with tempfile.TemporaryDirectory(prefix="omnibase-bench-", dir=options.folder) as folder:
            environment = make_environment(folder)
            os.environ.clear()  # what is timed in this process calls git, too
            os.environ.update(environment)
            machine = describe_machine(programs, folder, environment)
            print("\n".join(f"{name:12}{value}" for name, value in machine.items()), flush=True)
            source = _make_repository(os.path.join(folder, "source"), environment, options.files)
            tables = {"preparing": _preparing(source, options.partial, options.runs, folder)}
            tables["whole runs"] = _whole_runs(source, programs, options.partial, options.runs, folder)
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump({"machine": machine, "columns": [f"{name}, s" for name in Run._fields], **tables}, file)
    except (RunError, OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15, metavar="N", help="of each row [15]")
    parser.add_argument("--files", type=int, default=10_000, metavar="N", help="in the repository [10000]")
    parser.add_argument("--partial", type=int, default=50, metavar="N", help="of them partially staged [50]")
    parser.add_argument("--folder", metavar="DIR", help="for the repositories, on the disk to be measured [temporary]")
    parser.add_argument("--bin", action="append", default=[], metavar="DIR", help="look here first; repeatable")
    parser.add_argument("--json", metavar="PATH", help="write every single figure to this file")
    return parser.parse_args()


def _preparing(source: Place, partial: int, count: int, folder: str) -> dict[str, list[Run]]:
    """The view by itself, in this process and the git that it calls, beside `git checkout` into an empty folder."""
    place = _copied(source, os.path.join(folder, "preparing"))
    chance = random.Random(1)
    repository = discover(place.root)
    assert repository is not None
    head = place.git("rev-parse", "HEAD").decode().strip()
    state = os.path.join(repository.common_dir, "omnibase")
    empty = os.path.join(folder, "empty")
    elsewhere = {"GIT_DIR": repository.git_dir, "GIT_WORK_TREE": empty, "GIT_INDEX_FILE": f"{empty}-index"}
    checkout = ["git", "checkout", "--quiet", "--force", "HEAD", "--", "."]
    runs: dict[str, list[Run]] = {}

    def note(name: str, run: Run) -> None:
        runs.setdefault(name, []).append(run)

    some = _stage_in_part(place, partial, chance, ())
    print(f"\npreparing the view: {partial} of {len(_files(place))} files partially staged ({count} runs each)")
    for _ in range(count):
        shutil.rmtree(state, ignore_errors=True)
        os.sync()  # what is timed does not pay for writing what was before
        note("view, first time", _measured(lambda: _prepare(state, repository, head)))
        os.mkdir(empty)
        os.sync()
        note("git checkout", timed((checkout, {**place.environment, **elsewhere}), empty))
        shutil.rmtree(empty)
        os.unlink(f"{empty}-index")
        note("view, second time", _measured(lambda: _prepare(state, repository, head)))
        note("nothing staged since", _measured(lambda: _prepare(state, repository, head)))
        some = _stage_in_part(place, partial, chance, some)
        before = place.work()
        note(f"{partial} others staged", _measured(lambda: _prepare(state, repository, head)))
        _see_that_it_is_as_before(place, before, "the view")
    print_table(runs)
    return runs


def _whole_runs(
    source: Place, programs: Mapping[str, str], partial: int, count: int, folder: str
) -> dict[str, list[Run]]:
    """Whole processes that run one hook that does nothing, where all is staged and where some is not."""
    contenders: dict[str, tuple[Place, list[str]]] = {}
    for number, (tool, program) in enumerate(programs.items()):
        arguments = ["orch", "--stage", "pre-commit", "--format", "human"] if tool == "omnibase" else ["run"]
        for what in ("all staged", "in part"):
            place = _copied(source, os.path.join(folder, f"{number}-{what.replace(' ', '-')}"))
            _stage_in_part(place, partial, random.Random(2), (), leave=what == "in part")
            contenders[f"{tool}, {what}"] = (place, [program, *arguments])
    print(f"\nwhole runs of one hook that does nothing ({count} runs each)", flush=True)
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    for turn in range(count + 1):
        for name, (place, command) in contenders.items():
            before = place.work()
            run = timed((command, place.environment), place.root)
            _see_that_it_is_as_before(place, before, name)
            if turn:  # the first one fills caches
                runs[name].append(run)
    print_table(runs)
    return runs


def _prepare(state: str, repository: Repository, head: str) -> None:
    with tempfile.TemporaryDirectory(dir=repository.git_dir) as folder:
        kept = snapshot(repository, folder)
        tree.sweep(state, repository)
        view = tree.take(state, repository)
        view.update(kept, repository, head)
        view.close()


def _measured(act: Callable[[], None]) -> Run:
    before, start = os.times(), time.perf_counter()
    act()
    wall, after = time.perf_counter() - start, os.times()
    if wall > PATIENCE:
        raise RunError(f"the view took {wall:.0f} s")
    return Run(wall, sum(after[:4]) - sum(before[:4]))


def _see_that_it_is_as_before(place: Place, before: bytes, who: str) -> None:
    if place.work() != before:
        raise RunError(f"{who} has left {place.root} other than it was")


def _make_repository(root: str, environment: Mapping[str, str], count: int) -> Place:
    """Files of text in folders three deep, committed and packed."""
    chance = random.Random(0)
    words = [f"word{number}" for number in range(500)]
    place = Place(root, environment)
    for number in range(count):
        path = os.path.join(root, f"part-{number % 10}", f"group-{number // 10 % 10}", f"set-{number // 100 % 5}")
        os.makedirs(path, exist_ok=True)
        text = "".join(" ".join(chance.choices(words, k=7)) + "\n" for _ in range(chance.choice(LINES)))
        _write(os.path.join(path, f"file-{number}.txt"), text)
    for name, content in CONFIGURATIONS.items():
        _write(os.path.join(root, name), json.dumps(content) + "\n")
    for arguments in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message=Start"), ("gc", "-q")):
        place.git(*arguments)
    return place


def _copied(source: Place, root: str) -> Place:
    shutil.copytree(source.root, root, symlinks=True)
    place = source._replace(root=root)
    place.git("update-index", "-q", "--refresh")
    return place


def _stage_in_part(
    place: Place, count: int, chance: random.Random, former: tuple[str, ...], *, leave: bool = True
) -> tuple[str, ...]:
    """Stage a change of so many files, and with `leave` change them again; the former ones are as staged again."""
    if former:
        place.git("checkout", "--quiet", "--", *former)
    known = [path for path in _files(place) if path.endswith(".txt") and path not in former]
    some = tuple(sorted(chance.sample(known, count)))
    for path in some:
        _append(os.path.join(place.root, path), f"staged {chance.random()}\n")
    place.git("add", "--", *some)
    for path in some if leave else ():
        _append(os.path.join(place.root, path), "not staged\n")
    return some


def _files(place: Place) -> list[str]:
    return os.fsdecode(place.git("ls-files", "-z")).split("\0")[:-1]


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _append(path: str, text: str) -> None:
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())
