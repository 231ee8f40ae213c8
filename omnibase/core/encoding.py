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

from collections.abc import Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints, overload

from omnibase.core.codecs import SCALARS, Codec, apply, choice, mapping, row, scalar, sequence, unordered, wrong

Json = Any
T = TypeVar("T")


def encode(value: object, of: type | UnionType | None = None) -> Json:
    """The value's JSON shape. `of` is what `decode` will be given, where that is not the value's own class.

    An event that is to be read as `decode(Event, ...)` is written as `encode(event, Event)`. Raises TypeError for an
    annotation that has no JSON shape.
    """
    if of is None and not _is_record(type(value)):
        return _plain(value)
    return apply(_codec(type(value) if of is None else of).encode, value)


@overload
def decode(cls: type[T], data: Json) -> T: ...
@overload
def decode(cls: UnionType, data: Json) -> Any: ...
def decode(cls: type | UnionType, data: Json) -> Any:
    """What `encode` made the JSON from. Raises ValueError where the data has not the shape that `cls` asks for."""
    return apply(_codec(cls).decode, data)


_CODECS: dict[Any, Codec] = {Any: Codec(None, None)}
_MISSING: Any = object()


def _codec(annotation: Any) -> Codec:
    """How to convert what is annotated so; worked out once."""
    codec = _CODECS.get(annotation)
    if codec is None:
        codec = _CODECS[annotation] = _make(annotation)
    return codec


def _make(annotation: Any) -> Codec:
    origin, arguments = get_origin(annotation), get_args(annotation)
    codec = _of_class(annotation) if origin is None else _of_generic(origin, arguments)
    if codec is None:
        raise TypeError(f"{annotation!r} has no JSON shape")
    return codec


def _of_class(cls: Any) -> Codec | None:
    if _is_record(cls):
        return _record(cls)
    if cls in SCALARS:
        return scalar(cls)
    if isinstance(cls, type) and issubclass(cls, Enum):
        members = choice({member.value: member for member in cls})
        return Codec(lambda value: value.value if isinstance(value, Enum) else value, members)
    return None


def _of_generic(origin: Any, arguments: tuple[Any, ...]) -> Codec | None:
    if origin in (Union, UnionType):
        return _union(arguments)
    if origin is Literal:
        return Codec(None, choice({value: value for value in arguments}))
    if origin is tuple:
        return sequence(_codec(arguments[0])) if arguments[1:] == (...,) else row([_codec(one) for one in arguments])
    if origin is frozenset:
        return unordered(_codec(arguments[0]))
    if origin is Mapping and arguments[0] is str:
        return mapping(_codec(arguments[1]))
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


def _record(cls: Any) -> Codec:
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
            raise wrong(f"an object for {cls.__name__}", data)
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

    return Codec(write, read)


def _union(arguments: tuple[Any, ...]) -> Codec:
    members = [one for one in arguments if one is not NoneType]
    if all(one in SCALARS for one in members):
        return scalar(*arguments)
    if len(members) == 1:
        write, read, known = _codec(members[0])
    elif all(_is_record(one) for one in members):
        write, read, known = _tagged({one.__name__: one for one in members})
    else:
        raise TypeError(f"a union of {members!r} has no JSON shape")
    if len(members) == len(arguments):
        return Codec(write, read, known)
    return Codec(
        lambda value: None if value is None else apply(write, value),
        lambda data: None if data is None else apply(read, data),
        known,
    )


def _tagged(classes: dict[str, Any]) -> Codec:
    codecs: dict[str, Any] = {name: _codec(cls) for name, cls in classes.items()}

    def write(value: Any) -> Json:
        name = type(value).__name__
        return {"_": name, **codecs[name].encode(value)}

    def read(data: Json) -> Any:
        name = data.get("_") if type(data) is dict else None
        codec = codecs.get(name) if isinstance(name, str) else None
        if codec is None:
            raise wrong(f'an object with one of {", ".join(codecs)} under "_"', data)
        return codec.decode(data)

    return Codec(write, read)
