"""What a command has changed in a view, brought back to the user's files by the one door, or undone."""

import os
from collections.abc import Mapping, Sequence

from omnibase.inputs.fixing import mending
from omnibase.inputs.fixing.mending import Mended
from omnibase.inputs.fixing.patch import shortened, unified_diff
from omnibase.inputs.fixing.terms import Terms
from omnibase.inputs.view import comparing
from omnibase.inputs.view.comparing import Change
from omnibase.inputs.view.signing import signatures
from omnibase.inputs.writing import door
from omnibase.model.events import Outcome
from omnibase.model.result import Cause, Finding, Output, Patch, Severity
from omnibase.orchestrators.viewing import Views

DECLARE_IT = "declare `fixes: true`, and what it changes is brought to your files"
UNDECLARED = "it changed files, and does not declare that it writes"


class Bringing:
    """Made right before a command starts in the view `root`, and asked when it has ended.

    `paths` are the files that are compared. What a command that `writes` has changed is brought to the work tree
    `home`; what another one has changed is undone, and makes it fail. One that may write `anywhere` may make files,
    too. With `fix` a check follows, which sees what could not be brought back.
    """

    def __init__(
        self,
        views: Views,
        home: str,
        root: str,
        terms: Terms,
        paths: Sequence[str],
        *,
        writes: bool,
        anywhere: bool,
        fix: bool,
    ) -> None:
        self._views = views
        self._home = home
        self._root = root
        self._terms = terms
        self._writes = writes
        self._fix = fix
        self._before = signatures(root, paths)
        self._there = frozenset(views.made()) if anywhere else None

    def bring(self, outcomes: tuple[Outcome, ...], *, cut_short: bool) -> tuple[Outcome, ...]:
        """The outcomes, told of the work tree instead of the view, with what became of the changes."""
        (outcome,) = outcomes
        outcome = self._mapped(outcome)
        changes = self._changes()
        if not changes:
            return (outcome._replace(changed_files=()),)
        if cut_short or not self._writes:
            self._views.restore(change.path for change in changes)
        if cut_short:
            return (outcome._replace(changed_files=()),)
        return (self._brought(outcome, changes) if self._writes else _undone(outcome, changes),)

    def _changes(self) -> tuple[Change, ...]:
        after = signatures(self._root, self._before)
        differing = {path: one for path, one in self._before.items() if after[path] != one}
        self._views.contents(list(differing))
        found = comparing.changes(self._root, differing, self._views.shadow)
        if self._there is None:
            return found
        made = ((path, os.path.join(self._root, path)) for path in self._views.made() if path not in self._there)
        new = (Change(path, None, comparing.read(whole), os.access(whole, os.X_OK)) for path, whole in made)
        return (*found, *(change for change in new if change.after is not None))

    def _brought(self, outcome: Outcome, changes: Sequence[Change]) -> Outcome:
        patches: list[Patch] = []
        findings = list(outcome.findings)
        changed: list[str] = []
        for change in changes:
            mended = self._mend(change)
            if mended.patch:  # a mode alone, or a file that would go, has none
                patches.append(Patch(change.path, mended.patch, mended.changed))
            if mended.changed:
                changed.append(change.path)
                continue
            self._views.restore([change.path])
            message = mended.problem or "not written"
            findings.append(Finding(message, change.path, code="not-fixed", severity=Severity.WARNING))
        outcome = outcome._replace(changed_files=tuple(changed), patches=tuple(patches), findings=tuple(findings))
        left = len(changes) - len(changed)
        if not left or self._fix or outcome.cause is not None:
            return outcome
        reason = f"{left} of its changes could not be written" if changed else "its changes could not be written"
        return outcome._replace(cause=Cause.CHANGED_FILES, reason=reason)

    def _mend(self, change: Change) -> Mended:
        path, before, after = change.path, change.before, change.after
        if after is None:
            gone = not os.path.lexists(os.path.join(self._root, path))
            return Mended(False, "", f"it would be {'removed' if gone else 'no plain file'}, and that is left to you")
        if before is not None:
            return mending.apply(self._home, path, before, after, self._terms, change.executable)
        patch = shortened(unified_diff(path, b"", after, self._terms.scratch), mending.MOST_LINES)
        made = door.create(self._home, path, after, bool(change.executable), self._terms.ledger)
        return Mended(made.changed, patch, made.problem)

    def _mapped(self, outcome: Outcome) -> Outcome:
        """Whatever the command said of the view's folder is meant of the work tree."""
        findings = tuple(
            one._replace(message=self._home_of(one.message), fix=one.fix and self._home_of(one.fix))
            for one in outcome.findings
        )
        parts = tuple(one._replace(message=one.message and self._home_of(one.message)) for one in outcome.parts)
        program = outcome.program and self._home_of(outcome.program)
        reason = outcome.reason and self._home_of(outcome.reason)
        output: Output | None = outcome.output
        if output is not None:
            output = output._replace(text=self._home_of(output.text))
        return outcome._replace(findings=findings, parts=parts, output=output, program=program, reason=reason)

    def _home_of(self, text: str) -> str:
        return text.replace(self._root, self._home)


def swept(outcome: Outcome, strays: Mapping[str, bool], *, writes: bool, alone: bool) -> Outcome:
    """The outcome of a command with what it changed besides the files that were compared, all of which is undone.

    `strays` says of each path whether it was there before. Where it did not run `alone`, it may have been another one.
    """
    shown = [path for path, was_there in strays.items() if was_there or writes]
    if not shown:
        return outcome  # files that a check leaves lying are no change of anybody's
    who = "it" if alone else "it, or a component that ran beside it,"
    some = shown[0] if len(shown) == 1 else f"{shown[0]} and {len(shown) - 1} more"
    if not writes and alone:
        if outcome.cause is None:
            outcome = outcome._replace(cause=Cause.CHANGED_FILES, reason=UNDECLARED, remedy=DECLARE_IT)
        return outcome._replace(findings=(*outcome.findings, Finding(f"{who} changed {some}", code="changed")))
    message = f"{who} changed {some} besides the files that it was given, and that was undone"
    stray = Finding(message, code="stray", severity=Severity.WARNING)
    return outcome._replace(findings=(*outcome.findings, stray))


def _undone(outcome: Outcome, changes: Sequence[Change]) -> Outcome:
    count = len(changes)
    diffs = ((one.path, shortened(unified_diff(one.path, one.before or b"", one.after or b""))) for one in changes)
    return outcome._replace(
        cause=Cause.CHANGED_FILES,
        reason=f"it changed {count} file{'s' if count > 1 else ''}, and does not declare that it writes",
        remedy=DECLARE_IT,
        changed_files=(),
        patches=tuple(Patch(path, diff, False) for path, diff in diffs if diff),
    )
