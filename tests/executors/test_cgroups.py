"""Where control groups can be made, read from the kernel's files as other systems have them."""

import os
from pathlib import Path

import pytest

from omnibase.executors import cgroups
from omnibase.executors.cgroups import MEMORY, PIDS, Base
from omnibase.executors.tree import entry

OWN = "/user.slice/app.slice/run.scope"


def _group(folder: Path, controllers: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cgroup.procs").touch()
    (folder / "cgroup.subtree_control").write_text(controllers)
    return folder


def _bases(tmp_path: Path, own: str, *mounts: str) -> dict[str, Base]:
    (tmp_path / "cgroup").write_text(own)
    (tmp_path / "mountinfo").write_text("".join(f"{mount}\n" for mount in mounts))
    return cgroups.bases(str(tmp_path / "cgroup"), str(tmp_path / "mountinfo"))


def _v2(point: Path, root: str = "/") -> str:
    return f"30 24 0:26 {root} {point} rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"


def _v1(point: Path, controllers: str, root: str = "/") -> str:
    return f"31 24 0:27 {root} {point} rw,nosuid - cgroup cgroup rw,{controllers}"


def test_a_sibling_below_a_parent_that_is_delegated(tmp_path: Path) -> None:
    _group(tmp_path / "fs" / OWN[1:])
    parent = _group(tmp_path / "fs/user.slice/app.slice", "cpu memory pids")
    found = _bases(tmp_path, f"0::{OWN}\n", _v2(tmp_path / "fs"))
    assert found == {MEMORY: Base(str(parent), 2), PIDS: Base(str(parent), 2)}


def test_a_parent_has_the_controllers_that_it_has(tmp_path: Path) -> None:
    _group(tmp_path / "fs" / OWN[1:])
    parent = _group(tmp_path / "fs/user.slice/app.slice", "pids")
    assert _bases(tmp_path, f"0::{OWN}\n", _v2(tmp_path / "fs")) == {PIDS: Base(str(parent), 2)}


def test_without_a_controller_there_is_none(tmp_path: Path) -> None:
    _group(tmp_path / "fs" / OWN[1:])
    _group(tmp_path / "fs/user.slice/app.slice", "cpu")
    assert _bases(tmp_path, f"0::{OWN}\n", _v2(tmp_path / "fs")) == {}


def test_what_is_above_the_mount_is_not_ours(tmp_path: Path) -> None:
    """In a container, whose root is its own group."""
    _group(tmp_path, "memory pids")
    _group(tmp_path / "fs")
    assert _bases(tmp_path, "0::/\n", _v2(tmp_path / "fs")) == {}


def test_the_root_of_all_may_have_processes_and_controllers(tmp_path: Path) -> None:
    root = _group(tmp_path / "fs", "memory pids")
    assert _bases(tmp_path, "0::/\n", _v2(tmp_path / "fs")) == {MEMORY: Base(str(root), 2), PIDS: Base(str(root), 2)}


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_not_ours(tmp_path: Path) -> None:
    root = _group(tmp_path / "fs", "memory pids")
    root.chmod(0o555)
    assert _bases(tmp_path, "0::/\n", _v2(tmp_path / "fs")) == {}


def test_version_1_has_a_hierarchy_for_each_controller(tmp_path: Path) -> None:
    memory = _group(tmp_path / "memory/jobs/7")
    pids = _group(tmp_path / "pids")
    own = "8:pids:/\n4:memory:/jobs/7\n0::/\n"
    mounts = (_v2(tmp_path / "unified"), _v1(tmp_path / "memory", "memory"), _v1(tmp_path / "pids", "pids"))
    expected = {MEMORY: Base(str(memory), 1), PIDS: Base(str(pids), 1)}
    assert _bases(tmp_path, own, *mounts) == expected
    assert _bases(tmp_path, own, *reversed(mounts)) == expected


def test_a_mount_that_begins_at_a_group(tmp_path: Path) -> None:
    memory = _group(tmp_path / "memory/7")
    mount = _v1(tmp_path / "memory", "memory", "/docker")
    assert _bases(tmp_path, "4:memory:/docker/7\n", mount) == {MEMORY: Base(str(memory), 1)}
    assert _bases(tmp_path, "4:memory:/dockers/7\n", mount) == {}


def test_a_system_without_the_files_has_none(tmp_path: Path) -> None:
    assert cgroups.bases(str(tmp_path / "none"), str(tmp_path / "none either")) == {}


def _made_by_the_kernel(folder: Path, **files: str) -> None:
    folder.mkdir()
    for name, text in files.items():
        (folder / name.replace("_", ".", 1)).write_text(text)


def test_a_group_of_version_2_is_limited_with_its_swap_and_ends_as_one(tmp_path: Path) -> None:
    where = {MEMORY: Base(str(tmp_path), 2), PIDS: Base(str(tmp_path), 2)}
    group = tmp_path / "mine"
    _made_by_the_kernel(group, memory_max="max", memory_swap="", pids_max="max")
    for name in ("memory.swap.max", "memory.oom.group"):
        (group / name).write_text("max")
    made = cgroups.make(where, "mine", 1000, 7)
    assert made is not None
    assert made.holds(MEMORY)
    assert made.holds(PIDS)
    assert made.doors == [f"{group}/cgroup.procs"]
    names = ("memory.max", "memory.swap.max", "memory.oom.group", "pids.max")
    assert [(group / name).read_text()[:4] for name in names] == ["1000", "0ax", "1ax", "7ax"]


def test_what_the_kernel_counts_is_read(tmp_path: Path) -> None:
    where = {MEMORY: Base(str(tmp_path), 2), PIDS: Base(str(tmp_path), 2)}
    group = tmp_path / "mine"
    _made_by_the_kernel(group, memory_max="max", pids_max="max")
    made = cgroups.make(where, "mine", 1000, 7)
    assert made is not None
    assert (made.killed(), made.refused()) == (0, 0)
    (group / "memory.events").write_text("low 0\nmax 31\noom 2\noom_kill 1\noom_group_kill 1\n")
    (group / "pids.events").write_text("max 4\n")
    assert (made.killed(), made.refused()) == (1, 4)


def test_a_process_enters_by_all_doors_or_is_told(tmp_path: Path) -> None:
    doors = [str(_group(tmp_path / name) / "cgroup.procs") for name in ("memory", "pids")]
    cgroups.enter(doors)
    assert [Path(door).read_text() for door in doors] == ["0", "0"]
    with pytest.raises(FileNotFoundError):
        cgroups.enter([*doors, str(tmp_path / "gone/cgroup.procs")])


def test_of_a_group_that_cannot_be_limited_nothing_is_left(tmp_path: Path) -> None:
    """As in a folder that is no control group: the kernel makes no files there."""
    assert cgroups.make({MEMORY: Base(str(tmp_path), 2)}, "mine", 1000, None) is None
    assert os.listdir(tmp_path) == []


def test_what_killed_runs_have_left_is_removed_where_it_is_empty(tmp_path: Path) -> None:
    own = entry(os.getpid())
    assert own is not None
    gone = f"omnibase-{os.getpid()}-{own.started + 1}-run-3"  # the number is another process's by now
    full = f"omnibase-{2**22 + 1}-77-run-3"
    others = ("omnibase-x", "system.slice", cgroups.name_of("run", 4))
    for name in (gone, full, f"{full}/inside", *others):
        (tmp_path / name).mkdir()
    cgroups.tidy({MEMORY: Base(str(tmp_path), 2), PIDS: Base(str(tmp_path / "not there"), 2)})
    assert sorted(os.listdir(tmp_path)) == sorted([full, *others])
