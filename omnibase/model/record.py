"""The base of all data: `typing.NamedTuple` in all but its price at start-up.

Making one class of it takes 0.17 ms, of which most compiles a constructor; a small run that loads ninety of them would
wait for that alone as long as for git. Here a class takes 0.01 ms, and a constructor is compiled when it is first used.
Type checkers are told that it is `NamedTuple`, so that nothing about its use differs.
"""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

__all__ = ["Record"]

if TYPE_CHECKING:
    from typing import NamedTuple as Record
else:
    from _collections import _tuplegetter  # what collections.namedtuple makes its fields of

    class _RecordType(type):
        """Makes a class of fields from the annotations of its body, in their order, with their defaults."""

        def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if tuple in bases:
                return super().__new__(mcs, name, bases, body)
            fields = tuple(_annotations(body))
            body["_fields"] = body["__match_args__"] = fields
            body["_field_defaults"] = {field: body[field] for field in fields if field in body}
            body["__slots__"] = ()
            body.update({field: _tuplegetter(index, f"field {index}") for index, field in enumerate(fields)})
            return super().__new__(mcs, name, bases, body)

        @property
        def __signature__(cls) -> Any:
            from inspect import signature

            whole = signature(_constructor(cls))
            return whole.replace(parameters=list(whole.parameters.values())[1:])

    class Record(tuple, metaclass=_RecordType):
        __slots__ = ()

        def __new__(cls, *values: Any, **named: Any) -> "Record":
            cls.__new__ = staticmethod(_constructor(cls))
            return cls.__new__(cls, *values, **named)

        @classmethod
        def _make(cls, values: Iterable[Any]) -> "Record":
            made = tuple.__new__(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"{cls.__name__} has {len(cls._fields)} fields, and {len(made)} values were given")
            return made

        def _replace(self, /, **changes: Any) -> "Record":
            made = self._make(map(changes.pop, self._fields, self))
            if changes:
                raise ValueError(f"{type(self).__name__} has no field {next(iter(changes))!r}")
            return made

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self) -> str:
            fields = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
            return f"{type(self).__name__}({fields})"

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

    def _annotations(body: dict[str, Any]) -> dict[str, Any]:
        if "__annotations__" in body or sys.version_info < (3, 14):
            return body.get("__annotations__", {})
        from annotationlib import Format, get_annotate_from_class_namespace

        annotate = get_annotate_from_class_namespace(body)
        return annotate(Format.FORWARDREF) if annotate is not None else {}

    def _constructor(cls: Any) -> Any:
        fields = "".join(f"{name}, " for name in cls._fields)
        made = eval(f"lambda _cls, {fields}: _new(_cls, ({fields}))", {"_new": tuple.__new__})  # noqa: S307
        made.__name__ = "__new__"
        made.__qualname__ = f"{cls.__qualname__}.__new__"
        made.__defaults__ = tuple(cls._field_defaults.values())
        return made
