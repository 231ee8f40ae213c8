"""Runs of a component that prints very much: how much memory that takes, and where its secrets go."""

import base64
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.e2e.driving import MEASURE
from tests.faults.misbehaving import ALL, Place, report_of

MB = 1024 * 1024
SECONDS = 1800.0
SECRET = "9f86d081-884c7d65-9a2feaa0"
ESCAPE = b"\x1b]0;a title\x07"
COMMAND = b"::set-output name=a::b"
HIDDEN = (SECRET.encode(), base64.b64encode(SECRET.encode()), SECRET.encode().hex().encode())

# Prints so many bytes, half of them to each stream by turns, in blocks whose borders are nowhere near those of pipes.
PRINT = """\
import base64, random
kind, size, secret, code = sys.argv[2], int(sys.argv[3]), os.environ["API_TOKEN"].encode(), int(sys.argv[4])
chance = random.Random(1)
line = b"\\x1b]0;a title\\x07\\x1b[31ma line of some length \\xff" + b"." * 60 + b"\\n::set-output name=a::b\\n"
hidden = (secret, base64.b64encode(secret), secret.hex().encode())
blocks = {
    "lines": b"".join(line * chance.randrange(400) + hidden[turn % 3] for turn in range(40)),
    "returns": b"\\r" * 999_983,
    "binary": chance.randbytes(999_983).replace(secret, b""),
}
block = blocks[kind]
def put(fd, data):
    while data:
        data = data[os.write(fd, data):]
turn = 0
while size > 0:
    put(1 + turn % 2, block[:size])
    size -= len(block)
    turn += 1
sys.exit(code)
"""
KINDS = ("lines", "returns", "binary")
REGISTRY = 'command: [./print, "{met}", {kind}, "{size}", "{code}"], timeout: 30m'
HOOKS = """\
repos:
  - repo: local
    hooks:
      - {{id: it, name: it, language: system, entry: ./print {met} {kind} {size} {code}, always_run: true,
         pass_filenames: false}}
"""


class Printed(NamedTuple):
    """What became of so many bytes: the exit code, the peak of memory (bytes), and what the report says was printed.

    `leaked` are files and streams with a secret in them, `acting` says that a stream has something in it that acts on a
    terminal or a CI system.
    """

    kind: str
    size: int
    code: int
    peak: int
    told: int | None
    leaked: tuple[str, ...]
    acting: bool
    report: bool


def printed(place: Place, kind: str, size: int, code: int = 0) -> Printed:
    """A run of a component that prints so many bytes and ends with the code."""
    place.child("print", PRINT)
    given = {"met": place.met, "kind": kind, "size": size, "code": code}
    if place.tool.is_ours:
        place.only(REGISTRY.format(**given))
    else:
        place.write(".pre-commit-config.yaml", HOOKS.format(**given))
    place.stage()
    command = [*ALL] if place.tool.is_ours else ["run", "--all-files", "--color", "never"]
    peak = place.root.parent / "peak"
    out, err = place.root.with_suffix(".out"), place.root.with_suffix(".err")
    with out.open("wb") as out_file, err.open("wb") as err_file:
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, str(peak), place.tool.program, *command],
            cwd=place.root,
            env={**place.environment, "API_TOKEN": SECRET},
            stdin=subprocess.DEVNULL,
            stdout=out_file,
            stderr=err_file,
            timeout=SECONDS,
            check=False,
        )
    report = report_of(out.read_bytes()) if place.tool.is_ours else None
    output = report["results"][0]["output"] if report else None
    kept = [path for path in place.state.rglob("*") if path.is_file()]
    streams = out, err
    found = Printed(
        kind=kind,
        size=size,
        code=done.returncode,
        peak=int(peak.read_text()),
        told=output["size"] if output else None,
        leaked=tuple(str(path) for path in (*kept, *streams) if any(_is_in(hidden, path) for hidden in HIDDEN)),
        acting=any(_is_in(what, path) for what in (ESCAPE, b"\n" + COMMAND) for path in streams),
        report=report is not None,
    )
    shutil.rmtree(place.state / "runs", ignore_errors=True)
    return found


def _is_in(what: bytes, path: Path) -> bool:
    before = b""
    with path.open("rb") as file:
        while data := file.read(MB):
            if what in before + data:
                return True
            before = data[-len(what) :]
    return False
