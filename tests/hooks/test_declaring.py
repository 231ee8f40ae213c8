"""The decorators by which components are declared: what they take from a function, and what they refuse."""

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from omnibase.api import (
    Component,
    ComponentType,
    Context,
    FileSet,
    Finding,
    Lifecycle,
    Need,
    ProtocolError,
    PythonCall,
    Result,
    SourceFile,
    Status,
    components_of,
    fixer,
    tool,
    validator,
)
from omnibase.api import test as declare_test


def declared(*definitions: Callable[..., Any]) -> tuple[Component, ...]:
    """The components of a module that holds these functions."""
    module = ModuleType("declaring_plugin.checks")
    for function in definitions:
        function.__module__ = module.__name__
        setattr(module, function.__name__, function)
    return components_of(module)


def test_a_check_takes_its_component_from_the_decorator_and_the_function() -> None:
    @validator(
        name="no-tabs", version="1.2.0", lifecycle="canary", tags=["text", "fast"], files=FileSet(types=("text",))
    )
    def no_tabs(file: SourceFile, *, width: int = 4, words: Any = ()) -> Iterator[Finding]:
        """Find tabs.

        More of it.
        """
        yield from ()

    (component,) = declared(no_tabs)
    assert component.name == "no-tabs"
    assert component.version == "1.2.0"
    assert component.type is ComponentType.VALIDATOR
    assert component.lifecycle is Lifecycle.CANARY
    assert component.tags == ("text", "fast")
    assert component.description == "Find tabs."
    assert component.files == FileSet(types=("text",))
    assert component.settings == {"width": 4, "words": ()}
    assert component.idempotent
    assert isinstance(component.work, PythonCall)
    assert component.work.takes == "file"
    assert component.work.function.endswith("no_tabs")
    assert component.work.fixer is None
    assert not component.work.shipped


def test_every_other_field_may_be_given_by_its_name() -> None:
    @tool(
        name="make",
        version="1.0.0",
        needs=["one", Need("two", ">=1")],
        after=["three"],
        description="Makes it",
        idempotent=True,
        timeout=3.5,
        required=False,
        owner="team",
        env={"A": "b"},
    )
    def make(ctx: Context) -> Result:
        """Not this."""
        return Result(Status.PASS)

    (component,) = declared(make)
    assert component.type is ComponentType.TOOL
    assert component.needs == (Need("one"), Need("two", ">=1"))
    assert component.after == ("three",)
    assert (component.description, component.idempotent, component.timeout) == ("Makes it", True, 3.5)
    assert (component.required, component.owner, component.env) == (False, "team", {"A": "b"})
    assert component.lifecycle is Lifecycle.EXPERIMENTAL


def test_one_that_takes_the_context_may_be_async_and_is_not_taken_for_idempotent() -> None:
    @declare_test(name="checks-it", version="1.0.0")
    async def checks_it(ctx: Context) -> Result:
        return Result(Status.PASS)

    (component,) = declared(checks_it)
    assert component.type is ComponentType.TEST
    assert isinstance(component.work, PythonCall)
    assert component.work.takes == "context"
    assert not component.idempotent
    assert component.description == ""


def test_a_declared_function_is_still_the_function() -> None:
    @validator(name="a", version="1.0.0")
    def check(file: SourceFile) -> list[Finding]:
        return [Finding(f"looked at {file.path}")]

    assert check(SourceFile.of("a.txt", b"")) == [Finding("looked at a.txt")]


def _with_both(file: SourceFile, other: int) -> None: ...
def _with_another_name(path: SourceFile) -> None: ...
def _with_nothing() -> None: ...
def _with_keywords_only(*, file: SourceFile) -> None: ...
async def _async_check(file: SourceFile) -> None: ...
async def _async_generator(file: SourceFile) -> Any:
    yield Finding("never")


WRONG = [_with_both, _with_another_name, _with_nothing, _with_keywords_only, _async_check, _async_generator]


@pytest.mark.parametrize("function", WRONG)
@pytest.mark.parametrize("decorator", [validator, tool, declare_test], ids=["validator", "tool", "test"])
def test_a_function_of_another_signature_is_refused(function: Callable[..., Any], decorator: Any) -> None:
    with pytest.raises(ProtocolError) as raised:
        decorator(name="a", version="1.0.0")(function)
    assert f"{function.__name__} in {__file__}" in raised.value.message
    assert "`file`, or `ctx`" in (raised.value.remedy or "")
    assert raised.value.exit_code == 4


@pytest.mark.parametrize("thing", [len, ModuleType, "text", classmethod(_with_nothing)])
def test_what_is_no_function_is_refused(thing: Any) -> None:
    for decorate in (validator(name="a", version="1.0.0"), fixer(of="a")):
        with pytest.raises(ProtocolError, match="is no function"):
            decorate(thing)


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"filse": FileSet()}, "declares 'filse', which no component has"),
        ({"lifecycle": "shiny"}, "declares the lifecycle 'shiny', which does not exist"),
        ({"work": None}, "declares 'work', which is made of its function"),
        ({"settings": {}}, "declares 'settings', which is made of its function"),
        ({"type": "tool"}, "declares 'type', which is made of its function"),
        ({"tags": "pre-commit"}, "declares tags='pre-commit', and a list is wanted"),
        ({"needs": "other"}, "declares needs='other', and a list is wanted"),
        ({"after": "other"}, "declares after='other', and a list is wanted"),
    ],
)
def test_metadata_that_no_component_may_have_is_refused(metadata: dict[str, Any], words: str) -> None:
    def check(file: SourceFile) -> Iterator[Finding]:
        yield from ()

    with pytest.raises(ProtocolError) as raised:
        validator(**{"name": "odd-one", "version": "1.0.0", **metadata})(check)
    assert raised.value.message == f"component 'odd-one' {words}"


# Fixers


@validator(name="ends", version="1.0.0")
def ends(file: SourceFile) -> Iterator[Finding]:
    yield from ()


@fixer(of="ends")
def mend_ends(file: SourceFile) -> bytes:
    return file.data


@validator(name="whole", version="1.0.0")
def whole(ctx: Context) -> Result:
    return Result(Status.PASS)


@fixer(of="whole")
def mend_whole(file: SourceFile) -> bytes:
    return file.data


def test_a_fixer_belongs_to_its_validator_wherever_it_stands() -> None:
    for order in ((ends, mend_ends), (mend_ends, ends)):
        (component,) = declared(*order)
        assert isinstance(component.work, PythonCall)
        assert component.work.fixer == "declaring_plugin.checks:mend_ends"


def test_a_fixer_without_its_validator_is_refused() -> None:
    with pytest.raises(ProtocolError, match="a fixer is declared for 'ends', and no validator has that name"):
        declared(mend_ends)


def test_a_fixer_of_a_check_that_takes_the_context_is_refused() -> None:
    """It would have no file to be given."""
    with pytest.raises(ProtocolError, match="a fixer is declared for 'whole'"):
        declared(whole, mend_whole)


@pytest.mark.parametrize("function", [*WRONG, whole])
def test_a_fixer_of_another_signature_is_refused(function: Callable[..., Any]) -> None:
    with pytest.raises(ProtocolError):
        fixer(of="ends")(function)


def test_a_fixer_takes_the_settings_of_its_validator() -> None:
    @validator(name="wide", version="1.0.0")
    def wide(file: SourceFile, *, width: int = 4) -> Iterator[Finding]:
        yield from ()

    @fixer(of="wide")
    def narrows(file: SourceFile) -> bytes:
        return file.data

    @fixer(of="wide")
    def knows(file: SourceFile, *, width: int = 4, more: bool = False) -> bytes:
        return file.data

    with pytest.raises(ProtocolError, match=r"'wide' has the setting 'width', and its fixer .*narrows"):
        declared(wide, narrows)
    (component,) = declared(wide, knows)
    assert component.settings == {"width": 4}


def test_a_setting_without_a_default_is_refused() -> None:
    """A registry sets only what differs: nothing would give it a value."""

    def check(file: SourceFile, *, limit: int) -> Iterator[Finding]:
        yield from ()

    with pytest.raises(ProtocolError, match="has a setting 'limit' without a default"):
        validator(name="a", version="1.0.0")(check)


# Modules


def test_components_come_in_the_order_of_their_definition_module_by_module() -> None:
    first, second = ModuleType("first"), ModuleType("second")
    for module, names in ((first, "ba"), (second, "c")):
        for name in names:

            def check(file: SourceFile) -> Iterator[Finding]:
                yield from ()

            check.__module__ = module.__name__
            setattr(module, name, validator(name=name, version="1.0.0")(check))
    assert [component.name for component in components_of(first, second)] == ["b", "a", "c"]
    assert [component.name for component in components_of(second, first)] == ["c", "b", "a"]


def test_what_a_module_imports_from_another_is_not_its_own() -> None:
    importing = ModuleType("importing")
    importing.ends = ends  # type: ignore[attr-defined]
    assert components_of(importing) == ()


def test_a_module_without_declarations_has_no_components() -> None:
    assert components_of(sys) == ()
