"""The recordings that docs/record.py makes show what is shown: each scene is played again, without its pauses."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
# What depends on the machine and the moment: durations, clocks, the estimate, and how far the bar has come.
MOMENTARY = (
    (r"[\u2501\u2578\u257a]{10,} ", ""),
    (r", about [\d:]+ left", ""),
    (r" +(in )?\d+(\.\d\d)?s\b", r" \1N"),
    (r"\d\d:\d\d", "N"),
)


def normalised(text: str) -> str:
    for pattern, instead in MOMENTARY:
        text = re.sub(pattern, instead, text)
    return text


def _recorder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("record", ROOT / "docs" / "record.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RECORDER = _recorder()


@pytest.mark.parametrize("name", RECORDER.SCENES)
def test_a_recording_is_current(name: str, tmp_path: Path) -> None:
    recorded = (ROOT / "docs" / "recordings" / f"{name}.txt").read_text(encoding="utf-8")
    assert normalised(RECORDER.played(name, tmp_path, pace=False)) == normalised(recorded), (
        "run `python docs/record.py`"
    )


@pytest.mark.parametrize("name", RECORDER.SCENES)
def test_what_the_docs_show_of_a_recording_is_part_of_it(name: str) -> None:
    document = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    recorded = (ROOT / "docs" / "recordings" / f"{name}.txt").read_text(encoding="utf-8")
    excerpts = re.findall(rf"<!-- recordings/{name}.txt -->\n```\w*\n(.*?)```", document, re.DOTALL)
    assert excerpts
    assert all(excerpt in recorded for excerpt in excerpts)
