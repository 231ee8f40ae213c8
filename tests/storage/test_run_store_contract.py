"""What every run history keeps to: SQLite's, and a second one in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnibase.model.events import Event
from omnibase.model.ports import RunStore
from omnibase.model.result import Status
from omnibase.storage.runs import REMEMBERED, SqliteRuns
from tests.storage import recorded
from tests.storage.recorded import BEGAN, MemoryRuns, passing, run_of


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunStore]:
    made: RunStore = SqliteRuns(str(tmp_path)) if request.param == "sqlite" else MemoryRuns()
    yield made
    made.close()


def _ids(store: RunStore, limit: int = 100) -> list[str]:
    return [run.run_id for run in store.runs(limit)]


def test_a_new_store_is_empty_and_has_nothing_to_say(store: RunStore) -> None:
    assert list(store.runs(10)) == []
    assert dict(store.durations(["ruff"])) == {}
    assert store.notice is None


def test_a_run_is_kept_with_what_it_came_to(store: RunStore) -> None:
    results = {"ruff": (Status.FAIL, 2.5), "mypy": (Status.PASS, 1.0)}
    store.fold(run_of("one", results, started_at=BEGAN + 0.25, stage="pre-commit", seconds=3.5))
    (run,) = store.runs(10)
    assert run == ("one", "pre-commit", "async", "FAIL", 1, BEGAN + 0.25, 3.5)


def test_a_run_without_results_is_a_run(store: RunStore) -> None:
    store.fold(run_of("empty", {}))
    assert store.runs(1)[0].status == "SKIP"


def test_a_run_that_was_killed_is_kept_as_far_as_it_came(store: RunStore) -> None:
    events = run_of("killed", {"ruff": (Status.PASS, 2.0), "mypy": (Status.PASS, 1.0)})[:2]
    store.fold(events)
    assert _ids(store) == ["killed"]
    assert dict(store.durations(["ruff", "mypy"])) == {"ruff": 2.0}


def test_the_newest_run_comes_first_and_no_more_than_asked_for(store: RunStore) -> None:
    for name, at in (("b", 2.0), ("d", 4.0), ("a", 1.0), ("c", 3.0)):
        store.fold(passing(name, 1.0, started_at=BEGAN + at))
    assert _ids(store) == ["d", "c", "b", "a"]
    assert _ids(store, 2) == ["d", "c"]
    assert _ids(store, 0) == []


def test_runs_that_began_in_the_same_moment_have_an_order(store: RunStore) -> None:
    for name in ("b", "c", "a"):
        store.fold(passing(name, 1.0))
    assert _ids(store) == ["c", "b", "a"]


def test_a_run_that_is_folded_again_is_left_as_it_is(store: RunStore) -> None:
    store.fold(passing("one", 1.0))
    before = list(store.runs(10))
    store.fold(passing("one", 1.0))
    store.fold(run_of("one", {"ruff": (Status.FAIL, 9.0), "mypy": (Status.PASS, 5.0)}, seconds=9.0))
    assert list(store.runs(10)) == before
    assert dict(store.durations(["ruff", "mypy"])) == {"ruff": 1.0}


def test_durations_are_medians(store: RunStore) -> None:
    for number, took in enumerate((5.0, 1.0, 100.0)):
        store.fold(passing(f"run-{number}", took, started_at=BEGAN + number))
    assert dict(store.durations(["ruff"])) == {"ruff": 5.0}
    store.fold(passing("run-3", 7.0, started_at=BEGAN + 3))
    assert dict(store.durations(["ruff"])) == {"ruff": 6.0}


def test_only_the_latest_runs_teach_a_duration(store: RunStore) -> None:
    for number in range(REMEMBERED):
        store.fold(passing(f"old-{number}", 1.0, started_at=BEGAN + number))
    for number in range(REMEMBERED // 2 + 1):
        store.fold(passing(f"new-{number}", 9.0, started_at=BEGAN + 100 + number))
    assert dict(store.durations(["ruff"])) == {"ruff": 9.0}


def test_the_order_in_which_runs_are_folded_does_not_matter(store: RunStore) -> None:
    runs = [passing(f"run-{number}", float(number), started_at=BEGAN + number) for number in range(30)]
    for events in (*runs[15:], *runs[:15]):
        store.fold(events)
    assert dict(store.durations(["ruff"])) == {"ruff": 19.5}


@pytest.mark.parametrize(
    ("status", "took", "teaches"),
    [
        (Status.PASS, 2.0, True),
        (Status.WARN, 2.0, True),
        (Status.FAIL, 2.0, True),
        (Status.TIME, 2.0, False),
        (Status.SKIP, 2.0, False),
        (Status.PASS, None, False),
        (Status.SKIP, None, False),
    ],
)
def test_only_what_really_ran_to_its_end_teaches_a_duration(
    store: RunStore, status: Status, took: float | None, teaches: bool
) -> None:
    store.fold(run_of("one", {"ruff": (status, took)}))
    assert dict(store.durations(["ruff"])) == ({"ruff": 2.0} if teaches else {})
    assert _ids(store) == ["one"]


def test_only_the_durations_asked_for_are_given(store: RunStore) -> None:
    store.fold(run_of("one", dict.fromkeys(("a", "b", "c"), (Status.PASS, 1.0))))
    assert dict(store.durations(["a", "c", "unknown"])) == {"a": 1.0, "c": 1.0}
    assert dict(store.durations([])) == {}


def test_a_forgotten_run_teaches_nothing_any_more(store: RunStore) -> None:
    for number in range(3):
        store.fold(passing(f"run-{number}", float(number), started_at=BEGAN + number))
    store.forget(["run-2", "unknown"])
    assert _ids(store) == ["run-1", "run-0"]
    assert dict(store.durations(["ruff"])) == {"ruff": 0.5}
    store.forget([])
    store.fold(passing("run-2", 3.0, started_at=BEGAN + 2))
    assert _ids(store) == ["run-2", "run-1", "run-0"]
    store.forget(["run-0", "run-1", "run-2"])
    assert (_ids(store), dict(store.durations(["ruff"]))) == ([], {})


def test_events_that_do_not_begin_a_run_are_refused_and_nothing_is_kept(store: RunStore) -> None:
    for events in ([], passing("one", 1.0)[1:]):
        with pytest.raises(ValueError, match="how the run began"):
            store.fold(events)
    assert _ids(store) == []
    store.fold(passing("two", 1.0))
    assert _ids(store) == ["two"]


def test_a_run_with_everything_in_it_is_kept(store: RunStore) -> None:
    store.fold(iter(recorded.EVERY_KIND))
    assert _ids(store) == ["run"]
    assert store.runs(1)[0].exit_code == 130


def test_events_may_come_one_by_one(store: RunStore) -> None:
    def coming() -> Iterator[Event]:
        yield from passing("one", 1.0)

    store.fold(coming())
    assert _ids(store) == ["one"]
