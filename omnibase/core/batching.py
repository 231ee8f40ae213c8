"""How a task's files are shared out among batches."""

from bisect import bisect_left
from collections.abc import Collection, Sequence
from itertools import pairwise

from omnibase.model.record import Record

# A worker costs about as much to start as it takes to run a dozen checks over this many files.
PASS_FILES = 200


class Limits(Record):
    """How much one batch may carry.

    A command has no more than `argument_bytes` of arguments, a pass about `pass_files` files, but no more batches than
    keep `workers` workers busy.
    """

    argument_bytes: int = 128 * 1024
    workers: int = 1
    pass_files: int = PASS_FILES


def command_batches(
    argv: Sequence[str], paths: Sequence[str], limits: Limits, per_batch: int | None
) -> list[tuple[int, int]]:
    """Slices of `paths`, one for each run of a command that takes them as arguments.

    As few as the bytes allow, and of even size, because each batch costs a start of the program; `per_batch`, where
    a component declares it, is the most files that one may have. Each slice has at least one path.
    """
    fixed = sum(_cost(argument) for argument in argv)
    room = max(limits.argument_bytes - fixed, 1)
    costs = [_cost(path) for path in paths]
    wanted = max(-(-sum(costs) // room), -(-len(paths) // per_batch) if per_batch else 1, 1)
    target = -(-len(paths) // wanted)
    slices: list[tuple[int, int]] = []
    start = used = 0
    for index, cost in enumerate(costs):
        if index > start and (used + cost > room or index - start >= target):
            slices.append((start, index))
            start, used = index, 0
        used += cost
    slices.append((start, len(paths)))
    return slices


def pass_bounds(paths: Collection[str], limits: Limits) -> list[str]:
    """Where to cut the union of a pass's files, in the order of `by_bytes`: the first path of each batch but one."""
    count = min(-(-len(paths) // limits.pass_files), limits.workers * 2)
    if count < 2:
        return []
    ordered = sorted(paths, key=by_bytes)
    return [ordered[len(ordered) * cut // count] for cut in range(1, count)]


def cut(paths: Sequence[str], bounds: Sequence[str]) -> list[tuple[int, int]]:
    """The slice of `paths` that falls into each of the `len(bounds) + 1` stretches; both in the order of `by_bytes`."""
    at = [0, *(bisect_left(paths, by_bytes(bound), key=by_bytes) for bound in bounds), len(paths)]
    return list(pairwise(at))


def by_bytes(path: str) -> bytes:
    """What inputs are ordered by, as git orders them: a name that is not UTF-8 sorts otherwise than its characters."""
    return path.encode("utf-8", "surrogateescape")


def _cost(argument: str) -> int:
    """Bytes that an argument takes of the system's limit: itself, its NUL and its pointer (execve(2))."""
    return len(by_bytes(argument)) + 9
