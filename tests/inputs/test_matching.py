"""Selection by expressions and tags: the same answer as identify's, with fewer looks at the disk."""

from __future__ import annotations

import errno
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from identify.identify import tags_from_path

from omnibase.inputs.git import tracked
from omnibase.inputs.matching import Selector, Tags
from omnibase.model.component import Matcher

if TYPE_CHECKING:
    from tests.inputs.conftest import Repo

PNG = b"\x89PNG\r\n\x1a\n\0\0"
FILES: Mapping[str, tuple[bytes, int]] = {
    "module.py": (b"x = 1\n", 0o644),
    "script.py": (b"#!/bin/sh\n", 0o755),
    "UPPER.PY": (b"", 0o644),
    "picture.png": (PNG, 0o644),
    "picture.svg": (b"<svg/>", 0o644),
    "ambiguous.plist": (b"<plist/>", 0o644),
    "binary.plist": (b"bplist00\0", 0o755),
    "Dockerfile": (b"FROM x\n", 0o644),
    "Dockerfile.xenial": (b"FROM x\n", 0o644),
    "web.Dockerfile": (b"FROM x\n", 0o644),
    "Makefile.in": (b"all:\n", 0o755),
    "setup.cfg.bak": (b"x", 0o644),
    ".bashrc": (b"x", 0o644),
    "x.bashrc": (b"x", 0o644),
    ".py": (b"x", 0o644),
    "..py": (b"x", 0o644),
    "a..py": (b"x", 0o644),
    "ends.": (b"x", 0o644),
    "...": (b"x", 0o644),
    "tool": (b"#!/usr/bin/env python3.11\nprint()\n", 0o755),
    "tool-not-executable": (b"#!/usr/bin/env python3\n", 0o644),
    "shell": (b"#!/bin/bash -e\n", 0o755),
    "split": (b"#!/usr/bin/env -S node --x\n", 0o755),
    "nix": (b"#! /usr/bin/env nix-shell\n#! nix-shell -i perl -p perl\n", 0o755),
    "unknown-program": (b"#!/opt/strange\n", 0o755),
    "long-shebang": (b"#!/usr/bin/env python " + b"-" * 5000 + b"\n", 0o755),
    "no-shebang": (b"\x7fELF\0\0", 0o755),
    "late-nul": (b"a" * 1024 + b"\0", 0o644),
    "early-nul": (b"a" * 1023 + b"\0", 0o644),
    "empty": (b"", 0o644),
    "data.unknownext": (b"text\n", 0o644),
    "data.unknownbin": (b"\0", 0o644),
    "prog.unknownext": (b"#!/bin/sh\n", 0o755),
    "latin-1": ("é".encode("latin-1"), 0o644),
    "two\nlines.py": (b"", 0o644),
    "caf\udce9.json": (b"{}", 0o644),
    "漢字": (b"x", 0o644),
    "sub.py/plain": (b"x", 0o644),
    "group-executable.sh": (b"", 0o610),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every kind of file."""
    root = tmp_path_factory.mktemp("tree")
    for name, (content, mode) in FILES.items():
        whole = os.path.join(root, name)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "wb") as file:
            file.write(content)
        os.chmod(whole, mode)
    (root / "folder").mkdir()
    (root / "link").symlink_to("module.py")
    (root / "broken.py").symlink_to("nowhere")
    (root / "folder-link").symlink_to("folder")
    return root


OTHERS = ("folder", "link", "broken.py", "folder-link")


@pytest.mark.parametrize("path", [*FILES, *OTHERS], ids=ascii)
def test_tags_are_those_of_identify(tree: Path, path: str) -> None:
    assert Tags(str(tree))(path) == tags_from_path(os.path.join(tree, path))


def test_tags_do_not_depend_on_what_was_asked_before(tree: Path) -> None:
    paths = [*FILES, *OTHERS]
    for order in (paths, paths[::-1], sorted(paths)):
        tags = Tags(str(tree))
        assert [tags(path) for path in order] == [tags_from_path(os.path.join(tree, path)) for path in order]
        assert tags.vanished == []


_PARTS = st.sampled_from(["py", "Dockerfile", "x", "gz", "plist", "bashrc", "PNG", "", "Makefile", "cfg", "-", "\xe9"])
_NAMES = st.lists(_PARTS, min_size=1, max_size=4).map(".".join).filter(lambda name: name not in ("", ".", ".."))
_CONTENTS = st.sampled_from([b"", b"#!/bin/sh\n", b"#!/usr/bin/env python3\n", b"\0"])


@settings(deadline=None)  # the disk's time is not ours
@given(st.dictionaries(_NAMES, st.tuples(_CONTENTS, st.booleans()), max_size=8))
def test_any_names_together_have_the_tags_of_identify(files: dict[str, tuple[bytes, bool]]) -> None:
    with tempfile.TemporaryDirectory() as root:
        for name, (content, executable) in files.items():
            with open(os.path.join(root, name), "wb") as file:
                file.write(content)
            os.chmod(file.name, 0o755 if executable else 0o644)
        tags = Tags(root)
        for name in files:
            assert tags(name) == tags_from_path(os.path.join(root, name))


def test_with_git_s_modes_the_tags_of_tracked_files_are_those_of_identify(repo: Repo) -> None:
    for name, (content, mode) in FILES.items():
        repo.write(name, content)
        os.chmod(os.path.join(repo.root, name), mode)
    (repo.root / "link").symlink_to("module.py")
    (repo.root / "changed").symlink_to("module.py")
    repo.git("add", ".")
    repo.commit()
    (repo.root / "module.py").chmod(0o755)
    (repo.root / "changed").unlink()
    repo.write("changed", "#!/bin/sh\n")
    entries = [entry for entry in tracked(repo.found(), repo.state()) if entry.path != "group-executable.sh"]
    tags = Tags(str(repo.root), {entry.path: entry.mode for entry in entries})
    assert len(entries) == len(FILES) + 1
    for entry in entries:
        assert tags(entry.path) == tags_from_path(os.path.join(repo.root, entry.path)), entry.path


def test_a_file_whose_mode_is_known_and_whose_name_says_all_is_not_looked_at() -> None:
    tags = Tags("/nonexistent", {"a.py": 0o100755, "link": 0o120000, "sub": 0o160000})
    assert tags("a.py") == {"file", "executable", "python", "text"}
    assert tags("link") == {"symlink"}
    assert tags("sub") == {"directory"}
    assert tags.vanished == []


def test_with_git_s_modes_a_file_is_executable_if_git_says_so(repo: Repo) -> None:
    repo.write("for-the-group.sh")
    (repo.root / "for-the-group.sh").chmod(0o610)
    repo.git("add", ".")
    modes = {entry.path: entry.mode for entry in tracked(repo.found(), repo.state())}
    assert "non-executable" in Tags(str(repo.root), modes)("for-the-group.sh")


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.EMFILE])
@pytest.mark.parametrize("name", ["unknown", "picture.xyz", "run.sh"])
def test_a_file_that_is_there_and_cannot_be_read_is_taken_for_text_and_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, name: str
) -> None:
    (tmp_path / name).write_bytes(b"\0")

    def refuse(path: str, *_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(os, "open", refuse)  # root may read all
    tags = Tags(str(tmp_path))
    assert tags(name) >= {"file", "non-executable", "text"}
    assert "binary" not in tags(name)
    assert tags.vanished == []


def test_equal_tags_are_one_object(tree: Path) -> None:
    tags = Tags(str(tree))
    assert tags("module.py") is tags("UPPER.PY")
    assert tags("early-nul") is not tags("late-nul")
    assert tags("late-nul") is tags("empty")


def test_a_file_that_vanished_has_no_tags_and_is_remembered(tmp_path: Path) -> None:
    tags = Tags(str(tmp_path), {"known": 0o100644})
    assert (tags("gone.py"), tags("known"), tags("gone.py")) == (frozenset(), frozenset(), frozenset())
    assert tags.vanished == ["gone.py", "known"]


def test_a_file_that_became_a_link_since_is_not_read_through_it(tree: Path) -> None:
    tags = Tags(str(tree), {"link": 0o100644})
    assert tags("link") == frozenset()
    assert tags.vanished == ["link"]


def test_a_pipe_has_no_tags_and_is_not_waited_at(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert Tags(str(tmp_path))("pipe") == frozenset()
    assert Tags(str(tmp_path), {"pipe": 0o100644})("pipe") <= {"file", "non-executable", "text"}


def test_a_socket_is_a_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert Tags(str(tmp_path))("socket") == {"socket"}


PATHS = ("a.py", "b.md", "sub/a.py", "sub/c.png", "link", "gone", "two\nlines.py")
TAGS: Mapping[str, frozenset[str]] = {
    "a.py": frozenset({"file", "text", "python", "executable"}),
    "b.md": frozenset({"file", "text", "markdown", "non-executable"}),
    "sub/a.py": frozenset({"file", "text", "python", "non-executable"}),
    "sub/c.png": frozenset({"file", "binary", "image", "png", "non-executable"}),
    "link": frozenset({"symlink"}),
    "gone": frozenset(),
    "two\nlines.py": frozenset({"file", "text", "python", "non-executable"}),
}


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        (Matcher(), PATHS),
        (Matcher(include=r".*\.py\Z"), ("a.py", "sub/a.py", "two\nlines.py")),
        (Matcher(include=r"a\.py"), ("a.py",)),
        (Matcher(include=r"sub/"), ("sub/a.py", "sub/c.png")),
        (Matcher(exclude=r"sub/"), ("a.py", "b.md", "link", "gone", "two\nlines.py")),
        (Matcher(include=r"sub/", exclude=r".*\.py\Z"), ("sub/c.png",)),
        (Matcher(types=("python",)), ("a.py", "sub/a.py", "two\nlines.py")),
        (Matcher(types=("python", "executable")), ("a.py",)),
        (Matcher(types_or=("png", "markdown")), ("b.md", "sub/c.png")),
        (Matcher(types=("file",)), ("a.py", "b.md", "sub/a.py", "sub/c.png", "two\nlines.py")),
        (Matcher(types=("symlink",)), ("link",)),
        (Matcher(exclude_types=("file",)), ("link",)),
        (
            Matcher(types=("text",), types_or=("python", "markdown"), exclude_types=("executable",)),
            PATHS[1:3] + PATHS[6:],
        ),
        (Matcher(include=r"sub/", types=("python",)), ("sub/a.py",)),
        (Matcher(types=("no-such-type",)), ()),
    ],
    ids=repr,
)
def test_a_matcher_takes(matcher: Matcher, expected: tuple[str, ...]) -> None:
    assert Selector(PATHS, TAGS.__getitem__).select(matcher) == expected


_TAG = st.sampled_from(["file", "text", "python", "binary", "symlink", "x"])
_EXPRESSION = st.none() | st.sampled_from([r"a", r".*b\Z", r"[^/]*\Z", r"a/", r"(?:a|b)/.*"])
_TAG_TUPLE = st.lists(_TAG, max_size=2).map(tuple)


@given(
    st.dictionaries(st.text("ab/", min_size=1, max_size=4), st.frozensets(_TAG, min_size=1), max_size=12),
    st.lists(st.builds(Matcher, _EXPRESSION, _EXPRESSION, _TAG_TUPLE, _TAG_TUPLE, _TAG_TUPLE), max_size=6),
)
def test_many_matchers_on_one_list_select_as_each_would_alone(
    tags: dict[str, frozenset[str]], matchers: list[Matcher]
) -> None:
    selector = Selector(tuple(tags), tags.__getitem__)
    for matcher in matchers:
        assert selector.select(matcher) == tuple(path for path in tags if _takes_plainly(matcher, path, tags[path]))


def _takes_plainly(matcher: Matcher, path: str, tags: frozenset[str]) -> bool:
    return (
        (matcher.include is None or re.match(matcher.include, path) is not None)
        and (matcher.exclude is None or re.match(matcher.exclude, path) is None)
        and all(tag in tags for tag in matcher.types)
        and (not matcher.types_or or any(tag in tags for tag in matcher.types_or))
        and not any(tag in tags for tag in matcher.exclude_types)
    )


def test_equal_matchers_get_the_same_tuple() -> None:
    selector = Selector(PATHS, TAGS.__getitem__)
    assert selector.select(Matcher(types=("python",))) is selector.select(Matcher(types=("python",)))


def test_only_paths_that_may_be_taken_are_asked_for_their_tags_and_those_once() -> None:
    asked: list[str] = []

    def tags_of(path: str) -> frozenset[str]:
        asked.append(path)
        return TAGS[path]

    selector = Selector(PATHS, tags_of)
    selector.select(Matcher(include=r"sub/"))
    assert asked == []
    selector.select(Matcher(include=r"sub/", types=("python",)))
    selector.select(Matcher(exclude=r".*\.md\Z", types=("text",)))
    assert sorted(asked) == sorted(set(PATHS) - {"b.md"})


def test_identify_is_imported_only_where_types_are_asked_for() -> None:
    script = (
        "import sys\n"
        "from omnibase.inputs.matching import Selector, Tags\n"
        "from omnibase.model.component import Matcher\n"
        "selector = Selector(['a.py'], Tags('.', {'a.py': 0o100644}))\n"
        "assert selector.select(Matcher(include='a')) == ('a.py',)\n"
        "print('identify' in sys.modules)\n"
        "assert selector.select(Matcher(types=('python',))) == ('a.py',)\n"
        "print('identify' in sys.modules)\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], env=env, check=True, capture_output=True, text=True)
    assert done.stdout == "False\nTrue\n"
