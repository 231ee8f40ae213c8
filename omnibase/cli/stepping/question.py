"""One question at the terminal: what is said to it, line by line, until one of the lines answers it."""

import os
import signal
from collections.abc import Callable, Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any

from omnibase.cli.formatters.layout import BOLD, DIM, painted, wrapped
from omnibase.cli.stepping import showing
from omnibase.cli.stepping.environment import differing, edit_of, environment
from omnibase.cli.stepping.terminal import Terminal
from omnibase.cli.stepping.words import PROMPTS, said
from omnibase.core.nearest import nearest
from omnibase.core.redaction import shown_path, visible
from omnibase.core.scheduling import STEP_FAILED
from omnibase.model.errors import OmnibaseError
from omnibase.model.events import Outcome
from omnibase.model.ports import StepMoment, Style
from omnibase.model.result import Cause, Status, Where
from omnibase.orchestrators.stepping import edited

if TYPE_CHECKING:
    from omnibase.cli.stepping.shell import Shell

ANSWERS = frozenset({"run", "skip", "retry", "accept", "continue", "quit"})
GREETING = {
    Where.IN_PLACE: "this is the work tree itself: what you change stays changed",
    Where.STAGED: "these are copies of what is checked, as it is staged: nothing that you change in them counts",
    Where.VIEW: "this is the view that is checked, a copy: what you change in it is undone when you leave",
}


class Question:
    """A question that is open, as the loop of the run sees it. `edits` are the variables changed for its task."""

    def __init__(
        self, question: str, moment: StepMoment, terminal: Terminal, style: Style, edits: dict[str, str | None]
    ) -> None:
        self._question = question
        self._given = moment
        self._terminal = terminal
        self._style = style
        self._edits = edits
        self._answer: str | None = None
        self._over = False
        self._shell: Shell | None = None  # while it has the terminal
        self._name = showing.name_of(moment.plan.tasks[moment.task])
        self._resumed = False  # whether this process was stopped, and goes on
        self._before: Any = None
        self._deeds: Mapping[str, Callable[[str], None]] = {
            "env": self._env,
            "shell": self._open_shell,
            "inputs": self._inputs,
            "output": self._output,
            "help": self._help,
        }
        self.fds = {terminal.fd}

    def begin(self, hint: str | None) -> None:
        """Show what it is about and ask; the `hint` comes before the first prompt. Lines may be there already."""
        self._before = signal.signal(signal.SIGCONT, self._resume)
        show = showing.failed if self._question == STEP_FAILED else showing.overview
        self._terminal.write(show(self._moment, self._style))
        if hint:
            self._say(hint)
        self._prompt()
        self._listen()

    # As the loop sees it

    def ready(self, fd: int) -> None:
        if self._shell is not None:
            if self._shell.has_ended():
                self._shell_ended()
        elif self._resumed:  # whatever was on the screen, the person has seen other things meanwhile
            self._resumed = False
            self._prompt()
        if self._shell is None:
            self._listen()

    def cancel(self, cause: Cause, *, force: bool) -> None:
        if self._over:
            return
        if self._shell is not None:
            self._shell.end()
            self._shell = None
        self._terminal.write("\n")
        self._end()

    def outcomes(self) -> tuple[Outcome, ...] | None:
        if not self._over:
            return None
        answer = {"do": self._answer} if self._answer is not None else None
        return (Outcome(self._given.task, status=Status.PASS, value=answer),)

    # What is said

    def _listen(self) -> None:
        """Do what the lines say that are there, until one of them is an answer."""
        while not self._over and self._shell is None and (line := self._terminal.line()) is not None:
            self._hear(line)
        if self._terminal.over is None or self._over:
            return
        if self._terminal.over == "gone" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            # The system tells the leader of the session, and that may be somebody else: the run has to know, too.
            self.fds = set()
            signal.raise_signal(signal.SIGHUP)
        else:
            self._terminal.write("\n")
            self._reply("quit")

    def _hear(self, line: str) -> None:
        meant = said(line, self._question)
        if meant.word is None:
            self._say(f"there is no {visible(meant.argument)!r} here; ? shows what can be said")
        elif meant.word in ANSWERS:
            self._reply(meant.word)
            return
        else:
            self._deeds[meant.word](meant.argument)
        if self._shell is None:
            self._prompt()

    def _reply(self, answer: str) -> None:
        self._answer = answer
        self._end()

    def _end(self) -> None:
        self._over = True
        self.fds = set()
        signal.signal(signal.SIGCONT, self._before)

    # What is done meanwhile

    @property
    def _moment(self) -> StepMoment:
        """What was given, with the variables as they are now."""
        return self._given._replace(batches=tuple(edited(batch, self._edits) for batch in self._given.batches))

    def _env(self, argument: str) -> None:
        if not argument:
            pairs = differing(self._moment.batches[0], os.environ, self._edits)
            self._terminal.write("".join(f"{pair}\n" for pair in pairs))
            self._say("all else is as in the environment of this run")
            return
        edit = edit_of(argument)
        if edit.problem is not None:
            self._say(edit.problem)
        else:
            self._edits[edit.name] = edit.value

    def _inputs(self, argument: str) -> None:
        self._terminal.write(showing.inputs(self._given.batches, everything=argument == "all"))

    def _output(self, argument: str) -> None:
        """Of the task that is named, else of this one, else of the one that ended last."""
        plan, results = self._given.plan, self._given.results
        ended = {showing.name_of(task): result for task, result in zip(plan.tasks, results, strict=True) if result}
        ended |= {self._name: self._given.result} if self._given.result is not None else {}
        ended = {name: result for name, result in ended.items() if result.attempts}
        latest = max(ended, key=lambda name: ended[name].attempts[-1].started, default=None)
        name = argument or (self._name if self._name in ended else latest)
        if name is None:
            self._say("nothing has run so far")
        elif name in ended:
            self._terminal.write(showing.output(name, ended[name], self._style))
        else:
            close = nearest(name, ended)
            self._say(f"{visible(name)} has not run so far" + (f"; did you mean {close}?" if close else ""))

    def _help(self, _argument: str) -> None:
        self._terminal.write(showing.help_text(self._question, self._style))

    def _open_shell(self, _argument: str) -> None:
        from omnibase.cli.stepping.shell import USUAL, Shell

        batch = self._moment.batches[0]
        try:
            root, where = self._given.enter()
        except (OmnibaseError, OSError) as error:
            self._say(f"there is nowhere to go: {visible(str(error))}")
            return
        if root != batch.place.root:
            batch = batch._replace(place=batch.place._replace(root=root, home=batch.place.root))
        cwd = os.path.normpath(os.path.join(root, batch.shares[0].component.cwd))
        env = {**environment(batch), "PWD": cwd if os.path.isdir(cwd) else root}
        program = os.environ.get("SHELL") or USUAL
        self._say(f"{program} in {shown_path(env['PWD'])}; {GREETING[where]}; `exit` comes back")
        for tried in dict.fromkeys((program, USUAL)):
            try:
                self._shell = Shell(self._terminal, tried, env["PWD"], env)
            except OSError as error:
                self._say(f"{shown_path(tried)} cannot be started: {error.strerror}")
                continue
            self.fds = set()  # what is typed now is not for us
            return
        self._put_in_order()

    def _shell_ended(self) -> None:
        self._shell = None
        self._resumed = False
        self.fds = {self._terminal.fd}
        self._put_in_order()
        self._prompt()

    def _put_in_order(self) -> None:
        try:
            undone = self._given.leave()
        except (OmnibaseError, OSError) as error:
            self._say(f"the view cannot be put in order: {visible(str(error))}")
            return
        if undone:
            some = ", ".join(shown_path(path) for path in undone[: showing.BESIDE])
            more = f" and {len(undone) - showing.BESIDE} more" if len(undone) > showing.BESIDE else ""
            self._say(f"undone in the view: {some}{more}; change your own files, and stage what is to be checked")

    def _resume(self, _number: int, _frame: FrameType | None) -> None:
        self._resumed = True  # the loop is woken by the signal, and calls `ready`

    def _prompt(self) -> None:
        self._terminal.write(painted(PROMPTS[self._question], BOLD, self._style))

    def _say(self, text: str) -> None:
        for line in wrapped(text, self._style.width, "  "):
            self._terminal.write(f"{painted(line, DIM, self._style)}\n")
