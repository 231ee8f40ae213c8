"""What the person who steps through reads: the task in question, its files, its output, and what it came to."""

from omnibase.cli.formatters.failures import SEEN, failures
from omnibase.cli.formatters.layout import (
    BOLD,
    DIM,
    RED,
    columns,
    duration,
    padded,
    painted,
    quantity,
    shell,
    symbol,
    wrapped,
)
from omnibase.cli.stepping.environment import declared, hidden
from omnibase.cli.stepping.words import usage
from omnibase.core.outcome import is_failure
from omnibase.core.redaction import shown_path, visible
from omnibase.executors.invoking import invocation, shown
from omnibase.model.component import PythonCall
from omnibase.model.plan import Task
from omnibase.model.ports import Assignment, StepMoment, Style
from omnibase.model.report import ReportedResult, RepositoryState, RunHeader, RunReport
from omnibase.model.result import Output, Result, Where

FIRST = 10  # so many files are shown, unless all are wanted
BESIDE = 3  # so many beside their number
FAILURE = 30  # so many lines of what a failure has to say
LABEL = 9  # columns


def name_of(task: Task) -> str:
    """A task's name as people read it: a check and its fixer are told apart."""
    return f"{shown_path(task.component.name)}{' (fix)' if task.fix else ''}"


def overview(moment: StepMoment, style: Style) -> str:
    """A task that is about to begin: what it is, why it runs, on what, how and where."""
    task = moment.plan.tasks[moment.task]
    one = task.component
    place = sum(result is not None for result in moment.results) + 1
    heading = f"[{place} of {len(moment.plan.tasks)}] {name_of(task)} {one.version}, {one.type}, {one.lifecycle}"
    first, *more = wrapped(heading, style.width, "  ")
    lines = [painted(first, BOLD, style), *(painted(line, BOLD, style) for line in more)]
    if one.description:
        lines += [f"  {line}" for line in wrapped(visible(one.description), style.width - 2)]
    env = ", ".join(declared(moment.batches[0])) or "nothing is declared"
    label, work = _work(moment.batches)
    rows = {"why": moment.why, "after": _earlier(moment), "inputs": _inputs_in_short(moment.batches)}
    for name, text in {**rows, label: work, "where": _where(moment), "env": env}.items():
        # A command is never wrapped: it is there to be copied.
        beside = wrapped(visible(text), style.width - LABEL - 2) if name != "command" else text.split("\n")
        start = painted(padded(name, LABEL), DIM, style)
        lines += [f"  {start}{beside[0]}", *(f"  {' ' * LABEL}{line}" for line in beside[1:])] if text else []
    return "".join(f"{line}\n" for line in lines)


def failed(moment: StepMoment, style: Style) -> str:
    """What a task came to that failed, as the report will have it, but for what is long."""
    task, result = moment.plan.tasks[moment.task], moment.result
    if result is None:
        return ""
    lines = failures(_report(task, result), style).splitlines()
    left = len(lines) - FAILURE
    if left > 1:
        lines = [*lines[:FAILURE], painted(f"... {left} more lines; `output` shows what it printed", DIM, style)]
    return "".join(f"{line}\n" for line in lines)


def ended(task: Task, result: Result, style: Style) -> str:
    """One line for a task that has ended, or more where it has a reason to give and the terminal is narrow."""
    fails = is_failure(result, required=task.component.required)
    words = [symbol(result.status, style), name_of(task)]
    words += [duration(sum(attempt.duration for attempt in result.attempts))] if result.attempts else []
    words += [quantity(len(result.findings), "finding")] if result.findings else []
    words += [visible(result.reason)] if result.reason else []
    lines = wrapped(" ".join(words), style.width, "  ")
    return "".join(f"{painted(line, RED if fails else DIM, style)}\n" for line in lines)


def inputs(batches: tuple[Assignment, ...], *, everything: bool) -> str:
    """The files of a task, the first of them or all."""
    paths = [shown_path(path) for batch in batches for path in batch.shares[0].paths or ()]
    if not paths:
        return "it is given no files\n"
    left = 0 if everything else len(paths) - FIRST
    lines = paths if left <= 0 else [*paths[:FIRST], f"... and {left} more; `inputs all` shows them"]
    return "".join(f"{line}\n" for line in lines)


def output(name: str, result: Result, style: Style) -> str:
    """What the last attempt of a task has printed."""
    printed: Output | None = result.output
    if printed is None or not printed.size:
        return f"{name} has printed nothing\n"
    text = visible(printed.text)
    more = f"; more of it: {shown_path(printed.path)}" if printed.path else ""
    heading = painted(f"output of {name} ({quantity(printed.size, 'byte')}{more}):", DIM, style)
    return f"{heading}\n{text}" + ("" if text.endswith("\n") else "\n")


def help_text(question: str, style: Style) -> str:
    """All that can be said at a question."""
    rows = usage(question)
    width = max(columns(word) for word, _ in rows) + 2
    if style.width - width < 30:
        return "".join(f"{word}\n    {said}\n" for word, said in rows)
    return "".join(f"{padded(word, width)}{said}\n" for word, said in rows)


def _earlier(moment: StepMoment) -> str:
    """What it waited for, and what came of that."""
    before = sorted({edge.before for edge in moment.plan.edges if edge.after == moment.task})
    ends = ((name_of(moment.plan.tasks[index]), moment.results[index]) for index in before)
    return ", ".join(f"{name} {result.status}" if result is not None else name for name, result in ends)


def _inputs_in_short(batches: tuple[Assignment, ...]) -> str:
    paths = [path for batch in batches for path in batch.shares[0].paths or ()]
    if not paths:
        return "no files"
    some = ", ".join(shown_path(path) for path in paths[:BESIDE])
    return f"{quantity(len(paths), 'file')}: {some}{', ...' if len(paths) > BESIDE else ''}"


def _where(moment: StepMoment) -> str:
    where = SEEN[moment.where.where]
    if moment.where.where is Where.IN_PLACE:
        where += f", {shown_path(moment.batches[0].place.root)}"
    component = moment.batches[0].shares[0].component
    where += f", in {shown_path(component.cwd)}" if component.cwd != "." else ""
    return f"{where}: {visible(moment.where.why)}" if moment.where.why else where


def _work(batches: tuple[Assignment, ...]) -> tuple[str, str]:
    """The command of its first batch, or the function; and what it is."""
    share = batches[0].shares[0]
    work = share.component.work
    if isinstance(work, PythonCall):
        return "function", f"{work.fixer if batches[0].fix else f'{work.module}:{work.function}'}, in a worker"
    command = hidden(batches[0], shell(shown(share, invocation(share, batches[0].place, None))))
    more = len(batches) - 1
    return "command", f"$ {command}" + (f"\nand {more} more batch{'es' if more > 1 else ''} like it" if more else "")


def _report(task: Task, result: Result) -> RunReport:
    """A report of one result alone."""
    one = task.component
    spent = sum(attempt.duration for attempt in result.attempts)
    entry = ReportedResult(one.name, one.version, one.type, one.lifecycle, one.required, result, None, spent)
    header = RunHeader("", "", "", "", 0.0, RepositoryState(""))
    return RunReport(header, result.status, 1, 0.0, 0.0, (entry,))
