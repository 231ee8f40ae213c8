"""What runs at once: slots that batches take, resources of which there is only so much, and who is alone."""

from omnibase.core.scheduling import LOAD_INTERVAL
from omnibase.model.commands import Ask
from omnibase.model.events import Answered, TimerFired
from omnibase.model.plan import Plan
from tests.core.stepping import Scheduler, tasks


def taking(plan: Plan, *wants: dict[str, object]) -> Plan:
    """The plan with batches that take this."""
    batches = tuple(batch._replace(**want) for batch, want in zip(plan.batches, wants, strict=True))
    return plan._replace(batches=batches)


def started(run: Scheduler) -> list[int]:
    return [batch for batch, _ in run.started]


def test_a_batch_takes_as_many_slots_as_it_costs() -> None:
    run = Scheduler(taking(tasks(4, slots=3), {"cost": 2}, {"cost": 1}, {"cost": 1}, {"cost": 2}))
    assert started(run) == [0, 1]
    run.end(1)
    assert started(run) == [2]
    run.end(0)
    assert started(run) == [3]


def test_one_that_costs_more_than_there_is_runs_alone() -> None:
    run = Scheduler(taking(tasks(3, slots=2), {}, {"cost": 9}, {}))
    assert started(run) == [0]
    run.end(0)
    assert started(run) == [1]
    run.end(1)
    assert started(run) == [2]


def test_small_ones_do_not_keep_a_large_one_from_its_turn() -> None:
    run = Scheduler(taking(tasks(5, slots=2), {}, {}, {"cost": 2}, {}, {}))
    run.end(0)
    assert started(run) == []  # batch 3 would fit, and batch 2 is next
    run.end(1)
    assert started(run) == [2]


def test_what_is_exclusive_has_nothing_beside_it() -> None:
    run = Scheduler(taking(tasks(4, slots=4), {}, {"exclusive": True}, {}, {}))
    assert started(run) == [0]
    run.end(0)
    assert started(run) == [1]
    run.end(1)
    assert started(run) == [2, 3]


def test_of_a_resource_only_so_much_is_held_and_others_pass() -> None:
    wants = {"resources": {"database": 1}}
    run = Scheduler(taking(tasks(4, slots=4, resources={"database": 1}), wants, wants, {}, wants))
    assert started(run) == [0, 2]
    run.end(2)
    assert started(run) == []
    run.end(0)
    assert started(run) == [1]
    run.end(1)
    assert started(run) == [3]


def test_a_batch_that_wants_two_resources_waits_for_both() -> None:
    plan = tasks(3, slots=3, resources={"database": 1, "port": 1})
    both = {"resources": {"database": 1, "port": 1}}
    run = Scheduler(taking(plan, {"resources": {"database": 1}}, {"resources": {"port": 1}}, both))
    assert started(run) == [0, 1]
    run.end(0)
    assert started(run) == []
    run.end(1)
    assert started(run) == [2]


def test_amounts_of_a_resource_add_up() -> None:
    two, one = {"resources": {"gpu": 2}}, {"resources": {"gpu": 1}}
    run = Scheduler(taking(tasks(4, slots=4, resources={"gpu": 3}), two, two, one, one))
    assert started(run) == [0, 2]
    run.end(2)
    assert started(run) == [3]
    run.end(0)
    assert started(run) == [1]


def load(run: Scheduler, idle: float | None, memory: float | None) -> None:
    run.feed(TimerFired(1.0, "load"))
    assert run.asked == [Ask("load")]
    run.feed(Answered(1.0, "load", answer={"idle": idle, "memory": memory}))


def test_while_memory_is_short_half_as_many_run_and_never_none() -> None:
    run = Scheduler(tasks(12, slots=4, adaptive=True))
    assert started(run) == [0, 1, 2, 3]
    load(run, 1.0, 0.01)
    run.end(0)
    assert started(run) == []
    run.end(1)
    assert started(run) == []
    run.end(2)
    assert started(run) == [4]
    for _ in range(3):
        load(run, 1.0, 0.01)
    run.end(3)
    assert started(run) == []
    run.end(4)
    assert started(run) == [5]  # one is always under way


def test_when_memory_is_there_again_as_many_run_as_the_run_began_with() -> None:
    run = Scheduler(tasks(12, slots=4, adaptive=True))
    load(run, 1.0, 0.01)
    load(run, 0.0, 0.5)
    run.end(0)
    assert started(run) == [4]
    assert run.state.slots == 4
    load(run, 1.0, 0.5)
    assert started(run) == [5, 6, 7, 8]


def test_a_machine_that_does_not_tell_its_load_keeps_its_slots() -> None:
    run = Scheduler(tasks(5, slots=2, adaptive=True))
    load(run, None, None)
    assert (started(run), run.state.slots) == ([], 2)
    assert run.waits[0].at == 1.0 + 2 * LOAD_INTERVAL
