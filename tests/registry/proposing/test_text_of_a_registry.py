"""The text of a proposed registry: quoting, comments, and whole files as a reader sees them."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from omnibase.registry.document import parse
from omnibase.registry.proposing.saving import save
from omnibase.registry.proposing.writing import WIDTH, comment, scalar
from tests.registry.proposing.folders import Files, resolved, written

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
SAMPLES: dict[str, Files] = {
    "python": {
        "pyproject.toml": "[tool.ruff]\n[tool.ruff.format]\n[tool.mypy]\n[tool.pytest.ini_options]\n",
        "src/a.py": "x = 1\n",
        "tests/test_a.py": "import pytest\n",
        "README.md": "# A\n",
        "Makefile": "test:\n\tpytest\n",
        ".pre-commit-config.yaml": "repos:\n- hooks:\n  - id: ruff-check\n  - id: check-yaml\n  - id: codespell\n",
    },
    "javascript": {
        "package.json": json.dumps(
            {
                "scripts": {"test": "vitest run", "lint": "eslint ."},
                "devDependencies": {"typescript": "5", "typescript-eslint": "8", "prettier": "3"},
            }
        ),
        "pnpm-lock.yaml": "",
        "eslint.config.mjs": "",
        "tsconfig.json": "{}",
        "biome.json": "{}",
        "src/a.ts": "",
        "public/jquery.min.js": "",
        "src/__snapshots__/a.snap": "",
    },
    "several": {
        "Cargo.toml": "",
        "src/main.rs": "",
        "service/go.mod": "",
        "service/main.go": "",
        ".shellcheckrc": "",
    },
    "nothing": {"notes.txt": "a\n"},
}


@given(TEXT)
@example(".5")
@example("1e3")
@example("-")
@example("--")
@example("a: b")
@example("null")
@example("No")
@example("=")
@example("\\'\"")
@example("\U0001f600\x7f\u2028\ufeff")
def test_a_text_is_read_as_it_was_meant(text: str) -> None:
    if "\0" in text:
        return
    tree = parse(f"a: {scalar(text)}\nb: [{scalar(text)}, {scalar(text)}]\n", "registry.yaml")

    assert tree is not None
    assert tree.data == {"a": text, "b": [text, text]}


@given(TEXT)
def test_a_comment_is_never_anything_else(text: str) -> None:
    assert all(line.startswith("  # ") and line.isprintable() for line in comment(text, "  "))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_registry_reads_well(tmp_path: Path, name: str, snapshot: SnapshotAssertion) -> None:
    text = written(tmp_path, SAMPLES[name])

    resolved(tmp_path, text)
    assert text == snapshot


@pytest.mark.parametrize("name", SAMPLES)
def test_the_defaults_of_prettier_and_yamllint_leave_the_text_as_it_is(tmp_path: Path, name: str) -> None:
    """They break lists in long lines, and do not agree on blanks inside braces."""
    lines = [line for line in written(tmp_path, SAMPLES[name]).splitlines() if not line.lstrip().startswith("#")]

    assert [line for line in lines if len(line) > WIDTH and line.count("'") != 2] == []
    assert [line for line in lines if ": {" in line] == []


def test_a_file_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "registry.yaml"
    path.write_text("mine")

    with pytest.raises(FileExistsError):
        save(str(path), b"theirs", lambda _: None)

    assert path.read_text() == "mine"
    assert [one.name for one in tmp_path.iterdir()] == ["registry.yaml"]


def test_a_file_that_does_not_pass_its_check_is_not_written(tmp_path: Path) -> None:
    def refuse(path: str) -> None:
        assert Path(path).read_bytes() == b"content"
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        save(str(tmp_path / "registry.yaml"), b"content", refuse)

    assert list(tmp_path.iterdir()) == []
