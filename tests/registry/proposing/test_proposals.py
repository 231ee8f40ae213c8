"""What is proposed for which files, and that all of it is a registry."""

import json
from pathlib import Path

import pytest

from omnibase.model.component import Command, ComponentType, Lifecycle
from omnibase.registry.proposing.make import propose as of_makefile
from tests.registry.proposing.folders import Files, drafted, looked_at, resolved, written

PY = {"a.py": "x = 1\n"}
NPM_INIT = {"scripts": {"test": 'echo "Error: no test specified" && exit 1'}}

# What is in a folder, and the components that are written for it, in their order.
PROPOSED: dict[str, tuple[Files, tuple[str, ...]]] = {
    "nothing": ({}, ()),
    "python without any tool": (PY, ()),
    "a tool without python": ({"ruff.toml": ""}, ()),
    "ruff": ({**PY, "pyproject.toml": "[tool.ruff]\n"}, ("ruff",)),
    "ruff in a file of its own": ({**PY, ".ruff.toml": "line-length = 100\n"}, ("ruff",)),
    "ruff, that formats": ({**PY, "pyproject.toml": "[tool.ruff.format]\n"}, ("ruff", "ruff-format")),
    "ruff, that formats, by its file": ({**PY, "ruff.toml": "[format]\n"}, ("ruff", "ruff-format")),
    "ruff, that formats in ci": (
        {**PY, "ruff.toml": "", ".github/workflows/a.yml": "- run: ruff format --check\n"},
        ("ruff", "ruff-format"),
    ),
    "isort before black": ({**PY, "pyproject.toml": "[tool.black]\n[tool.isort]\n"}, ("isort", "black")),
    "flake8 and mypy in setup.cfg": ({**PY, "setup.cfg": "[flake8]\n[mypy]\n"}, ("flake8", "mypy")),
    "flake8 and isort in tox.ini": ({**PY, "tox.ini": "[flake8]\na = 1\n[isort]\n"}, ("isort", "flake8")),
    "tox without tools": ({**PY, "tox.ini": "[tox]\nenvlist = py\n"}, ()),
    "type checkers": ({**PY, "mypy.ini": "[mypy]\n", "pyrightconfig.json": "{}"}, ("mypy", "pyright")),
    "slow linters": (
        {**PY, "pyproject.toml": "[tool.pylint.main]\n[tool.bandit]\n[tool.importlinter]\n"},
        ("pylint", "bandit", "import-linter"),
    ),
    "pylint in setup.cfg": ({**PY, "setup.cfg": "[pylint.main]\n"}, ("pylint",)),
    "pytest": ({**PY, "pytest.ini": "[pytest]\n"}, ("pytest",)),
    "pytest in pyproject.toml": ({**PY, "pyproject.toml": "[tool.pytest.ini_options]\n"}, ("pytest",)),
    "pytest in setup.cfg": ({**PY, "setup.cfg": "[tool:pytest]\n"}, ("pytest",)),
    "pytest by its fixtures": ({"tests/conftest.py": ""}, ("pytest",)),
    "pytest by an import": ({"tests/test_a.py": "import pytest\n"}, ("pytest",)),
    "unittest": ({"tests/test_a.py": "import unittest\n"}, ("unittest",)),
    "django": ({"manage.py": "", "app/test_views.py": ""}, ("django-tests",)),
    "npm init": ({"package.json": json.dumps(NPM_INIT)}, ()),
    "npm scripts": (
        {"package.json": json.dumps({"scripts": {"test": "mocha", "lint": "standard", "typecheck": "tsc"}})},
        ("npm-lint", "typescript", "npm-test"),
    ),
    "eslint in place of the script": (
        {"package.json": json.dumps({"scripts": {"lint": "eslint ."}}), "eslint.config.js": ""},
        ("eslint",),
    ),
    "eslint in package.json": ({"package.json": json.dumps({"eslintConfig": {}})}, ("eslint",)),
    "pnpm by its lock file": (
        {"package.json": json.dumps({"scripts": {"test": "vitest run"}}), "pnpm-lock.yaml": ""},
        ("pnpm-test",),
    ),
    "yarn by its name": (
        {"package.json": json.dumps({"scripts": {"test": "jest"}, "packageManager": "yarn@4.1.0"})},
        ("yarn-test",),
    ),
    "prettier as a dependency": ({"package.json": json.dumps({"devDependencies": {"prettier": "3"}})}, ("prettier",)),
    "stylelint and prettier": ({".stylelintrc.json": "{}", ".prettierrc": ""}, ("stylelint", "prettier")),
    "biome": ({"biome.json": "{}"}, ("biome",)),
    "typescript": (
        {"package.json": json.dumps({"devDependencies": {"typescript": "5"}}), "tsconfig.json": "{}", "a.ts": ""},
        ("typescript",),
    ),
    "tsconfig.json without typescript": ({"tsconfig.json": "{}", "a.ts": ""}, ()),
    "rust": ({"Cargo.toml": "", "src/lib.rs": ""}, ("cargo-fmt", "cargo-clippy", "cargo-test")),
    "go": ({"go.mod": "", "a.go": ""}, ("gofmt", "go-vet", "go-test")),
    "go with golangci-lint": (
        {"go.mod": "", ".golangci.yml": ""},
        ("gofmt", "go-vet", "golangci-lint", "go-test"),
    ),
    "ruby": ({".rubocop.yml": "", ".rspec": "", "Gemfile": "gem 'rubocop'"}, ("rubocop", "ruby-test")),
    "rake": ({"Rakefile": "", "test/a_test.rb": ""}, ("ruby-test",)),
    "java": ({"gradlew": "", "pom.xml": ""}, ("gradle-test", "maven-test")),
    "maven's wrapper before maven": ({"mvnw": "", "pom.xml": ""}, ("maven-test",)),
    "elixir": ({"mix.exs": ""}, ("mix-format", "mix-test")),
    "php": ({"phpunit.xml.dist": ""}, ("phpunit",)),
    "words": ({".codespellrc": "", "_typos.toml": ""}, ("codespell", "typos")),
    "codespell in setup.cfg": ({"setup.cfg": "[codespell]\n"}, ("codespell",)),
    "tools of their own files": (
        {".shellcheckrc": "", ".hadolint.yaml": "", ".yamllint": "", ".markdownlint.json": "", ".clang-format": ""},
        ("shellcheck", "hadolint", "yamllint", "markdownlint", "clang-format"),
    ),
    "shell scripts alone": ({"a.sh": ""}, ()),
    "terraform": ({"main.tf": ""}, ("terraform-fmt",)),
    "make": ({"Makefile": "lint:\n\ttrue\nfmt-check:\nfmt:\ntest: a\n"}, ("make-lint", "make-fmt-check", "make-test")),
    "make check": ({"GNUmakefile": "check:\n"}, ("make-check",)),
    "make beside what does the same": (
        {**PY, "ruff.toml": "", "pytest.ini": "", "Makefile": "lint test:\n"},
        ("ruff", "pytest"),
    ),
    "projects below": (
        {"web/package.json": json.dumps({"scripts": {"test": "jest"}}), "server/go.mod": ""},
        ("server-gofmt", "server-go-vet", "server-go-test", "web-npm-test"),
    ),
    "parts of a project": ({"Cargo.toml": "", "crates/a/Cargo.toml": ""}, ("cargo-fmt", "cargo-clippy", "cargo-test")),
    "others' projects": ({"vendor/a/go.mod": "", "examples/go.mod": "", "a/b/c/go.mod": "", ".x/go.mod": ""}, ()),
}


@pytest.mark.parametrize("case", PROPOSED)
def test_what_is_in_a_folder_decides_what_is_proposed(tmp_path: Path, case: str) -> None:
    files, names = PROPOSED[case]

    assert tuple(one.name for one in drafted(tmp_path, files).proposals) == names


@pytest.mark.parametrize("case", PROPOSED)
def test_what_is_written_is_a_valid_registry_with_the_proposed_components(tmp_path: Path, case: str) -> None:
    files, names = PROPOSED[case]
    proposals = {one.name: one for one in drafted(tmp_path, files).proposals}

    registry = resolved(tmp_path, written(tmp_path, files))

    components = {one.name: one for one in registry.components if one.plugin is None}
    assert tuple(components) == names
    for name, component in components.items():
        proposal = proposals[name]
        assert component.work == Command(proposal.command, proposal.shell)
        assert component.fix == (proposal.fix or None)
        assert component.files == proposal.files
        assert ("pre-commit" in component.tags) == proposal.at_commit
        assert (component.type == ComponentType.TEST) == (proposal.purpose == "test")
        assert component.lifecycle == Lifecycle.STABLE
        assert component.required
    assert registry.notices == ()
    assert registry.stages["pre-commit"].select == "tag=pre-commit,lifecycle=canary|stable"
    assert dict(registry.stages["pre-commit"].settings) == {"mode": "async", "fix": True}


def test_two_projects_whose_names_come_out_the_same_have_components_of_different_names(tmp_path: Path) -> None:
    proposals = drafted(tmp_path, {"a b/mix.exs": "", "a b/go.mod": "", "a!b/go.mod": ""}).proposals

    assert [one.name for one in proposals if "vet" in one.name] == ["a-b-go-vet", "a-b-go-vet-2"]


def test_a_component_of_a_project_below_runs_there_and_sees_its_files_alone(tmp_path: Path) -> None:
    files: Files = {"we[i]rd dir/go.mod": "", "we[i]rd dir/a.go": "", "a.go": "", "weird dir/a.go": ""}

    registry = resolved(tmp_path, written(tmp_path, files))

    (vet,) = (one for one in registry.components if one.name == "we-i-rd-dir-go-vet")
    assert vet.cwd == "we[i]rd dir"
    assert vet.matcher.include is not None
    import re

    assert [path for path in files if re.match(vet.matcher.include, path)] == ["we[i]rd dir/go.mod", "we[i]rd dir/a.go"]


def test_a_tool_of_node_modules_is_found_from_a_folder_below(tmp_path: Path) -> None:
    (proposal,) = drafted(tmp_path, {"web/package.json": "{}", "web/eslint.config.js": ""}).proposals

    assert proposal.command[:3] == ("npx", "--no", "eslint")


def test_mypy_is_told_where_the_code_is_unless_it_knows(tmp_path: Path) -> None:
    files = {"src/a/__init__.py": "", "tests/test_a.py": "import pytest\n"}

    def mypy(configured: str) -> tuple[str, ...]:
        proposals = drafted(tmp_path, {**files, "pyproject.toml": configured}).proposals
        return next(one.command for one in proposals if one.name == "mypy")

    assert mypy("[tool.mypy]\nstrict = true\n") == ("mypy", "src")
    assert mypy("[tool.mypy]\nfiles = ['a']\n") == ("mypy",)


def test_eslint_looks_at_typescript_where_it_can(tmp_path: Path) -> None:
    files = {"eslint.config.js": "", "package.json": json.dumps({"devDependencies": {"typescript-eslint": "8"}})}

    (with_types,) = drafted(tmp_path, files).proposals
    (without,) = drafted(tmp_path, {**files, "package.json": "{}"}).proposals

    assert with_types.files.types_or == ("javascript", "jsx", "ts", "tsx")
    assert without.files.types_or == ("javascript", "jsx")


def test_assignments_patterns_and_recipes_are_no_targets(tmp_path: Path) -> None:
    text = "test := 1\n.PHONY: lint\n\tcheck: x\n%.o: lint\nlint ::= 2\nfmt-check a.b:: x\n"

    found = looked_at(tmp_path, {"Makefile": text}).found

    assert [one.name for one in of_makefile(found)] == ["make-fmt-check"]


def test_what_gave_way_is_named_with_what_it_gave_way_to(tmp_path: Path) -> None:
    text = written(tmp_path, {**PY, "pytest.ini": "", "Makefile": "test:\n\tpytest\n"})

    assert "  # Left out: `make test` (the target test of Makefile), as pytest is there for\n  # it.\n" in text
