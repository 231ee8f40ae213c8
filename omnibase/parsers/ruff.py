"""ruff's JSON (`--output-format=json` or `json-lines`) -> findings. Exit codes: 0 clean, 1 findings, 2 no verdict."""

from collections.abc import Mapping

from omnibase.model.ports import Json, Parsed, ParserInput
from omnibase.model.result import Finding
from omnibase.parsers.collecting import Collector, printed, severity, unreadable
from omnibase.parsers.decoding import count, mapping, objects, string


def parse(given: ParserInput) -> Parsed:
    """The findings of `ruff check`, and of `ruff format --check` where it prints JSON.

    A syntax error has no code in some versions; it is `invalid-syntax` in all of them here.
    """
    collector = Collector("ruff", given)
    output = printed(given)
    if not output.strip():
        return collector.parsed()
    entries, problem = objects(output)
    for entry in entries:
        finding = _finding(entry, collector)
        if finding is None:
            problem = problem or "it holds an entry that is no finding of ruff's"
        else:
            collector.add(finding)
    if problem:
        problem = unreadable("ruff", given, problem, "--output-format=json")
    return collector.parsed(problem)


def _finding(entry: Mapping[str, Json], collector: Collector) -> Finding | None:
    message, path = string(entry.get("message")), string(entry.get("filename"))
    if message is None or path is None:
        return None
    code = string(entry.get("code")) or string(entry.get("name")) or "invalid-syntax"
    if code == "E999":  # until 0.4
        code = "invalid-syntax"
    cell = count(entry.get("cell"))  # in a notebook, lines count from the cell's first
    place = mapping(entry.get("location"))
    return Finding(
        message=f"cell {cell}: {message}" if cell else message,
        path=collector.paths.of(path),
        line=count(place.get("row")),
        column=count(place.get("column")),
        code=code,
        severity=severity(string(entry.get("severity"))),
        fix=string(mapping(entry.get("fix")).get("message")),
    )
