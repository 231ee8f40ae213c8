"""The entries of `registry.yaml` that say how failures are met: what is tried again, left alone, and cut off."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from omnibase.registry.kinds import MAX_DURATION, Duration, StderrPattern
from omnibase.registry.mappings import Entry, off_or_mapping

# More than a system can be asked for: what is no number of bytes, processes or files there cannot be a limit.
MAX_MEGABYTES = 1_000_000_000
MAX_PIDS = 4_194_304  # Linux: PID_MAX_LIMIT
MAX_FILES = 1_073_741_816  # Linux: the most that fs.nr_open can be


class RetryEntry(Entry):
    attempts: int | None = Field(
        None, ge=1, le=100, description="How often it is tried in all; left out: 3. With 1 never again.", examples=[5]
    )
    first_delay: Duration | None = Field(
        None, description="The wait before the second attempt; left out: 100ms.", examples=["500ms"]
    )
    factor: float | None = Field(
        None, ge=1, le=100, description="Each further wait is so many times the last; left out: 2.", examples=[1.5]
    )
    max_delay: Duration | None = Field(None, description="No wait is longer; left out: 30s.", examples=["10s"])
    jitter: float | None = Field(
        None, ge=0, le=1, description="Up to this share of a wait is taken off by chance; left out: 0.5.", examples=[0]
    )
    transient_exit_codes: list[Annotated[int, Field(ge=1, le=255)]] = Field(
        [], description="Exit codes after which another attempt is worth it; 0 is no failure.", examples=[[75]]
    )
    stderr: StderrPattern | None = Field(
        None,
        description="Another attempt is worth it where this regular expression is found in a line of the error output "
        "of one that failed.",
        examples=["(?i)connection reset"],
    )
    on_timeout: bool | None = Field(
        None, description="Another attempt is worth it after `timeout`; left out: false.", examples=[True]
    )
    budget: Duration | None = Field(
        None, description="No attempt begins later than this after the first one.", examples=["5m"]
    )


class BreakerEntry(Entry):
    failures: int | None = Field(
        None, ge=1, le=1000, description="So many failed attempts in a row open it; left out: 5.", examples=[3]
    )
    reset: Duration | None = Field(
        None, description="So long after it opened, it is tried again; left out: 60s.", examples=["5m"]
    )
    probes: int | None = Field(
        None, ge=1, le=100, description="At most so many attempts are let through then; left out: 3.", examples=[1]
    )


class LimitsEntry(Entry):
    cpu_s: float | None = Field(
        None, gt=0, le=MAX_DURATION, description="Processor time of each process, in seconds.", examples=[60]
    )
    mem_mb: float | None = Field(
        None,
        gt=0,
        le=MAX_MEGABYTES,
        description="Memory of all its processes together, in megabytes of 1024 * 1024 bytes.",
        examples=[512],
    )
    pids: int | None = Field(None, ge=1, le=MAX_PIDS, description="All its processes at a time.", examples=[64])
    files: int | None = Field(None, ge=1, le=MAX_FILES, description="Open files of each process.", examples=[256])
    output_mb: float | None = Field(
        None,
        gt=0,
        le=MAX_MEGABYTES,
        description="What it prints, and any one file that it writes, in megabytes of 1024 * 1024 bytes.",
        examples=[10],
    )


Breaker = Annotated[
    Annotated[BreakerEntry, Tag("~rule")] | Annotated[Literal[False], Tag("~off")], Discriminator(off_or_mapping)
]
