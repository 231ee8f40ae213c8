"""No form of a secret is kept or shown of what commands print or report, wherever the pieces of it are cut."""

import base64
import itertools
import os
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.secrets import Redactor, Secrets
from omnibase.executors import capture
from omnibase.executors.capture import MEMORY, SHOWN, TAIL, Capture, Stream
from omnibase.executors.command import CommandExecutor
from omnibase.model.component import Parsing
from omnibase.model.ports import Parsed, ParserInput
from omnibase.model.result import Finding
from tests.executors import batches
from tests.executors.batches import command

SECRET = "hunter2/Correct+Horse'Battery"
FORMS = {
    "raw": SECRET,
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64-within": base64.b64encode(f"user:{SECRET}".encode()).decode(),
    "hex": SECRET.encode().hex(),
    "upper-hex": SECRET.encode().hex().upper(),
    "url": quote(SECRET, safe=""),
    "shell": SECRET.replace("'", "'\\''"),
}
# What must not be found of them: the beginning and the end of each form.
PIECES = [piece for form in FORMS.values() for piece in (form[8:16], form[-12:-4])]

given_inputs: list[ParserInput] = []


def _recording(given: ParserInput) -> Parsed:
    given_inputs.append(given)
    return Parsed((Finding("found"),), (), None)


@pytest.fixture
def hiding() -> Iterator[CommandExecutor]:
    given_inputs.clear()
    executor = CommandExecutor({"recording": _recording}, Secrets([SECRET]))
    yield executor
    executor.close()


@pytest.fixture
def printed(script: Callable[..., str]) -> Callable[[str], str]:
    """A program that prints a text as it is."""

    def write(text: str) -> str:
        return script(f"#!/bin/sh\ncat <<'END-OF-TEXT'\n{text}\nEND-OF-TEXT\n")

    return write


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_no_form_is_in_the_report_or_reaches_a_parser(
    hiding: CommandExecutor, root: Path, printed: Callable[[str], str], form: str, stream: str
) -> None:
    program = printed(f"before {FORMS[form]} after")
    component = command(f"{program} {'>&2' if stream == 'stderr' else ''}", shell=True, findings=Parsing("recording"))
    outcome = batches.run_one(hiding, batches.assignment(batches.place(root), component))
    assert outcome.output is not None
    assert outcome.output.size == len(f"before {FORMS[form]} after\n")
    for shown in (outcome.output.text, getattr(given_inputs[0], stream).decode()):
        assert shown.startswith("before ")
        assert shown.rstrip().endswith("*** after")
        assert not [piece for piece in PIECES if piece in shown]


@pytest.mark.parametrize("form", FORMS)
def test_no_form_is_in_the_file_or_in_what_a_parser_reads_of_it(
    hiding: CommandExecutor, root: Path, scratch: Path, printed: Callable[[str], str], form: str
) -> None:
    program = printed(f"before {FORMS[form]} after")
    component = command(
        f"{program}; yes | head -c {MEMORY}; {program}; yes | head -c 100000; {program}",
        shell=True,
        findings=Parsing("recording"),
    )
    outcome = batches.run_one(hiding, batches.assignment(batches.place(root, scratch), component))
    assert outcome.output is not None
    assert outcome.output.path is not None
    kept = Path(outcome.output.path).read_text()
    for shown, times in ((outcome.output.text, 2), (kept, 3), (given_inputs[0].stdout.decode(), 3)):
        assert shown.count("*** after") == times
        assert not [piece for piece in PIECES if piece in shown]


def test_no_form_is_in_what_a_parser_reads_of_a_report_or_stays_in_the_report(
    hiding: CommandExecutor, root: Path, scratch: Path, printed: Callable[[str], str]
) -> None:
    program = printed("\n".join(FORMS.values()))
    component = command("sh", "-c", f"{program} > $0", "{report}", findings=Parsing("recording"))
    batches.run_one(hiding, batches.assignment(batches.place(root, scratch), component))
    (report,) = scratch.iterdir()
    assert given_inputs[0].report == report.read_bytes()
    assert report.read_text().count("***") == len(FORMS)
    assert not [piece for piece in PIECES if piece in report.read_text()]


def test_a_report_that_is_a_link_is_replaced_and_not_written_through(
    hiding: CommandExecutor, root: Path, scratch: Path, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere"
    other.write_text(f"mine: {SECRET}")
    component = command("ln", "-s", str(other), "{report}", findings=Parsing("recording"))
    batches.run_one(hiding, batches.assignment(batches.place(root, scratch), component))
    assert given_inputs[0].report == b"mine: ***"
    assert other.read_text() == f"mine: {SECRET}"
    (report,) = scratch.iterdir()
    assert report.read_text() == "mine: ***"


def test_a_secret_with_colours_in_the_middle_is_hidden_where_they_are_removed(tmp_path: Path) -> None:
    both = Capture(str(tmp_path / "stem"), Secrets([SECRET]))
    coloured = f"\x1b[1m{SECRET[:9]}\x1b[0m{SECRET[9:]}\n".encode()
    both.stdout.feed(coloured + b"y\n" * MEMORY + coloured)
    output = both.output()
    assert output is not None
    assert output.path is not None
    assert output.text.startswith("***\ny\n")
    assert output.text.endswith("y\n***")
    assert both.last_line() == "***"
    kept = Path(output.path).read_text()
    assert kept.startswith("***\ny\n")
    assert kept.endswith("y\n***\n")


# Where a secret is cut


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_hidden_whereever_two_reads_cut_it(form: str) -> None:
    data = f"before {FORMS[form]} after".encode()
    whole = Secrets([SECRET]).bytes(data)
    for at in range(len(data) + 1):
        stream = Stream(None, Secrets([SECRET]))
        stream.feed(data[:at])
        stream.feed(data[at:])
        stream.close()
        assert stream.data() == stream.excerpt(SHOWN) == whole


@pytest.mark.parametrize("offset", range(-2, len(SECRET) + 3))
@pytest.mark.parametrize("edge", ["head", "tail", "shown tail"])
def test_no_piece_of_a_secret_is_left_at_the_border_of_what_is_kept(edge: str, offset: int) -> None:
    secret = SECRET.encode()
    size = MEMORY + 10 * TAIL
    at = {"head": MEMORY, "tail": size - TAIL, "shown tail": size - min(TAIL, SHOWN // 2)}[edge] - offset
    data = b"." * at + secret + b"." * (size - at - len(secret))
    for first, chunk in ((0, 1 << 16), (0, 1000), (0, size), (MEMORY + 1000, size)):
        stream = Stream(None, Secrets([SECRET]))
        stream.feed(data[:first])
        for start in range(first, size, chunk):
            stream.feed(data[start : start + chunk])
        stream.close()
        for shown in (stream.excerpt(SHOWN), stream.excerpt(MEMORY + TAIL), stream.end()):
            assert not [piece for piece in (secret[:4], secret[-4:], secret[10:14]) if piece in shown]
        assert stream.size == size


@given(
    found=st.lists(st.text("ab", min_size=4, max_size=6), min_size=1, max_size=3),
    pieces=st.lists(st.text("abc", max_size=30), max_size=20),
    limits=st.tuples(st.integers(1, 60), st.integers(1, 30)),
    limit=st.integers(0, 200),
)
def test_any_pieces_show_the_head_and_the_tail_of_the_whole_without_secrets(
    found: list[str], pieces: list[str], limits: tuple[int, int], limit: int
) -> None:
    secrets = Secrets(found)
    whole = secrets.bytes("".join(pieces).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(capture, "MEMORY", max(limits))
        patch.setattr(capture, "TAIL", min(limits))
        stream = Stream(None, secrets)
        for piece in pieces:
            stream.feed(piece.encode())
            assert len(stream.end()) <= min(limits)
        stream.close()
        shown = stream.excerpt(limit)
    head, mark, rest = shown.partition(b"\n[... ")
    _, _, end = rest.partition(b" bytes left out ...]\n")
    assert whole.startswith(head)
    # Where all but the tail was not looked through, the mark of a secret before it may be missing.
    assert whole.endswith((end, end.removeprefix(b"***")))
    if not mark:
        assert shown == whole


def test_the_last_line_of_a_running_command_has_no_piece_of_a_secret() -> None:
    secrets = Secrets([SECRET])
    for before in (b"", b"." * (MEMORY + 10 * TAIL)):
        both = Capture(None, secrets)
        both.stdout.feed(before + b"\nfirst\n" + b"x" * secrets.longest + b"\n")
        for byte in SECRET.encode():
            both.stdout.feed(bytes([byte]))
            line = both.last_line()
            assert line is None or SECRET[:4] not in line
        both.stdout.feed(b"\n")
        both.close()
        assert both.last_line() == "***"


def test_the_middle_of_a_flood_is_not_looked_through_and_costs_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_through = 0
    feed = Redactor.feed

    def counted(redactor: Redactor, data: bytes) -> bytes:
        nonlocal looked_through
        looked_through += len(data)
        return feed(redactor, data)

    monkeypatch.setattr(Redactor, "feed", counted)
    secrets = Secrets([SECRET, *(f"another-secret-{number}" for number in range(20))])
    stream = Stream(None, secrets)
    chunk = b"0123456789abcde\n" * 4096
    stream.feed(b"x" * MEMORY * 2)
    tracemalloc.start()
    try:
        for _ in itertools.repeat(None, 3200):  # 200 MB
            stream.feed(chunk)
        stream.feed(SECRET.encode())
        stream.close()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * 1024 * 1024
    assert looked_through < 4 * MEMORY
    assert stream.size == 2 * MEMORY + 3200 * len(chunk) + len(SECRET)
    assert stream.excerpt(SHOWN).endswith(b"abcde\n***")


def test_a_capture_with_secrets_leaves_no_file_open(tmp_path: Path) -> None:
    with batches.no_file_left_open():
        both = Capture(str(tmp_path / "stem"), Secrets([SECRET]))
        both.stdout.feed(b"x" * (MEMORY + 10_000))
        both.close()
    assert os.listdir(tmp_path) == ["stem.out"]
