"""Records to JSON shapes and back, driven by the annotations of their classes.

| annotation | JSON |
|---|---|
| a record (a NamedTuple) | an object of its fields; those that equal their default are left out |
| a union of several records | the same, with the class's name under "_" |
| an enum | its value |
| `tuple[X, ...]`, `tuple[X, Y]`, `frozenset[X]` | a list, sorted for a frozenset |
| `Mapping[str, X]` | an object |
| `str`, `int`, `float`, `bool`, `None`, `Literal`, and unions of them | as they are |
| `Any` (`Json`) | as it is, unchecked |

Unknown keys are ignored and missing ones take their defaults, so that records of older and newer versions can be read.
Strings may hold surrogates (paths do): write with `json.dumps`, which escapes them.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints, overload

from omnibase.model.record import Record

Json = Any
T = TypeVar("T")


def encode(value: object, of: type | UnionType | None = None) -> Json:
    """The value's JSON shape. `of` is what `decode` will be given, where that is not the value's own class.

    An event that is to be read as `decode(Event, ...)` is written as `encode(event, Event)`. Raises TypeError for an
    annotation that has no JSON shape.
    """
    if of is None and not _is_record(type(value)):
        return _plain(value)
    return _apply(_codec(type(value) if of is None else of).encode, value)


@overload
def decode(cls: type[T], data: Json) -> T: ...
@overload
def decode(cls: UnionType, data: Json) -> Any: ...
def decode(cls: type | UnionType, data: Json) -> Any:
    """What `encode` made the JSON from. Raises ValueError where the data has not the shape that `cls` asks for."""
    return _apply(_codec(cls).decode, data)


Convert = Callable[[Any], Any] | None  # None: as it is


class _Codec(Record):
    """How to convert both ways; a JSON value of the type `known` is decoded as it is, without a call."""

    encode: Convert
    decode: Convert
    known: type | None = None


_CODECS: dict[Any, _Codec] = {Any: _Codec(None, None)}
_SCALARS = {str: "a string", int: "a whole number", bool: "true or false", float: "a number", NoneType: "null"}
_MISSING: Any = object()


def _apply(convert: Convert, value: Any) -> Any:
    return value if convert is None else convert(value)


def _codec(annotation: Any) -> _Codec:
    """How to convert what is annotated so; worked out once."""
    codec = _CODECS.get(annotation)
    if codec is None:
        codec = _CODECS[annotation] = _make(annotation)
    return codec


def _make(annotation: Any) -> _Codec:
    origin, arguments = get_origin(annotation), get_args(annotation)
    codec = _of_class(annotation) if origin is None else _of_generic(origin, arguments)
    if codec is None:
        raise TypeError(f"{annotation!r} has no JSON shape")
    return codec


def _of_class(cls: Any) -> _Codec | None:
    if _is_record(cls):
        return _record(cls)
    if cls in _SCALARS:
        return _scalar(cls)
    if isinstance(cls, type) and issubclass(cls, Enum):
        members = _choice({member.value: member for member in cls})
        return _Codec(lambda value: value.value if isinstance(value, Enum) else value, members)
    return None


def _of_generic(origin: Any, arguments: tuple[Any, ...]) -> _Codec | None:
    if origin in (Union, UnionType):
        return _union(arguments)
    if origin is Literal:
        return _Codec(None, _choice({value: value for value in arguments}))
    if origin is tuple:
        return _sequence(_codec(arguments[0])) if arguments[1:] == (...,) else _row([_codec(one) for one in arguments])
    if origin is frozenset:
        return _set(_codec(arguments[0]))
    if origin is Mapping and arguments[0] is str:
        return _mapping(_codec(arguments[1]))
    return None


def _is_record(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, tuple) and hasattr(cls, "_fields")


def _plain(value: object) -> Json:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if isinstance(value, frozenset | set):
        return sorted(encode(item) for item in value)
    return value


def _record(cls: Any) -> _Codec:
    hints = get_type_hints(cls)
    names: tuple[str, ...] = cls._fields
    defaults = [cls._field_defaults.get(name, _MISSING) for name in names]
    required = [index for index, default in enumerate(defaults) if default is _MISSING]
    codecs = [_codec(hints[name]) for name in names]
    writers = [(name, default, codec.encode) for name, default, codec in zip(names, defaults, codecs, strict=True)]
    readers = {
        name: (index, codec.known, codec.decode) for index, (name, codec) in enumerate(zip(names, codecs, strict=True))
    }
    make = cls._make

    def write(value: Any) -> Json:
        out = {}
        for item, (name, default, convert) in zip(value, writers, strict=True):
            if item is not default and item != default:
                out[name] = item if convert is None else convert(item)
        return out

    def read(data: Json) -> Any:
        if type(data) is not dict:
            raise _wrong(f"an object for {cls.__name__}", data)
        values = defaults.copy()
        key = ""
        try:
            for key, item in data.items():
                found = readers.get(key)
                if found is not None:
                    index, known, convert = found
                    values[index] = item if convert is None or type(item) is known else convert(item)
        except ValueError as error:
            raise ValueError(f"{cls.__name__}.{key}: {error}") from None
        for index in required:
            if values[index] is _MISSING:
                raise ValueError(f"{cls.__name__}.{names[index]} is missing")
        return make(values)

    return _Codec(write, read)


def _union(arguments: tuple[Any, ...]) -> _Codec:
    members = [one for one in arguments if one is not NoneType]
    if all(one in _SCALARS for one in members):
        return _scalar(*arguments)
    if len(members) == 1:
        write, read, known = _codec(members[0])
    elif all(_is_record(one) for one in members):
        write, read, known = _tagged({one.__name__: one for one in members})
    else:
        raise TypeError(f"a union of {members!r} has no JSON shape")
    if len(members) == len(arguments):
        return _Codec(write, read, known)
    return _Codec(
        lambda value: None if value is None else _apply(write, value),
        lambda data: None if data is None else _apply(read, data),
        known,
    )


def _tagged(classes: dict[str, Any]) -> _Codec:
    codecs: dict[str, Any] = {name: _codec(cls) for name, cls in classes.items()}

    def write(value: Any) -> Json:
        name = type(value).__name__
        return {"_": name, **codecs[name].encode(value)}

    def read(data: Json) -> Any:
        name = data.get("_") if type(data) is dict else None
        codec = codecs.get(name) if isinstance(name, str) else None
        if codec is None:
            raise _wrong(f'an object with one of {", ".join(codecs)} under "_"', data)
        return codec.decode(data)

    return _Codec(write, read)


def _sequence(item: _Codec) -> _Codec:
    write, read, known = item

    def read_all(data: Json) -> Any:
        if type(data) is not list:
            raise _wrong("a list", data)
        if read is None or {*map(type, data)} == {known}:
            return tuple(data)
        return tuple([read(one) for one in data])

    return _Codec(list if write is None else lambda value: [write(one) for one in value], read_all)


def _set(item: _Codec) -> _Codec:
    write, read, _ = _sequence(item)
    return _Codec(lambda value: sorted(_apply(write, value)), lambda data: frozenset(_apply(read, data)))


def _row(items: list[_Codec]) -> _Codec:
    def read(data: Json) -> Any:
        if type(data) is not list or len(data) != len(items):
            raise _wrong(f"a list of {len(items)}", data)
        return tuple([_apply(codec.decode, one) for codec, one in zip(items, data, strict=True)])

    return _Codec(lambda value: [_apply(codec.encode, one) for codec, one in zip(items, value, strict=True)], read)


def _mapping(item: _Codec) -> _Codec:
    write, read, _ = item

    def read_all(data: Json) -> Any:
        if type(data) is not dict:
            raise _wrong("an object", data)
        return data if read is None else {key: read(one) for key, one in data.items()}

    return _Codec(dict if write is None else lambda value: {key: write(one) for key, one in value.items()}, read_all)


def _scalar(*types: type) -> _Codec:
    expected = " or ".join(name for one, name in _SCALARS.items() if one in types)
    widens = float in types and int not in types

    def read(data: Json) -> Any:
        if type(data) in types:
            return data
        if widens and type(data) is int:
            try:
                return float(data)
            except OverflowError:
                raise _wrong(expected, data) from None
        raise _wrong(expected, data)

    return _Codec(None, read, known=types[0])


def _choice(values: dict[Any, Any]) -> Callable[[Any], Any]:
    """Read one of the values that are the keys; `True` is none of them where 1 is."""
    types = {value: type(value) for value in values}

    def read(data: Json) -> Any:
        if isinstance(data, str | int) and types.get(data) is type(data):
            return values[data]
        raise _wrong(f"one of {', '.join(map(repr, values))}", data)

    return read


def _wrong(expected: str, data: Json) -> ValueError:
    kinds = {list: "a list", dict: "an object", int: "a whole number"}  # the last may have more digits than str() bears
    return ValueError(f"expected {expected}, found {kinds.get(type(data)) or f'{data!r:.60}'}")
