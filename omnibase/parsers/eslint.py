"""eslint's JSON (`--format json` or `json-with-metadata`) -> findings."""

from collections.abc import Iterator, Mapping

from omnibase.model.ports import Json, Parsed, ParserInput
from omnibase.model.result import Finding, Severity
from omnibase.parsers.collecting import Collector, printed, unreadable
from omnibase.parsers.decoding import count, mapping, objects, sequence, string


def parse(given: ParserInput) -> Parsed:
    """The messages of all files: severity 2 is an error, 1 a warning; one without a rule that is fatal is `fatal`.

    Exit codes: 0 without errors, 1 with, 2 where eslint itself failed.
    """
    collector = Collector("eslint", given)
    output = printed(given)
    if not output.strip():
        return collector.parsed()
    entries, problem = objects(output)
    for entry in entries:
        for result in _results(entry):
            path = string(result.get("filePath"))
            if path is None:
                problem = problem or "it holds an entry that is no result of eslint's"
                continue
            for message in sequence(result.get("messages")):
                collector.add(_finding(mapping(message), collector.paths.of(path)))
    if problem:
        problem = unreadable("eslint", given, problem, "--format json")
    return collector.parsed(problem)


def _results(entry: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    if isinstance(entry.get("results"), list):  # json-with-metadata
        yield from map(mapping, entry["results"])
    else:
        yield entry


def _finding(message: Mapping[str, Json], path: str | None) -> Finding:
    fatal = message.get("fatal") is True
    suggestions = sequence(message.get("suggestions"))
    return Finding(
        message=string(message.get("message")) or "",
        path=path,
        line=count(message.get("line")),
        column=count(message.get("column")),
        code=string(message.get("ruleId")) or ("fatal" if fatal else None),
        severity=Severity.WARNING if message.get("severity") == 1 else Severity.ERROR,
        fix=string(mapping(suggestions[0]).get("desc")) if suggestions else None,
    )
