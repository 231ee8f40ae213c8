"""The plan of a run: tasks, edges, order, shape and batches."""

from collections.abc import Sequence
from typing import Any

import pytest

from omnibase.core import batching
from omnibase.core.planning import Conditions, Wanted, learnt, plan
from omnibase.core.recovering import dropped
from omnibase.model.component import Command, Component, Limits, Need, Parsing, PythonCall
from omnibase.model.plan import Edge, EdgeKind, KeepGoing, LeftOut, Plan, Strategy
from omnibase.model.result import Cause

CHECK = PythonCall("module", "check", "file", "plugin")
FIXABLE = CHECK._replace(fixer="module:fix")
NO_FILES = LeftOut(Cause.NO_FILES, "no files to check")
PARALLEL = Conditions(slots=4)


def wanted(
    name: str, paths: Sequence[str] | None = ("a.py",), left_out: LeftOut | None = None, **fields: Any
) -> Wanted:
    """A component; `needs` are names."""
    fields["needs"] = tuple(Need(need) for need in fields.get("needs", ()))
    fields.setdefault("work", Command((name, "{files}")))
    return Wanted(Component(name, **fields), tuple(paths) if paths is not None else None, left_out)


def named(made: Plan) -> set[tuple[str, str, str]]:
    """The edges in words; a fixer has a plus behind its name."""
    names = [task.component.name + "+" * task.fix for task in made.tasks]
    return {(names[edge.before], edge.kind.value, names[edge.after]) for edge in made.edges}


def order(made: Plan) -> list[str]:
    """The names in the order of their ranks."""
    return [task.component.name for task in sorted(made.tasks, key=lambda task: task.rank)]


def shared(made: Plan) -> list[set[str]]:
    """For each batch, whose it is."""
    return [{made.tasks[span.task].component.name for span in batch.spans} for batch in made.batches]


# Edges


def test_needs_and_after_are_edges_where_both_ends_are_there() -> None:
    made = plan([wanted("a"), wanted("b", after=("a", "absent")), wanted("c", needs=("b", "absent"))], PARALLEL)
    assert named(made) == {("a", "after", "b"), ("b", "needs", "c")}


def test_of_two_edges_between_the_same_tasks_needs_counts() -> None:
    assert named(plan([wanted("a"), wanted("b", after=("a",), needs=("a",))], PARALLEL)) == {("a", "needs", "b")}


def test_steps_are_edges_that_want_success() -> None:
    made = plan([wanted("a"), wanted("b"), wanted("c", after=("b",))], PARALLEL, [("a", "b"), ("b", "c")])
    assert named(made) == {("a", "needs", "b"), ("b", "needs", "c")}


def test_steps_in_a_circle_are_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        plan([wanted("a"), wanted("b", needs=("a",))], PARALLEL, [("b", "a")])


def test_fixers_come_before_every_check() -> None:
    wishes = [
        wanted("a", work=FIXABLE),
        wanted("b"),
        wanted("c", work=FIXABLE, needs=("b",)),
        wanted("d", [], NO_FILES),
    ]
    made = plan(wishes, PARALLEL._replace(fix=True))
    assert [(task.component.name, task.fix) for task in made.tasks] == [
        *[("a", True), ("c", True)],
        *[("a", False), ("b", False), ("c", False), ("d", False)],
    ]
    fixed = {(fixer, "after", check) for fixer in ("a+", "c+") for check in "abc"}
    assert named(made) == fixed | {("b", "needs", "c")}
    assert [batch.fix for batch in made.batches] == [batch_of == {"a", "c"} for batch_of in shared(made)]


def test_nothing_is_fixed_unless_asked_for() -> None:
    assert not any(task.fix for task in plan([wanted("a", work=FIXABLE)], PARALLEL).tasks)


def test_fixing_commands_come_after_fixing_functions_and_before_every_check() -> None:
    wants = [
        wanted("x", ["a.py"], work=Command(("x", "{files}")), fix=("mend-x", "{files}")),
        wanted("y", ["a.py"], work=FIXABLE),
    ]
    made = plan(wants, PARALLEL._replace(fix=True))
    names = [(task.component.name, task.fix) for task in made.tasks]
    assert names == [("y", True), ("x", True), ("x", False), ("y", False)]
    assert made.tasks[1].component.work == Command(("mend-x", "{files}"))
    order = {(edge.before, edge.after) for edge in made.edges}
    assert order == {(0, 1), (0, 2), (0, 3), (1, 2), (1, 3)}
    assert [batch.fix for batch in made.batches].count(True) == 2


def test_fixing_commands_on_the_same_files_run_one_after_another_and_others_beside_each_other() -> None:
    wants = [
        wanted(name, paths, work=Command(("check",)), fix=("mend", "{files}"))
        for name, paths in (("x", ["a", "b"]), ("y", ["b", "c"]), ("z", ["d"]), ("all", None))
    ]
    made = plan(wants, PARALLEL._replace(fix=True))
    fixers = {index: task.component.name for index, task in enumerate(made.tasks) if task.fix}
    pairs = {
        (fixers[edge.before], fixers[edge.after])
        for edge in made.edges
        if edge.before in fixers and edge.after in fixers
    }
    assert pairs == {("x", "y"), ("x", "all"), ("y", "all"), ("z", "all")}


def test_a_command_that_is_not_told_its_files_may_write_any_and_runs_alone() -> None:
    wants = [
        wanted("x", ["a"], work=Command(("write",)), fixes=True),
        wanted("y", ["b"], work=Command(("write", "{files}")), fixes=True),
        wanted("z", ["c"]),
    ]
    assert {pair[::2] for pair in named(plan(wants, PARALLEL))} == {("x", "y"), ("x", "z")}


def test_a_fixing_command_has_no_findings_of_its_own_to_be_read() -> None:
    made = plan(
        [wanted("x", ["a"], work=Command(("x",)), fix=("mend",), findings=Parsing("ruff"))], PARALLEL._replace(fix=True)
    )
    assert [task.component.findings for task in made.tasks] == [None, Parsing("ruff")]


def test_what_is_left_out_has_no_fixer() -> None:
    skipped = LeftOut(Cause.USER_SKIP, "skipped on request")
    wishes = [wanted("a", [], NO_FILES, work=FIXABLE), wanted("b", left_out=skipped, work=FIXABLE), wanted("c")]
    made = plan(wishes, PARALLEL._replace(fix=True))
    assert (len(made.tasks), named(made)) == (3, set())


def test_the_fixer_of_a_check_that_takes_the_context_is_a_pass_all_the_same() -> None:
    made = plan([wanted("a", work=FIXABLE._replace(takes="context"))], PARALLEL._replace(fix=True))
    assert [(batch.fix, made.tasks[batch.spans[0].task].fix) for batch in made.batches] in (
        [(True, True), (False, False)],
        [(False, False), (True, True)],
    )


# Writers


def test_a_writer_goes_before_those_that_share_a_file_with_it() -> None:
    wishes = [wanted("lint", ["a.py", "b.py"]), wanted("other", ["c.py"]), wanted("format", ["b.py"], fixes=True)]
    assert named(plan(wishes, PARALLEL)) == {("format", "after", "lint")}


def test_a_writer_and_what_it_waits_for_go_before_the_rest() -> None:
    wishes = [wanted("a", ["a.py"]), wanted("b", ["b.py"]), wanted("c", ["c.py"], needs=("b",))]
    made = plan([*wishes, wanted("w", ["a.py"], needs=("c",), fixes=True)], PARALLEL)
    assert named(made) == {("b", "needs", "c"), ("c", "needs", "w"), ("w", "after", "a")}


def test_a_writer_goes_after_what_it_waits_for() -> None:
    wishes = [wanted("a"), wanted("b", after=("w",)), wanted("w", needs=("a",), fixes=True)]
    assert named(plan(wishes, PARALLEL)) == {("a", "needs", "w"), ("w", "after", "b")}


def test_two_writers_of_a_file_go_in_the_declared_order() -> None:
    wishes = [wanted("v", fixes=True), wanted("w", fixes=True), wanted("u", fixes=True, after=("w",))]
    assert named(plan(wishes, PARALLEL)) == {("v", "after", "w"), ("v", "after", "u"), ("w", "after", "u")}


def test_a_writer_without_files_may_change_any() -> None:
    wishes = [wanted("a", ["a.py"]), wanted("b", None), wanted("w", None, fixes=True, work=Command(("w",)))]
    assert named(plan(wishes, PARALLEL)) == {("w", "after", "a"), ("w", "after", "b")}


def test_what_is_left_out_is_kept_from_nothing() -> None:
    skipped = LeftOut(Cause.USER_SKIP, "skipped on request")
    wishes = [wanted("a"), wanted("b", left_out=skipped), wanted("w", left_out=skipped, fixes=True)]
    assert named(plan(wishes, PARALLEL)) == set()
    assert named(plan([*wishes, wanted("v", fixes=True)], PARALLEL)) == {("v", "after", "a")}


def test_writers_make_no_circle_with_what_is_declared() -> None:
    """What a writer waits for comes early, and so does what that waits for."""
    wishes = [
        wanted("a", needs=("d",)),
        wanted("w", fixes=True, after=("b",)),
        wanted("b", needs=("c",)),
        wanted("c"),
        wanted("d", after=("w",)),
    ]
    made = plan(wishes, Conditions(slots=1))
    assert order(made) == ["c", "b", "w", "d", "a"]
    assert ("w", "after", "a") in named(made)


# Order, weight and shape


def test_one_after_another_the_declared_order_is_kept_where_it_can_be() -> None:
    wishes = [wanted("a"), wanted("b", needs=("d",)), wanted("c"), wanted("d")]
    conditions = Conditions(slots=1, durations={"c": 100.0})
    assert order(plan(wishes, conditions)) == ["a", "c", "d", "b"]


def test_side_by_side_the_longest_way_to_the_end_goes_first() -> None:
    wishes = [wanted("a"), wanted("b"), wanted("c"), wanted("d", needs=("c",)), wanted("e")]
    durations = {"a": 1.0, "b": 5.0, "c": 2.0, "d": 4.0}
    for conditions in (Conditions(slots=5), Conditions(slots=1, adaptive=True)):
        made = plan(wishes, conditions._replace(durations=durations, usual=4.5))
        assert order(made) == ["c", "b", "e", "d", "a"]


def test_the_critical_path_is_the_longest_chain() -> None:
    wishes = [
        wanted("a"),
        wanted("b", after=("a",)),
        wanted("c", needs=("a",)),
        wanted("d", needs=("b", "c")),
        wanted("e"),
    ]
    made = plan(wishes, PARALLEL._replace(durations={"a": 1.0, "b": 2.0, "c": 3.0, "d": 1.5, "e": 5.0}))
    assert [made.tasks[index].component.name for index in made.critical_path] == ["a", "c", "d"]
    assert made.critical_seconds == 5.5


def test_what_was_never_timed_has_the_usual_weight_and_what_is_left_out_none() -> None:
    made = plan(
        [wanted("a"), wanted("b"), wanted("c", [], NO_FILES)], PARALLEL._replace(durations={"a": 9.0, "c": 7.0})
    )
    assert [task.weight for task in made.tasks] == [9.0, 1.0, 0.0]


def test_a_plan_without_anything_to_run_has_no_critical_path() -> None:
    for wishes in ([], [wanted("a", [], NO_FILES)]):
        made = plan(wishes, PARALLEL)
        assert (made.critical_path, made.critical_seconds, made.waves) == ((), 0.0, ())


@pytest.mark.parametrize(
    ("wishes", "strategy", "waves"),
    [
        ([], Strategy.SEQUENTIAL, ()),
        (["a"], Strategy.SEQUENTIAL, (1,)),
        (["a", "b a", "c b"], Strategy.SEQUENTIAL, (1, 1, 1)),
        (["a", "b", "c"], Strategy.FULL_PARALLEL, (3,)),
        (["a", "b a", "c", "d c"], Strategy.DEPENDENCY_CHAINS, (2, 2)),
        (["a", "b a", "c"], Strategy.DEPENDENCY_CHAINS, (2, 1)),
        (["a", "b a", "c a"], Strategy.STAGED_PARALLEL, (1, 2)),
        (["a", "b", "c a b"], Strategy.STAGED_PARALLEL, (2, 1)),
        (["a", "-b", "c"], Strategy.FULL_PARALLEL, (2,)),
        (["a", "-b a", "c"], Strategy.FULL_PARALLEL, (2,)),
        (["-b", "c b", "d"], Strategy.FULL_PARALLEL, (2,)),
        (["a", "-b a", "c b"], Strategy.SEQUENTIAL, (1, 1)),
        (["a", "-b a", "c b", "d"], Strategy.DEPENDENCY_CHAINS, (2, 1)),
    ],
)
def test_the_shape_of_a_plan_has_a_name(wishes: list[str], strategy: Strategy, waves: tuple[int, ...]) -> None:
    """Each wish is a name and what it needs; a minus is left out."""
    made = plan(
        [
            wanted(name.lstrip("-"), ["a.py"], NO_FILES if name[0] == "-" else None, needs=needs)
            for name, *needs in (wish.split() for wish in wishes)
        ],
        PARALLEL,
    )
    assert (made.strategy, made.waves) == (strategy, waves)


# Batches


def test_a_command_has_as_many_batches_as_its_files_need() -> None:
    paths = [f"{number:04}.py" for number in range(1_000)]
    limits = batching.Limits(argument_bytes=4_096)
    made = plan(
        [wanted("a", paths), wanted("b", paths, work=Command(("b",))), wanted("c", None)],
        PARALLEL._replace(limits=limits),
    )
    counts = [len(task.batches) for task in made.tasks]
    assert counts[0] > 1
    assert counts[1:] == [1, 1]
    spans = [made.batches[batch].spans[0] for batch in made.tasks[0].batches]
    assert [index for span in spans for index in range(span.start, span.stop)] == list(range(1_000))


def test_the_single_file_checks_of_a_level_share_a_pass() -> None:
    wishes = [
        wanted("a", work=CHECK),
        wanted("b", ["b.py"], work=CHECK),
        wanted("c", work=CHECK, needs=("a",)),
        wanted("d", work=CHECK, after=("b",)),
        wanted("e", work=CHECK._replace(takes="context")),
        wanted("f", work=CHECK, executor="theirs"),
        wanted("g"),
    ]
    made = plan(wishes, PARALLEL)
    assert sorted((sorted(names), batch.executor) for names, batch in zip(shared(made), made.batches, strict=True)) == [
        (["a", "b"], "python"),
        (["c", "d"], "python"),
        (["e"], "python"),
        (["f"], "theirs"),
        (["g"], "command"),
    ]


def test_what_is_left_out_keeps_no_check_from_sharing_a_pass() -> None:
    wishes = [wanted("a", work=CHECK), wanted("b", [], NO_FILES, work=CHECK), wanted("c", work=CHECK, needs=("b",))]
    assert shared(plan(wishes, PARALLEL)) == [{"a", "c"}]


def test_a_large_pass_is_cut_and_each_check_has_its_own_part_of_each_stretch() -> None:
    paths = [f"{number:04}" for number in range(2 * batching.PASS_FILES)]
    few = [paths[0], paths[batching.PASS_FILES], paths[-1]]
    wishes = [wanted("a", paths, work=CHECK), wanted("b", few, work=CHECK), wanted("c", [paths[-1]], work=CHECK)]
    made = plan(wishes, PARALLEL._replace(limits=batching.Limits(workers=2)))
    parts = [{made.tasks[s.task].component.name: (s.start, s.stop) for s in batch.spans} for batch in made.batches]
    assert parts == [
        {"a": (0, 200), "b": (0, 1), "c": (0, 0)},
        {"a": (200, 400), "b": (1, 3), "c": (0, 1)},
    ]


def test_a_check_without_files_still_has_its_pass() -> None:
    assert shared(plan([wanted("a", [], work=CHECK), wanted("b", None, work=CHECK)], PARALLEL)) == [{"a", "b"}]


def test_small_passes_may_run_in_this_process() -> None:
    made = plan([wanted("a", work=CHECK), wanted("b")], PARALLEL._replace(inline=True))
    assert [batch.executor for batch in made.batches] == ["command", "inline"]


def test_a_timeout_bounds_an_attempt_and_a_deadline_all_of_them() -> None:
    wishes = [wanted("a", timeout=5.0, deadline=3.0), wanted("b", timeout=5.0), wanted("c", deadline=3.0)]
    made = plan(wishes, PARALLEL)
    assert [batch.timeout for batch in made.batches] == [5.0, 5.0, None]
    assert [task.timeout for task in made.tasks] == [None, None, None]
    assert [task.deadline for task in made.tasks] == [3.0, None, 3.0]


def test_in_a_pass_the_shorter_of_timeout_and_deadline_bounds_an_attempt() -> None:
    made = plan([wanted("a", work=CHECK, timeout=5.0, deadline=3.0)], PARALLEL)
    assert [batch.timeout for batch in made.batches] == [3.0]
    assert made.tasks[0].deadline is None


def test_a_check_with_limits_of_its_own_shares_its_worker_with_nobody() -> None:
    limits = Limits(cpu=1.0)
    wishes = [wanted("a", work=CHECK), wanted("b", work=CHECK, limits=limits), wanted("c", work=CHECK)]
    made = plan(wishes, PARALLEL._replace(inline=True))
    assert shared(made) == [{"a", "c"}, {"b"}]
    assert [batch.executor for batch in made.batches] == ["inline", "python"]


# Fallbacks


def test_what_stands_by_is_no_part_of_the_plan_s_shape() -> None:
    made = plan([wanted("a", fallback="b"), wanted("c"), wanted("b")._replace(standby=True)], PARALLEL)
    assert [task.fallback for task in made.tasks] == [2, None, None]
    assert [task.standby for task in made.tasks] == [False, False, True]
    assert (made.waves, made.strategy) == ((2,), Strategy.FULL_PARALLEL)
    assert 2 not in made.critical_path
    assert made.tasks[2].weight == 0.0


def test_what_stands_by_has_no_order_and_no_fixer() -> None:
    standing_by = wanted("b", after=("a",), fix=("true",))._replace(standby=True)
    made = plan([wanted("a", fallback="b"), standing_by, wanted("c", after=("b",))], PARALLEL._replace(fix=True))
    assert made.edges == ()
    assert [task.component.name for task in made.tasks] == ["a", "b", "c"]


def test_a_check_that_stands_by_is_in_nobody_s_pass() -> None:
    wishes = [wanted("a", work=CHECK, fallback="b"), wanted("b", work=CHECK)._replace(standby=True)]
    assert shared(plan(wishes, PARALLEL)) == [{"a"}, {"b"}]


def test_what_comes_after_a_component_cannot_stand_in_for_it() -> None:
    made = plan([wanted("a", fallback="c"), wanted("b", needs=("a",)), wanted("c", after=("b",))], PARALLEL)
    assert made.tasks[0].fallback is None
    assert dropped(made.tasks) == ["c comes after a in this run, and cannot stand in for it"]


def test_two_that_would_wait_for_each_other_s_fallback_do_not() -> None:
    wishes = [
        wanted("a", fallback="d"),
        wanted("b", fallback="c"),
        wanted("c", after=("a",)),
        wanted("d", after=("b",)),
    ]
    made = plan(wishes, PARALLEL)
    assert [task.fallback for task in made.tasks] == [3, None, None, None]
    assert dropped(made.tasks) == ["c comes after b in this run, and cannot stand in for it"]


def test_a_component_without_files_stands_in_for_nobody() -> None:
    left_out = LeftOut(Cause.NO_FILES, "no files to check")
    made = plan([wanted("a", fallback="b"), wanted("b", [])._replace(left_out=left_out)], PARALLEL)
    assert made.tasks[0].fallback is None
    assert dropped(made.tasks) == []


def test_a_writer_is_kept_apart_from_what_stands_in_for_another() -> None:
    wishes = [
        wanted("a", ["a.py"], fallback="b"),
        wanted("w", ["b.py"], fixes=True),
        wanted("b", ["b.py"])._replace(standby=True),
    ]
    assert [(edge.before, edge.after) for edge in plan(wishes, PARALLEL).edges] == [(1, 0)]


def test_the_limit_of_a_command_bounds_all_its_batches_together() -> None:
    made = plan([wanted("a", ["a.py", "b.py"], batch_files=1, timeout=5.0)], PARALLEL)
    assert [batch.timeout for batch in made.batches] == [None, None]
    assert made.tasks[0].timeout == 5.0


def test_a_pass_has_the_longest_limit_of_its_checks() -> None:
    wishes = [wanted("a", work=CHECK, timeout=5.0), wanted("b", work=CHECK, timeout=9.0), wanted("c", work=CHECK)]
    made = plan(wishes, PARALLEL)
    assert [batch.timeout for batch in made.batches] == [9.0]
    assert {task.timeout for task in made.tasks} == {None}


def test_tasks_with_the_same_files_share_the_list_of_them() -> None:
    made = plan([wanted("a", ["a"]), wanted("b", ["a"]), wanted("c", ["b"]), wanted("d", None)], PARALLEL)
    assert made.inputs == (("a",), ("b",))
    assert [task.files for task in made.tasks] == [0, 0, 1, None]


def test_a_plan_holds_what_it_was_made_for() -> None:
    conditions = Conditions(
        slots=3, adaptive=True, keep_going=KeepGoing.ALWAYS, timeout=60.0, retry=False, change_fails=True, shuffle="7"
    )
    made = plan([wanted("a"), wanted("b", after=("a",))], conditions)
    assert (made.slots, made.adaptive, made.keep_going) == (3, True, KeepGoing.ALWAYS)
    assert (made.timeout, made.retry, made.change_fails, made.shuffle) == (60.0, False, True, "7")
    assert made.edges == (Edge(0, 1, EdgeKind.AFTER),)


@pytest.mark.parametrize("absurd", [-1.0, 1e300, float("inf"), float("nan")])
def test_durations_that_cannot_be_are_not_learnt(absurd: float) -> None:
    assert learnt({"a": 2.0, "b": absurd, "c": 4.0, "d": 1.0}) == ({"a": 2.0, "c": 4.0, "d": 1.0}, 2.0)
    assert learnt({"a": absurd}) == ({}, 1.0)


def test_what_takes_particular_things_has_batches_of_its_own_that_take_them() -> None:
    plain, heavy = wanted("a", ["x"]), wanted("b", ["x"], cost=3, exclusive=True, resources={"gpu": 2})
    made = plan([plain, heavy], PARALLEL._replace(resources={"gpu": 4}))
    (one, two) = (made.batches[task.batches[0]] for task in made.tasks)
    assert (one.cost, one.exclusive, one.resources) == (1, False, {})
    assert (two.cost, two.exclusive, two.resources) == (3, True, {"gpu": 2})
    assert made.resources == {"gpu": 4}


def test_a_batch_never_wants_more_of_a_resource_than_there_is_in_the_plan() -> None:
    """It would wait for ever; a registry that says so was refused before."""
    made = plan([wanted("a", resources={"gpu": 3}), wanted("b", resources={"gpu": 1, "port": 1})], PARALLEL)
    assert made.resources == {"gpu": 3, "port": 1}


def test_what_a_plan_is_expected_to_take_is_no_less_than_its_slots_and_its_longest_chain_allow() -> None:
    durations = {"a": 4.0, "b": 2.0, "c": 2.0}
    made = plan([wanted(name) for name in "abc"], Conditions(slots=2, durations=durations))
    assert (made.expected_seconds, made.expected_makespan) == (8.0, 4.0)
    chain = [wanted("a"), wanted("b", after=("a",)), wanted("c")]
    assert plan(chain, Conditions(slots=2, durations=durations)).expected_makespan == 6.0
    assert plan(chain, Conditions(slots=1, durations=durations)).expected_makespan == 8.0


def test_what_stands_by_has_the_place_of_who_calls_upon_it() -> None:
    """As much waits for it: behind all others it would hold back what comes after who called."""
    wishes = [wanted("a"), wanted("b", fallback="d"), wanted("c"), wanted("d", fallback="e"), wanted("e")]
    wishes = [wish._replace(standby=wish.component.name in "de") for wish in wishes]
    made = plan(wishes, Conditions(slots=1))
    assert [task.rank for task in made.tasks] == [0, 1, 2, 1, 1]
