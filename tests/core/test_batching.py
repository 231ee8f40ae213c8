"""How a task's files are shared out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.batching import Limits, by_bytes, command_batches, cut, pass_bounds

ARGV = ("lint", "--quiet", "{files}")
OVERHEAD = 9  # of each argument: its NUL and its pointer
FIXED = sum(len(argument) + OVERHEAD for argument in ARGV)

NAMES = st.text(st.sampled_from("ab/é漢\ufb01\U0001f600\udc80\udcff"), min_size=1, max_size=12)


def cost(path: str) -> int:
    return len(path.encode("utf-8", "surrogateescape")) + OVERHEAD


def room_for(count: int, length: int = 1) -> Limits:
    """Limits that so many paths of so many bytes just meet."""
    return Limits(argument_bytes=FIXED + count * (length + OVERHEAD))


@pytest.mark.parametrize(
    ("paths", "fit", "per_batch", "sizes"),
    [
        (1, 10, None, [1]),
        (10, 10, None, [10]),
        (11, 10, None, [6, 5]),
        (100, 99, None, [50, 50]),
        (9, 2, None, [2, 2, 2, 2, 1]),
        (3, 1, None, [1, 1, 1]),
        (10, 100, 4, [4, 4, 2]),
        (9, 100, 4, [3, 3, 3]),
        (9, 2, 4, [2, 2, 2, 2, 1]),
        (5, 100, 1, [1, 1, 1, 1, 1]),
        (4, 0, None, [1, 1, 1, 1]),
    ],
)
def test_batches_are_few_and_even(paths: int, fit: int, per_batch: int | None, sizes: list[int]) -> None:
    slices = command_batches(ARGV, ["p"] * paths, room_for(fit), per_batch)
    assert [stop - start for start, stop in slices] == sizes


def test_a_path_longer_than_a_batch_stands_alone() -> None:
    slices = command_batches(ARGV, ["a", "b", "c" * 1_000, "d"], room_for(4), None)
    assert (2, 3) in slices


def test_long_paths_beside_short_ones_do_not_make_a_batch_too_long() -> None:
    paths = ["a", "b", "c" * 50, "d" * 50]
    limits = Limits(argument_bytes=FIXED + cost(paths[2]) + cost(paths[0]))
    assert command_batches(ARGV, paths, limits, None) == [(0, 2), (2, 3), (3, 4)]


def test_the_command_s_own_arguments_count() -> None:
    limits = room_for(10)
    assert command_batches(ARGV, ["p"] * 10, limits, None) == [(0, 10)]
    assert len(command_batches((*ARGV, "--more"), ["p"] * 10, limits, None)) == 2


def test_bytes_count_and_not_characters() -> None:
    assert len(command_batches(ARGV, ["漢"] * 10, room_for(10), None)) == 2
    assert len(command_batches(ARGV, ["\udcff"] * 10, room_for(10), None)) == 1


@given(
    st.lists(NAMES | st.integers(1, 60).map("p".__mul__), min_size=1, max_size=40),
    st.integers(0, 300),
    st.none() | st.integers(1, 20),
)
def test_every_path_is_in_one_slice_in_order_and_no_slice_is_too_long(
    paths: list[str], room: int, per_batch: int | None
) -> None:
    slices = command_batches(ARGV, paths, Limits(argument_bytes=FIXED + room), per_batch)
    assert [index for start, stop in slices for index in range(start, stop)] == list(range(len(paths)))
    for start, stop in slices:
        assert stop > start
        assert stop - start == 1 or sum(map(cost, paths[start:stop])) <= room
        assert per_batch is None or stop - start <= per_batch


@given(st.integers(1, 300), st.integers(1, 50))
def test_paths_of_one_length_go_in_as_few_batches_as_the_bytes_allow(count: int, fit: int) -> None:
    slices = command_batches(ARGV, ["path"] * count, room_for(fit, 4), None)
    assert len(slices) == -(-count // fit)


@pytest.mark.parametrize(
    ("files", "workers", "batches"),
    [(0, 4, 1), (1, 4, 1), (200, 4, 1), (201, 4, 2), (1_000, 4, 5), (5_000, 4, 8), (5_000, 1, 2)],
)
def test_a_pass_has_a_batch_for_so_many_files_but_not_too_many_for_the_workers(
    files: int, workers: int, batches: int
) -> None:
    paths = [f"{number:05}" for number in range(files)]
    bounds = pass_bounds(paths, Limits(workers=workers))
    assert len(bounds) + 1 == batches
    sizes = [stop - start for start, stop in cut(paths, bounds)]
    assert max(sizes) - min(sizes) <= 1


def test_names_that_are_no_text_are_cut_where_git_has_them() -> None:
    """0x80 comes before the bytes of every other one here, as a character behind all but the last."""
    paths = ["\udc80", "é", "漢", "\ufb01", "\udcff"]
    assert [path.encode("utf-8", "surrogateescape") for path in paths] == sorted(map(by_bytes, paths))
    bounds = pass_bounds(paths, Limits(workers=4, pass_files=1))
    assert cut(paths, bounds) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]


@given(st.lists(st.sets(NAMES, max_size=30), min_size=1, max_size=4), st.integers(1, 5), st.integers(1, 8))
def test_every_file_of_every_check_falls_into_one_stretch(lists: list[set[str]], workers: int, size: int) -> None:
    union = set().union(*lists)
    bounds = pass_bounds(union, Limits(workers=workers, pass_files=size))
    whole = cut(sorted(union, key=by_bytes), bounds)
    assert all(stop > start for start, stop in whole) or not union
    stretches = [set(sorted(union, key=by_bytes)[start:stop]) for start, stop in whole]
    for paths in lists:
        ordered = sorted(paths, key=by_bytes)
        slices = cut(ordered, bounds)
        assert [index for start, stop in slices for index in range(start, stop)] == list(range(len(ordered)))
        for (start, stop), stretch in zip(slices, stretches, strict=True):
            assert set(ordered[start:stop]) <= stretch
