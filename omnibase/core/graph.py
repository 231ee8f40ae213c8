"""Circles in what waits for what."""

from collections.abc import Mapping, Sequence


def find_cycle(edges: Mapping[str, Sequence[str]]) -> tuple[str, ...] | None:
    """The first circle met when the edges are followed in their order, closed: ("a", "b", "a"). None without one.

    What has no entry of its own leads nowhere. Takes time in proportion to nodes and edges, and no recursion.
    """
    done: set[str] = set()
    for start in edges:
        if start in done:
            continue
        path, on_path = [start], {start: 0}
        ways = [iter(edges[start])]
        while ways:
            following = next(ways[-1], None)
            if following is None:
                ways.pop()
                done.add(path[-1])
                del on_path[path.pop()]
            elif following in on_path:
                return (*path[on_path[following] :], following)
            elif following not in done:
                on_path[following] = len(path)
                path.append(following)
                ways.append(iter(edges.get(following, ())))
    return None
