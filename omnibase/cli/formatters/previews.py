"""What a dry run tells people: the plan's order, and each batch that would be started."""

from collections.abc import Iterator, Sequence

from omnibase.cli.formatters.layout import duration, quantity, shell, wrapped
from omnibase.core.redaction import shown_path, visible
from omnibase.model.ports import Style
from omnibase.model.report import PlannedTask, PlanSummary
from omnibase.model.result import Preview

# Unless all is to be shown: so many batches of a component, with so many of the files that each is given.
SHOWN_BATCHES = 3
SHOWN_FILES = 3
TOGETHER = "\0"  # a blank at which no line is broken; no name has it


def plan_lines(plan: PlanSummary, style: Style) -> Iterator[str]:
    """The order of the plan, by waves where several run at once, what it takes at least, and what that hangs on."""
    words = [plan.strategy, f"{plan.slots or 1} at once{' or more' if plan.adaptive else ''}"]
    known = any(task.seconds is not None for wave in plan.order for task in wave)
    if known and plan.estimated is not None:
        words.append(f"at least {duration(plan.estimated)}")
    if known and plan.estimated_speedup is not None and plan.estimated_speedup >= 1.005:
        words.append(f"{plan.estimated_speedup:.2f} times as fast as one at a time")
    yield from wrapped(f"plan: {', '.join(words)}", style.width, "  ")
    if plan.slots == 1 and not plan.adaptive:
        ordered = sorted((task for wave in plan.order for task in wave), key=lambda task: task.place)
        yield from _joined("  order: ", ordered, style)
    else:
        widest = len(str(len(plan.order)))
        for number, wave in enumerate(plan.order, start=1):
            yield from _joined(f"  {number:>{widest}}. ", wave, style)
    if plan.critical_path[1:]:
        names = " -> ".join(map(shown_path, plan.critical_path))
        yield from (f"  {line}" for line in wrapped(f"critical path: {names}", style.width - 2, "  "))


def preview_lines(previews: Sequence[Preview], style: Style) -> Iterator[str]:
    """The batches of one component: those that would mend first. Nothing is cut where all is to be shown."""
    groups: dict[str, list[Preview]] = {"fix": [], "": []}
    for preview in previews:
        groups.setdefault("fix" if preview.fix else preview.fallback or "", []).append(preview)
    for title, batches in groups.items():
        if batches:
            yield from _batches(title or ("then" if groups["fix"] else ""), batches, style)
    if style.verbosity > 0:
        for expected in dict.fromkeys((preview.cache, preview.why) for preview in previews):
            yield f"cache: {expected[0]}{f' ({visible(expected[1])})' if expected[1] else ''}"


def _joined(start: str, tasks: Sequence[PlannedTask], style: Style) -> Iterator[str]:
    lines = wrapped(", ".join(map(_task, tasks)), style.width - len(start))
    starts = [start, *(" " * len(start) for _ in lines[1:])]
    yield from (f"{begin}{line}".replace(TOGETHER, " ") for begin, line in zip(starts, lines, strict=True))


def _task(task: PlannedTask) -> str:
    words = [
        shown_path(task.name),
        *(["(fix)"] if task.fix else []),
        *([duration(task.seconds)] if task.seconds else []),
    ]
    return TOGETHER.join(words)


def _batches(title: str, batches: Sequence[Preview], style: Style) -> Iterator[str]:
    files = [preview.files for preview in batches if preview.files is not None]
    many = f"{len(batches)} batches over {quantity(sum(files), 'file')}" if batches[1:] else ""
    heading = ", ".join(word for word in (shown_path(title), many) if word)
    commands = [preview for preview in batches if preview.command is not None]
    if heading and (commands or many):
        yield f"{heading}:" if commands else heading
    shown = commands if style.verbosity > 0 else commands[:SHOWN_BATCHES]
    yield from (f"$ {_command(preview, style)}" for preview in shown)
    if len(shown) < len(commands):
        yield f"... {len(commands) - len(shown)} more; `-v` shows them all"


def _command(preview: Preview, style: Style) -> str:
    argv = preview.command or ()
    at, count = preview.files_at, preview.files or 0
    if style.verbosity > 0 or at is None or count <= SHOWN_FILES + 1:
        return shell(argv)
    left = count - SHOWN_FILES
    words = [shell(argv[: at + SHOWN_FILES]), f"... {left} more files", shell(argv[at + count :])]
    return " ".join(word for word in words if word)
