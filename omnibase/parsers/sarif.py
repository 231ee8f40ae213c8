"""SARIF 2.1.0 -> findings. Section numbers are those of the OASIS standard."""

import re
from collections.abc import Mapping

from omnibase.model.ports import Json, Parsed, ParserInput
from omnibase.model.record import Record
from omnibase.model.result import Finding, Severity
from omnibase.parsers.collecting import Collector, printed, severity, unreadable
from omnibase.parsers.decoding import count, mapping, objects, sequence, string
from omnibase.parsers.uris import path_of

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\d{1,4})\}")

Object = Mapping[str, Json]


def parse(given: ParserInput) -> Parsed:
    """The results of all runs, without those that are suppressed, absent, or that say that something passed.

    What a tool notifies of as a warning or an error, such as a file that it could not read, is a finding too.
    """
    collector = Collector("the command", given)
    output = printed(given)
    if not output.strip():
        return collector.parsed()
    logs, problem = objects(output)
    for log in logs:
        version = string(log.get("version")) or "unknown"
        if "runs" not in log or not version.startswith("2.1."):
            problem = problem or f"it is no SARIF 2.1.0 (its version is {version[:20]})"
            continue
        for run in sequence(log["runs"]):
            problem = _collect(_Run.of(mapping(run)), collector) or problem
    if problem:
        problem = unreadable("the command", given, problem, "an option that makes it print SARIF")
    return collector.parsed(problem)


class _Run(Record):
    """One run with what its results refer to."""

    run: Object
    invocations: tuple[Object, ...]
    components: tuple[Object, ...]  # the driver, then the extensions
    rules: Mapping[str, Object]  # the driver's and the extensions', by id
    artifacts: tuple[Object, ...]

    @classmethod
    def of(cls, run: Object) -> "_Run":
        tool = mapping(run.get("tool"))
        components = (mapping(tool.get("driver")), *map(mapping, sequence(tool.get("extensions"))))
        rules: dict[str, Object] = {}
        for rule in (mapping(rule) for component in components for rule in sequence(component.get("rules"))):
            if name := string(rule.get("id")):
                rules.setdefault(name, rule)
        return cls(
            run,
            tuple(map(mapping, sequence(run.get("invocations")))),
            components,
            rules,
            tuple(map(mapping, sequence(run.get("artifacts")))),
        )


def _collect(run: _Run, collector: Collector) -> str | None:
    """Add the findings of a run; what is wrong with it."""
    overridden = _overridden(run)
    for result in map(mapping, sequence(run.run.get("results"))):
        if finding := _result(result, run, overridden, collector):
            collector.add(finding)
    for invocation in run.invocations:
        for kind in ("toolExecutionNotifications", "toolConfigurationNotifications"):
            for notification in map(mapping, sequence(invocation.get(kind))):
                level = severity(string(notification.get("level")), Severity.WARNING)
                if level is not Severity.NOTE:
                    code = string(mapping(notification.get("descriptor")).get("id"))
                    collector.add(_finding(notification, run, collector, level, code, {}))
    if "results" not in run.run and mapping(run.run.get("externalPropertyFileReferences")).get("results"):
        return "its results are in files of their own, which are not read"
    return None


def _result(result: Object, run: _Run, overridden: Mapping[str, str], collector: Collector) -> Finding | None:
    kind = string(result.get("kind")) or "fail"
    if kind in ("pass", "notApplicable") or result.get("baselineState") == "absent" or _suppressed(result):
        return None
    code, rule = _rule(result, run)
    level = string(result.get("level"))
    if level is None and kind == "fail":  # 3.27.10
        default = string(mapping(rule.get("defaultConfiguration")).get("level"))
        level = overridden.get(string(rule.get("id")) or "") or default or "warning"
    fixes = sequence(result.get("fixes"))
    fix = _text(mapping(fixes[0]).get("description"), {}) if fixes else None
    finding = _finding(result, run, collector, severity(level or "none", Severity.WARNING), code, rule)
    return finding._replace(fix=fix)


def _suppressed(result: Object) -> bool:
    """Suppressions count unless one of them is under review or was rejected (3.27.23)."""
    suppressions = [mapping(one) for one in sequence(result.get("suppressions"))]
    return bool(suppressions) and all(one.get("status", "accepted") == "accepted" for one in suppressions)


def _rule(result: Object, run: _Run) -> tuple[str | None, Object]:
    """The id and the description of a result's rule (3.27.5 to 3.27.7); `CA2101/1` belongs to the rule CA2101."""
    reference = mapping(result.get("rule"))
    name = string(result.get("ruleId")) or string(reference.get("id"))
    place = mapping(reference.get("toolComponent")).get("index")
    component = _at(run.components, place + 1) if isinstance(place, int) else run.components[0]
    index = result.get("ruleIndex", reference.get("index"))
    rule = _at(tuple(map(mapping, sequence(component.get("rules")))), index)
    if not rule and name:
        rule = run.rules.get(name) or run.rules.get(name.rpartition("/")[0], {})
    return name or string(rule.get("id")), rule


def _overridden(run: _Run) -> Mapping[str, str]:
    """The levels that an invocation set anew, by the rule's id (3.20.5)."""
    levels: dict[str, str] = {}
    for invocation in run.invocations:
        for override in map(mapping, sequence(invocation.get("ruleConfigurationOverrides"))):
            name = string(mapping(override.get("descriptor")).get("id"))
            level = string(mapping(override.get("configuration")).get("level"))
            if name and level:
                levels[name] = level
    return levels


def _finding(item: Object, run: _Run, collector: Collector, level: Severity, code: str | None, rule: Object) -> Finding:
    messages = {**mapping(run.components[0].get("globalMessageStrings")), **mapping(rule.get("messageStrings"))}
    said = _text(item.get("message"), messages) or _text(rule.get("shortDescription"), {})
    locations = sequence(item.get("locations"))
    physical = mapping(mapping(locations[0]).get("physicalLocation")) if locations else {}
    region = mapping(physical.get("region"))
    path = path_of(mapping(physical.get("artifactLocation")), run.artifacts, mapping(run.run.get("originalUriBaseIds")))
    line = count(region.get("startLine"))
    return Finding(
        message=said or "",
        path=collector.paths.of(path),
        line=line,
        column=count(region.get("startColumn")) if line else None,
        code=code,
        severity=level,
    )


def _text(message: Json, messages: Object) -> str | None:
    """What a message says (3.11): its own text, or the one that its id names, with its arguments put in."""
    message = mapping(message)
    text = string(message.get("text")) or string(message.get("markdown"))
    if text is None:
        named = mapping(messages.get(string(message.get("id")) or ""))
        text = string(named.get("text"))
    arguments = sequence(message.get("arguments"))
    if text is None or not arguments:
        return text

    def filled(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        argument = arguments[int(found[1])] if int(found[1]) < len(arguments) else None
        return argument if isinstance(argument, str) else found[0]

    return _PLACEHOLDER.sub(filled, text)


def _at(items: tuple[Object, ...], index: Json) -> Object:
    return items[index] if isinstance(index, int) and 0 <= index < len(items) else {}
