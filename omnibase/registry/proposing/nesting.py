"""Which folders below a repository's root are projects of their own."""

import posixpath
from collections.abc import Iterable

from omnibase.registry.proposing.excluding import aside

MANIFESTS = ("pyproject.toml", "package.json", "Cargo.toml", "go.mod")
MAX_PROJECTS = 8
MAX_DEPTH = 2


def folders(paths: Iterable[str]) -> list[str]:
    """Folders below the root that have a manifest of a kind that no folder above them has; few, and not deep.

    A folder whose manifest repeats one above is a part of that project (a workspace, a module of it).
    """
    manifests: dict[str, set[str]] = {}
    for path in paths:
        folder, name = posixpath.split(path)
        if name in MANIFESTS:
            manifests.setdefault(folder, set()).add(name)
    found: list[str] = []
    for folder in sorted(manifests, key=lambda name: (name.count("/"), name)):
        parts = folder.split("/")
        above = ["", *("/".join(parts[:end]) for end in range(1, len(parts)))]
        covered = set().union(*(manifests.get(one, set()) for one in above))
        if folder and len(parts) <= MAX_DEPTH and not aside(folder) and not manifests[folder] <= covered:
            found.append(folder)
    return found[:MAX_PROJECTS]
