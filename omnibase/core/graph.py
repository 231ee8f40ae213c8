"""What waits for what: who comes after whom, and whether it goes in a circle."""

from collections.abc import Iterable, Mapping, Sequence

from omnibase.model.plan import Edge


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


def successors(count: int, edges: Iterable[Edge]) -> list[list[int]]:
    """For each of so many tasks, those that have an edge from it."""
    later: list[list[int]] = [[] for _ in range(count)]
    for edge in edges:
        later[edge.before].append(edge.after)
    return later
