"""Whether an attempt that failed in passing changed files of the work tree: then it is not made again."""

import os
import re
import time
from collections.abc import Collection, Sequence

from omnibase.core.transience import transience
from omnibase.executors.following import Following
from omnibase.inputs import git
from omnibase.inputs.git import Repository
from omnibase.model.component import Component
from omnibase.model.errors import OmnibaseError
from omnibase.model.events import Outcome
from omnibase.model.ports import Assignment, Executor, Running

# The clock by which files are stamped may lag behind the one that is asked here (nanoseconds).
LAG = 20_000_000


class Watching:
    """Looks at the work tree after attempts that would be made again. `dirty` are the paths that differed before.

    Outside git, where nothing tells what belongs to the work tree, it looks at `files`.
    """

    def __init__(self, root: str, repository: Repository | None, dirty: Collection[str], files: Sequence[str]) -> None:
        self._root = root
        self._repository = repository
        self._dirty = dirty
        self._files = files
        self._written: dict[str, int] = {}  # what fixers wrote, and when by the clock of its disk (nanoseconds)

    def start(self, executor: Executor, assignment: Assignment) -> Running:
        """Start a batch in the work tree."""
        component = assignment.shares[0].component
        if not component.idempotent or component.retry.attempts < 2:
            return executor.start(assignment)
        began = time.time_ns() - LAG
        missing = frozenset(path for path in self._dirty if not os.path.lexists(os.path.join(self._root, path)))

        def look(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
            if all(transience(component, outcome) is None for outcome in outcomes):
                return outcomes
            changed = self._changed_since(began, missing, component)
            return tuple(one._replace(changed_files=changed) for one in outcomes) if changed else outcomes

        return Following(executor.start(assignment), look)

    def written(self, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        """The outcomes of what may write, whose changes are no attempt's that comes after it."""
        for path in {path for outcome in outcomes for path in outcome.changed_files}:
            try:
                self._written[path] = os.lstat(os.path.join(self._root, path)).st_ctime_ns
            except OSError:
                self._written.pop(path, None)  # it is gone, which git tells by itself
        return outcomes

    def _changed_since(self, began: int, missing: Collection[str], component: Component) -> tuple[str, ...]:
        """What changed since then (nanoseconds since 1970), by whomever, but for what git ignores and declared paths.

        `missing` are the dirty paths that were no files before. Where git cannot be asked, something is taken to have
        changed: to try again would be a guess.
        """
        try:
            paths, gone = self._differing()
        except OmnibaseError:
            return (".",)
        declared = component.declared.get("capabilities", {}).get("write", ())
        if declared:
            from omnibase.registry.matching import regex

            write = re.compile(regex(tuple(declared)) or "(?!)")
            paths = [path for path in paths if not write.match(path)]
            gone = [path for path in gone if not write.match(path)]
        return tuple(sorted({*gone, *(path for path in paths if self._is_younger(path, began, missing))}))

    def _differing(self) -> tuple[list[str], list[str]]:
        """The paths that differ from what is committed or are not tracked; and those that do not differ any more."""
        if self._repository is None:
            return list(self._files), []
        state = git.state(self._repository, untracked=True)
        now = {*state.unstaged, *state.deleted, *state.staged, *state.untracked}
        return list(now), [path for path in self._dirty if path not in now]

    def _is_younger(self, path: str, began: int, missing: Collection[str]) -> bool:
        try:
            changed = os.lstat(os.path.join(self._root, path)).st_ctime_ns
        except OSError:
            return path not in missing  # it is gone now, and was there
        if self._written.get(path) == changed:
            return False  # shortly before, as the lag does not tell
        return began <= changed <= time.time_ns() + LAG  # later than now: before the clock was set back
