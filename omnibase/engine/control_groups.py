"""The control groups that bound this process, and what their files say (cgroups(7), version 1 and 2)."""

import os

FOLDER = "/sys/fs/cgroup"
OWN = "/proc/self/cgroup"


def groups(controller: str, own: str = OWN, folder: str = FOLDER) -> list[str]:
    """The folders of this process's group and of all above it, each of which bounds it; none where there are none.

    `own` is a file as proc(5) has it. With version 2 all controllers are in one folder, with version 1 each has its
    own, perhaps together with others ("cpu,cpuacct").
    """
    found: list[str] = []
    for line in (read(own, 64 * 1024) or b"").decode("utf-8", "surrogateescape").splitlines():
        _, _, rest = line.partition(":")
        controllers, colon, path = rest.partition(":")
        if not colon:
            continue  # the last one, cut off
        if not controllers:
            found += _upward(folder, path)
        elif controller in controllers.split(","):
            for name in dict.fromkeys((controller, controllers)):
                found += _upward(f"{folder}/{name}", path)
    return found


def read(path: str, most: int = 4096) -> bytes | None:
    """The beginning of a file that the kernel makes; None where it is not there, or not any more."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.read(fd, most)
    except OSError:
        return None
    finally:
        os.close(fd)


def _upward(top: str, path: str) -> list[str]:
    """The group's folder and those above it. In a container, `top` may be the group itself."""
    parts = [part for part in path.split("/") if part not in ("", "..")]
    return ["/".join((top, *parts[:count])) for count in range(len(parts), -1, -1)]
