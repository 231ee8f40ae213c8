"""Output of components that are followed; and what progress does where it cannot, or must not, show anything."""

import io

import pytest

from omnibase.cli.progress import Liveness, Progress
from omnibase.cli.progress.live import Live
from omnibase.cli.progress.view import Screen
from omnibase.cli.watching import followed
from omnibase.model.component import Command, Component
from omnibase.model.errors import RegistryError
from omnibase.model.events import Noticed
from omnibase.model.ports import Style
from omnibase.model.registry import Registry
from tests.cli.progress.runs import Run, last_line, plan
from tests.cli.progress.test_live import Shown

EVERY: list[Liveness] = ["live", "lines", "off"]


@pytest.fixture(autouse=True)
def _size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Live, "_screen", lambda self: Screen(80, 24, self._finished))


def watched(how: Liveness, *follow: str, style: Style = Style()) -> tuple[Run, Progress, io.StringIO]:  # noqa: B008 - frozen
    stream = io.StringIO()
    progress = Progress(stream, how, style, report_follows=True, follow=follow)
    return Run(plan(["build", "lint"]), progress.observe), progress, stream


@pytest.mark.parametrize("how", EVERY)
def test_nobody_listens_where_nothing_is_followed(how: Liveness) -> None:
    assert watched(how)[1].tap_or_none is None
    assert watched(how, "build")[1].tap_or_none is not None


@pytest.mark.parametrize("how", EVERY)
def test_lines_of_what_is_followed_come_at_once_with_its_name(how: Liveness) -> None:
    run, progress, stream = watched(how, "build")
    run.begin()
    run.start(0.0, 0)
    progress.tap("build", "compiling\nlinking")
    progress.tap("lint", "looking")
    assert "build | compiling\nbuild | linking\n" in stream.getvalue()
    assert "looking" not in stream.getvalue()


def test_on_a_terminal_they_stay_above_the_view() -> None:
    stream = Shown(80, 24)
    progress = Progress(stream, "live", Style(emoji=True), report_follows=True, follow=["build"])
    run = Run(plan(["build", "lint"]), progress.observe)
    run.begin()
    run.start(0.0, 0)
    progress.tap("build", "early")
    progress.look(1.0, last_line)
    progress.tap("build", "compiling\nlinking")
    progress.look(1.1, last_line)
    assert stream.rows[:3] == ["build | early", "build | compiling", "build | linking"]
    assert "1 running" in stream.rows[-1]
    progress.tap("build", "last words")
    run.over(1.2)
    progress.close()
    assert stream.rows == ["build | early", "build | compiling", "build | linking", "build | last words"]


def test_in_a_log_the_start_comes_before_the_output_however_short_the_run_is() -> None:
    run, progress, stream = watched("lines", "build")
    run.begin()
    run.start(0.0, 0)
    progress.tap("build", "compiling")
    run.end(0.5, 0, seconds=0.5)
    assert stream.getvalue().splitlines() == [
        "[  0.0 s] start build (12 files)",
        "build | compiling",
        "[  0.5 s] PASS build 0.5 s: 12 files",
    ]


def test_only_the_name_is_dim() -> None:
    _, progress, stream = watched("lines", "build", style=Style(color=True))
    progress.tap("build", "compiling")
    assert stream.getvalue() == "\x1b[2mbuild |\x1b[0m compiling\n"


def test_much_output_at_once_is_all_shown() -> None:
    stream = Shown(80, 24)
    progress = Progress(stream, "live", Style(emoji=True), report_follows=True, follow=["build"])
    run = Run(plan(["build"]), progress.observe)
    run.begin()
    run.start(0.0, 0)
    progress.look(1.0, last_line)
    for number in range(3000):
        progress.tap("build", f"line {number}")
    progress.look(1.1, last_line)
    run.over(1.2)
    progress.close()
    assert [row for row in stream.rows if row] == [f"build | line {number}" for number in range(2978, 3000)]
    assert stream.getvalue().count("build | line") == 3000


def test_off_says_nothing() -> None:
    run, progress, stream = watched("off")
    progress.observe(Noticed(0.0, "making a view"))
    run.begin()
    run.start(0.0, 0)
    assert progress.pulse is None
    progress.look(40.0, last_line)
    run.fail(50.0, 0)
    run.over(60.0)
    assert stream.getvalue() == ""


class Failing(io.StringIO):
    """A stream that takes nothing."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("how", EVERY)
def test_a_stream_that_takes_nothing_is_no_matter_of_the_run(how: Liveness) -> None:
    progress = Progress(Failing(), how, Style(), follow=["a"])
    run = Run(plan(["a", "b"]), progress.observe)
    progress.observe(Noticed(0.0, "making a view"))
    run.begin()
    run.start(0.0, 0)
    progress.tap("a", "output")
    progress.look(2.0, last_line)
    run.end(3.0, 0)
    progress.look(3.1, last_line)
    assert progress.pulse is None  # nobody is to be woken for nothing
    run.over(4.0)
    progress.close()


def test_whoever_is_followed_has_to_exist() -> None:
    registry = Registry(components=tuple(Component(name, Command(("true",))) for name in ("ruff", "mypy", "pytest")))
    assert followed(["ruff,mypy", " pytest "], registry) == ("ruff", "mypy", "pytest")
    assert followed([], registry) == ()
    with pytest.raises(RegistryError, match="no component is called 'rufff'") as raised:
        followed(["rufff"], registry)
    assert raised.value.remedy == "did you mean 'ruff'?"
