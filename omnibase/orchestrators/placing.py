"""Where batches run: in place, over staged contents, or in a view; and what becomes of what they change."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from omnibase.core.placing import Circumstances, looks_around, some, why_staged, why_view
from omnibase.engine.modes import MODES
from omnibase.executors.following import Following
from omnibase.executors.settled import Settled
from omnibase.inputs import shadow
from omnibase.inputs.fixing.terms import Terms
from omnibase.inputs.scratch import Scratch
from omnibase.inputs.view import signing
from omnibase.model.component import FILES, Command
from omnibase.model.context import ExecutionContext
from omnibase.model.errors import OmnibaseError
from omnibase.model.events import Outcome
from omnibase.model.plan import Plan
from omnibase.model.ports import Assignment, Executor, Running, Share
from omnibase.model.result import Cause, Seen, Where
from omnibase.orchestrators.gathering import Gathered
from omnibase.orchestrators.leftovers import LEDGER
from omnibase.orchestrators.watching import Watching
from omnibase.orchestrators.workspace import Workspace, cache_folder

if TYPE_CHECKING:  # what a run without a view does not need is not imported
    from omnibase.orchestrators.viewing import Say, Views

# A file that changed so shortly before git was asked may have changed after it, by the clock of its disk (nanoseconds).
UNSETTLED = 20_000_000
FIXING = Seen(Where.STAGED, "fixers see what is staged")
# What ends a batch from outside says nothing of what it has seen, and nothing that it left half done is brought back.
CUT_SHORT = (Cause.INTERRUPTED, Cause.TIMEOUT, Cause.RUN_TIMEOUT, Cause.FAIL_FAST)


class Placing:
    """Starts the batches of one run where they are to run; in place where nothing is staged and nothing fixed."""

    def __init__(
        self, ctx: ExecutionContext, workspace: Workspace, gathered: Gathered, scratch: Scratch, say: "Say"
    ) -> None:
        self._ctx = ctx
        self._workspace = workspace
        self._gathered = gathered
        self._staging = gathered.staging
        self._scratch = scratch
        self._say = say
        self._real = MODES[ctx.mode].executor is None
        self._fixed: set[str] = set()
        self._in_views = 0  # batches that are under way in the view
        self._crowded = False
        self._views: Views | None = None
        files = gathered.paths if gathered.paths is not None else gathered.everything
        self._watching = Watching(workspace.root, workspace.repository, gathered.dirty, files)

    def prepare(self, plan: Plan) -> None:
        """Open the view before the run starts, where it is known to be needed. Raises OmnibaseError."""
        if self._staging is None or not self._real:
            return
        for task in plan.tasks:
            if task.left_out is None and looks_around(task.component):
                seen = Circumstances(self._staging.unstaged, self._staging.untracked)
                if why_view(task.component, fix=task.fix, circumstances=seen) is not None:
                    self._open().open()
                    return

    def start(self, executor: Executor, assignment: Assignment) -> Running:
        """Start the batch. What keeps it from starting is an outcome."""
        running = self._started(executor, assignment)
        if self._real and (assignment.fix or assignment.shares[0].component.fixes):
            return Following(running, self._watching.written)
        return running

    def _started(self, executor: Executor, assignment: Assignment) -> Running:
        component = assignment.shares[0].component
        try:
            if not looks_around(component):
                return self._fixing_pass(executor, assignment) if assignment.fix else self._pass(executor, assignment)
            if not self._real:
                return executor.start(assignment)
            if not self._wants_looking_at(assignment):
                return self._watching.start(executor, assignment)
            why = why_view(component, fix=assignment.fix, circumstances=self._circumstances(assignment))
            if why is None:
                return self._in_place(executor, assignment)
            return self._in_view(executor, assignment, why)
        except OmnibaseError as error:
            return _not_started(assignment, error)

    def close(self) -> None:
        """Let go of the view."""
        if self._views is not None:
            self._views.close()

    # For the person who steps through

    def where(self, assignment: Assignment) -> Seen:
        """Where the batch would look at its inputs if it was started now."""
        component, staged = assignment.shares[0].component, self._staging
        if looks_around(component):
            if not self._wants_looking_at(assignment):
                return Seen(Where.IN_PLACE)
            why = why_view(component, fix=assignment.fix, circumstances=self._circumstances(assignment))
            return Seen(Where.VIEW, why) if why else Seen(Where.IN_PLACE)
        if staged is None:
            return Seen(Where.IN_PLACE)
        if assignment.fix:
            return FIXING
        paths = _paths(assignment)
        before = signing.signatures(self._workspace.root, [path for path in paths if path not in staged.unstaged])
        unsettled = [path for path, one in before.items() if not self._is_settled(one)]
        return why_staged([path for path in paths if path in staged.unstaged], unsettled)

    def view(self) -> str:
        """The view's folder; it is opened for that. Raises OmnibaseError."""
        return self._open().open()

    def put_in_order(self) -> dict[str, bool]:
        """Undo all that was done to the view besides what was fixed; the paths, and whether each was there before.

        Raises OmnibaseError.
        """
        views = self._open()
        strays = views.strays()
        views.contents([path for path, was_there in strays.items() if was_there])
        views.restore(strays)
        return strays

    # Passes

    def _pass(self, executor: Executor, assignment: Assignment) -> Running:
        """Checks of single files: in place where a file is as staged before and after, else over its staged content."""
        staged = self._staging
        if staged is None:
            return executor.start(assignment)
        paths = _paths(assignment)
        elsewhere = [path for path in paths if path in staged.unstaged]
        here = [path for path in paths if path not in staged.unstaged]
        before = signing.signatures(self._workspace.root, here)
        unsettled = [path for path, one in before.items() if not self._is_settled(one)]
        shadow.check_out(staged.kept, staged.shadow, elsewhere + unsettled, alone=staged.alone)
        assignment = assignment._replace(shadow=staged.shadow)

        def look_again(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...] | Running:
            after = signing.signatures(self._workspace.root, before)
            changed = [path for path in before if before[path] != after[path] and path not in unsettled]
            if not changed or _is_cut_short(outcomes):
                return _seen(outcomes, why_staged(elsewhere, unsettled))
            try:  # all of them: the rest may change as well while it runs again
                shadow.check_out(staged.kept, staged.shadow, here, alone=staged.alone)
            except OmnibaseError as error:
                return _not_started(assignment, error)
            why = Seen(Where.STAGED, f"{some(changed)} changed during the run")
            return Following(executor.start(assignment), lambda outcomes: _seen(outcomes, why))

        return Following(executor.start(assignment), look_again)

    def _fixing_pass(self, executor: Executor, assignment: Assignment) -> Running:
        """Fixers of single files: over what is staged, all of it, and into the user's files on the terms for that."""
        paths = _paths(assignment)
        ledger = self._scratch.below(LEDGER) if self._real else None
        scratch = self._scratch.folder
        terms = Terms(ledger=ledger, scratch=scratch, restage=self._ctx.restage, preview=not self._real)
        if self._staging is None:
            return executor.start(assignment._replace(terms=terms._asdict()))
        shadow.check_out(self._staging.kept, self._staging.shadow, paths, alone=self._staging.alone)
        unstaged = tuple(path for path in paths if path in self._staging.unstaged)
        terms = terms._replace(shadow=self._staging.shadow, unstaged=unstaged)
        assignment = assignment._replace(shadow=self._staging.shadow, terms=terms._asdict())
        return Following(executor.start(assignment), lambda outcomes: self._fixed_by(_seen(outcomes, FIXING)))

    def _fixed_by(self, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        """Tell the view of what fixers changed, and stage it where that is asked for."""
        changed = sorted({path for outcome in outcomes for path in outcome.changed_files})
        if not changed:
            return outcomes
        self._fixed.update(changed)
        try:
            if self._views is not None:
                self._views.put(changed)
        except OmnibaseError as error:  # whatever would run there would not see the fixes
            reason = f"{error.message}; the files of the working tree were changed"
            return tuple(one._replace(cause=Cause.NOT_STARTED, reason=reason, remedy=error.remedy) for one in outcomes)
        if self._staging is None or not self._ctx.restage or self._workspace.repository is None:
            return outcomes
        held = {path for path in changed if os.path.lexists(os.path.join(self._staging.shadow, path))}  # no new files
        if not held:
            return outcomes
        from omnibase.inputs.fixing import staging

        try:
            done = staging.stage(self._workspace.repository, self._staging.kept, self._staging.shadow, sorted(held))
            problem, remedy = done.problem, done.remedy
        except OmnibaseError as error:
            problem, remedy = error.message, error.remedy
        if problem is None:
            return tuple(one._replace(staged_files=tuple(sorted(held & set(one.changed_files)))) for one in outcomes)
        reason = f"not staged: {problem}"
        return tuple(one._replace(reason=reason, remedy=remedy) if one.changed_files else one for one in outcomes)

    # Whatever may look around

    def _wants_looking_at(self, assignment: Assignment) -> bool:
        """Whether the work tree may not be what it is to see, or is not to be changed by it as it is."""
        return self._workspace.repository is not None and (self._staging is not None or assignment.fix)

    def _circumstances(self, assignment: Assignment) -> Circumstances:
        if self._staging is None:
            return Circumstances()
        before = signing.signatures(self._workspace.root, self._watched(assignment))
        unsettled = [path for path, one in before.items() if not self._is_settled(one)]
        return Circumstances(self._staging.unstaged, self._staging.untracked, self._fixed, unsettled)

    def _watched(self, assignment: Assignment) -> Sequence[str]:
        """The files whose change during the run makes a verdict void."""
        paths = assignment.shares[0].paths
        return paths if paths is not None else self._gathered.paths or ()

    def _in_place(self, executor: Executor, assignment: Assignment) -> Running:
        before = signing.signatures(self._workspace.root, self._watched(assignment))

        def look_again(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...] | Running:
            after = signing.signatures(self._workspace.root, before)
            changed = [path for path in before if before[path] != after[path]]
            if not changed or _is_cut_short(outcomes):
                return _seen(outcomes, Seen(Where.IN_PLACE))
            try:
                return self._in_view(executor, assignment, f"{some(changed)} changed during the run")
            except OmnibaseError as error:
                return _not_started(assignment, error)

        return Following(self._watching.start(executor, assignment), look_again)

    def _in_view(self, executor: Executor, assignment: Assignment, why: str) -> Running:
        from omnibase.orchestrators.bringing import Bringing

        views = self._open()
        root = views.open()
        share = assignment.shares[0]
        writes = assignment.fix or share.component.fixes
        anywhere = writes and not _keeps_to_its_files(share)
        paths = views.tracked() if anywhere else share.paths or ()
        home, terms, fix = self._workspace.root, self._terms(), assignment.fix
        bringing = Bringing(views, home, root, terms, paths, writes=writes, anywhere=anywhere, fix=fix)
        place = assignment.place._replace(root=root, home=home)

        self._in_views += 1
        self._crowded |= self._in_views > 1

        def come_back(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
            self._in_views -= 1
            seen = _seen(outcomes, Seen(Where.VIEW, why))
            try:
                brought = bringing.bring(seen, cut_short=_is_cut_short(outcomes))
                if self._in_views == 0:
                    brought = brought if anywhere else self._sweep(brought, writes=writes)
                    self._crowded = False
            except OmnibaseError as error:
                return tuple(one._replace(cause=Cause.NOT_STARTED, reason=error.message) for one in seen)
            return self._fixed_by(brought)

        return Following(executor.start(assignment._replace(place=place)), come_back)

    def _sweep(self, outcomes: tuple[Outcome, ...], *, writes: bool) -> tuple[Outcome, ...]:
        """Undo what commands did to the view beside what was compared, now that none is under way there."""
        from omnibase.orchestrators.bringing import swept

        strays = self.put_in_order()
        if _is_cut_short(outcomes):
            return outcomes
        return tuple(swept(one, strays, writes=writes, alone=not self._crowded) for one in outcomes)

    def _terms(self) -> Terms:
        unstaged = tuple(self._staging.unstaged) if self._staging else ()
        ledger = self._scratch.below(LEDGER)
        return Terms(self._open().shadow, unstaged, ledger, self._scratch.folder, self._ctx.restage)

    def _open(self) -> "Views":
        if self._views is None:
            from omnibase.orchestrators import viewing

            repository = self._workspace.repository
            assert repository is not None  # noqa: S101 - there are views in a repository only
            if self._staging is not None:
                kept, folder = self._staging.kept, self._staging.shadow
            else:
                kept, folder = shadow.snapshot(repository, self._scratch.folder), self._scratch.below("seen")
            place = viewing.folder(cache_folder(self._ctx.env), self._workspace.state, repository)
            self._views = viewing.Views(place, repository, kept, folder, self._staging, self._say)
        return self._views

    def _is_settled(self, signature: signing.Signature | None) -> bool:
        """Whether git has seen this state of the file: it was there before git was asked, by a margin."""
        assert self._staging is not None  # noqa: S101 - as above
        return signature is not None and signature[-1] < self._staging.began - UNSETTLED


def _keeps_to_its_files(share: Share) -> bool:
    """Whether it is told the files that it may change, as `{files}`; whatever is not may change any."""
    return share.paths is not None and isinstance(share.component.work, Command) and FILES in share.component.work.argv


def _paths(assignment: Assignment) -> list[str]:
    return sorted({path for share in assignment.shares for path in share.paths or ()}, key=os.fsencode)


def _seen(outcomes: tuple[Outcome, ...], seen: Seen) -> tuple[Outcome, ...]:
    return tuple(outcome._replace(seen=seen) for outcome in outcomes)


def _is_cut_short(outcomes: Sequence[Outcome]) -> bool:
    return any(outcome.cause in CUT_SHORT for outcome in outcomes)


def _not_started(assignment: Assignment, error: OmnibaseError) -> Running:
    outcome = Outcome(0, cause=Cause.NOT_STARTED, reason=error.message, remedy=error.remedy)
    return Settled(tuple(outcome._replace(task=share.task) for share in assignment.shares))
