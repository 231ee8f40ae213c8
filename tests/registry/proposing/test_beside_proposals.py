"""What is excluded, what pre-commit has run so far, and files that cannot be read."""

import os
from pathlib import Path

from omnibase.registry.proposing.looking import MAX_BYTES
from tests.registry.proposing.folders import drafted, looked_at, resolved, written

HOOKS = """\
# - id: not-a-hook
repos:
  - repo: https://example.org/a
    hooks:
      - id: ruff-check
        exclude: ^docs/
      - {id: "end-of-file-fixer"}
      - id: 'mypy'   # here
      - id: uv-lock
      - id: ruff-check
"""


def test_others_files_and_those_that_tests_compare_with_are_excluded(tmp_path: Path) -> None:
    files = ("a/vendor/b/c.go", "x.min.js", "testdata/a.txt", "pkg/testdata/b.txt", "test/fixtures/a.json", "a.patch")

    excluded = dict(drafted(tmp_path, dict.fromkeys(files, "")).exclude)

    assert list(excluded) == ["a/vendor/**", "**/testdata/**", "test/fixtures/**", "*.min.js", "*.patch"]


def test_fixtures_that_are_code_are_not_excluded(tmp_path: Path) -> None:
    assert drafted(tmp_path, {"tests/fixtures/users.py": "", "tests/fixtures/users.json": ""}).exclude == ()


def test_what_is_not_there_is_not_excluded(tmp_path: Path) -> None:
    text = written(tmp_path, {"a.py": ""})

    assert "\nexclude:" not in text


def test_a_registry_for_a_folder_leaves_out_what_lies_outside(tmp_path: Path) -> None:
    files = {"a/ruff.toml": "", "a/b.py": "", "a/vendor/c.py": "", "d.py": ""}

    registry = resolved(tmp_path, written(tmp_path, files, "a"))

    import re

    checked = {one.name: one.matcher.exclude or "" for one in registry.components}
    assert {path for path in files if not re.match(checked["end-of-file"], path)} == {"a/ruff.toml", "a/b.py"}
    assert {one.name: one.cwd for one in registry.components}["ruff"] == "a"


def test_hooks_of_pre_commit_are_named_with_their_twins(tmp_path: Path) -> None:
    files = {"a.py": "", "ruff.toml": "", "mypy.ini": "", ".pre-commit-config.yaml": HOOKS}

    draft = drafted(tmp_path, files)

    assert dict(draft.hooks) == {
        "ruff-check": "ruff",
        "end-of-file-fixer": "end-of-file",
        "mypy": "mypy",
        "uv-lock": None,
    }
    head = written(tmp_path, files).partition("schema_version")[0]
    assert "ruff-check (as ruff)" in head
    assert "These are not: uv-lock." in head.replace("\n# ", " ")


def test_what_ran_at_commit_by_pre_commit_goes_on_to_run_there(tmp_path: Path) -> None:
    files = {"a.py": "", "mypy.ini": ""}

    (alone,) = drafted(tmp_path, files).proposals
    (hooked,) = drafted(tmp_path, {**files, ".pre-commit-config.yaml": HOOKS}).proposals

    assert not alone.at_commit
    assert hooked.at_commit


def test_a_file_that_cannot_be_understood_is_passed_over_with_a_notice(tmp_path: Path) -> None:
    files = {
        "a.py": "",
        "pyproject.toml": "[tool.ruff\n",
        "server/package.json": "[1]",
        "setup.cfg": "no section\n",
        "tox.ini": b"[flake8]\nx = \xff\n",
        "ruff.toml": b"#" * (MAX_BYTES + 1),
        "mypy.ini": "[mypy]\n",
        "web/package.json": "{",
    }

    seen = looked_at(tmp_path, files)

    assert {notice.partition(" is passed over: ")[0] for notice in seen.notices} == {
        "pyproject.toml",
        "server/package.json",
        "setup.cfg",
        "tox.ini",
        "ruff.toml",
        "web/package.json",
    }
    assert "mypy" in [one.name for one in drafted(tmp_path, files).proposals]


def test_deep_nesting_is_passed_over_with_a_notice(tmp_path: Path) -> None:
    files = {"package.json": "[" * 200_000, "pyproject.toml": "a = " + "[" * 50_000}

    assert len(looked_at(tmp_path, files).notices) == 2


def test_a_fifo_in_place_of_a_configuration_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "Makefile")

    from omnibase.registry.proposing.looking import survey

    (notice,) = survey(str(tmp_path), ["Makefile"]).notices
    assert "no regular file" in notice


def test_a_tracked_file_that_is_gone_is_passed_over(tmp_path: Path) -> None:
    from omnibase.registry.proposing.looking import survey

    (notice,) = survey(str(tmp_path), ["Makefile"]).notices
    assert "No such file" in notice


def test_a_path_that_is_not_utf_8_is_not_written_down(tmp_path: Path) -> None:
    name = os.fsdecode(b"b\xe4d")

    draft = drafted(tmp_path, {f"{name}/vendor/a.py": "", f"{name}/go.mod": "", "c.py": ""})

    assert (draft.exclude, draft.proposals) == ((), ())
    assert draft.languages == (("Python", 1),)


def test_in_markdown_a_line_break_of_two_blanks_stays(tmp_path: Path) -> None:
    registry = resolved(tmp_path, written(tmp_path, {"README.md": ""}))

    (component,) = (one for one in registry.components if one.name == "trailing-whitespace")
    assert component.settings["markdown_linebreak_extensions"] == ["md", "markdown"]
