"""A record is a NamedTuple in all that its users can see."""

import inspect
from typing import NamedTuple, get_type_hints

import pytest

from omnibase.model.record import Record


class Point(Record):
    """A place."""

    x: int
    y: int = 0
    names: tuple[str, ...] = ()

    @property
    def far(self) -> bool:
        return self.x > 10

    @classmethod
    def origin(cls) -> "Point":
        return cls(0)


class Reference(NamedTuple):
    """A place."""

    x: int
    y: int = 0
    names: tuple[str, ...] = ()


@pytest.mark.parametrize("kind", [Point, Reference])
def test_fields_are_given_by_place_or_name_and_have_defaults(kind: type[Reference]) -> None:
    assert kind(1) == kind(x=1, y=0, names=()) == (1, 0, ())
    assert kind(1, 2).y == 2
    assert kind(1)._replace(y=5) == (1, 5, ())
    assert kind(1)._asdict() == {"x": 1, "y": 0, "names": ()}
    assert kind._make([1, 2, ("a",)]).names == ("a",)
    assert kind._fields == ("x", "y", "names")
    assert kind._field_defaults == {"y": 0, "names": ()}
    assert hash(kind(1)) == hash((1, 0, ()))
    assert repr(kind(1)) == f"{kind.__name__}(x=1, y=0, names=())"
    assert get_type_hints(kind) == {"x": int, "y": int, "names": tuple[str, ...]}
    assert list(inspect.signature(kind).parameters) == ["x", "y", "names"]


@pytest.mark.parametrize("kind", [Point, Reference])
def test_what_does_not_fit_is_refused(kind: type[Reference]) -> None:
    with pytest.raises(TypeError):
        kind()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        kind(1, z=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        kind._make([1])
    with pytest.raises((TypeError, ValueError)):
        kind(1)._replace(z=2)  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        kind(1).x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        kind(1).other = 2  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [Point, Reference])
def test_patterns_match_by_place_and_name(kind: type[Reference]) -> None:
    match kind(1, 2):
        case Point(x, y=2) | Reference(x, y=2):
            assert x == 1
        case other:
            pytest.fail(f"{other} did not match")


def test_a_record_may_have_methods() -> None:
    assert Point(11).far
    assert Point.origin() == (0, 0, ())


def test_each_class_has_a_constructor_of_its_own() -> None:
    class Other(Record):
        name: str

    assert Point(1).x == 1
    assert Other("a").name == "a"
    assert Other(name="b") == ("b",)
    assert Point(2) == (2, 0, ())


def test_a_record_without_fields_is_an_empty_one() -> None:
    class Empty(Record):
        """Nothing but its kind."""

    assert Empty() == ()
    assert Empty()._fields == ()
