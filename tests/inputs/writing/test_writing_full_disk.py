"""A disk that is full when a file is written: the file and its folder stay as they are, and the reason is named."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from omnibase.inputs.writing.door import Written, create, write
from omnibase.inputs.writing.ledger import look_again, unsettled
from omnibase.inputs.writing.names import PREFIX

SEEN = b"seen \n"
NEW = b"new\n" * 5_000
FULL = "it cannot be written: No space left on device"

STEPS = ("open", "write", "mkdir", "fsync", "fchmod", "rename")


def _full_at(monkeypatch: pytest.MonkeyPatch, step: str, occasion: int) -> list[int]:
    """Let one call of a function of `os` fail; the list has an element once that has happened."""
    real = getattr(os, step)
    calls: list[int] = []
    failed: list[int] = []

    def call(*arguments: object, **named: object) -> object:
        calls.append(1)
        if len(calls) == occasion:
            failed.append(occasion)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*arguments, **named)

    monkeypatch.setattr(os, step, call)
    return failed


def _names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("with_ledger", [True, False])
def test_whenever_the_disk_is_full_the_file_is_as_before_or_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, with_ledger: bool
) -> None:
    root, git = tmp_path / "root", tmp_path / "git"
    root.mkdir()
    ledger = str(git / "run") if with_ledger else None
    occasion = 0
    failed = [0]
    refused = 0
    while failed:
        occasion += 1
        (root / "file").write_bytes(SEEN)
        before = (root / "file").stat()
        with monkeypatch.context() as full:
            failed = _full_at(full, step, occasion)
            result = write(str(root), "file", SEEN, NEW, ledger)
        assert _names(root) == ["file"]
        if result.changed:
            assert (root / "file").read_bytes() == NEW
        else:
            refused += 1
            assert result == Written(False, FULL)
            assert (root / "file").read_bytes() == SEEN
            assert (root / "file").stat().st_ino == before.st_ino
        if ledger is not None:
            assert look_again(ledger, str(git / "rescued")) == ()
            assert not unsettled(ledger)
            assert not (git / "rescued").exists()
    assert refused or step in ("rename", "mkdir")


@pytest.mark.parametrize("step", STEPS)
def test_whenever_the_disk_is_full_a_file_is_not_there_or_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    root, ledger = tmp_path / "root", str(tmp_path / "git" / "run")
    root.mkdir()
    occasion = 0
    failed = [0]
    while failed:
        occasion += 1
        with monkeypatch.context() as full:
            failed = _full_at(full, step, occasion)
            result = create(str(root), "a/b/file", NEW, False, ledger)
        if result.changed:
            assert _names(root) == ["a", "a/b", "a/b/file"]
            assert (root / "a" / "b" / "file").read_bytes() == NEW
            for path in ("a/b/file", "a/b", "a"):
                (root / path).rmdir() if (root / path).is_dir() else (root / path).unlink()
        else:
            assert result == Written(False, FULL)
            assert _names(root) == []
        assert look_again(ledger, str(tmp_path / "git" / "rescued")) == ()
        assert not unsettled(ledger)


ON_A_SMALL_DISK = """
import os, sys
from omnibase.inputs.writing.ledger import look_again, unsettled
from omnibase.inputs.writing.door import write
disk, seen, new = sys.argv[1], b"seen \\n", b"new\\n" * 5_000
root, ledger = disk + "/root", disk + "/git/run"
os.mkdir(root)
with open(root + "/file", "wb") as file:
    file.write(seen)
room = int(sys.argv[2])
with open(disk + "/filling", "wb", buffering=0) as filling:
    try:
        while True:
            filling.write(bytes(4096))
    except OSError:
        filling.truncate(max(0, filling.seek(0, 2) - room * 4096))
result = write(root, "file", seen, new, ledger)
assert os.listdir(root) == ["file"], os.listdir(root)
with open(root + "/file", "rb") as file:
    assert file.read() == (new if result.changed else seen)
notices = look_again(ledger, disk + "/git/rescued")
assert notices == () and not unsettled(ledger), notices
print(result.problem)
"""


def _on_a_small_disk(folder: Path, options: str, room: int) -> str:
    """What comes of a write on a disk of its own that only the process sees."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    private = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    mount = 'mount -t tmpfs -o "$1" none "$2" || exit 77; exec "$0" -c "$3" "$2" "$4"'
    command = [*private, "sh", "-c", mount, sys.executable, options, str(folder), ON_A_SMALL_DISK, str(room)]
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no unshare here")
    if done.returncode == 77 or done.stderr.startswith("unshare:"):
        pytest.skip(f"a disk of its own cannot be had here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs is Linux's")
def test_on_a_disk_without_room_nothing_changes_and_the_reason_is_named(tmp_path: Path) -> None:
    outcomes = [_on_a_small_disk(tmp_path, "size=256k", room) for room in range(9)]
    assert set(outcomes) == {FULL, "None"}
    assert outcomes == sorted(outcomes, key=lambda outcome: outcome == "None")


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs is Linux's")
def test_on_a_disk_without_room_for_names_nothing_changes_and_the_reason_is_named(tmp_path: Path) -> None:
    outcomes = [_on_a_small_disk(tmp_path, f"size=1m,nr_inodes={4 + more}", 100) for more in range(6)]
    assert set(outcomes) == {FULL, "None"}


def test_what_is_left_by_a_run_on_a_full_disk_has_no_name_of_ours(tmp_path: Path) -> None:
    """A quota, or a limit of the process, is found out in the middle of the content."""
    (tmp_path / "file").write_bytes(SEEN)
    script = (
        "import resource\n"
        "from omnibase.inputs.writing.door import create, write\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        f"print(write({str(tmp_path)!r}, 'file', {SEEN!r}, b'x' * 10000, {str(tmp_path / 'git')!r}).problem)\n"
        f"print(create({str(tmp_path)!r}, 'a/other', b'x' * 10000, ledger={str(tmp_path / 'git')!r}).problem)\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "it cannot be written: File too large\n" * 2
    assert sorted(os.listdir(tmp_path)) == ["file", "git"]
    assert (tmp_path / "file").read_bytes() == SEEN
    assert not any(name.startswith(PREFIX) for name in _names(tmp_path))
