"""The table of where a task looks at its inputs."""

import pytest

from omnibase.core.placing import Circumstances, looks_around, why_staged, why_view
from omnibase.model.component import Command, Component, PythonCall
from omnibase.model.result import Seen, Where

COMMAND = Component("c", Command(("lint", "{files}")))
WRITER = COMMAND._replace(fixes=True)
CHECK = Component("check", PythonCall("module", "check", "file", "plugin"))
CONTEXT = Component("context", PythonCall("module", "check", "context", "plugin"))


@pytest.mark.parametrize(
    ("circumstances", "why"),
    [
        (Circumstances(), None),
        (Circumstances(unstaged=["b"]), "b has changes that are not staged"),
        (Circumstances(unstaged=["b", "a", "c"]), "a and 2 more have changes that are not staged"),
        (Circumstances(untracked=["new/"]), "new/ is not tracked"),
        (Circumstances(untracked=["y", "x"]), "x and 1 more are not tracked"),
        (Circumstances(fixed={"a"}), "a was fixed"),
        (Circumstances(fixed={"a", "b"}), "a and 1 more were fixed"),
        (Circumstances(unsettled=["a"]), "a changed a moment ago"),
        (Circumstances(unsettled=["b", "a"]), "a and 1 more changed a moment ago"),
        (Circumstances(["u"], ["n"], ["f"], ["s"]), "u has changes that are not staged"),
        (Circumstances((), ["n"], ["f"], ["s"]), "n is not tracked"),
        (Circumstances((), (), ["f"], ["s"]), "f was fixed"),
    ],
)
def test_who_only_reads_runs_in_place_where_that_makes_no_difference(
    circumstances: Circumstances, why: str | None
) -> None:
    for component in (COMMAND, CONTEXT):
        assert why_view(component, fix=False, circumstances=circumstances) == why


@pytest.mark.parametrize(("component", "fix"), [(COMMAND, True), (CONTEXT, True), (WRITER, False), (WRITER, True)])
@pytest.mark.parametrize("circumstances", [Circumstances(), Circumstances(unstaged=["a"])])
def test_who_may_write_runs_in_a_view_whatever_there_is(
    component: Component, fix: bool, circumstances: Circumstances
) -> None:
    assert why_view(component, fix=fix, circumstances=circumstances) == "it may write"


@pytest.mark.parametrize(("component", "around"), [(COMMAND, True), (WRITER, True), (CONTEXT, True), (CHECK, False)])
def test_all_but_checks_of_single_files_may_look_around(component: Component, around: bool) -> None:
    assert looks_around(component) is around


@pytest.mark.parametrize(
    ("unstaged", "unsettled", "seen"),
    [
        ((), (), Seen(Where.IN_PLACE)),
        (("b", "a"), ("c",), Seen(Where.STAGED, "a and 1 more have changes that are not staged")),
        (("a",), (), Seen(Where.STAGED, "a has changes that are not staged")),
        ((), ("c", "d", "b"), Seen(Where.STAGED, "b and 2 more changed a moment ago")),
    ],
)
def test_a_pass_looks_over_staged_contents_where_a_file_is_not_as_staged(
    unstaged: tuple[str, ...], unsettled: tuple[str, ...], seen: Seen
) -> None:
    assert why_staged(unstaged, unsettled) == seen
