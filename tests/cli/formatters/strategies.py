"""Any report that the types allow, hostile text and all."""

from hypothesis import strategies as st

from omnibase.model.component import ComponentType, Lifecycle
from omnibase.model.report import (
    Choice,
    GateDecision,
    PlannedTask,
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
    Call,
    Cause,
    Finding,
    Output,
    Part,
    Patch,
    Preview,
    Result,
    Seen,
    Severity,
    Status,
    Usage,
    Where,
)

NASTY = [
    "\x1b[31m",
    "\x9b",
    "\udcff",
    "\ud800",
    "\u202e",
    "\x00",
    "\r",
    "a\nb",
    "漢字",
    "",
    "yes",
    "1e3",
    "null",
    "- a: b",
    "::error::x",
    "::error x",
    " ::set-output name=a::b",
    "a\n\t::add-mask::c",
    "##[group]",
    "##",
    "[error]",
    "##vso[task.x]",
    "##teamcity[",
]
TEXT = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=()), max_size=12))
SECONDS = st.floats(0, 1e6)
COUNT = st.integers(0, 10**6)
CODES = st.integers(0, 255)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=3)


def some(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(strategy, max_size=2).map(tuple)


def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | strategy


FINDINGS = st.builds(
    Finding, TEXT, maybe(TEXT), maybe(COUNT), maybe(COUNT), maybe(TEXT), st.sampled_from(Severity), maybe(TEXT)
)
PARTS = st.builds(Part, TEXT, st.sampled_from(Status), maybe(st.floats()), maybe(TEXT))
USAGES = st.builds(Usage, SECONDS, SECONDS, SECONDS, maybe(COUNT), maybe(COUNT), maybe(COUNT), startup=maybe(SECONDS))
ATTEMPTS = st.builds(
    Attempt, st.integers(1, 9), SECONDS, SECONDS, maybe(st.integers(-64, 255)), maybe(TEXT), maybe(TEXT), maybe(USAGES)
)
CALLS = st.builds(Call, TEXT, st.integers(1, 9), SECONDS, maybe(TEXT), maybe(TEXT))
PREVIEWS = st.builds(
    Preview,
    maybe(some(TEXT)),
    maybe(TEXT),
    maybe(COUNT),
    fix=st.booleans(),
    fallback=maybe(TEXT),
    cache=st.sampled_from(["hit", "miss", "off"]),
    why=maybe(TEXT),
    files_at=maybe(st.integers(0, 3)),
)
RESULTS = st.builds(
    Result,
    status=st.sampled_from(Status),
    findings=some(FINDINGS),
    value=JSON,
    reason=maybe(TEXT),
    cause=maybe(st.sampled_from(Cause)),
    parts=some(PARTS),
    marked=some(TEXT),
    attempts=some(ATTEMPTS),
    calls=some(CALLS),
    files=COUNT,
    changed_files=some(TEXT),
    patches=some(st.builds(Patch, TEXT, TEXT, st.booleans())),
    seen=maybe(st.builds(Seen, st.sampled_from(Where), maybe(TEXT))),
    output=maybe(st.builds(Output, TEXT, COUNT, st.none(), maybe(TEXT))),
    command=maybe(some(TEXT)),
    program=maybe(TEXT),
    remedy=maybe(TEXT),
    cached=st.booleans(),
    previews=some(PREVIEWS),
)
ENTRIES = st.builds(
    ReportedResult,
    TEXT,
    TEXT,
    st.sampled_from(ComponentType),
    st.sampled_from(Lifecycle),
    st.booleans(),
    RESULTS,
    maybe(SECONDS),
    SECONDS,
)
DECISIONS = st.builds(GateDecision, TEXT, TEXT, st.sampled_from(["blocked", "warned", "audited"]), TEXT, maybe(TEXT))
HEADERS = st.builds(
    RunHeader,
    run_id=TEXT,
    correlation_id=TEXT,
    stage=st.sampled_from(["ci", "test", "registry"]) | TEXT,
    mode=TEXT,
    started_at=st.floats(0, 4e9),
    repository=st.builds(RepositoryState, TEXT, st.none(), maybe(TEXT), maybe(st.booleans())),
    selection=st.builds(Selection, some(st.builds(Choice, TEXT, st.booleans(), TEXT, maybe(TEXT))), some(DECISIONS)),
    environment=OBJECTS,
)
FAMILIES = st.sampled_from(["configuration", "registry", "protocol", "security", "execution"])
REPORTS = st.builds(
    RunReport,
    header=HEADERS,
    status=maybe(st.sampled_from(Status)),
    exit_code=CODES,
    finished_at=st.floats(0, 4e9),
    duration=SECONDS,
    results=some(ENTRIES),
    summary=st.builds(
        Summary,
        st.dictionaries(st.sampled_from([status.value for status in Status]), COUNT),
        COUNT,
        COUNT,
        COUNT,
        some(st.tuples(TEXT, SECONDS)),
    ),
    plan=maybe(
        st.builds(
            PlanSummary,
            st.just("sequential"),
            COUNT,
            some(COUNT),
            some(TEXT),
            maybe(SECONDS),
            slots=maybe(st.integers(1, 99)),
            order=some(some(st.builds(PlannedTask, TEXT, st.booleans(), maybe(SECONDS), st.integers(1, 99)))),
        )
    ),
    notices=some(TEXT),
    metrics=OBJECTS,
    error=maybe(st.builds(ReportedError, FAMILIES, st.integers(1, 5), TEXT, maybe(TEXT), maybe(TEXT))),
    signal=maybe(st.integers(1, 64)),
)
