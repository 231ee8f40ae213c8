"""Where git's hooks are, and how one of omnibase's takes the place of what was there and gives it back."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from omnibase.inputs.hook_files import Change, Folder, Hook, hooks_folder, install, installed, uninstall
from omnibase.inputs.hook_shim import KEPT, shim
from omnibase.model.errors import ConfigurationError, ExecutionError

if TYPE_CHECKING:
    from tests.inputs.conftest import Repo

TEXT = shim("pre-commit", "/usr/bin/python3", "/usr/lib")
FOREIGN = "#!/bin/sh\necho foreign\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "hooks").mkdir()
    return Folder(str(tmp_path / "hooks"))


def _file(folder: Folder, name: str = "pre-commit", text: str = FOREIGN, mode: int = 0o755) -> Path:
    path = Path(folder.path, name)
    path.write_text(text)
    path.chmod(mode)
    return path


def _here(folder: Folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder.path).iterdir()}


# Where they are


def test_hooks_are_in_the_repository(repo: Repo) -> None:
    assert hooks_folder(repo.found()) == Folder(str(repo.root / ".git/hooks"))


def test_all_worktrees_have_the_same_hooks(repo: Repo, tmp_path: Path) -> None:
    repo.commit()
    repo.git("worktree", "add", "-q", str(tmp_path / "tree"))
    expected = Folder(str(repo.root / ".git/hooks"), of_all=True)
    assert hooks_folder(repo.found("../tree")) == expected
    assert hooks_folder(repo.found()) == expected


def test_a_submodule_has_hooks_of_its_own(repo: Repo, make_repo: Callable[..., Repo]) -> None:
    make_repo("other").commit()
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../other", "sub")
    assert hooks_folder(repo.found("sub")) == Folder(str(repo.root / ".git/modules/sub/hooks"))


@pytest.mark.parametrize("start", [".", "sub"])
def test_a_folder_of_the_work_tree_is_where_core_hookspath_says(repo: Repo, start: str) -> None:
    repo.write("sub/file")
    repo.git("config", "core.hooksPath", ".githooks")
    expected = Folder(str(repo.root / ".githooks"), str(repo.root / ".git/config"), in_work_tree=True)
    assert hooks_folder(repo.found(start)) == expected


def _set_globally(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str) -> Path:
    config = tmp_path / "global config"
    config.write_text(f'[core]\n\thooksPath = "{value}"\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    return config


def test_a_folder_outside_of_the_repository_is_refused(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = _set_globally(monkeypatch, tmp_path, str(tmp_path / "shared"))
    with pytest.raises(ConfigurationError, match="outside of this repository") as caught:
        hooks_folder(repo.found())
    assert str(caught.value.place) == str(config)
    own = repo.root / ".git/hooks"
    assert caught.value.remedy == (
        f"`git config core.hooksPath {own}` for this repository alone, "
        f"or `git config --file '{config}' --unset-all core.hooksPath` for all"
    )


@pytest.mark.parametrize("number", [0, 1])
def test_each_remedy_of_a_folder_outside_helps(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int
) -> None:
    _set_globally(monkeypatch, tmp_path, str(tmp_path / "shared"))
    with pytest.raises(ConfigurationError) as caught:
        hooks_folder(repo.found())
    command = str(caught.value.remedy).split("`")[1::2][number]
    repo.git(*shlex.split(command)[1:])
    assert hooks_folder(repo.found()).path == str(repo.root / ".git/hooks")


def test_a_folder_outside_that_the_repository_itself_names_has_one_remedy(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "core.hooksPath", str(tmp_path / "shared"))
    with pytest.raises(ConfigurationError) as caught:
        hooks_folder(repo.found())
    assert caught.value.remedy == f"`git config --file {repo.root}/.git/config --unset-all core.hooksPath`"


def test_a_relative_folder_in_everybodys_settings_is_each_repository_s_own(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = _set_globally(monkeypatch, tmp_path, ".githooks")
    assert hooks_folder(repo.found()) == Folder(str(repo.root / ".githooks"), str(config), in_work_tree=True)


def test_a_link_that_leads_out_of_the_repository_is_refused(repo: Repo, tmp_path: Path) -> None:
    hooks = repo.root / ".git/hooks"
    hooks.rename(tmp_path / "shared")
    hooks.symlink_to(tmp_path / "shared")
    with pytest.raises(ConfigurationError, match="outside of this repository") as caught:
        hooks_folder(repo.found())
    assert str(caught.value.place) == str(hooks)


@pytest.mark.parametrize("value", ["/dev/null", ""])
def test_hooks_that_are_turned_off_are_said_to_be(repo: Repo, value: str) -> None:
    repo.git("config", "core.hooksPath", value)
    with pytest.raises(ConfigurationError, match="git runs no hooks here") as caught:
        hooks_folder(repo.found())
    assert "--unset-all core.hooksPath" in str(caught.value.remedy)


# Taking the place, and giving it back


def test_a_hook_is_written_with_its_folder_and_may_be_run(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path / "new/hooks"))
    path = tmp_path / "new/hooks/pre-commit"
    old = os.umask(0o077)
    try:
        assert install(folder, "pre-commit", TEXT) == Hook("pre-commit", str(path), Change.INSTALLED)
    finally:
        os.umask(old)
    assert _here(folder) == {"pre-commit": TEXT}
    assert stat.S_IMODE(path.stat().st_mode) == 0o755


def test_twice_is_as_once(folder: Folder) -> None:
    install(folder, "pre-commit", TEXT)
    before = os.stat(folder.path).st_mtime_ns
    assert install(folder, "pre-commit", TEXT).change is Change.UNCHANGED
    assert os.stat(folder.path).st_mtime_ns == before


def test_an_older_one_is_renewed(folder: Folder) -> None:
    install(folder, "pre-commit", shim("pre-commit", "/elsewhere/python", "/elsewhere"))
    assert install(folder, "pre-commit", TEXT).change is Change.RENEWED
    assert _here(folder) == {"pre-commit": TEXT}
    Path(folder.path, "pre-commit").chmod(0o644)
    assert install(folder, "pre-commit", TEXT).change is Change.RENEWED
    assert os.access(Path(folder.path, "pre-commit"), os.X_OK)


def test_a_foreign_hook_is_kept_and_comes_back(folder: Folder) -> None:
    path = _file(folder)
    before = path.lstat()
    kept = f"{path}{KEPT}"
    assert install(folder, "pre-commit", TEXT) == Hook("pre-commit", str(path), Change.INSTALLED, kept, runs=True)
    assert _here(folder) == {"pre-commit": TEXT, f"pre-commit{KEPT}": FOREIGN.encode()}
    assert install(folder, "pre-commit", TEXT) == Hook("pre-commit", str(path), Change.UNCHANGED, kept, runs=True)
    assert uninstall(folder, "pre-commit") == Hook("pre-commit", str(path), Change.RESTORED)
    assert _here(folder) == {"pre-commit": FOREIGN.encode()}
    after = path.lstat()
    assert (after.st_ino, after.st_mode, after.st_mtime_ns) == (before.st_ino, before.st_mode, before.st_mtime_ns)


def test_a_foreign_hook_that_git_would_not_run_is_kept_as_it_is(folder: Folder) -> None:
    _file(folder, mode=0o644)
    hook = install(folder, "pre-commit", TEXT)
    assert (hook.change, hook.runs) == (Change.INSTALLED, False)


@pytest.mark.parametrize("target", ["../shared", "nowhere"])
def test_a_linked_hook_is_kept_as_a_link(folder: Folder, tmp_path: Path, target: str) -> None:
    (tmp_path / "shared").write_bytes(TEXT)  # what it leads to is not ours to change, whatever it is
    path = Path(folder.path, "pre-commit")
    path.symlink_to(target)
    install(folder, "pre-commit", TEXT)
    assert (path.is_symlink(), os.readlink(f"{path}{KEPT}")) == (False, target)
    uninstall(folder, "pre-commit")
    assert os.readlink(path) == target
    assert (tmp_path / "shared").read_bytes() == TEXT


def test_a_hook_that_is_kept_is_never_overwritten(folder: Folder) -> None:
    install(folder, "pre-commit", TEXT)
    _file(folder, f"pre-commit{KEPT}", "first")
    _file(folder, text="second")
    with pytest.raises(ExecutionError, match="is kept already") as caught:
        install(folder, "pre-commit", TEXT)
    assert f"pre-commit{KEPT}" in str(caught.value.remedy)
    assert _here(folder) == {"pre-commit": b"second", f"pre-commit{KEPT}": b"first"}
    assert uninstall(folder, "pre-commit").change is Change.FOREIGN
    assert _here(folder) == {"pre-commit": b"second", f"pre-commit{KEPT}": b"first"}


def test_an_install_that_was_killed_half_way_is_ended_by_the_next(folder: Folder) -> None:
    path = _file(folder)
    os.link(path, f"{path}{KEPT}")
    assert install(folder, "pre-commit", TEXT).change is Change.INSTALLED
    assert _here(folder) == {"pre-commit": TEXT, f"pre-commit{KEPT}": FOREIGN.encode()}


def test_a_folder_in_the_hook_s_place_is_left_alone(folder: Folder) -> None:
    Path(folder.path, "pre-commit").mkdir()
    with pytest.raises(ExecutionError, match="there is a folder where the hook has to be"):
        install(folder, "pre-commit", TEXT)
    assert uninstall(folder, "pre-commit").change is Change.FOREIGN


def test_uninstalling_removes_ours_and_nothing_else(folder: Folder) -> None:
    install(folder, "pre-commit", TEXT)
    _file(folder, "pre-push")
    assert installed(folder) == ("pre-commit",)
    assert uninstall(folder, "pre-commit").change is Change.REMOVED
    assert uninstall(folder, "pre-commit").change is Change.ABSENT
    assert uninstall(folder, "pre-push").change is Change.FOREIGN
    assert _here(folder) == {"pre-push": FOREIGN.encode()}
    assert installed(folder) == installed(Folder(f"{folder.path}/missing")) == ()


def test_a_kept_hook_comes_back_where_ours_was_removed_by_hand(folder: Folder) -> None:
    path = _file(folder)
    install(folder, "pre-commit", TEXT)
    path.unlink()
    assert installed(folder) == ("pre-commit",)
    assert uninstall(folder, "pre-commit").change is Change.RESTORED
    assert _here(folder) == {"pre-commit": FOREIGN.encode()}


def test_a_disk_that_refuses_leaves_the_hook_that_was_there(folder: Folder) -> None:
    path = _file(folder)
    before = _here(folder)
    blocked = Path(f"{path}.{os.getpid()}.tmp")
    blocked.mkdir()
    with pytest.raises(ExecutionError, match="the hook cannot be changed: ") as caught:
        install(folder, "pre-commit", TEXT)
    assert str(caught.value.place) == str(path)
    blocked.rmdir()
    assert _here(folder) == before


# The text


@pytest.mark.parametrize("name", ["python", "a b", "it's", "$(touch x)", 'say "x"', "n\nl", "\udcff", "back\\nslash"])
@pytest.mark.parametrize("hook", ["pre-commit", "pre-push"])
def test_the_interpreter_may_be_called_anything(tmp_path: Path, name: str, hook: str) -> None:
    python = tmp_path / name
    python.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
    python.chmod(0o755)
    path = tmp_path / "hook"
    path.write_bytes(shim(hook, str(python), str(tmp_path), "it's here.yaml"))
    path.chmod(0o755)
    done = subprocess.run([path, "-a b", ""], cwd=tmp_path, env={}, capture_output=True, check=False)
    words = ["-P", "-m", "omnibase", "orch", "--stage", "pre-commit", "--hook", hook, "--registry", "it's here.yaml"]
    words += ["--if-registry", "--format", "human", "--", "-a b", ""]
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == "".join(f"<{word}>" for word in words)
    python.unlink()
    done = subprocess.run([path], cwd=tmp_path, env={}, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"what this hook runs is gone: " + os.fsencode(python) + b"\n" in done.stderr
    assert f"run 'omnibase install --hook {hook}' again".encode() in done.stderr
