"""Reports made by hand, one for each thing that a format has to show."""

from typing import Any

from omnibase.core.reporting import RUN_STATUS
from omnibase.model.component import ComponentType, Lifecycle
from omnibase.model.report import (
    Choice,
    PlanSummary,
    ReportedError,
    ReportedResult,
    RepositoryState,
    RunHeader,
    RunReport,
    Selection,
    Summary,
)
from omnibase.model.result import (
    Attempt,
    Cause,
    Finding,
    Output,
    Part,
    Patch,
    Result,
    Seen,
    Severity,
    Status,
    Where,
)

STARTED = 1714557600.123


def entry(
    name: str,
    result: Result,
    *,
    type: ComponentType = ComponentType.VALIDATOR,
    required: bool = True,
    duration: float | None = 0.12,
) -> ReportedResult:
    """A result that took so long; None where nothing was started."""
    if duration is not None and not result.attempts:
        result = result._replace(attempts=(Attempt(1, 0.01, duration),))
    return ReportedResult(name, "1.0.0", type, Lifecycle.STABLE, required, result, 0.01, duration or 0.0)


def report(
    *entries: ReportedResult, exit_code: int = 0, stage: str = "ci", mode: str = "async", **more: Any
) -> RunReport:
    """A report of these results; `choices` is its selection."""
    choices = more.pop("choices", tuple(Choice(one.name, True, "the default of the stage") for one in entries))
    counts = {status.value: sum(one.result.status is status for one in entries) for status in RUN_STATUS}
    return RunReport(
        header=RunHeader(
            run_id="01HWTEST",
            correlation_id="4bf92f3577b34da6a3ce929d0e0e4736",
            stage=stage,
            mode=mode,
            started_at=STARTED,
            repository=RepositoryState("/home/user/project", "c0ffee" + 34 * "0", "main", False),
            selection=Selection(choices),
            environment={"python": "3.11.7", "platform": "linux"},
        ),
        status=next(
            (status for status in RUN_STATUS if counts[status.value]), Status.SKIP if not more.get("error") else None
        ),
        exit_code=exit_code,
        finished_at=STARTED + 1.24,
        duration=1.24,
        results=entries,
        summary=Summary(
            counts=counts,
            findings=sum(len(one.result.findings) for one in entries),
            files=max((one.result.files for one in entries), default=0),
            cache_hits=sum(one.result.cached for one in entries),
            slowest=tuple((one.name, one.duration) for one in sorted(entries, key=lambda one: -one.duration)[:5]),
        ),
        **more,
    )


PASSED = entry("trailing-whitespace", Result(Status.PASS, files=12))
SKIPPED = entry("eslint", Result(Status.SKIP, cause=Cause.NO_FILES, reason="no matching files"), duration=None)
FAILED = entry(
    "ruff",
    Result(
        Status.FAIL,
        cause=Cause.FINDINGS,
        reason="exit code 1",
        files=12,
        findings=(
            Finding("line too long (130 > 120)", "src/b.py", 7, 121, "E501"),
            Finding("`os` imported but unused", "src/a.py", 3, 8, "F401", fix="Remove unused import: `os`"),
            Finding("module is long", "src/a.py", severity=Severity.WARNING),
            Finding("the configuration is out of date"),
        ),
        attempts=(Attempt(1, 0.01, 0.34, exit_code=1, error="exit code 1"),),
        command=("ruff", "check", "--output-format=json", "src/a.py", "src/with space.py"),
        program="/usr/bin/ruff",
        output=Output("[]", 2, "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"),
    ),
    duration=0.34,
)
CRASHED = entry(
    "generator",
    Result(
        Status.FAIL,
        reason="exit code 3",
        output=Output("\nTraceback:\n\n    \tit broke  \n\n", 70000, None, "/var/runs/01HWTEST/generator.out"),
        attempts=(
            Attempt(1, 0.01, 0.5, 75, "exit code 75", "exit code 75 is transient"),
            Attempt(2, 0.7, 75.2, 3, "exit code 3"),
        ),
        command=("./make it", "--name", "it's", "caf\udce9", "two\nlines"),
        remedy="look at `generator --help`, and set `timeout:` to more than it has now, or leave `timeout:` out",
    ),
    type=ComponentType.TOOL,
    duration=75.7,
)
TIMED_OUT = entry(
    "mypy",
    Result(
        Status.TIME,
        cause=Cause.TIMEOUT,
        reason="no verdict within 60 s",
        files=12,
        command=("mypy", "src"),
        output=Output("checking\n", 9),
    ),
    duration=60.0,
)
WARNED = entry(
    "old-check",
    Result(
        Status.WARN,
        cause=Cause.DEPRECATED,
        reason="deprecated: use trailing-whitespace instead, which does the same in less time and mends what it finds "
        "(to be removed on 2025-01-01)",
        files=1,
        findings=(Finding("tabs", "Makefile", 1, severity=Severity.WARNING),),
    ),
)
NOT_INSTALLED = entry(
    "prettier",
    Result(
        Status.SKIP,
        cause=Cause.NOT_INSTALLED,
        reason="prettier is not installed",
        remedy="npm install prettier, or `required: false`",
        command=("prettier", "--check", "a.md"),
    ),
    duration=None,
)
TESTS = entry(
    "unit-tests",
    Result(
        Status.FAIL,
        cause=Cause.FINDINGS,
        parts=(
            *(Part(f"tests/test_a.py::test_{number}", Status.PASS, 0.001 * number) for number in range(3)),
            Part("tests/test_a.py::test_bad", Status.FAIL, 0.2, "assert 1 == 2\nE   AssertionError"),
            Part("tests/test_a.py::test_later", Status.SKIP),
        ),
        output=Output("1 failed, 3 passed, 1 skipped\n", 30),
        attempts=(Attempt(1, 0.0, 0.9, 1),),
        command=("pytest", "-q"),
    ),
    type=ComponentType.TEST,
    duration=0.9,
)
PASSED_TESTS = entry(
    "more-tests",
    Result(Status.PASS, parts=tuple(Part(f"test_{number}", Status.PASS) for number in range(143)), cached=True),
    type=ComponentType.TEST,
)
LONG = entry("a-validator-with-" + "a-very-" * 12 + "long-name", Result(Status.PASS, files=1))
WIDE = entry("検査-漢字", Result(Status.PASS, files=2, reason="すべて 問題 ありません"))
HOSTILE = entry(
    "hostile",
    Result(
        Status.FAIL,
        findings=(
            Finding("a \x1b[31mred\x1b[0m message\x07", "caf\udce9/\x1b]0;x\x07.py", 1, 1, "X\u202e1"),
            Finding("two\nlines", "漢字.py", 2),
        ),
        value={"nan": float("nan"), "inf": [float("inf")], "byte": "\udcff", "bidi\u202e": "\u202e"},
        changed_files=("new\nline.py", "caf\udce9.py"),
        output=Output("\x1b[1mbold\x1b[0m \udcff\n", 20),
    ),
)
FIXED = entry(
    "end-of-file",
    Result(Status.PASS, files=3, marked=("fixed",), changed_files=("src/a.py", "src/b c.py")),
)
CHANGED = entry(
    "formatter",
    Result(Status.FAIL, cause=Cause.CHANGED_FILES, reason="changed 1 file", files=3, changed_files=("src/a.py",)),
)
MANY = entry(
    "pylint",
    Result(
        Status.FAIL,
        files=10,
        findings=tuple(
            Finding(f"finding {number}", f"src/f{number % 10}.py", number + 1, 1, f"C{number % 3}")
            for number in range(300)
        ),
    ),
)
PLAN = PlanSummary("staged_parallel", 4, (3, 1), ("generator", "mypy"), 3.25)
PATCH = "--- a/x.txt\n+++ b/x.txt\n@@ -1 +1 @@\n-a \n+a\n"


BIG_DIFF = "--- a/big.txt\n+++ b/big.txt\n@@ -1,400 +1,400 @@\n" + "".join(f"-{n} \n+{n}\n" for n in range(400))
STAGED = Seen(Where.STAGED, "x.txt has changes that are not staged")
IN_VIEW = Seen(Where.VIEW, "x.txt and 2 more have changes that are not staged")
MENDED = entry(
    "trailing-whitespace",
    Result(
        Status.FAIL,
        cause=Cause.CHANGED_FILES,
        reason="changed 1 file",
        files=2,
        marked=("fixed",),
        changed_files=("x.txt",),
        patches=(Patch("x.txt", PATCH, True),),
        seen=STAGED,
    ),
)
NOT_MENDED = entry(
    "formatter",
    Result(
        Status.WARN,
        cause=Cause.FINDINGS,
        files=2,
        findings=(
            Finding(
                "it conflicts with changes that are not staged",
                "y z.txt",
                code="not-fixed",
                severity=Severity.WARNING,
            ),
        ),
        patches=(Patch("y z.txt", PATCH.replace("x.txt", "y z.txt"), False),),
        seen=IN_VIEW,
        command=("format", "x.txt", "y z.txt"),
        program="/usr/bin/format",
    ),
)
LOOKED_AT = entry("mypy", Result(Status.PASS, files=2, seen=IN_VIEW))
IN_PLACE = entry("ruff", Result(Status.PASS, files=2, seen=Seen(Where.IN_PLACE)))
WOULD_MEND = entry(
    "end-of-file",
    Result(Status.SKIP, cause=Cause.DRY_RUN, reason="would fix", files=1, patches=(Patch("x.txt", PATCH, False),)),
)
MUCH_MENDED = entry(
    "rewriter",
    Result(
        Status.FAIL,
        cause=Cause.CHANGED_FILES,
        reason="changed 1 file",
        files=1,
        changed_files=("big.txt",),
        patches=(Patch("big.txt", BIG_DIFF, True),),
    ),
)


def registry(value: dict[str, Any]) -> RunReport:
    result = Result(Status.PASS, value=value)
    return report(
        entry("registry " + value["action"], result, duration=None), stage="registry", mode="sync", choices=()
    )


COMPONENTS = [
    {
        "name": "ruff",
        "type": "validator",
        "lifecycle": "stable",
        "version": "1.0.0",
        "tags": ["pre-commit", "python"],
        "description": "Lint Python with ruff",
        "plugin": None,
        "origin": "registry.yaml:4:5",
    },
    {
        "name": "trailing-whitespace",
        "type": "validator",
        "lifecycle": "canary",
        "version": "1.2.3",
        "tags": ["text"],
        "description": "No line ends with blanks, be they spaces or tabs, in any text file of the repository",
        "plugin": "omnibase_files",
        "origin": None,
    },
]
PLUGINS = [
    {"name": "omnibase_files", "version": "0.1.0", "loaded": True, "path": None},
    {"name": "local", "version": None, "loaded": False, "path": "./tools"},
]

REPORTS: dict[str, RunReport] = {
    "all passed": report(PASSED, PASSED_TESTS, WIDE, FIXED, SKIPPED),
    "every status": report(PASSED, FAILED, CRASHED, TIMED_OUT, WARNED, SKIPPED, NOT_INSTALLED, exit_code=1, plan=PLAN),
    "tests with parts": report(TESTS, PASSED_TESTS, exit_code=1, stage="test", mode="sync"),
    "names long and wide": report(LONG, WIDE, PASSED),
    "hostile text": report(HOSTILE, exit_code=1, notices=("the \x1b[31mcache\x1b[0m could not be written",)),
    "many findings": report(MANY, exit_code=1),
    "files changed": report(CHANGED, FIXED, exit_code=1, stage="pre-commit"),
    "fixed and not fixed": report(MENDED, NOT_MENDED, LOOKED_AT, IN_PLACE, exit_code=1, stage="pre-commit"),
    "fixed and staged": report(
        MENDED._replace(
            result=MENDED.result._replace(status=Status.WARN, reason="changed 1 file, and staged what was changed")
        ),
        stage="pre-commit",
    ),
    "would fix": report(WOULD_MEND, mode="dry-run", stage="pre-commit"),
    "only not installed": report(PASSED, NOT_INSTALLED, exit_code=1),
    "not installed and not required": report(PASSED, NOT_INSTALLED._replace(required=False)),
    "only warned": report(WARNED, PASSED),
    "nothing selected": report(
        choices=(
            Choice("ruff", False, "tag pre-commit is not among its tags"),
            Choice("mypy", False, "lifecycle is experimental", "registry.yaml:12"),
        )
    ),
    "empty registry": report(choices=()),
    "interrupted": report(
        PASSED,
        entry(
            "mypy",
            Result(Status.SKIP, cause=Cause.INTERRUPTED, reason="not started: the run was interrupted"),
            duration=None,
        ),
        exit_code=130,
        signal=2,
    ),
    "dry run": report(
        entry(
            "ruff",
            Result(
                Status.SKIP,
                cause=Cause.DRY_RUN,
                reason="would run over 2 files",
                command=("ruff", "check", "a.py", "with space.py"),
                program="/usr/bin/ruff",
            ),
        ),
        entry(
            "end-of-file",
            Result(
                Status.SKIP,
                cause=Cause.DRY_RUN,
                reason="would mend 1 file",
                findings=(Finding("no newline at the end", "x.txt", fix=PATCH),),
            ),
        ),
        mode="dry-run",
        choices=(Choice("ruff", True, "type validator"), Choice("unit-tests", False, "type is test")),
    ),
    "configuration error": report(
        exit_code=2,
        choices=(),
        error=ReportedError(
            "configuration", 2, "`lifcycle` is no key of a component", "registry.yaml:12:5", "did you mean `lifecycle`?"
        ),
    ),
    "error without a place": report(
        exit_code=1, choices=(), error=ReportedError("execution", 1, "git is not installed\nor not on PATH")
    ),
    "registry list": registry({"action": "list", "components": COMPONENTS, "plugins": PLUGINS}),
    "registry inspect": registry(
        {
            "action": "inspect",
            "component": {
                "name": "ruff",
                "required": True,
                "idempotent": False,
                "work": {"_": "Command", "argv": ["ruff", "check", "it's"]},
                "tags": ["pre-commit", "python"],
                "needs": [{"name": "generate", "version": ">=1,<2"}],
                "description": "Lint Python with ruff\nin two lines",
                "owner": None,
                "timeout": 60.0,
            },
        }
    ),
    "registry validate": registry(
        {"action": "validate", "file": "registry.yaml", "components": 12, "plugins": PLUGINS[:1]}
    ),
    "registry schema": registry({"action": "schema", "schema": {"type": "object", "required": ["components"]}}),
}
