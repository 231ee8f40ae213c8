"""Which of a run's files a component looks at: by path, and by the tags that identify gives a file."""

import os
import re
import stat
from collections.abc import Callable, KeysView, Mapping, Sequence
from itertools import compress

from omnibase.core.refusals import refusal
from omnibase.inputs.files import as_it_is
from omnibase.model.component import Matcher

_NONE: frozenset[str] = frozenset()


class Selector:
    """Selects from one list of paths for many matchers, each expression and each matcher evaluated once.

    `tags_of` gives the tags of a path; it is not called for matchers without types.
    """

    __slots__ = ("_found", "_matching", "_paths", "_tags")

    def __init__(self, paths: Sequence[str], tags_of: Callable[[str], frozenset[str]]) -> None:
        self._paths = tuple(paths)
        self._tags = _Remembered(tags_of)
        self._matching: dict[str, frozenset[str]] = {}
        self._found: dict[Matcher, tuple[str, ...]] = {}

    def select(self, matcher: Matcher) -> tuple[str, ...]:
        """The paths that the matcher takes, in their order; equal matchers get the same tuple.

        A regular expression is matched from the start of a path (`re.match`), and its dot takes a newline too. A path
        without tags (gone, a device) is taken by no matcher that asks for or excludes types.
        """
        found = self._found.get(matcher)
        if found is None:
            found = self._found[matcher] = self._select(matcher)
        return found

    def _select(self, matcher: Matcher) -> tuple[str, ...]:
        paths = self._paths
        if matcher.include is not None:
            wanted = self._matches(matcher.include)
            paths = tuple(path for path in paths if path in wanted)
        if matcher.exclude is not None:
            unwanted = self._matches(matcher.exclude)
            paths = tuple(path for path in paths if path not in unwanted)
        if matcher.types or matcher.types_or or matcher.exclude_types:
            tags = list(map(self._tags.__getitem__, paths))
            taken = {some: _takes(matcher, some) for some in set(tags)}
            paths = tuple(compress(paths, map(taken.__getitem__, tags)))
        return paths

    def _matches(self, expression: str) -> frozenset[str]:
        matching = self._matching.get(expression)
        if matching is None:
            matching = self._matching[expression] = frozenset(
                filter(re.compile(expression, re.DOTALL).match, self._paths)
            )
        return matching


class _Remembered(dict[str, frozenset[str]]):
    """The tags of the paths asked for so far; a dictionary, because looking ten thousand up must not run Python."""

    __slots__ = ("_tags_of",)

    def __init__(self, tags_of: Callable[[str], frozenset[str]]) -> None:
        super().__init__()
        self._tags_of = tags_of

    def __missing__(self, path: str) -> frozenset[str]:
        tags = self[path] = self._tags_of(path)
        return tags


def _takes(matcher: Matcher, tags: frozenset[str]) -> bool:
    return bool(
        tags
        and tags.issuperset(matcher.types)
        and (not matcher.types_or or not tags.isdisjoint(matcher.types_or))
        and tags.isdisjoint(matcher.exclude_types)
    )


class Tags:
    """The tags that identify gives each file of a folder, with as few looks at the disk as there can be.

    `modes` are git's modes of paths: those need no stat, and are executable if their owner may execute them. A name
    that says all needs no read. The paths of `elsewhere` are looked at in the folder that it gives them instead.
    `vanished` are the paths that were asked for and are not there, or are no file any more; they have no tags. What is
    there and cannot be read is taken for text.
    """

    __slots__ = ("_elsewhere", "_known", "_modes", "_names", "_root", "_same", "_special", "vanished")

    def __init__(
        self, root: str, modes: Mapping[str, int] | None = None, elsewhere: Mapping[str, str] | None = None
    ) -> None:
        self._root = root
        self._elsewhere = elsewhere or {}
        self._modes = modes or {}
        self._known: dict[str, frozenset[str]] = {}
        self._names: dict[tuple[str, bool], tuple[frozenset[str], bool]] = {}
        self._same: dict[frozenset[str], frozenset[str]] = {}
        self._special: KeysView[str] | None = None
        self.vanished: list[str] = []

    def __call__(self, path: str) -> frozenset[str]:
        """The tags of a path relative to the folder; equal sets are the same object."""
        tags = self._known.get(path)
        if tags is None:
            try:
                tags = self._look(path)
            except OSError as error:
                if refusal(error) is None:
                    self.vanished.append(path)
                    tags = _NONE
                else:
                    tags = self._taken_for_text(path)
            self._known[path] = tags
        return tags

    def _look(self, path: str) -> frozenset[str]:
        mode = self._modes.get(path)
        if mode is None:
            whole = self._whole(path)
            mode = os.lstat(whole).st_mode
            executable = bool(mode & 0o111) and os.access(whole, os.X_OK)
        else:
            executable = bool(mode & 0o111)
        if not stat.S_ISREG(mode):
            return _KINDS.get(stat.S_IFMT(mode), _NONE)
        tags, complete = self._named(path.rpartition("/")[2], executable)
        if not complete:
            tags = self._read(path, tags, executable)
        return tags

    def _taken_for_text(self, path: str) -> frozenset[str]:
        """A file that is there and cannot be read: who looks at text looks at it, and says so; passed over it would be
        as good as checked."""
        named, _ = self._named(path.rpartition("/")[2], executable=False)
        return self._one(named.difference(("binary",)).union(("text",)))

    def _whole(self, path: str) -> str:
        return os.path.join(self._elsewhere.get(path, self._root), path)

    def _named(self, name: str, executable: bool) -> tuple[frozenset[str], bool]:
        """What the name says, and whether that is all there is to say."""
        parts = name.split(".")
        if self._special is None:
            from identify.extensions import NAMES

            self._special = NAMES.keys()
        if name in self._special or not self._special.isdisjoint(parts):
            key = name
        else:
            key = f"/{parts[-1]}" if "." in name.lstrip(".") else "/"  # no name is like that
        known = self._names.get((key, executable))
        if known is None:
            from identify.identify import ENCODING_TAGS, EXECUTABLE, FILE, NON_EXECUTABLE, tags_from_filename

            named = tags_from_filename(name)
            tags = self._one(frozenset({FILE, EXECUTABLE if executable else NON_EXECUTABLE, *named}))
            known = self._names[key, executable] = (tags, not ENCODING_TAGS.isdisjoint(named))
        return known

    def _read(self, path: str, tags: frozenset[str], executable: bool) -> frozenset[str]:
        from identify.identify import BINARY, ENCODING_TAGS, TEXT, is_text, parse_shebang, tags_from_interpreter

        with open(self._whole(path), "rb", opener=as_it_is) as stream:
            if executable and len(tags) == 2:  # the kind and the mode: the name says nothing
                program = parse_shebang(stream)
                if program:
                    tags = tags.union(tags_from_interpreter(program[0]))
                stream.seek(0)
            if ENCODING_TAGS.isdisjoint(tags):
                tags = tags.union((TEXT if is_text(stream) else BINARY,))
        return self._one(tags)

    def _one(self, tags: frozenset[str]) -> frozenset[str]:
        return self._same.setdefault(tags, tags)


_KINDS = {
    stat.S_IFDIR: frozenset({"directory"}),
    stat.S_IFLNK: frozenset({"symlink"}),
    stat.S_IFSOCK: frozenset({"socket"}),
    0o160000: frozenset({"directory"}),  # a submodule, in git's words
}
