"""What README.md and docs/ say is so: generated parts, examples, registries, links."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest

from omnibase import __version__
from omnibase.model.errors import OmnibaseError
from omnibase.parsers import PARSERS
from omnibase.registry.reading import read
from omnibase.registry.resolving import resolve

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = r"<!-- {marker} -->\n```\w*\n(.*?)```"
AREA = {
    "area.py": "def area(width, height):  \n    return width * height\n",
    "test_area.py": "import unittest\n\nfrom area import area\n\n\nclass TestArea(unittest.TestCase):\n"
    "    def test_area(self):\n        self.assertEqual(area(2, 3), 6)\n",
    "config.yaml": "retries: 3\nretries: 5\n",
}


def blocks(document: str, marker: str) -> list[str]:
    """The code blocks of a document that stand below a marker."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(BLOCK.format(marker=marker), text, re.DOTALL)


def block(document: str, marker: str) -> str:
    (one,) = blocks(document, marker)
    return str(one)


def normalised(output: str) -> str:
    """Durations and the width of their column depend on the machine."""
    return re.sub(r" +(in )?\d+\.\d\ds", r" \1N", output).strip()


class Repository:
    """A git repository with files, in which omnibase runs. Python finds `path`, too."""

    def __init__(self, root: Path, files: dict[str, str], path: str = "") -> None:
        self.root = root
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content, encoding="utf-8")
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(root / ".git"),
            "LANG": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join([*filter(None, [path]), str(ROOT), str(ROOT / "plugins")]),
            "PYTHONUTF8": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        for command in (["init", "-q", "-b", "main"], ["add", "-A"]):
            subprocess.run(["git", *command], cwd=root, env=self.env, check=True)

    def omnibase(self, *arguments: str) -> tuple[int, str]:
        """The exit code and standard output."""
        call = [sys.executable, "-c", "from omnibase.cli.main import main; main()", *arguments]
        done = subprocess.run(call, cwd=self.root, env=self.env, capture_output=True, encoding="utf-8", check=False)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout or done.stderr


class Mirror(BaseHTTPRequestHandler):
    """Is busy when it is asked for the first time."""

    def do_HEAD(self) -> None:
        self.server.asked += 1  # type: ignore[attr-defined] # an attribute of ours
        self.send_response(503 if self.server.asked == 1 else 200)  # type: ignore[attr-defined] # likewise
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def mirror() -> Iterator[str]:
    """The host and port of a mirror."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        server.asked = 0  # type: ignore[attr-defined] # likewise
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_generated_parts_of_a_document_are_current(document: Path, generate: ModuleType) -> None:
    text = document.read_text(encoding="utf-8")

    assert text == generate.current(text), "run `python docs/generate.py`"


def test_the_readmes_registry_prints_what_the_readme_says(tmp_path: Path) -> None:
    registry = block("README.md", "example: registry.yaml")
    repository = Repository(tmp_path, {"registry.yaml": registry, **AREA})

    code, output = repository.omnibase("orch", "--stage", "ci", "--format", "human")

    assert normalised(output) == normalised(block("README.md", "example: output"))
    assert code == 1


def registries() -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        for number, text in enumerate(blocks(str(document.relative_to(ROOT)), "registry")):
            yield f"{document.name}-{number}", text


@pytest.mark.parametrize("text", [text for _, text in registries()], ids=[name for name, _ in registries()])
def test_a_registry_in_the_docs_is_valid(text: str, tmp_path: Path) -> None:
    path = tmp_path / "registry.yaml"
    path.write_text(text, encoding="utf-8")
    named = re.search(r"^plugins: \[(.*)\]$", text, re.MULTILINE)
    shipped = []
    if named and "omnibase_files" in named[1]:
        from omnibase.hooks.manager import find
        from omnibase.registry.sources import LoadedPlugin

        found = find("omnibase_files")
        shipped = [LoadedPlugin(found.info, found.components)]
    try:
        document = read(str(path), "registry.yaml")
        registry = resolve(document, shipped, str(tmp_path), __version__, frozenset(PARSERS))
    except OmnibaseError as error:
        pytest.fail(f"{error.place}: {error.message}")
    assert registry.file == str(path)


def test_the_example_of_a_plugin_does_what_its_page_says(tmp_path: Path) -> None:
    repository = _house(tmp_path)

    code, output = repository.omnibase("orch", "--stage", "ci", "--format", "human")
    notes = repository.root / "notes.txt"
    notes.unlink()

    assert normalised(output) == normalised(block("docs/plugins.md", "house output"))
    assert code == 1
    assert repository.omnibase("orch", "--stage", "nightly", "--format", "oneline") == (0, "PASS: 0 findings\n")
    assert notes.read_text(encoding="utf-8") == block("docs/plugins.md", "house notes")
    assert repository.omnibase("hello") == (0, "hello\n")
    assert repository.omnibase("run", "check-size", "--format", "oneline") == (0, "PASS: 0 findings\n")
    assert repository.omnibase("run", "no-tabs", "--fix", "--format", "oneline") == (0, "PASS: 0 findings\n")
    assert (repository.root / "a.txt").read_text(encoding="utf-8") == "a       b\n"


def test_the_plugins_store_of_the_example_lists_runs(tmp_path: Path) -> None:
    repository = _house(tmp_path, "defaults: {store: lines}\n")
    repository.omnibase("orch", "--stage", "nightly")

    code, output = repository.omnibase("runs", "list")

    assert (code, output.count("nightly")) == (0, 1)


def test_the_calls_of_the_example_are_made_again_and_told(tmp_path: Path, mirror: str) -> None:
    repository = _house(tmp_path)
    with open(repository.root / "registry.yaml", "a", encoding="utf-8") as file:
        file.write(f"  - {{name: check-mirror, uses: house_checks, settings: {{host: '{mirror}'}}}}\n")

    code, output = repository.omnibase("run", "check-mirror", "--format", "json")
    (result,) = json.loads(output)["results"]

    assert (code, result["value"]) == (0, {"status": 200})
    assert [(call["number"], call["error"]) for call in result["calls"]] == [
        (1, f"TransientError: {mirror} answers 503"),
        (2, None),
    ]


def test_the_example_of_a_plugin_inside_the_repository_brings_its_check(tmp_path: Path) -> None:
    (registry,) = blocks("docs/plugins.md", "registry")
    code = block("docs/plugins.md", "file: tools/local_checks.py")
    files = {"registry.yaml": registry, "tools/local_checks.py": code, "a.txt": "FIXME\n"}
    repository = Repository(tmp_path, files)

    exit_code, output = repository.omnibase("run", "no-fixme", "a.txt", "--format", "human")

    assert "a.txt:1: no-fixme FIXME is left" in output
    assert exit_code == 1


def _house(folder: Path, more: str = "") -> Repository:
    """A repository that uses the plugin of docs/plugins.md, which is installed as far as Python can tell."""
    installed = folder / "installed"
    metadata = installed / "house_checks-1.0.0.dist-info"
    metadata.mkdir(parents=True)
    pyproject = block("docs/plugins.md", "file: pyproject.toml")
    entry = re.search(r'^house_checks = "(.*)"$', pyproject, re.MULTILINE)
    assert entry is not None
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: house-checks\nVersion: 1.0.0\n", encoding="utf-8")
    points = f"[omnibase.plugins]\nhouse_checks = {entry[1]}\n"
    (metadata / "entry_points.txt").write_text(points, encoding="utf-8")
    package = installed / "house_checks"
    package.mkdir()
    (package / "__init__.py").touch()
    for name in ("checks", "plugin"):
        code = "\n\n".join(blocks("docs/plugins.md", f"file: house_checks/{name}.py"))
        (package / f"{name}.py").write_text(code, encoding="utf-8")
    root = folder / "repository"
    root.mkdir()
    registry = block("docs/plugins.md", "house registry").replace("components:\n", f"{more}components:\n")
    return Repository(root, {"registry.yaml": registry, "a.txt": "a\tb\n"}, str(installed))


def links() -> Iterator[tuple[Path, str]]:
    for document in DOCUMENTS:
        text = re.sub(r"```.*?```|`[^`\n]*`", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" not in target:
                yield document, target


@pytest.mark.parametrize(("document", "target"), [*dict.fromkeys(links())], ids=lambda value: str(value)[-60:])
def test_a_link_leads_somewhere(document: Path, target: str) -> None:
    path, _, fragment = target.partition("#")
    file = document.parent / path if path else document

    assert file.exists()
    if fragment:
        assert fragment in {_anchor(heading) for heading in _headings(file)}


def _headings(file: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"^#+ (.+)$", text, re.MULTILINE)


def _anchor(heading: str) -> str:
    """As GitHub makes it: lower case, blanks as hyphens, no punctuation."""
    kept = (char for char in heading.lower() if char in " -_" or unicodedata.category(char)[0] in "LN")
    return "".join(kept).replace(" ", "-")
