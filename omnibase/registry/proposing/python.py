"""Python: linters, formatters, type checkers and test runners that a repository has configured."""

import posixpath
from collections.abc import Iterator

from omnibase.model.component import FileSet
from omnibase.registry.proposing.found import Found, declared, first, mentioned, table
from omnibase.registry.proposing.proposal import SLOW, Proposal

PYTHON = FileSet(types=("python",))
_BANDIT = "{relpath}:{line}: {test_id} {msg}"
_PYRIGHT = (
    r"^ *(?P<path>\S.*?):(?P<line>\d+):(?P<column>\d+) - (?P<severity>error|warning): (?P<message>.*?)"
    r"(?: \((?P<code>report\w+)\))?$"
)


def propose(found: Found) -> Iterator[Proposal]:
    """Components for what is configured; nothing where there is no Python."""
    if not found.types.get("python"):
        return
    yield from _ruff(found)
    yield from _older_tools(found)
    yield from _types(found)
    yield from _slow_linters(found)
    yield from _tests(found)


def sources(found: Found) -> tuple[str, ...]:
    """The folders with the repository's own code: `src`, or the packages at the top, or all."""
    if any(path.startswith("src/") and path.endswith(".py") for path in found.paths):
        return ("src",)
    packages = {path.partition("/")[0] for path in found.paths if path.count("/") == 1 and path.endswith("__init__.py")}
    return tuple(sorted(packages - {"tests", "test", "docs", "examples"})) or (".",)


def _ruff(found: Found) -> Iterator[Proposal]:
    why = declared(found, ("ruff.toml", ".ruff.toml"), ("ruff",))
    if why:
        yield Proposal(
            "ruff",
            why,
            "Lint Python with ruff",
            "lint",
            ("ruff", "check", "--force-exclude", "--output-format=json", "{files}"),
            PYTHON,
            ("ruff", "check", "--force-exclude", "--fix", "{files}"),
            "ruff",
            at_commit=True,
            language="python",
            hooks=("ruff", "ruff-check"),
        )
    formats = _ruff_formats(found)
    if formats:
        yield Proposal(
            "ruff-format",
            formats,
            "Python is formatted as ruff does",
            "format",
            ("ruff", "format", "--force-exclude", "--check", "{files}"),
            PYTHON,
            ("ruff", "format", "--force-exclude", "{files}"),
            at_commit=True,
            language="python",
            hooks=("ruff-format",),
        )


def _ruff_formats(found: Found) -> str:
    """Where it says that ruff formats here: to configure its linter alone does not."""
    if table(found, "pyproject.toml", "tool", "ruff", "format") is not None:
        return "[tool.ruff.format] in pyproject.toml"
    for file in ("ruff.toml", ".ruff.toml"):
        if table(found, file, "format") is not None:
            return f"[format] in {file}"
    file = mentioned(found, "ruff format", "ruff-format", '"ruff", "format"')
    return f"`ruff format` in {file}" if file else ""


def _older_tools(found: Found) -> Iterator[Proposal]:
    # isort stands before black, as black has the last word on what both change
    why = declared(found, (".isort.cfg",), ("isort",), ("isort", "tool:isort"))
    if why:
        yield Proposal(
            "isort",
            why,
            "Imports are sorted as isort does",
            "format",
            ("isort", "--check-only", "--filter-files", "{files}"),
            PYTHON,
            ("isort", "--filter-files", "{files}"),
            r"^ERROR: (?P<path>.+?) (?P<message>Imports are .*)$",
            regex=True,
            at_commit=True,
            language="python",
        )
    why = declared(found, (), ("black",))
    if why:
        yield Proposal(
            "black",
            why,
            "Python is formatted as black does",
            "format",
            ("black", "--check", "--quiet", "--diff", "{files}"),
            PYTHON,
            ("black", "--quiet", "{files}"),
            at_commit=True,
            language="python",
            hooks=("black-jupyter",),
            notes=("Of files that are named, black leaves out those of its `force-exclude`, not of its `exclude`.",),
        )
    why = declared(found, (".flake8",), ("flake8",), ("flake8",))
    if why:
        yield Proposal(
            "flake8",
            why,
            "Lint Python with flake8",
            "lint",
            ("flake8", "{files}"),
            PYTHON,
            findings="text",
            at_commit=True,
            language="python",
        )


def _types(found: Found) -> Iterator[Proposal]:
    why = declared(found, ("mypy.ini", ".mypy.ini"), ("mypy",), ("mypy",))
    if why:
        yield Proposal(
            "mypy",
            why,
            "Check types with mypy",
            "types",
            ("mypy", *(() if _mypy_knows(found) else sources(found))),
            PYTHON,
            findings="mypy",
            timeout="10m",
            idempotent=False,
            language="python",
            notes=(SLOW,),
        )
    why = declared(found, ("pyrightconfig.json",), ("pyright", "basedpyright"))
    if why:
        yield Proposal(
            "pyright",
            why,
            "Check types with pyright",
            "types",
            ("basedpyright" if "basedpyright" in why else "pyright",),
            PYTHON,
            findings=_PYRIGHT,
            regex=True,
            timeout="10m",
            idempotent=False,
            language="python",
            hooks=("basedpyright",),
            notes=(SLOW,),
        )


def _mypy_knows(found: Found) -> bool:
    """Whether mypy's configuration says what to look at, so that it needs no arguments."""
    places = [table(found, file, "mypy") for file in ("mypy.ini", ".mypy.ini", "setup.cfg", "tox.ini")]
    places.append(table(found, "pyproject.toml", "tool", "mypy"))
    return any(key in place for place in places if place for key in ("files", "packages", "modules"))


def _slow_linters(found: Found) -> Iterator[Proposal]:
    why = declared(found, (".pylintrc", "pylintrc", "pylintrc.toml", ".pylintrc.toml"), ("pylint",), ("pylint.",))
    if why:
        yield Proposal(
            "pylint",
            why,
            "Lint Python with pylint",
            "lint",
            ("pylint", "{files}"),
            PYTHON,
            findings="text",
            timeout="10m",
            idempotent=False,
            language="python",
            notes=("It is slow, and so does not run at commit; with the tag pre-commit it does.",),
        )
    why = declared(found, (".bandit",), ("bandit",))
    if why:
        option = ("--ini", ".bandit") if why == ".bandit" else ("-c", "pyproject.toml")
        yield Proposal(
            "bandit",
            why,
            "Look for insecure Python with bandit",
            "lint",
            ("bandit", "--quiet", *option, "--format", "custom", "--msg-template", _BANDIT, "-r", *sources(found)),
            PYTHON,
            findings="text",
            idempotent=False,
            language="python",
            notes=(SLOW,),
        )
    why = declared(found, (".importlinter",), ("importlinter",), ("importlinter",))
    if why:
        yield Proposal(
            "import-linter",
            why,
            "The contracts between modules hold",
            "lint",
            ("lint-imports",),
            PYTHON,
            idempotent=False,
            language="python",
            notes=(SLOW,),
        )


def _tests(found: Found) -> Iterator[Proposal]:
    files = ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml")
    why = declared(found, files, ("pytest.ini_options", "pytest"), ("tool:pytest", "pytest"))
    why = why or first(found, "conftest.py", "tests/conftest.py", "test/conftest.py") or ""
    tests = sorted(path for path in found.paths if is_test(path))
    if not why and tests:
        importing = next((path for path in tests if "import pytest" in found.texts.get(path, "")), "")
        why = f"`import pytest` in {importing}" if importing else ""
    if why:
        yield _test("pytest", why, ("pytest", "-q", "--junitxml={report}"), "pytest")
    elif "manage.py" in found.paths:
        yield _test("django-tests", "manage.py", ("python3", "manage.py", "test"))
    elif tests:
        yield _test("unittest", tests[0], ("python3", "-m", "unittest", "discover", *_discovering(tests)))


def is_test(path: str) -> bool:
    """Whether a file is named as a test runner would find it."""
    name = posixpath.basename(path)
    return name.startswith("test_") and name.endswith(".py")


def _discovering(tests: list[str]) -> tuple[str, ...]:
    """How unittest finds its tests where they are all in one folder without a package."""
    top = {path.partition("/")[0] for path in tests if "/" in path}
    return ("-s", *top) if len(top) == 1 and all("/" in path for path in tests) else ()


def _test(name: str, why: str, command: tuple[str, ...], findings: str | None = None) -> Proposal:
    return Proposal(
        name,
        why,
        f"Run the tests with {name.removesuffix('-tests')}",
        "test",
        command,
        findings=findings,
        idempotent=False,
        timeout="20m",
        language="python",
    )
