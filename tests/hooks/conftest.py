"""Plugins that are installed for one test."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Install = Callable[..., Path]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages at the front of the path; what is imported from it is forgotten afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def install(site: Path) -> Install:
    """Writes a module and the metadata of a distribution that registers it as a plugin; the module's file."""

    def write(source: str, name: str = "sample_plugin_one", *, module: str | None = None, target: str = "") -> Path:
        module = module or name
        file = site / f"{module}.py"
        if "." in module:
            package, _, inner = module.partition(".")
            (site / package).mkdir(exist_ok=True)
            (site / package / "__init__.py").touch()
            file = site / package / f"{inner}.py"
        file.write_text(source)
        metadata = site / f"{name}-1.2.3.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2.3\n")
        (metadata / "entry_points.txt").write_text(f"[omnibase.plugins]\n{name} = {target or module}\n")
        return file

    return write
