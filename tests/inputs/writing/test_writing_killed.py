"""Whoever writes may be killed at any moment: no edit is lost, and the next run finds all that was left behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnibase.inputs.writing.ledger import settle, unsettled
from omnibase.inputs.writing.names import PREFIX

# How often a writer is killed while others edit; a few seconds by default, 1,000 to be sure.
RUNS = int(os.environ.get("OMNIBASE_FAULT_RUNS", "100"))
# How many kills one set of files sees, so that files stay small.
KILLS_OF_A_ROUND = 50

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="where every promise holds"),
    pytest.mark.timeout(120 + RUNS),
]


def _start(script: str, *arguments: str) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


# Kills a child of its own in the middle of a write, at each function of the system that it calls, one after the other.
# Edits are made by the child itself at earlier ones of these moments. Where a lease makes others wait, it gives up.
STEPS = """
import os, random, shutil, signal, sys
from omnibase.inputs.writing.ledger import settle, unsettled
from omnibase.inputs.writing.names import PREFIX
from omnibase.inputs.writing.door import create, write
import ctypes, fcntl, hashlib, json  # as whoever writes his second file has them

folder, what, style, share = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
root, ledger, rescued = folder + "/root", folder + "/git/run", folder + "/git/rescued"
file, SEEN, NEW = root + "/sub/file", b"seen\\n", b"new\\n"
unimportant = {"append", "encode", "get", "hexdigest", "isinstance", "len", "startswith", "pop", "isdisjoint", "join"}

class Editor:
    def __init__(self, confirmed):
        self.confirmed = confirmed
        self.known = b""

    def append(self):
        try:
            fd = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
        except BlockingIOError:
            return
        os.write(fd, b"1\\n")
        os.close(fd)
        os.write(self.confirmed, b"1")

    def read(self):
        with open(file, "rb") as stream:
            self.known = stream.read()

    def save(self, line=b"2"):
        with open(file + "~", "wb") as stream:
            stream.write(self.known + line + b"\\n")
        os.rename(file + "~", file)
        os.write(self.confirmed, line)

    def rename(self):
        self.read()
        self.save(b"1")

def child(plan, confirmed):
    step = 0
    editor = Editor(confirmed)
    def watch(frame, event, argument):
        nonlocal step
        if event != "c_call" or argument.__name__ in unimportant:
            return
        step += 1
        for at, action in plan:
            if at == step and action == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            elif at == step:
                sys.setprofile(None)
                getattr(editor, action)()
                sys.setprofile(watch)
    sys.setprofile(watch)
    if what == "write":
        write(root, "sub/file", SEEN, NEW, ledger)
    else:
        create(root, "sub/file", NEW, False, ledger)
    sys.setprofile(None)
    os.write(confirmed, b"e")

def tried(*plan):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(root + ("/sub" if what == "write" else ""))
    if what == "write":
        with open(file, "wb") as stream:
            stream.write(SEEN)
    ends = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            child(plan, ends[1])
        finally:
            os._exit(0)
    os.close(ends[1])
    os.waitpid(pid, 0)
    with open(ends[0], "rb") as stream:
        said = stream.read()
    notices = settle(ledger, rescued)
    left = [name for _, _, names in os.walk(folder) for name in names if name.startswith(PREFIX)]
    assert not left and not unsettled(ledger), (plan, left, notices)
    texts = []
    if os.path.exists(file):
        with open(file, "rb") as stream:
            texts.append(stream.read())
    if what == "create":
        assert texts == [NEW] or not os.path.exists(root + "/sub"), (plan, texts, notices)
    elif len(plan) == 1:
        assert texts in ([SEEN], [NEW]), (plan, texts)
    if len(plan) == 1:
        assert not os.path.exists(rescued), (plan, notices)
    for name in os.listdir(rescued) if os.path.exists(rescued) else ():
        assert any(notice.count(rescued + "/" + name) for notice in notices), (plan, notices)
        with open(rescued + "/" + name, "rb") as stream:
            texts.append(stream.read())
    lines = {line for text in texts for line in text.splitlines()}
    assert lines >= {b"%c" % line for line in said if line in b"12"}, (plan, texts, notices)
    return b"e" in said, len(texts)

steps = 1
while not tried((steps, "kill"))[0]:
    steps += 1
outcomes = 0
chance = random.Random(7)
for first in range(1, steps) if style else ():
    for second in range(first, steps + 1):
        if chance.random() < share:
            if style == "stale":
                third = chance.randint(second, steps)
                edits = (first, "rename"), (second, "read"), (third, "save"), (chance.randint(third, 2 * steps), "kill")
            else:
                edits = ((first, style), (second, "kill"))
            outcomes += tried(*edits)[1] > 1
print(steps, outcomes)
"""


def _stepwise(folder: Path, what: str, style: str = "", share: float = 0.0) -> tuple[int, int]:
    """The steps of a write, and how often an edit was rescued; fails where one was lost or something was left."""
    with _start(STEPS, str(folder / "place"), what, style, str(share)) as process:
        printed = process.communicate()[0]
    assert process.returncode == 0
    steps, rescued = printed.split()
    return int(steps), int(rescued)


@pytest.mark.parametrize("what", ["write", "create"])
def test_killed_at_each_step_nothing_is_left_and_the_file_is_as_before_or_fixed(tmp_path: Path, what: str) -> None:
    steps, _ = _stepwise(tmp_path, what)
    assert steps > 30


@pytest.mark.parametrize("style", ["append", "rename", "stale"])
def test_edited_at_some_steps_and_killed_at_a_later_one_all_edits_are_in_the_file_or_rescued(
    tmp_path: Path, style: str
) -> None:
    """`stale` is an editor that saves, reads again, and saves what it has read and a line more."""
    _, rescued = _stepwise(tmp_path, "write", style, 1.0 if RUNS >= 1000 else 0.03)
    assert style == "append" or rescued  # a lease keeps who appends from what is no longer in its place


EDITOR = """
import os, random, select, sys
style, *paths = sys.argv[1:]
number = 0
while not select.select([0], [], [], random.random() * 0.001)[0]:
    path = random.choice(paths)
    number += 1
    if style == "append":
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
    else:
        with open(path, "rb") as old:
            content = old.read()
        file = os.open(path + "~", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(file, content)
    os.write(file, b"%d \\n" % number)
    os.close(file)
    if style == "rename":
        os.rename(path + "~", path)
    os.write(1, b"%s\\t%d\\n" % (os.fsencode(path), number))
"""

FIXER = """
import os, random, sys
from omnibase.inputs.writing.door import write
if sys.argv[1] == "fast":
    os.fsync = lambda file: None  # most kills would find it waiting for the disk
root, ledger, *names = sys.argv[2:]
os.write(1, b"r")
while True:
    name = random.choice(names)
    with open(os.path.join(root, name), "rb") as file:
        seen = file.read()
    write(root, name, seen, seen.replace(b" \\n", b"\\n") + b"fixed\\n" * (b" " not in seen), ledger)
"""


@pytest.mark.parametrize("style", ["append", "rename"])
def test_no_line_of_another_program_is_lost_when_writers_are_killed(tmp_path: Path, style: str) -> None:
    figures: Counter[str] = Counter()
    kills = RUNS // 2
    for number in range(0, kills, KILLS_OF_A_ROUND):
        _kill_writers(tmp_path / str(number), style, min(KILLS_OF_A_ROUND, kills - number), figures)
    print(style, dict(sorted(figures.items())))
    assert figures["lines"] > kills
    assert figures["left behind"]


def _kill_writers(folder: Path, style: str, kills: int, figures: Counter[str]) -> None:
    root, git = folder / "root", folder / "git"
    git.mkdir(parents=True)
    root.mkdir()
    paths = [root / name for name in ("a", "b", "c")]
    for path in paths:
        path.write_bytes(b"")
    notices: list[str] = []
    confirmed = git / "confirmed"
    with open(confirmed, "wb") as out:
        editor = subprocess.Popen(
            [sys.executable, "-c", EDITOR, style, *map(str, paths)], stdin=subprocess.PIPE, stdout=out
        )
    with editor:
        for kill in range(kills):
            ledger = git / str(kill)
            speed = "fast" if kill % 4 else "safe"
            fixers = [_start(FIXER, speed, str(root), str(ledger), *(path.name for path in paths)) for _ in "12"]
            for fixer in fixers:
                assert fixer.stdout is not None
                assert fixer.stdout.read(1) == b"r"
            _let_them_work()
            for fixer in fixers:
                os.kill(fixer.pid, signal.SIGKILL)
                fixer.communicate()
            figures["kills"] += len(fixers)
            figures["left behind"] += sum(name.startswith(PREFIX) for name in os.listdir(root))
            notices += settle(str(ledger), str(git / "rescued"))
            assert not unsettled(str(ledger))
        assert editor.poll() is None
        editor.communicate()
    assert [name for name in os.listdir(root) if name.startswith(PREFIX)] == []
    found = {str(path): set(path.read_bytes().split()) for path in paths}
    for name, path, lines in _rescued(git / "rescued", paths):
        assert any(name in notice for notice in notices)
        found[path] |= lines
        figures["rescued"] += 1
    for line in confirmed.read_bytes().splitlines():
        edited, number = line.split(b"\t")
        assert number in found[os.fsdecode(edited)], (line, notices)
        figures["lines"] += 1
    figures["notices"] += len(notices)
    figures["fixed"] += sum(path.read_bytes().count(b"fixed") for path in paths)


def _let_them_work() -> None:
    """Until a moment that nothing foretells: when they are killed is what is tried here."""
    signal.sigtimedwait([], random.random() * 0.03)


def _rescued(folder: Path, paths: list[Path]) -> Iterator[tuple[str, str, set[bytes]]]:
    for name in os.listdir(folder) if folder.exists() else ():
        (path,) = (path for path in paths if name.startswith(f"{path.name}."))
        yield name, str(path), set((folder / name).read_bytes().split())
