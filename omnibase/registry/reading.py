"""Reading `registry.yaml`: within bounds, and with the place of everything in it."""

import os
import stat
from typing import Any

from pydantic import ValidationError

from omnibase.core import versions
from omnibase.model.errors import ConfigurationError, Location, RegistryError
from omnibase.model.record import Record
from omnibase.registry.complaints import SHOWN, complain, nulls, raised, spot
from omnibase.registry.document import Tree, parse
from omnibase.registry.schema import SMALLEST, RegistryFile

Json = Any
MAX_BYTES = 1 << 20
_SMALLEST = f"the smallest one is\n{SMALLEST.rstrip()}"


class Document(Record):
    """A registry's file as it was read.

    `file` is its path as it was given, `shown` the name that messages call it by, `content` its bytes. `tree` is the
    same content as plain data, with places.
    """

    file: str
    shown: str
    content: bytes
    model: RegistryFile
    tree: Tree

    def place(self, *path: int | str, key: bool = False) -> Location:
        """Where the value (or its key) at the end of the path stands, or the last part of the way that is there."""
        node = spot(self.tree, path).node
        line, column = (node.key_line, node.key_column) if key else (node.line, node.column)
        return Location(self.shown, line, column)


def read(path: str, shown: str | None = None, version: str | None = None) -> Document:
    """Read and check a registry. Messages name the file as `shown`; left out: as `path`.

    With omnibase's own `version`, a registry that is meant for another one is told so before its unknown keys are.
    Raises ConfigurationError, with file, line and column, for whatever keeps it from being a registry, and
    RegistryError where it requires another version. Nothing in the file is run, and neither time nor memory goes
    beyond its first megabyte.
    """
    shown = path if shown is None else shown
    content = _bytes(path, shown)
    tree = parse(_text(content, shown), shown)
    if tree is None or tree.data is None:
        raise ConfigurationError("the registry is empty", place=Location(shown), remedy=_SMALLEST)
    if not isinstance(tree.data, dict):
        what = "a list" if isinstance(tree.data, list) else "a single value"
        raise ConfigurationError(
            f"a registry is a mapping of keys, and this is {what}",
            place=Location(shown, tree.node.line, tree.node.column),
            remedy=_SMALLEST,
        )
    if version is not None:
        at = spot(tree, ("requires_omnibase",)).node
        check_requirement(tree.data.get("requires_omnibase"), version, Location(shown, at.line, at.column))
    try:
        model = RegistryFile.model_validate(tree.data)
    except ValidationError as error:
        raise complain(RegistryFile, error, tree, shown) from None
    if empty := nulls(tree):
        raise raised(empty[:SHOWN], len(empty), shown)
    return Document(path, shown, content, model, tree)


def check_requirement(wanted: Json, version: str, place: Location) -> None:
    """Raises RegistryError where the range, if it is one, does not hold omnibase's own version."""
    if not isinstance(wanted, str):
        return
    try:
        bounds = versions.parse_range(wanted)
    except ValueError:
        return  # the schema says what is wrong with it
    if not versions.within(versions.parse_package(version), bounds):
        raise RegistryError(
            f"this registry requires omnibase {wanted}, and this is {version}",
            place=place,
            remedy=f"install one that fits: pip install 'omnibase{wanted}'",
        )


def _bytes(path: str, shown: str) -> bytes:
    """The file's content, if it is a regular file of a bearable size; a pipe or a device is not waited for."""
    place = Location(shown)
    try:
        fd = os.open(os.fsencode(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise ConfigurationError("there is no registry here", place=place, remedy=f"write one; {_SMALLEST}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigurationError(f"the registry cannot be read: {reason}", place=place) from None
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
            raise ConfigurationError(f"the registry cannot be read: it is {what}", place=place)
        with os.fdopen(fd, "rb", closefd=False) as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"the registry cannot be read: {error.strerror}", place=place) from None
    finally:
        os.close(fd)
    if max(status.st_size, len(content)) > MAX_BYTES:
        raise ConfigurationError(
            f"the registry has {max(status.st_size, len(content)):,} bytes, and at most {MAX_BYTES:,} are read",
            place=place,
            remedy="remove what is no registry from it",
        )
    return content


def _text(content: bytes, shown: str) -> str:
    data = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line_start = data.rfind(b"\n", 0, error.start) + 1
        raise ConfigurationError(
            f"the byte 0x{data[error.start]:02x} is not UTF-8",
            place=Location(shown, data.count(b"\n", 0, error.start) + 1, error.start - line_start + 1),
            remedy="save the file as UTF-8",
        ) from None
