"""How single values, lists, rows, sets and mappings become JSON and come back: the pieces of `core/encoding`."""

from collections.abc import Callable
from types import NoneType
from typing import Any

from omnibase.model.record import Record

Json = Any
Convert = Callable[[Any], Any] | None  # None: as it is


class Codec(Record):
    """How to convert both ways; a JSON value of the type `known` is decoded as it is, without a call."""

    encode: Convert
    decode: Convert
    known: type | None = None


SCALARS = {str: "a string", int: "a whole number", bool: "true or false", float: "a number", NoneType: "null"}


def apply(convert: Convert, value: Any) -> Any:
    """The value converted."""
    return value if convert is None else convert(value)


def sequence(item: Codec) -> Codec:
    """A tuple of any length, as a list."""
    write, read, known = item

    def read_all(data: Json) -> Any:
        if type(data) is not list:
            raise wrong("a list", data)
        if read is None or {*map(type, data)} == {known}:
            return tuple(data)
        return tuple([read(one) for one in data])

    return Codec(list if write is None else lambda value: [write(one) for one in value], read_all)


def unordered(item: Codec) -> Codec:
    """A frozenset, as a sorted list."""
    write, read, _ = sequence(item)
    return Codec(lambda value: sorted(apply(write, value)), lambda data: frozenset(apply(read, data)))


def row(items: list[Codec]) -> Codec:
    """A tuple with a kind for each place, as a list."""

    def read(data: Json) -> Any:
        if type(data) is not list or len(data) != len(items):
            raise wrong(f"a list of {len(items)}", data)
        return tuple([apply(codec.decode, one) for codec, one in zip(items, data, strict=True)])

    return Codec(lambda value: [apply(codec.encode, one) for codec, one in zip(items, value, strict=True)], read)


def mapping(item: Codec) -> Codec:
    """A mapping by strings, as an object."""
    write, read, _ = item

    def read_all(data: Json) -> Any:
        if type(data) is not dict:
            raise wrong("an object", data)
        return data if read is None else {key: read(one) for key, one in data.items()}

    return Codec(dict if write is None else lambda value: {key: write(one) for key, one in value.items()}, read_all)


def scalar(*types: type) -> Codec:
    """A value of one of the types, as it is; a whole number is a number, too."""
    expected = " or ".join(name for one, name in SCALARS.items() if one in types)
    widens = float in types and int not in types

    def read(data: Json) -> Any:
        if type(data) in types:
            return data
        if widens and type(data) is int:
            try:
                return float(data)
            except OverflowError:
                raise wrong(expected, data) from None
        raise wrong(expected, data)

    return Codec(None, read, known=types[0])


def choice(values: dict[Any, Any]) -> Callable[[Any], Any]:
    """Read one of the values that are the keys; `True` is none of them where 1 is."""
    types = {value: type(value) for value in values}

    def read(data: Json) -> Any:
        if isinstance(data, str | int) and types.get(data) is type(data):
            return values[data]
        raise wrong(f"one of {', '.join(map(repr, values))}", data)

    return read


def wrong(expected: str, data: Json) -> ValueError:
    """What is raised for data of another shape."""
    kinds = {list: "a list", dict: "an object", int: "a whole number"}  # the last may have more digits than str() bears
    return ValueError(f"expected {expected}, found {kinds.get(type(data)) or f'{data!r:.60}'}")
