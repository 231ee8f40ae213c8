"""Runs with fixers while another process keeps editing the same files."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.faults import editing
from tests.faults.allowed import deviation
from tests.faults.scenario import Scenario
from tests.faults.snapshot import take
from tests.faults.template import Template, discard, run

EDITED = ("partly 0.txt", "partly 1.txt", "staged 0.txt", "staged 1.txt", "new name.txt", "crlf.txt", "mode.sh")


class Edited(NamedTuple):
    """What became of the edits during so many runs; `fixes` counts files that reports say were changed.

    `others` are paths that nobody edited, and that are not as they may be.
    """

    runs: int
    fixes: int
    account: editing.Account
    others: tuple[str, ...]
    left: tuple[str, ...]
    folder: str | None = None

    @property
    def lost_bytes(self) -> int:
        return sum(len(token) + len(b" todo  \n") for token in self.account.lost)


def edited(template: Template, runs: int, seed: int) -> Edited:
    """Stage the edited files as they are and run, again and again, and hold each confirmed edit against the files."""
    scenario, rule = template.fresh()
    confirmed = scenario.root.with_suffix(".confirmed")
    program = [sys.executable, editing.__file__, str(scenario.root), str(seed), "--confirm", str(confirmed), *EDITED]
    said = b""
    fixes = 0
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as editor:
        assert editor.stdin is not None and editor.stdout is not None
        editor.stdout.readline()
        for _ in range(runs):
            _stage(scenario)
            _, output, _ = run(scenario, template.tool.command)
            said += output
            fixes += _fixes(output)
        editor.stdin.close()
        assert editor.wait() == 0
    after = take(scenario)
    account = editing.Account(
        confirmed.read_bytes().splitlines(),
        [after.files[path].content for path in EDITED if path in after.files],
        _named(scenario, said),
    )
    others = [path for path in deviation(rule, after).files if path not in EDITED]
    confirmed.unlink()
    result = Edited(runs, fixes, account, tuple(others), after.left)
    if account.lost or account.twice or others or after.left:
        return result._replace(folder=template.keep(scenario, said))
    discard(scenario)
    return result


def _stage(scenario: Scenario) -> None:
    """A file may be truncated or renamed at the moment that git reads it: then git says so."""
    for _ in range(100):
        done = subprocess.run(
            ["git", "add", *EDITED], cwd=scenario.root, env=scenario.environment, capture_output=True, check=False
        )
        if done.returncode == 0:
            return
    raise AssertionError(done.stderr)


def _fixes(output: bytes) -> int:
    try:
        document = json.JSONDecoder().raw_decode(output.decode("utf-8", "replace"))[0]
    except ValueError:
        return output.count(b"files were modified by this hook")
    return len({path for result in document["results"] for path in result["changed_files"]})


def _named(scenario: Scenario, said: bytes) -> list[bytes]:
    """The contents of files that the output names: by an absolute path, or one that a writer left by its name."""
    paths = {Path(os.fsdecode(name.rstrip(b".,:;)"))) for name in re.findall(rb"/[^\s'\"`]+", said)}
    for pattern in (".omnibase-*", ".git/omnibase/rescued/**/*"):
        paths.update(path for path in scenario.root.rglob(pattern) if os.fsencode(path.name) in said)
    return [path.read_bytes() for path in sorted(paths) if path.is_file() and scenario.root / ".git" != path]
