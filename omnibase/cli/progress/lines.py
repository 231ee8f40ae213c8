"""Progress as lines, for what is no terminal: one for each start and end, in plain ASCII, and never silent for long."""

from omnibase.cli.formatters.layout import BOLD, COLORS, RED, YELLOW, painted
from omnibase.cli.progress import words
from omnibase.cli.progress.course import Course, Ended
from omnibase.cli.progress.out import Out
from omnibase.cli.progress.view import LastLine
from omnibase.model.events import AttemptFailed, BatchStarted, Event, Interrupted, Noticed
from omnibase.model.ports import Style

# Nothing is silent for longer than 30 s: some services take what is for dead. A second is left for being late.
SILENT_MOST = 29.0
# In a line about what is running, so much is named.
NAMED = 4


class Lines:
    """Writes what happens. `style` says whether it is coloured; `at` is when it begins to write."""

    def __init__(self, out: Out, style: Style, at: float) -> None:
        self._out = out
        self._style = style
        self._at = at
        self._said_at = at
        self._begun: set[tuple[int, int]] = set()  # attempts whose start was told: task and number

    def wants_to_look(self, at: float) -> float:
        """In how many seconds there is something to be done although nothing has happened."""
        return max(self._said_at + SILENT_MOST - at, 0.0)

    def take(self, event: Event, course: Course, ended: Ended | None) -> None:
        """Write what is to be said of the event, which the course knows of already."""
        if ended is not None:
            self._say(event.at, self._end(ended))
        match event:
            case BatchStarted(at=at, tasks=tasks):
                self._start(at, tasks, course)
            case AttemptFailed(at=at, task=task, attempt=attempt, again=again):
                why = f": {words.one_line(attempt.error)}" if attempt.error else ""
                label = painted("retry", YELLOW, self._style)
                self._say(at, f"{label} {course.names[task]} in {max(again - at, 0.0):.1f} s{why}")
            case Noticed(at=at, message=message):
                self._say(at, f"notice: {words.one_line(message)}")
            case Interrupted(at=at):
                self._say(at, f"{painted('interrupted', RED, self._style)}: what is running is ended")

    def look(self, at: float, course: Course, last_line: LastLine) -> None:
        """Say that the run goes on, where nothing was said for long."""
        if at >= self._said_at + SILENT_MOST:
            self._say(at, self._running(at, course, last_line))

    def _start(self, at: float, tasks: tuple[int, ...], course: Course) -> None:
        new = [task for task in tasks if (task, course.number(task)) not in self._begun]
        if not new:
            return  # a further batch of what has begun
        self._begun.update((task, course.number(task)) for task in new)
        number = course.number(new[0])
        again = f", attempt {number}" if number > 1 else ""
        said = f"{words.together([course.names[task] for task in new])}{again}{words.files(course, new)}"
        self._say(at, f"{painted('start', BOLD, self._style)} {said}")

    def _end(self, ended: Ended) -> str:
        color = RED if ended.failed else COLORS[ended.result.status]
        time = f" {ended.seconds:.1f} s" if ended.result.attempts else ""
        said = words.outcome(ended)
        return f"{painted(ended.result.status.value, color, self._style)} {ended.name}{time}{f': {said}' * bool(said)}"

    def _running(self, at: float, course: Course, last_line: LastLine) -> str:
        rows = []
        work = course.work()
        for one in work[:NAMED]:
            name = words.together(one.names)
            if one.until is not None:
                rows.append(f"{name} waits to be tried again")
                continue
            line = last_line(one.batch) if one.batch is not None else None
            said = f" ({words.one_line(line)})" if line else ""
            rows.append(f"{name} {words.elapsed(at - one.since)}{said}")
        if len(work) > NAMED:
            rows.append(f"and {len(work) - NAMED} more")
        rows += [] if work else ["nothing; something is waited for"]
        pieces = [text for text, _ in words.counts(course, at) if "running" not in text]
        return f"still running: {', '.join(rows)}; {', '.join(pieces)}"

    def _say(self, at: float, text: str) -> None:
        self._said_at = max(at, self._at)
        self._out.put(f"[{at:5.1f} s] {text}\n")
