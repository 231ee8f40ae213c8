"""What an attempt took of the machine, from what its batches took."""

from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.outcome import Tries, result_of, together
from omnibase.model.component import Command, Component, PythonCall
from omnibase.model.events import Outcome
from omnibase.model.plan import Task
from omnibase.model.result import Attempt, Cause, Usage

COMMAND = Command(("true",))
CHECK = PythonCall("module", "check", "file", "plugin")
ONE = Usage(wall=0.5, user=0.25, system=0.125, memory=4096, read=512, written=0, startup=0.0625)
OTHER = Usage(wall=0.25, user=0.5, system=0.25, memory=8192, read=0, written=1024, startup=0.125)

SECONDS = st.floats(0, 1e6)
SIZES = st.none() | st.integers(0, 10**12)
USAGES = st.builds(Usage, SECONDS, SECONDS, SECONDS, SIZES, SIZES, SIZES, st.none() | SECONDS)


def attempt(*outcomes: Outcome, work: Command | PythonCall = COMMAND) -> Attempt:
    """The attempt of a task that started at 1 s and ended at 3 s."""
    result = result_of(Task(Component("c", work=work)), outcomes, files=0, tries=Tries(started=1.0), ended=3.0)
    return result.attempts[-1]


def test_what_several_batches_took_one_after_another_is_added_up_but_for_memory() -> None:
    made = attempt(Outcome(0, exit_code=0, usage=ONE), Outcome(0, exit_code=0, usage=OTHER))
    assert made.usage == Usage(wall=2.0, user=0.75, system=0.375, memory=8192, read=512, written=1024, startup=0.1875)


def test_an_attempt_took_as_long_as_it_lasted() -> None:
    for work in (COMMAND, CHECK):
        made = attempt(Outcome(0, usage=ONE, duration=0.01), work=work)
        assert made.usage is not None
        assert made.duration == made.usage.wall == 2.0


def test_the_time_of_a_check_that_was_not_measured_is_its_own() -> None:
    assert attempt(Outcome(0, duration=0.01), work=CHECK) == Attempt(1, 1.0, 0.01)


def test_a_batch_that_never_began_takes_nothing() -> None:
    made = attempt(Outcome(0, exit_code=0, usage=ONE), Outcome(0, cause=Cause.NOT_STARTED, reason="no room"))
    assert made.usage == ONE._replace(wall=2.0)


@given(st.lists(USAGES, min_size=1, max_size=5), SECONDS)
def test_what_is_known_of_any_is_known_of_all_and_is_no_less(usages: list[Usage], wall: float) -> None:
    made = together(usages, wall)
    assert made.wall == wall
    for name in ("user", "system", "memory", "read", "written", "startup"):
        known = [amount for usage in usages if (amount := getattr(usage, name)) is not None]
        amount = getattr(made, name)
        assert (amount is None) == (not known)
        assert all(amount >= one for one in known)
    assert made.memory in [usage.memory for usage in usages]
