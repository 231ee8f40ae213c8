"""What a run of components that misbehave leaves is seen, whichever way it is found, and ended."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from omnibase.storage import journal
from tests.faults import processes
from tests.faults.survivors import locks, survivors

WAIT = "import time\nprint(1, flush=True)\ntime.sleep(60)"


@pytest.mark.parametrize("by", ["mark", "session", "word"])
def test_a_process_is_found_by_its_mark_its_session_or_its_command_line(tmp_path: Path, by: str) -> None:
    marked, word = processes.mark(), str(tmp_path / "word")
    command = [sys.executable, "-c", WAIT, *([word] if by == "word" else [])]
    env = {**os.environ, **(marked if by == "mark" else {})}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = survivors(marked, word, [process.pid] if by == "session" else [], 0.0)
        assert (len(found.marked), len(found.others)) == ((1, 0) if by == "mark" else (0, 1))
        assert process.wait(60) == -9
    assert survivors(marked, word, [process.pid], 0.0) == ((), ())


def test_a_lock_of_git_s_and_a_run_that_seems_to_go_on_are_seen(tmp_path: Path) -> None:
    (tmp_path / "index.lock").touch()
    folder = tmp_path / "omnibase" / "runs" / "one"
    folder.mkdir(parents=True)
    with (folder / journal.NAME).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert locks(tmp_path) == ("index.lock", "one")
