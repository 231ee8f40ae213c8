"""However the index changes and whatever tools leave in a view: an update gives what a new view would have."""

import os
import random
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from omnibase.inputs import git
from omnibase.inputs.git import discover, records
from omnibase.inputs.shadow import snapshot
from omnibase.inputs.view import tree
from omnibase.inputs.view.tree import View
from tests.inputs.conftest import Repo

STEPS = 12
FOLDERS = ("", "a/", "a/b/", "c/", "odd \n ü/")
NAMES = ("one", "two.txt", "three.cache", "-", "d", "b")
CONTENTS = (b"", b"same\n", b"size\n", b"more\nlines\n", b"\r\n\r\n", b"\0binary\n\0")
ATTRIBUTES = (b"", b"* text eol=crlf\n", b"*.txt text eol=crlf\n", b"* -text\n", b"* ident text=auto\n")
IGNORES = (b"", b"*.cache\n", b"/.venv\n*.cache\n!/a/*.cache\n", b"made*\n")


class Rig:
    """A repository whose index changes at random, a view of it that tools make dirty, and a folder of somebody else."""

    def __init__(self, repo: Repo, seed: int) -> None:
        self.repo = repo
        self.random = random.Random(seed)
        self.outside = repo.root.parent / "outside"
        self.outside.mkdir()
        (self.outside / "one").write_bytes(b"theirs\n")
        os.makedirs(repo.root / ".venv" / "bin")
        self.view: View | None = None

    def path(self) -> str:
        return self.random.choice(FOLDERS) + self.random.choice(NAMES)

    def stage(self) -> str:
        return self.random.choice(
            [self.stage_file] * 6
            + [self.stage_link, self.stage_mode, self.unstage, self.intend, self.stage_attributes, self.stage_ignores]
            + [self.commit, self.reset, self.turn_setting]
        )()

    def dirty(self, root: str) -> str:
        acts: list[Callable[[str, str], str]] = [self.write, self.write, self.remove, self.chmod, self.make_folder]
        acts += [self.link, self.link_folder, self.write_special, self.hide_from_git, self.take_git]
        tracked = [path for path in _files(root) if path != ".git"]
        path = self.random.choice(tracked) if tracked and self.random.random() < 0.7 else self.path()
        return self.random.choice(acts)(root, path)

    # What a person does to the index

    def stage_file(self) -> str:
        return self._stage(self.path(), self.random.choice(CONTENTS))

    def stage_attributes(self) -> str:
        return self._stage(self.random.choice(("", "a/")) + ".gitattributes", self.random.choice(ATTRIBUTES))

    def stage_ignores(self) -> str:
        return self._stage(self.random.choice(("", "a/")) + ".gitignore", self.random.choice(IGNORES))

    def stage_link(self) -> str:
        path = self.path()
        _make_way(self.repo.root, path)
        os.symlink(self.random.choice((str(self.outside), "nowhere", "one")), self.repo.root / path)
        self.repo.git("add", "-f", "--all", "--", f":(literal){path}")
        return f"stage link {path!r}"

    def stage_mode(self) -> str:
        path = self._known()
        self.repo.git("update-index", self.random.choice(("--chmod=+x", "--chmod=-x")), "--", path, ok=False)
        return f"stage mode of {path!r}"

    def unstage(self) -> str:
        path = self._known()
        self.repo.git("rm", "-q", "-f", "--ignore-unmatch", "--cached", "--", f":(literal){path}")
        return f"unstage {path!r}"

    def intend(self) -> str:
        path = self._known()
        self.repo.git("rm", "-q", "-f", "--ignore-unmatch", "--cached", "--", f":(literal){path}")
        _make_way(self.repo.root, path)
        (self.repo.root / path).write_bytes(b"intended\n")
        self.repo.git("add", "-f", "-N", "--", f":(literal){path}")
        return f"intend to add {path!r}"

    def commit(self) -> str:
        self.repo.commit()
        return "commit"

    def reset(self) -> str:
        self.repo.git("reset", "-q", "--hard")
        return "reset"

    def turn_setting(self) -> str:
        value = self.random.choice(("true", "input", "false"))
        self.repo.git("config", "core.autocrlf", value)
        return f"core.autocrlf={value}"

    def _stage(self, path: str, content: bytes) -> str:
        _make_way(self.repo.root, path)
        self.repo.write(path, content)
        self.repo.git("add", "-f", "--all", "--", f":(literal){path}")
        return f"stage {path!r} with {content!r}"

    def _known(self) -> str:
        known = self.repo.git("ls-files", "-z").split("\0")[:-1]
        return self.random.choice(known) if known else self.path()

    # What tools do to a view

    def write(self, root: str, path: str) -> str:
        content = self.random.choice(CONTENTS)
        whole = Path(root, path)
        if whole.is_symlink() or not whole.is_file() or self.random.random() < 0.3:
            _make_way(root, path)
        else:  # the same file, of the same size: what git finds hardest to see
            content = bytes(reversed(whole.read_bytes()))
        whole.write_bytes(content)
        return f"tool writes {path!r} with {content!r}"

    def write_special(self, root: str, _path: str) -> str:
        content = self.random.choice(IGNORES + ATTRIBUTES)
        name = self.random.choice((".gitignore", ".gitattributes", "made/file", "a/made", "made.cache/x"))
        _make_way(root, name)
        Path(root, name).write_bytes(content)
        return f"tool writes {name!r} with {content!r}"

    def remove(self, root: str, path: str) -> str:
        _clear(Path(root, path))
        return f"tool removes {path!r}"

    def chmod(self, root: str, path: str) -> str:
        if os.path.isfile(os.path.join(root, path)) and not os.path.islink(os.path.join(root, path)):
            os.chmod(os.path.join(root, path), self.random.choice((0o644, 0o755)))
        return f"tool changes the mode of {path!r}"

    def make_folder(self, root: str, path: str) -> str:
        _make_way(root, path)
        os.makedirs(os.path.join(root, path, "made"))
        return f"tool makes the folder {path!r}"

    def link(self, root: str, path: str) -> str:
        _make_way(root, path)
        os.symlink(self.outside / "one", os.path.join(root, path))
        return f"tool links {path!r}"

    def link_folder(self, root: str, path: str) -> str:
        return self._link_folder(root, os.path.dirname(path) or "a")

    def hide_from_git(self, root: str, path: str) -> str:
        found = discover(root)
        if found is not None and os.path.lexists(os.path.join(root, path)):
            option = self.random.choice(("--assume-unchanged", "--skip-worktree", "--force-remove"))
            self.repo.git("update-index", option, "--", path, at=os.path.relpath(root, self.repo.root), ok=False)
        return f"tool hides {path!r}"

    def take_git(self, root: str, _path: str) -> str:
        _clear(Path(root, ".git"))
        if self.random.random() < 0.5:
            os.makedirs(os.path.join(root, ".git", "refs"))
        return "tool takes .git"

    def _link_folder(self, root: str, folder: str) -> str:
        _make_way(root, folder)
        os.symlink(self.outside, os.path.join(root, folder))
        return f"tool links the folder {folder!r}"


@pytest.mark.parametrize("seed", range(int(os.environ.get("OMNIBASE_TEST_SEEDS", "10"))))
def test_an_update_gives_what_a_new_view_would_have(repo: Repo, tmp_path: Path, seed: int) -> None:
    rig = Rig(repo, seed)
    done: list[str] = []
    for step in range(STEPS):
        done += [rig.stage() for _ in range(rig.random.randint(0, 4))]
        with Updated(repo, tmp_path, "kept") as used, Updated(repo, tmp_path, f"new-{step}") as new:
            told = "\n".join(done)
            assert _contents(used.root) == _contents(new.root), told
            assert _contents(new.root) == _checked_out(repo, tmp_path / f"git-{step}"), told
            assert _listing(used) == _listing(new), told
            assert _listing(used) == _staged(repo), told
            done += [rig.dirty(used.root) for _ in range(rig.random.randint(0, 4))]
        assert [(one.name, one.read_bytes()) for one in rig.outside.iterdir()] == [("one", b"theirs\n")], done


def test_many_files_are_as_git_checks_them_out_and_known_to_the_index(repo: Repo, tmp_path: Path) -> None:
    for number in range(400):  # from 100 on, git shares them out among processes
        repo.write(f"{number % 7}/{number % 3}/{number}.txt", f"{number}\n" * (number % 5))
    os.chmod(repo.root / "1" / "0" / "15.txt", 0o755)
    repo.git("add", "--all")
    with Updated(repo, tmp_path, "kept") as view:
        assert _contents(view.root) == _checked_out(repo, tmp_path / "git")
        assert not git.ask(view.index(), "diff-files", "--name-only")


class Updated:
    """A view whose state is kept in the named folder, brought up to date."""

    def __init__(self, repo: Repo, tmp_path: Path, name: str) -> None:
        self.real = repo.found()
        self.state = tmp_path / name
        self.folder = tmp_path / f"{name}-run"

    def __enter__(self) -> View:
        self.folder.mkdir()
        self.view = tree.take(str(self.state), self.real)
        self.view.update(snapshot(self.real, str(self.folder)), self.real, None)
        return self.view

    def __exit__(self, *_: object) -> None:
        self.view.close()
        shutil.rmtree(self.folder)


def _checked_out(repo: Repo, folder: Path) -> dict[str, tuple[int, bytes]]:
    """What git itself makes of the index in an empty folder."""
    folder.mkdir()
    elsewhere = {"GIT_WORK_TREE": str(folder), "GIT_INDEX_FILE": f"{folder}-index", "GIT_DIR": str(repo.root / ".git")}
    repo.git("read-tree", "--reset", "-u", repo.git("write-tree"), at=f"../{folder.name}", env=elsewhere)
    (folder / ".git").write_text(f"gitdir: {repo.root / '.git'}\n")
    return _contents(str(folder))


def _contents(root: str) -> dict[str, tuple[int, bytes]]:
    """All that is there, empty folders too, but for what git ignores."""
    found: dict[str, tuple[int, bytes]] = {}
    repository = discover(root)
    assert repository is not None
    ignored = _ignored(root)
    for path in _files(root):
        whole = os.path.join(root, path)
        mode = os.lstat(whole).st_mode
        if path == ".git" or path in ignored or any(path.startswith(f"{one}/") for one in ignored):
            continue
        if stat.S_ISLNK(mode):
            found[path] = (mode, os.readlink(os.fsencode(whole)))
        else:
            found[path] = (mode, Path(whole).read_bytes() if stat.S_ISREG(mode) else b"")
    return found


def _files(root: str) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        empty = not folders and not files and folder != root
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for whole in [folder] * empty + [os.path.join(folder, name) for name in files + links]:
            yield os.path.relpath(whole, root)


def _ignored(root: str) -> set[str]:
    from omnibase.inputs.calling import call

    options = ("--others", "--ignored", "--directory", "--exclude-standard")
    return {path.rstrip("/") for path in records(call(root, ("ls-files", "-z", *options)).stdout)}


def _listing(view: View) -> list[str]:
    from omnibase.inputs.calling import call

    return records(call(view.root, ("ls-files", "-z", "-s", "-t")).stdout)


def _staged(repo: Repo) -> list[str]:
    intended = repo.git("diff-files", "-z", "--name-only", "--diff-filter=A").split("\0")
    listed = repo.git("ls-files", "-z", "-s", "-t").split("\0")[:-1]
    return [record for record in listed if record.partition("\t")[2] not in intended]


def _make_way(root: str | Path, path: str) -> None:
    """See that the path is free and its folder a real one."""
    at = Path(root)
    for name in path.split("/")[:-1]:
        at = at / name
        if at.is_symlink() or not at.is_dir():
            _clear(at)
            at.mkdir()
    _clear(Path(root, path))


def _clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()
