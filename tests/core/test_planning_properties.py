"""What holds for every plan, whatever was wanted."""

from itertools import combinations, pairwise
from random import Random
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.batching import Limits
from omnibase.core.planning import Conditions, Wanted, plan
from omnibase.model.component import Command, Component, Need, PythonCall
from omnibase.model.plan import KeepGoing, LeftOut, Plan, Strategy
from omnibase.model.result import Cause
from tests.core.simulator import Habits, play

FIRST = [f"{number}.py" for number in range(8)]
# Names whose order as bytes is not that of their characters: bytes that are no UTF-8 stand for themselves.
NAMES = [*FIRST, "\udc80", "\udcff", "漢", "\ufb01", "\U0001f600", "caf\udce9", "café"]
FILES = tuple(sorted(NAMES, key=lambda name: name.encode("utf-8", "surrogateescape")))
WORKS = (
    Command(("run", "{files}")),
    Command(("run",)),
    PythonCall("module", "check", "file", "plugin"),
    PythonCall("module", "check", "file", "plugin", fixer="module:fix"),
    PythonCall("module", "check", "context", "plugin"),
)


class Wish(NamedTuple):
    """What is drawn for one component. The bits of `links` and `files` say which tasks and files it is about."""

    work: int
    links: int
    files: int | None
    left_out: bool
    fixes: bool
    batch_files: int | None
    seconds: float


WISHES = st.lists(
    st.builds(
        Wish,
        work=st.integers(0, len(WORKS) - 1),
        links=st.integers(0, 4**4 - 1),
        files=st.none() | st.integers(0, 2 ** len(FILES) - 1),
        left_out=st.integers(0, 5).map(lambda number: number == 5),
        fixes=st.integers(0, 4).map(lambda number: number == 4),
        batch_files=st.none() | st.integers(1, 3),
        seconds=st.sampled_from((0.0, 0.5, 1.0, 7.0)),
    ),
    max_size=8,
)
CONDITIONS = st.builds(
    Conditions,
    slots=st.integers(1, 3),
    adaptive=st.booleans(),
    keep_going=st.sampled_from(KeepGoing),
    limits=st.builds(Limits, argument_bytes=st.integers(1, 200), workers=st.integers(1, 4), pass_files=st.just(3)),
    fix=st.booleans(),
)


def made(wishes: list[Wish], conditions: Conditions, order: Random) -> Plan:
    """The plan for the wishes; each may come after some of the four before it, in the registry in any order."""
    wanted = [_wanted(number, wish) for number, wish in enumerate(wishes)]
    order.shuffle(wanted)
    durations = {f"c{number}": wish.seconds for number, wish in enumerate(wishes)}
    return plan(wanted, conditions._replace(durations=durations))


def _wanted(number: int, wish: Wish) -> Wanted:
    links = {f"c{number - back}": wish.links >> 2 * (back - 1) & 3 for back in range(1, min(number, 4) + 1)}
    component = Component(
        f"c{number}",
        WORKS[wish.work],
        needs=tuple(Need(name) for name, link in links.items() if link == 3),
        after=tuple(name for name, link in links.items() if link == 2),
        fixes=wish.fixes and isinstance(WORKS[wish.work], Command),
        batch_files=wish.batch_files,
    )
    paths = None if wish.files is None else tuple(path for bit, path in enumerate(FILES) if wish.files >> bit & 1)
    return Wanted(component, paths, LeftOut(Cause.NO_FILES, "no files to check") if wish.left_out else None)


PLANS = st.builds(made, WISHES, CONDITIONS, st.randoms(use_true_random=True))


def ancestors(of: Plan) -> list[set[int]]:
    """For each task all that ends before it starts."""
    found: list[set[int]] = [set() for _ in of.tasks]
    for _ in of.tasks:
        for edge in of.edges:
            found[edge.after] |= {edge.before} | found[edge.before]
    return found


@given(PLANS)
def test_each_file_of_each_task_is_in_one_batch_and_in_order(of: Plan) -> None:
    for index, task in enumerate(of.tasks):
        spans = [span for batch in task.batches for span in of.batches[batch].spans if span.task == index]
        covered = [at for span in spans for at in range(span.start, span.stop)]
        count = len(of.inputs[task.files]) if task.files is not None and task.left_out is None else 0
        assert covered == list(range(count))
        assert len(spans) == len(task.batches)
        assert bool(task.batches) is (task.left_out is None)


@given(PLANS)
def test_a_file_is_read_once_for_all_the_checks_of_a_pass(of: Plan) -> None:
    read: list[dict[str, int]] = [{} for _ in of.tasks]
    for number, batch in enumerate(of.batches):
        for span in batch.spans:
            files = of.tasks[span.task].files
            paths = of.inputs[files][span.start : span.stop] if files is not None else ()
            read[span.task].update(dict.fromkeys(paths, number))
    for batch in of.batches:
        for one, other in combinations([span.task for span in batch.spans], 2):
            assert all(read[one][path] == read[other][path] for path in read[one].keys() & read[other].keys())


@given(PLANS)
def test_no_batch_has_two_tasks_of_which_one_waits_for_the_other(of: Plan) -> None:
    before = ancestors(of)
    for batch in of.batches:
        tasks = {span.task for span in batch.spans}
        assert not any(before[task] & tasks for task in tasks)


@given(PLANS)
def test_no_task_waits_for_itself(of: Plan) -> None:
    assert not any(index in before for index, before in enumerate(ancestors(of)))


@given(PLANS)
def test_a_writer_is_never_beside_a_task_on_the_same_files(of: Plan) -> None:
    before = ancestors(of)
    files = [set(of.inputs[task.files]) if task.files is not None else set(FILES) for task in of.tasks]
    everything = [task.files is None for task in of.tasks]
    running = [index for index, task in enumerate(of.tasks) if task.left_out is None]
    for writer in running:
        for other in running:
            both = everything[writer] or everything[other] or files[writer] & files[other]
            if of.tasks[writer].component.fixes and writer != other and both:
                assert writer in before[other] or other in before[writer]


@given(PLANS)
def test_every_fixer_ends_before_any_check_starts(of: Plan) -> None:
    before = ancestors(of)
    fixers = {index for index, task in enumerate(of.tasks) if task.fix}
    for index, task in enumerate(of.tasks):
        if task.left_out is None and not task.fix:
            assert fixers <= before[index]
        assert not (task.fix and before[index])


@given(PLANS)
def test_ranks_are_an_order_in_which_each_task_comes_after_its_predecessors(of: Plan) -> None:
    assert sorted(task.rank for task in of.tasks) == list(range(len(of.tasks)))
    assert all(of.tasks[edge.before].rank < of.tasks[edge.after].rank for edge in of.edges)


@given(PLANS)
def test_the_waves_count_what_runs_and_name_the_shape(of: Plan) -> None:
    running = sum(task.left_out is None for task in of.tasks)
    assert sum(of.waves) == running
    assert (of.strategy is Strategy.FULL_PARALLEL) is (len(of.waves) == 1 and running > 1)
    assert (of.strategy is Strategy.SEQUENTIAL) is (max(of.waves, default=1) == 1)


@given(PLANS)
def test_the_critical_path_is_a_chain_and_no_chain_is_longer(of: Plan) -> None:
    path = of.critical_path
    edges = {(edge.before, edge.after) for edge in of.edges}
    assert all(pair in edges for pair in pairwise(path))
    assert of.critical_seconds == sum(of.tasks[index].weight for index in path)
    finish = [0.0] * len(of.tasks)
    for index in sorted(range(len(of.tasks)), key=lambda index: of.tasks[index].rank):
        start = max((finish[edge.before] for edge in of.edges if edge.after == index), default=0.0)
        finish[index] = start + of.tasks[index].weight
    assert of.critical_seconds == max(finish, default=0.0)


@given(PLANS, st.randoms(use_true_random=True))
def test_every_plan_is_carried_out_to_its_end(of: Plan, random: Random) -> None:
    run = play(of, random, Habits(fails=0.2, dies=0.2, interrupts=1))
    assert sorted(run.results) == list(range(len(of.tasks)))
