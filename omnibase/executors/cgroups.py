"""Control groups, where the system lets us make some: what memory and processes of a whole batch may come to.

Both versions are served (the kernel's documentation, "Control Group v2" and "cgroup-v1"). Where there is none to be
had, who asks gets none, and has to watch instead.
"""

import os
from collections.abc import Iterable, Mapping

from omnibase.executors.tree import entry
from omnibase.model.record import Record

MEMORY = "memory"
PIDS = "pids"
PREFIX = "omnibase"


class Base(Record):
    """A folder in which groups with a controller can be made."""

    folder: str
    version: int


class Group:
    """A batch's group: a folder for each controller, or one for both."""

    def __init__(self, folders: Mapping[str, Base]) -> None:
        self._folders = folders  # by controller

    def holds(self, controller: str) -> bool:
        return controller in self._folders

    @property
    def doors(self) -> list[str]:
        """The files into which a process writes its number to belong to it."""
        return sorted({f"{base.folder}/cgroup.procs" for base in self._folders.values()})

    def killed(self) -> int:
        """How many processes were killed because their memory was at its limit."""
        base = self._folders.get(MEMORY)
        if base is None:
            return 0
        return _count(f"{base.folder}/{'memory.events' if base.version == 2 else 'memory.oom_control'}", "oom_kill")

    def refused(self) -> int:
        """How often a process was not made because there were as many as there may be."""
        base = self._folders.get(PIDS)
        return _count(f"{base.folder}/pids.events", "max") if base is not None else 0

    def remove(self) -> bool:
        """Whether it is gone; not as long as there are processes in it."""
        for base in self._folders.values():
            try:
                os.rmdir(base.folder)
            except FileNotFoundError:
                continue
            except OSError:
                return False
        return True


def bases(self_cgroup: str = "/proc/self/cgroup", mounts: str = "/proc/self/mountinfo") -> dict[str, Base]:
    """Where groups can be made, by controller. The two files are the kernel's (proc(5))."""
    own = {}
    for line in _read(self_cgroup).splitlines():
        _, controllers, path = line.split(":", 2)
        own.update(dict.fromkeys(controllers.split(",") if controllers else [""], path))
    found: dict[str, Base] = {}
    for line in _read(mounts).splitlines():
        before, _, after = line.partition(" - ")
        root, point = before.split()[3:5]
        kind, _, options = [*after.split(), "", "", ""][:3]
        for controller in (MEMORY, PIDS):
            if kind == "cgroup" and controller in options.split(",") and controller in own:
                folder = _inside(root, point, own[controller])
                if folder is not None and _is_ours(folder):
                    found[controller] = Base(folder, 1)
            elif kind == "cgroup2" and "" in own and controller not in found:
                folder = _delegated(controller, _inside(root, point, own[""]), point)
                if folder is not None:
                    found[controller] = Base(folder, 2)
    return found


def make(where: Mapping[str, Base], name: str, memory: int | None, processes: int | None) -> Group | None:
    """A group of that name with such limits (bytes, processes and threads), or as much of it as there can be."""
    made: dict[str, Base] = {}
    for controller, limit in ((MEMORY, memory), (PIDS, processes)):
        base = where.get(controller)
        if base is None or limit is None:
            continue
        mine = base._replace(folder=f"{base.folder}/{name}")
        try:
            os.mkdir(mine.folder, 0o755)
        except FileExistsError:
            pass  # it has the other controller, too
        except OSError:
            continue
        if _limited(mine, controller, limit):
            made[controller] = mine
        elif mine not in made.values():
            Group({controller: mine}).remove()
    return Group(made) if made else None


def enter(doors: Iterable[str]) -> None:
    """Have this process belong to groups, with all that it starts from now on. Raises OSError where it may not."""
    for door in doors:
        _write(door, "0")


def name_of(run_id: str, batch: int) -> str:
    """A name that tells later whether the process that made the group is still there."""
    own = entry(os.getpid())
    return f"{PREFIX}-{os.getpid()}-{own.started if own else 0}-{run_id.replace('/', '_')}-{batch}"


def tidy(where: Mapping[str, Base]) -> None:
    """Remove the groups of runs that were killed, where nothing is left in them."""
    for folder in {base.folder for base in where.values()}:
        try:
            names = os.listdir(folder)
        except OSError:
            continue  # it is gone
        for name in names:
            prefix, _, rest = name.partition("-")
            pid, _, rest = rest.partition("-")
            if prefix != PREFIX or not pid.isdecimal():
                continue
            there = entry(int(pid))
            if there is None or str(there.started) != rest.partition("-")[0]:
                try:
                    os.rmdir(f"{folder}/{name}")
                except OSError:
                    pass  # something lives in it, or another run was faster


def _limited(group: Base, controller: str, limit: int) -> bool:
    try:
        if controller == PIDS:
            _write(f"{group.folder}/pids.max", str(limit))
        elif group.version == 2:
            _write(f"{group.folder}/memory.max", str(limit))
            _write_where_there_is("0", f"{group.folder}/memory.swap.max")
            _write_where_there_is("1", f"{group.folder}/memory.oom.group")
        else:
            _write(f"{group.folder}/memory.limit_in_bytes", str(limit))
            _write_where_there_is(str(limit), f"{group.folder}/memory.memsw.limit_in_bytes")
    except OSError:
        return False
    return True


def _inside(root: str, point: str, path: str) -> str | None:
    """The folder of a group, where the file system of groups is mounted from `root` on at `point`."""
    if path != root and not path.startswith(root.rstrip("/") + "/"):
        return None
    return os.path.normpath(f"{point}/{path[len(root.rstrip('/')) :]}")


def _delegated(controller: str, own: str | None, point: str) -> str | None:
    """A folder below which groups with the controller can be made: our own, or the one above, for a sibling of ours.

    A group with processes has no controllers below it, so that it is the sibling in all cases but the root's.
    """
    if own is None:
        return None
    for folder in (own, os.path.dirname(own)):
        inside = folder == point or folder.startswith(point + "/")
        if inside and controller in _read(f"{folder}/cgroup.subtree_control").split() and _is_ours(folder):
            return folder
    return None


def _is_ours(folder: str) -> bool:
    return os.access(folder, os.W_OK) and os.access(f"{folder}/cgroup.procs", os.W_OK)


def _count(path: str, name: str) -> int:
    for line in _read(path).splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.isdecimal():
            return int(value)
    return 0


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:  # another system, or the group is gone
        return ""


def _write(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode("ascii"))
    finally:
        os.close(fd)


def _write_where_there_is(text: str, path: str) -> None:
    try:
        _write(path, text)
    except OSError:
        pass  # a kernel without swap, or without the file
