"""NamedTuples to JSON and back: what is written, that it reads back, and what is refused."""

import json
import time
from collections.abc import Mapping
from enum import Enum, IntEnum, StrEnum
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnibase.core.encoding import decode, encode
from omnibase.model.commands import Tell
from omnibase.model.component import Command, Component, FileSet, Lifecycle, Matcher, Need, Parsing, PythonCall
from omnibase.model.context import ExecutionContext
from omnibase.model.errors import Location
from omnibase.model.events import Event, Interrupted, RunEnded, TimerFired
from omnibase.model.registry import Registry
from omnibase.model.report import RunReport

Json = Any


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 0
    HIGH = 1


class Point(NamedTuple):
    x: int
    y: int = 0


class Circle(NamedTuple):
    radius: float


class Everything(NamedTuple):
    point: Point
    shape: Point | Circle = Circle(1.0)
    maybe: Point | Circle | None = None
    origin: Point | None = None
    colour: Colour = Colour.RED
    level: Level | None = None
    points: tuple[Point, ...] = ()
    pair: tuple[str, float] = ("", 0.0)
    names: frozenset[str] = frozenset()
    tags: tuple[str, ...] | None = None
    by_name: Mapping[str, Point] = {}
    anything: Json = None
    kind: Literal["a", "b", 3] = "a"
    scalar: str | int | float | bool | None = None
    seconds: float | None = None


FULL = Everything(
    point=Point(1),
    shape=Point(2, 3),
    maybe=Circle(2.5),
    origin=Point(0, 1),
    colour=Colour.BLUE,
    level=Level.LOW,
    points=(Point(1), Point(2, 2)),
    pair=("a", 1.5),
    names=frozenset({"b", "a"}),
    tags=("x", "y"),
    by_name={"p": Point(5)},
    anything={"free": [1, None, {"form": True}]},
    kind=3,
    scalar=True,
    seconds=60.0,
)


def test_each_kind_of_field_has_its_shape() -> None:
    assert encode(FULL) == {
        "point": {"x": 1},
        "shape": {"_": "Point", "x": 2, "y": 3},
        "maybe": {"_": "Circle", "radius": 2.5},
        "origin": {"x": 0, "y": 1},
        "colour": "blue",
        "level": 0,
        "points": [{"x": 1}, {"x": 2, "y": 2}],
        "pair": ["a", 1.5],
        "names": ["a", "b"],
        "tags": ["x", "y"],
        "by_name": {"p": {"x": 5}},
        "anything": {"free": [1, None, {"form": True}]},
        "kind": 3,
        "scalar": True,
        "seconds": 60.0,
    }


def test_the_shapes_are_plain_json() -> None:
    for value in (encode(FULL)["colour"], encode(FULL)["level"]):
        assert type(value) in (str, int)
    assert decode(Everything, json.loads(json.dumps(encode(FULL)))) == FULL


def test_a_field_that_equals_its_default_is_left_out() -> None:
    assert encode(Everything(Point(1, 0))) == {"point": {"x": 1}}
    assert decode(Everything, {"point": {"x": 1}}) == Everything(Point(1))


def test_what_has_no_class_is_written_by_its_kind() -> None:
    value = {"a": (Point(1), Colour.RED), "b": frozenset({"y", "x"}), "c": [None, 1.5]}
    assert encode(value) == {"a": [{"x": 1}, "red"], "b": ["x", "y"], "c": [None, 1.5]}


def test_a_union_is_written_with_its_class_where_it_is_to_be_read_as_one() -> None:
    event = Interrupted(at=1.5, signal=2)
    assert encode(event) == {"at": 1.5, "signal": 2}
    assert encode(event, Event) == {"_": "Interrupted", "at": 1.5, "signal": 2}
    assert decode(Event, encode(event, Event)) == event


def test_any_annotation_can_be_read() -> None:
    assert decode(Point | None, None) is None
    points: object = decode(tuple[Point, ...], [{"x": 1}])
    assert points == (Point(1),)


def test_surrogates_of_paths_come_through_json() -> None:
    need = Need("caf\udce9")
    assert decode(Need, json.loads(json.dumps(encode(need)))) == need


def test_unknown_keys_are_ignored_so_that_newer_records_can_be_read() -> None:
    assert decode(Point, {"x": 1, "z": [1], "_": "Point"}) == Point(1)


def test_a_whole_number_is_a_number() -> None:
    circle = decode(Circle, {"radius": 2})
    assert circle == Circle(2.0)
    assert type(circle.radius) is float


@pytest.mark.parametrize(
    ("cls", "data", "message"),
    [
        (Point, [], "expected an object for Point, found a list"),
        (Point, None, "expected an object for Point, found None"),
        (Point, {}, "Point.x is missing"),
        (Point, {"x": "1"}, "Point.x: expected a whole number, found '1'"),
        (Point, {"x": True}, "Point.x: expected a whole number, found True"),
        (Point, {"x": 1.0}, "Point.x: expected a whole number, found 1.0"),
        (Circle, {"radius": False}, "Circle.radius: expected a number, found False"),
        (Circle, {"radius": 10**400}, "Circle.radius: expected a number, found a whole number"),
        (Everything, {"point": {}}, "Everything.point: Point.x is missing"),
        (
            Everything,
            {"point": {"x": 1}, "shape": {"x": 1}},
            """Everything.shape: expected an object with one of Point, Circle under "_", found an object""",
        ),
        (
            Everything,
            {"point": {"x": 1}, "shape": {"_": ["Point"]}},
            """Everything.shape: expected an object with one of Point, Circle under "_", found an object""",
        ),
        (Everything, {"colour": "green"}, "Everything.colour: expected one of 'red', 'blue', found 'green'"),
        (Everything, {"colour": []}, "Everything.colour: expected one of 'red', 'blue', found a list"),
        (Everything, {"level": True}, "Everything.level: expected one of 0, 1, found True"),
        (Everything, {"points": {}}, "Everything.points: expected a list, found an object"),
        (
            Everything,
            {"points": [{"x": 1}, 2]},
            "Everything.points: expected an object for Point, found a whole number",
        ),
        (Everything, {"pair": ["a"]}, "Everything.pair: expected a list of 2, found a list"),
        (Everything, {"names": "ab"}, "Everything.names: expected a list, found 'ab'"),
        (Everything, {"names": [1]}, "Everything.names: expected a string, found a whole number"),
        (Everything, {"tags": ["a", 1]}, "Everything.tags: expected a string, found a whole number"),
        (Everything, {"by_name": []}, "Everything.by_name: expected an object, found a list"),
        (Everything, {"kind": "c"}, "Everything.kind: expected one of 'a', 'b', 3, found 'c'"),
        (
            Everything,
            {"scalar": []},
            "Everything.scalar: expected a string or a whole number or true or false or a number or null, found a list",
        ),
        (Component, {"name": "x", "work": {"_": "Command"}}, "Component.work: Command.argv is missing"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_place(cls: type, data: Json, message: str) -> None:
    with pytest.raises(ValueError) as error:
        decode(cls, data)
    assert str(error.value) == message


class Unwritable(NamedTuple):
    data: bytes


@pytest.mark.parametrize("annotation", [Unwritable, dict[int, str], Point | int, list[int]])
def test_what_has_no_json_shape_is_refused(annotation: Any) -> None:
    with pytest.raises(TypeError, match="has no JSON shape"):
        decode(annotation, {})


text = st.text(
    st.characters() | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF, categories=["Cs"]), max_size=6
)
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: text,
    int: st.integers(-(2**70), 2**70),
    bool: st.booleans(),
    float: st.floats(allow_nan=False),
    NoneType: st.none(),
    Any: st.recursive(st.none() | st.booleans() | st.integers() | text, lambda json: st.lists(json, max_size=2)),
}


def of(annotation: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - a line for each kind
    """Values of what is annotated so."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in SCALARS:
        return SCALARS[annotation]
    if origin in (Union, UnionType):
        return st.one_of([of(one) for one in arguments])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple and arguments[1:] == (...,):
        return st.lists(of(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(of, arguments))
    if origin is frozenset:
        return st.frozensets(of(arguments[0]), max_size=3)
    if origin is Mapping:
        return st.dictionaries(text, of(arguments[1]), max_size=2)
    if issubclass(annotation, Enum):
        return st.sampled_from(list(annotation))
    hints = get_type_hints(annotation)
    defaults = annotation._field_defaults
    fields = {
        name: st.just(defaults[name]) | of(hints[name]) if name in defaults else of(hints[name])
        for name in annotation._fields
    }
    return st.fixed_dictionaries(fields).map(lambda values: annotation(**values))


@pytest.mark.parametrize("cls", [Everything, Component, Registry, Event, Tell, ExecutionContext, RunReport])
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(data=st.data())
def test_what_is_written_reads_back_the_same(cls: Any, data: st.DataObject) -> None:
    value = data.draw(of(cls))
    assert decode(cls, json.loads(json.dumps(encode(value, cls)))) == value


@settings(deadline=None)
@given(data=SCALARS[Any] | st.dictionaries(st.sampled_from(["name", "work", "needs", "files", "_"]), SCALARS[Any]))
def test_any_json_is_read_or_refused_with_a_value_error(data: Json) -> None:
    for cls in (Component, Event, Registry):
        try:
            decode(cls, data)
        except ValueError as error:
            assert "expected" in str(error) or "missing" in str(error)


def test_five_hundred_components_take_milliseconds() -> None:
    component = Component(
        name="ruff",
        work=Command(("ruff", "check", "{files}")),
        lifecycle=Lifecycle.STABLE,
        tags=("pre-commit", "python"),
        files=FileSet(types=("python",), exclude=("vendored/**",)),
        matcher=Matcher(types=("python",), exclude="(?s:^vendored/)"),
        findings=Parsing("ruff"),
        needs=(Need("generate"),),
        timeout=60.0,
        origin=Location("registry.yaml", 3, 5),
    )
    call = PythonCall("omnibase_files.text", "check", "file", "omnibase_files")
    registry = Registry(components=(component, component._replace(work=call)) * 250)
    encoded = encode(registry)
    times = []
    for _ in range(5):
        started = time.process_time()
        decoded = decode(Registry, encoded)
        middle = time.process_time()
        assert encode(decoded) == encoded
        times.append((middle - started, time.process_time() - middle))
    assert min(reading for reading, _ in times) < 0.03
    assert min(writing for _, writing in times) < 0.03


def test_events_of_one_kind_are_not_mixed_up_with_another() -> None:
    timer, end = TimerFired(1.0, "retry", 3), RunEnded(2.0)
    assert decode(TimerFired, encode(timer)) == timer
    assert type(decode(Event, encode(end, Event))) is RunEnded
