"""The report as machines read it: one document, with a version of its own, apart from the internal types."""

import time
from collections.abc import Mapping
from math import inf, isfinite
from typing import Any

from omnibase.core.redaction import shown_path, storable, visible
from omnibase.model.report import PlanSummary, ReportedError, ReportedResult, RunReport, Summary
from omnibase.model.result import Attempt, Call, Finding, Output, Part, Patch, Preview, Status, Usage

Json = Any

# It changes when a reader of the document may break: a key goes, or its meaning changes. A new key is no such change.
REPORT_VERSION = "1"
# Values nested deeper than this are cut, so that every reader and writer of the document stays within its stack.
DEEPEST = 64


def document(report: RunReport) -> dict[str, Json]:
    """The report in plain JSON types, as `report.schema.json` describes it, valid UTF-8 throughout.

    Times are RFC 3339 (UTC) or milliseconds. What components and tools wrote is made visible, paths are shown on one
    line; values are kept as they are, but for what JSON has no form for (RFC 8259): NaN and Infinity are null.
    """
    header = report.header
    return {
        "report_version": REPORT_VERSION,
        "run_id": _line(header.run_id),
        "correlation_id": _line(header.correlation_id),
        "stage": _line(header.stage),
        "mode": _line(str(header.mode)),
        "status": _word(report.status),
        "exit_code": report.exit_code,
        "started_at": _timestamp(header.started_at),
        "finished_at": _timestamp(report.finished_at),
        "duration_ms": _milliseconds(report.duration),
        "repository": {
            "root": _line(header.repository.root),
            "head": header.repository.head,
            "branch": _line(header.repository.branch),
            "dirty": header.repository.dirty,
        },
        "selection": [
            {
                "name": _line(choice.name),
                "chosen": choice.chosen,
                "reason": visible(choice.reason),
                "gate": _text(choice.gate),
            }
            for choice in header.selection.choices
        ],
        "gates": [
            {
                "name": _line(decision.name),
                "gate": visible(decision.gate),
                "decision": _word(decision.decision),
                "reason": visible(decision.reason),
                "place": _line(decision.place),
            }
            for decision in header.selection.decisions
        ],
        "results": [_result(result) for result in report.results],
        "plan": _plan(report.plan) if report.plan else None,
        "summary": _summary(report.summary),
        "notices": [visible(notice) for notice in report.notices],
        "environment": _value(header.environment),
        "metrics": _value(report.metrics),
        "error": _error(report.error) if report.error else None,
        "signal": report.signal,
    }


def _result(reported: ReportedResult) -> dict[str, Json]:
    result = reported.result
    return {
        "component": {
            "name": _line(reported.name),
            "version": _line(reported.version),
            "type": _word(reported.type),
            "lifecycle": _word(reported.lifecycle),
            "required": reported.required,
        },
        "status": _word(result.status),
        "cause": _word(result.cause),
        "reason": _text(result.reason),
        "remedy": _text(result.remedy),
        "findings": [_finding(finding) for finding in result.findings],
        "value": _value(result.value),
        "parts": [_part(part) for part in result.parts],
        "marked": [_line(mark) for mark in result.marked],
        "attempts": [_attempt(attempt) for attempt in result.attempts],
        "calls": [_call(call) for call in result.calls],
        "cached": result.cached,
        "files": result.files,
        "output": _output(result.output) if result.output else None,
        "changed_files": [shown_path(path) for path in result.changed_files],
        "patches": [_patch(patch) for patch in result.patches],
        "seen": {"where": _word(result.seen.where), "why": _text(result.seen.why)} if result.seen else None,
        "command": None if result.command is None else [storable(argument) for argument in result.command],
        "program": _line(result.program),
        "previews": [_preview(preview) for preview in result.previews],
        "duration_ms": _milliseconds(reported.duration),
    }


def _finding(finding: Finding) -> dict[str, Json]:
    return {
        "path": _line(finding.path),
        "line": _position(finding.line),
        "column": _position(finding.column),
        "code": _text(finding.code),
        "severity": _word(finding.severity),
        "message": visible(finding.message),
        "fix": _text(finding.fix),
    }


def _part(part: Part) -> dict[str, Json]:
    return {
        "name": _line(part.name),
        "status": _word(part.status),
        "duration_ms": _milliseconds(part.duration),
        "message": _text(part.message),
    }


def _attempt(attempt: Attempt) -> dict[str, Json]:
    return {
        "number": attempt.number,
        "started_ms": _milliseconds(attempt.started),
        "duration_ms": _milliseconds(attempt.duration),
        "exit_code": attempt.exit_code,
        "error": _text(attempt.error),
        "why": _text(attempt.why),
        "usage": _usage(attempt.usage) if attempt.usage else None,
        "fix": attempt.fix,
    }


def _usage(usage: Usage) -> dict[str, Json]:
    share = min(usage.startup / usage.wall, 1.0) if usage.startup is not None and usage.wall > 0.0 else None
    return {
        "wall_ms": _milliseconds(usage.wall),
        "user_ms": _milliseconds(usage.user),
        "system_ms": _milliseconds(usage.system),
        "memory_bytes": usage.memory,
        "read_bytes": usage.read,
        "written_bytes": usage.written,
        "startup_ms": _milliseconds(usage.startup),
        "startup_share": None if share is None else round(share, 4),
    }


def _ratio(value: float | None) -> float | None:
    return round(value, 2) if value is not None and isfinite(value) else None


def _call(call: Call) -> dict[str, Json]:
    return {
        "name": _line(call.name),
        "number": call.number,
        "duration_ms": _milliseconds(call.duration),
        "error": _text(call.error),
        "why": _text(call.why),
    }


def _patch(patch: Patch) -> dict[str, Json]:
    return {"path": _line(patch.path), "diff": storable(patch.diff), "applied": patch.applied}


def _preview(preview: Preview) -> dict[str, Json]:
    return {
        "command": None if preview.command is None else [storable(argument) for argument in preview.command],
        "function": _line(preview.function),
        "files": preview.files,
        "fix": preview.fix,
        "fallback": _line(preview.fallback),
        "cache": preview.cache,
        "why": _text(preview.why),
    }


def _output(output: Output) -> dict[str, Json]:
    return {
        "text": visible(output.text),
        "size": output.size,
        "sha256": output.sha256,
        "path": _line(output.path),
    }


def _plan(plan: PlanSummary) -> dict[str, Json]:
    return {
        "strategy": _word(plan.strategy),
        "tasks": plan.tasks,
        "waves": list(plan.waves),
        "critical_path": [_line(name) for name in plan.critical_path],
        "estimated_ms": _milliseconds(plan.estimated),
        "estimated_speedup": _ratio(plan.estimated_speedup),
        "speedup": _ratio(plan.speedup),
        "slots": plan.slots,
        "adaptive": plan.adaptive,
        "order": [
            [
                {
                    "name": _line(task.name),
                    "fix": task.fix,
                    "place": task.place,
                    "expected_ms": _milliseconds(task.seconds),
                }
                for task in wave
            ]
            for wave in plan.order
        ],
    }


def _summary(summary: Summary) -> dict[str, Json]:
    return {
        "counts": {status.value: summary.counts.get(status, 0) for status in Status},
        "findings": summary.findings,
        "files": summary.files,
        "cache_hits": summary.cache_hits,
        "slowest": [{"name": _line(name), "duration_ms": _milliseconds(seconds)} for name, seconds in summary.slowest],
    }


def _error(error: ReportedError) -> dict[str, Json]:
    return {
        "family": error.family,
        "code": error.code,
        "message": visible(error.message),
        "place": _line(error.place),
        "remedy": _text(error.remedy),
    }


def _value(value: Json, depth: int = 0) -> Json:
    """A component's own JSON, in exactly the types of JSON."""
    if isinstance(value, Mapping | list | tuple) and depth == DEEPEST:
        return f"(nested deeper than {DEEPEST} levels)"
    if isinstance(value, Mapping):
        return {storable(str(key)): _value(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_value(item, depth + 1) for item in value]
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    if isinstance(value, int):
        return value if isinstance(value, bool) else int(value)
    return None if value is None else storable(str(value))


def _word(word: str | None) -> str | None:
    """An enum's value as a plain string, which is what every writer knows."""
    return None if word is None else str(word)


def _text(text: str | None) -> str | None:
    return None if text is None else visible(text)


def _line(name: str | None) -> str | None:
    """A path, or a name, which may hold as little as a path what is more than one line of text."""
    return None if name is None else shown_path(name)


def _position(number: int | None) -> int | None:
    """Lines and columns count from 1; a tool that has none to give may say 0."""
    return number if number is not None and number > 0 else None


def _milliseconds(seconds: float | None) -> float | None:
    """Milliseconds with three decimals, or None for what is no duration (a test report may say "nan")."""
    return round(seconds * 1000.0, 3) if seconds is not None and 0.0 <= seconds * 1000.0 < inf else None


def _timestamp(seconds: float) -> str:
    """RFC 3339 in UTC with milliseconds, from seconds since 1970."""
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    at = time.gmtime(whole)
    date, clock = f"{at[0]:04}-{at[1]:02}-{at[2]:02}", f"{at[3]:02}:{at[4]:02}:{at[5]:02}"
    return f"{date}T{clock}.{milliseconds:03}Z"
