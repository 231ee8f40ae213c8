"""Trace context: what the caller of a run says of the trace it is part of, and what each batch is told of it.

The rules are those of W3C Trace Context (Recommendation of 2021; the flag `RANDOM` is of Level 2).
"""

from functools import lru_cache

from omnibase.model.record import Record

TRACEPARENT = "TRACEPARENT"
TRACESTATE = "TRACESTATE"

# Flags: who calls may have recorded its part of the trace; the trace's id is random. No others are passed on.
SAMPLED = 0x01
RANDOM = 0x02

_DIGITS = frozenset("0123456789abcdef")
_LENGTH = 55  # of a header of version 00

# FNV-1a with 64 bits (draft-eastlake-fnv): short, the same everywhere, and nothing has to be imported for it.
_BASIS, _PRIME, _MASK = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1


class Trace(Record):
    """A trace as a header tells of it: its id (32 hexadecimal digits), the calling span (16), and the flags."""

    trace_id: str
    parent_id: str
    flags: int


def received(header: str) -> Trace | None:
    """The trace that a `traceparent` names. None where it is not valid: then the trace begins anew, without its state.

    Of a version to come the fields of version 00 are read; what is behind them may be anything.
    """
    version, trace_id, parent_id, flags = header[:2], header[3:35], header[36:52], header[53:_LENGTH]
    dashes = header[2:3] + header[35:36] + header[52:53]
    if len(header) < _LENGTH or dashes != "---" or not _DIGITS.issuperset(version + trace_id + parent_id + flags):
        return None
    longer = len(header) > _LENGTH and (version == "00" or header[_LENGTH] != "-")
    if longer or version == "ff" or not trace_id.strip("0") or not parent_id.strip("0"):
        return None
    return Trace(trace_id, parent_id, int(flags, 16) & (SAMPLED | RANDOM))


def traceparent(trace_id: str, span: str, flags: int) -> str:
    """The header, in version 00, for what the span starts."""
    return f"00-{trace_id}-{span}-{flags:02x}"


def span_of_run(run_id: str) -> str:
    """The id of the run's own span."""
    return _shown(_fed(_BASIS, run_id))


def span_of_batch(run_id: str, batch: int, attempt: int, tasks: tuple[int, ...]) -> str:
    """The id of the span of a batch, started for these tasks; `attempt` is the highest number of an attempt of theirs.

    The same batch is started again within an attempt only for fewer tasks, and so has another one.
    """
    return _shown(_fed(_begun(run_id), f"/{batch}/{attempt}/{','.join(map(str, tasks))}"))


@lru_cache(maxsize=4)
def _begun(run_id: str) -> int:
    """What all batches of a run have in common is worked out once."""
    return _fed(_BASIS, run_id)


def _fed(value: int, text: str) -> int:
    for byte in text.encode("utf-8", "surrogatepass"):
        value = (value ^ byte) * _PRIME & _MASK
    return value


def _shown(value: int) -> str:
    return f"{value or 1:016x}"  # 0 stands for none
