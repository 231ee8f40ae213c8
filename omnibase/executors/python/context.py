"""Components that take the run's context: called once, in a worker of their own."""

import json
import os
import traceback
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any

from omnibase.core.encoding import decode, encode
from omnibase.core.redaction import visible
from omnibase.core.transience import of_error
from omnibase.executors.python.resolving import Note, resolve
from omnibase.model.component import PythonCall
from omnibase.model.events import Outcome
from omnibase.model.files import SourceFile
from omnibase.model.ports import Assignment
from omnibase.model.record import Record
from omnibase.model.result import Cause, Result, Status

Json = Any
TARGET = "omnibase.executors.python.context:run"


class ContextJob(Record):
    """All that a component is given, and the function to give it to. `deadline` is seconds from now."""

    task: int
    function: str
    name: str
    root: str
    files: tuple[str, ...]
    values: Mapping[str, Json]
    settings: Mapping[str, Json]
    env: Mapping[str, str]
    correlation_id: str
    deadline: float | None


def job_of(assignment: Assignment) -> ContextJob:
    """The job of a batch whose one component takes the context."""
    share = assignment.shares[0]
    component = share.component
    assert isinstance(component.work, PythonCall)  # noqa: S101 - planning gives only Python to this executor
    return ContextJob(
        task=share.task,
        function=f"{component.work.module}:{component.work.function}",
        name=component.name,
        root=assignment.place.root,
        files=share.paths or (),
        values=share.values,
        settings=component.settings,
        env={**assignment.place.env, **assignment.given, **component.env},
        correlation_id=assignment.correlation_id,
        deadline=assignment.deadline,
    )


class WorkerContext:
    """The `Context` of the interface, in the worker."""

    def __init__(self, job: ContextJob) -> None:
        self.name = job.name
        self.root = job.root
        self.files = job.files
        self.values = job.values
        self.settings = job.settings
        self.env = job.env
        self.correlation_id = job.correlation_id
        self._end = monotonic() + job.deadline if job.deadline is not None else None

    @property
    def deadline(self) -> float | None:
        return max(self._end - monotonic(), 0.0) if self._end is not None else None

    def log(self, message: str) -> None:
        print(message, flush=True)  # noqa: T201 - a worker's standard output is the component's output

    def source_files(self) -> Iterator[SourceFile]:
        from identify.identify import tags_from_path

        for path in self.files:
            full = os.path.join(self.root, path)
            if os.path.isfile(full) and not os.path.islink(full):
                yield SourceFile(
                    path,
                    lambda full=full: _read(full),  # type: ignore[misc] # mypy cannot infer a default's type
                    size=os.path.getsize(full),
                    executable=os.access(full, os.X_OK),
                    tags=frozenset(tags_from_path(full)),
                )


def run(argument: Json, note: Note) -> Json:
    """Call the component in a worker."""
    job = decode(ContextJob, argument)
    note(1, 0)
    os.chdir(job.root)
    return [encode(_outcome(job, note))]


def _outcome(job: ContextJob, note: Note) -> Outcome:
    try:
        function = resolve(job.function)
    except Exception as error:  # noqa: BLE001 - whatever importing a plugin's module raises is its fault
        return _problem(job, Cause.PROTOCOL, f"{job.function} cannot be imported: {type(error).__name__}: {error}")
    note(1, 1)
    try:
        made = function(WorkerContext(job), **job.settings)
        if hasattr(made, "__await__"):
            import asyncio

            made = asyncio.run(made)
    except Exception as error:  # noqa: BLE001 - a component's fault is its own outcome
        problem = _problem(job, Cause.CRASHED, f"raised {type(error).__name__}: {error}")
        transient = of_error(error)
        return problem._replace(transient=visible(transient) if transient is not None else None)
    if not isinstance(made, Result):
        return Outcome(
            job.task,
            status=Status.FAIL,
            cause=Cause.PROTOCOL,
            reason=f"returned {type(made).__name__}, and a component returns a Result",
            remedy="return omnibase.api.Result(Status.PASS) or one of the other statuses",
        )
    try:
        json.dumps(made.value, allow_nan=False)
        outcome = Outcome(
            job.task,
            status=Status(made.status),
            reason=made.reason,
            remedy=made.remedy,
            findings=made.findings,
            parts=made.parts,
            value=made.value,
            changed_files=made.changed_files,
        )
        return decode(Outcome, json.loads(json.dumps(encode(outcome))))
    except (TypeError, ValueError, AttributeError) as error:
        return _problem(job, Cause.PROTOCOL, f"returned a Result that is not JSON or not well formed: {error}")


def _problem(job: ContextJob, cause: Cause, reason: str) -> Outcome:
    traceback.print_exc()  # into the component's output
    return Outcome(job.task, status=Status.FAIL, cause=cause, reason=visible(reason))


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
