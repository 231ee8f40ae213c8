"""The compiled form is used only while everything it depends on is as it was, and is never a reason to fail."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.model.component import Command, Component, FileSet, Lifecycle, Matcher, Need, Parsing, PythonCall
from omnibase.model.errors import Location
from omnibase.model.registry import Gate, PluginInfo, Registry, StageDefaults
from omnibase.registry import compiled
from omnibase.registry.compiled import load, save

VERSION = "0.1.0"
CONTENT = b'schema_version: "1"\n# \xc3\xa9\n'
REGISTRY = Registry(
    file="/repository/registry.yaml",
    components=(
        Component("a", Command(("x", "caf\udce9")), timeout=1.5, origin=Location("registry.yaml", 2, 5)),
        Component("b", PythonCall("m", "f", "file", "p"), lifecycle=Lifecycle.STABLE, settings={"x": [1, None]}),
    ),
    plugins=(PluginInfo("p", "p", stages=("nightly",)),),
    stages={"ci": StageDefaults("*", {"jobs": 2})},
    suites={"all": "*"},
    gates=(
        Gate("ci", "*", enforce="warn"),
        Gate("*", require="owner=?*", only="type=tool"),
        Gate("ci", limit="tag=x", most=0, age=90, sunset=True),
    ),
    settings={"store": "x"},
    notices=("n",),
)


class Setup:
    """A registry's file, a plugin's file and a cache folder."""

    def __init__(self, folder: Path) -> None:
        self.cache = folder / "cache" / "omnibase"
        self.file = folder / "registry.yaml"
        self.file.write_bytes(CONTENT)
        self.plugin = folder / "plugin.py"
        self.plugin.write_text("x = 1\n")
        os.utime(self.plugin, (1_000_000_000, 1_000_000_000))
        self.gone = folder / "gone.py"

    def save(self, registry: Registry = REGISTRY, *, content: bytes = CONTENT, since: int | None = None) -> bool:
        watched = [str(self.plugin), str(self.gone)]
        moment = time.time_ns() if since is None else since
        return save(str(self.cache), str(self.file), registry, VERSION, watched, content=content, since=moment)

    def load(self, version: str = VERSION) -> Registry | None:
        return load(str(self.cache), str(self.file), version)

    @property
    def kept(self) -> Path:
        (path,) = self.cache.iterdir()
        return path


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def test_what_is_saved_is_loaded(setup: Setup) -> None:
    assert setup.save()
    assert setup.load() == REGISTRY


def test_nothing_saved_is_nothing_loaded(setup: Setup) -> None:
    assert setup.load() is None


def test_the_folder_and_the_file_are_for_their_owner_alone(setup: Setup) -> None:
    before = os.umask(0)
    try:
        assert setup.save()
    finally:
        os.umask(before)
    assert setup.cache.stat().st_mode & 0o777 == 0o700
    assert setup.kept.stat().st_mode & 0o777 == 0o600


def test_saving_again_leaves_one_file(setup: Setup) -> None:
    assert setup.save()
    changed = REGISTRY._replace(notices=("m",))
    assert setup.save(changed)
    assert setup.load() == changed
    assert setup.kept.is_file()


def edit(setup: Setup) -> None:
    setup.file.write_bytes(CONTENT + b"#\n")


def edit_in_place(setup: Setup) -> None:
    """Same size, same time."""
    status = setup.file.stat()
    setup.file.write_bytes(CONTENT.replace(b"1", b"2"))
    os.utime(setup.file, ns=(status.st_atime_ns, status.st_mtime_ns))


def remove(setup: Setup) -> None:
    setup.file.unlink()


def become_a_folder(setup: Setup) -> None:
    setup.file.unlink()
    setup.file.mkdir()


def become_a_pipe(setup: Setup) -> None:
    setup.file.unlink()
    os.mkfifo(setup.file)


def touch_plugin(setup: Setup) -> None:
    os.utime(setup.plugin)


def grow_plugin(setup: Setup) -> None:
    setup.plugin.write_text("x = 11\n")
    os.utime(setup.plugin, (1_000_000_000, 1_000_000_000))


def replace_plugin(setup: Setup) -> None:
    other = setup.plugin.with_name("other.py")
    other.write_text("x = 2\n")
    os.utime(other, (1_000_000_000, 1_000_000_000))
    other.rename(setup.plugin)


def remove_plugin(setup: Setup) -> None:
    setup.plugin.unlink()


def add_watched(setup: Setup) -> None:
    setup.gone.write_text("")


@pytest.mark.parametrize(
    "change",
    [
        edit,
        edit_in_place,
        remove,
        become_a_folder,
        become_a_pipe,
        touch_plugin,
        grow_plugin,
        replace_plugin,
        remove_plugin,
        add_watched,
    ],
)
def test_a_change_of_what_it_depends_on_makes_it_stale(setup: Setup, change: Callable[[Setup], None]) -> None:
    assert setup.save()
    change(setup)
    assert setup.load() is None


def test_another_version_or_environment_does_not_use_it(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    assert setup.save()
    assert setup.load("0.1.1") is None
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    assert setup.load() is None
    monkeypatch.undo()
    assert setup.load() == REGISTRY
    monkeypatch.setattr(sys, "prefix", "/elsewhere")
    assert setup.load() is None


def test_another_python_does_not_use_it(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    assert setup.save()
    monkeypatch.setattr(sys, "version_info", (3, 99, 0, "final", 0))
    assert setup.load() is None


def test_another_installation_of_the_same_version_does_not_use_it(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert setup.save()
    monkeypatch.setattr(compiled, "__file__", str(setup.plugin))
    assert setup.load() is None


def test_the_form_of_one_registry_is_not_that_of_another(setup: Setup) -> None:
    assert setup.save()
    other = setup.file.with_name("other.yaml")
    other.write_bytes(CONTENT)
    assert load(str(setup.cache), str(other), VERSION) is None
    kept = setup.kept
    assert save(str(setup.cache), str(other), REGISTRY, VERSION, [], content=CONTENT, since=time.time_ns())
    (place,) = [path for path in setup.cache.iterdir() if path != kept]
    kept.rename(place)
    assert load(str(setup.cache), str(other), VERSION) is None


def test_it_belongs_to_the_content_that_was_resolved_and_not_to_what_is_there_now(setup: Setup) -> None:
    assert setup.save(content=b"as it was")
    assert setup.load() is None
    setup.file.write_bytes(b"as it was")
    assert setup.load() == REGISTRY


def test_nothing_is_kept_if_a_plugin_changed_while_it_was_read(setup: Setup) -> None:
    since = time.time_ns()
    os.utime(setup.plugin)
    assert not setup.save(since=since)
    assert setup.load() is None


def test_every_truncation_is_noticed(setup: Setup) -> None:
    assert setup.save()
    whole = setup.kept.read_bytes()
    for size in range(0, len(whole), 7):
        setup.kept.write_bytes(whole[:size])
        assert setup.load() is None


def test_every_changed_byte_is_noticed_or_harmless(setup: Setup) -> None:
    assert setup.save()
    whole = setup.kept.read_bytes()
    for place in range(len(whole)):
        setup.kept.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert setup.load() in (None, REGISTRY)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"[]\n",
        b"{}\n",
        b"null\n",
        b"\xff\n",
        b"[" * 100_000,
        b'{"identity": 1, "size": "x"}\n',
        b'{"size": -1, "crc": 0, "watched": {}, "identity": []}\n',
        b'{"size": 1e999, "crc": [], "watched": [], "identity": []}\n',
    ],
)
def test_nonsense_is_not_trusted(setup: Setup, content: bytes) -> None:
    assert setup.save()
    setup.kept.write_bytes(content)
    assert setup.load() is None


def test_a_form_that_others_may_write_is_not_trusted(setup: Setup) -> None:
    assert setup.save()
    for mode in (0o620, 0o602):
        setup.kept.chmod(mode)
        assert setup.load() is None
    setup.kept.chmod(0o644)
    assert setup.load() == REGISTRY


def test_a_folder_that_others_may_write_is_neither_read_nor_written(setup: Setup) -> None:
    assert setup.save()
    for mode in (0o720, 0o702):
        setup.cache.chmod(mode)
        assert setup.load() is None
        assert not setup.save()
    setup.cache.chmod(0o755)
    assert setup.load() == REGISTRY


def test_what_belongs_to_somebody_else_is_neither_read_nor_written(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert setup.save()
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert setup.load() is None
    assert not setup.save()


def test_a_link_in_its_place_is_not_followed(setup: Setup) -> None:
    assert setup.save()
    kept = setup.kept
    kept.rename(setup.cache.parent / "elsewhere")
    kept.symlink_to(setup.cache.parent / "elsewhere")
    assert setup.load() is None
    assert setup.save()
    assert not kept.is_symlink()
    assert setup.load() == REGISTRY


def test_a_pipe_in_its_place_is_not_waited_for(setup: Setup) -> None:
    assert setup.save()
    kept = setup.kept
    kept.unlink()
    os.mkfifo(kept)
    assert setup.load() is None


@pytest.mark.parametrize("place", ["cache", "cache/omnibase"])
def test_a_folder_that_cannot_be_made_is_told_to_who_saves(setup: Setup, place: str) -> None:
    path = setup.file.parent / place
    path.parent.mkdir(exist_ok=True)
    path.write_text("a file")
    with pytest.raises(FileExistsError) if place == "cache" else contextlib.nullcontext():
        assert not setup.save()
    assert setup.load() is None


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_cannot_be_written_is_told_to_who_saves(setup: Setup) -> None:
    setup.cache.mkdir(parents=True, mode=0o500)
    with pytest.raises(PermissionError):
        setup.save()


def test_a_failed_write_leaves_nothing_behind(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: str, target: str) -> None:
        raise OSError("no space left on device")

    assert setup.save()
    before = list(setup.cache.iterdir())
    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(OSError, match="no space left"):
        setup.save(REGISTRY._replace(notices=()))
    assert list(setup.cache.iterdir()) == before
    assert setup.load() == REGISTRY


def test_what_json_cannot_hold_is_not_kept(setup: Setup) -> None:
    assert not setup.save(REGISTRY._replace(settings={"x": float("nan")}))
    assert not setup.save(REGISTRY._replace(settings={"x": {1, 2}}))
    assert setup.load() is None


def test_loading_imports_nothing_heavy_and_five_hundred_components_take_milliseconds(setup: Setup) -> None:
    component = Component(
        name="ruff",
        work=Command(("ruff", "check", "{files}")),
        tags=("pre-commit", "python"),
        files=FileSet(types=("python",)),
        matcher=Matcher(types=("python",), exclude="(?s:^vendored/)"),
        findings=Parsing("ruff"),
        needs=(Need("generate"),),
        origin=Location("registry.yaml", 3, 5),
    )
    assert setup.save(Registry(components=(component,) * 500))
    code = f"""\
import sys, time
from omnibase.registry.compiled import load
started = time.process_time()
registry = load({str(setup.cache)!r}, {str(setup.file)!r}, {VERSION!r})
took = time.process_time() - started
banned = "pydantic yaml pathspec identify pluggy rich asyncio dataclasses importlib.metadata difflib hashlib".split()
print(len(registry.components), took < 0.1, [name for name in banned if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("500 True []\n", "")
