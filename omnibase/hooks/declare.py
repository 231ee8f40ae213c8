"""The decorators by which a plugin declares components written in Python.

A function whose first parameter is called `file` is given one `SourceFile` after another and yields findings; one
whose first parameter is called `ctx` is given the run's context once and returns a `Result`. Keyword-only parameters
are the component's settings, which the registry may set.
"""

from collections.abc import Callable, Iterable
from types import FunctionType, ModuleType
from typing import Any, Literal, TypeVar

from omnibase.model.component import Component, ComponentType, FileSet, Lifecycle, Need, PythonCall
from omnibase.model.errors import ProtocolError
from omnibase.model.record import Record

F = TypeVar("F", bound=Callable[..., Any])
ATTRIBUTE = "__omnibase__"
MADE_OF_THE_FUNCTION = frozenset({"type", "work", "settings", "plugin"})
CO_COROUTINE = 0x80 | 0x200  # `async def`, with or without `yield` (inspect.CO_COROUTINE, CO_ASYNC_GENERATOR)


class Declaration(Record):
    """What a decorator leaves on its function: the component, or the name of the validator that it is the fixer of."""

    component: Component | None = None
    fixer_of: str | None = None


class Declare:
    """A decorator that makes a component of one type from a function."""

    __test__ = False  # `test` is one of these, and no test of pytest's

    def __init__(self, type: ComponentType, doc: str) -> None:
        self.type = type
        self.__doc__ = doc

    def __call__(
        self,
        *,
        name: str,
        version: str,
        lifecycle: str = "experimental",
        tags: Iterable[str] = (),
        description: str | None = None,
        idempotent: bool | None = None,
        needs: Iterable[str | Need] = (),
        after: Iterable[str] = (),
        **metadata: Any,
    ) -> Callable[[F], F]:
        """Declare the function as a component.

        Without a `description` it is the first line of the docstring. A function that takes `file` is idempotent
        unless it says otherwise. Every other field of `Component` may be given by its name. Raises ProtocolError
        where the function or the metadata are not what a component may have.
        """
        unknown = sorted(set(metadata) - set(Component._fields))
        if unknown:
            raise ProtocolError(f"component {name!r} declares {unknown[0]!r}, which no component has")
        made = sorted(MADE_OF_THE_FUNCTION.intersection(metadata))
        if made:
            raise ProtocolError(f"component {name!r} declares {made[0]!r}, which is made of its function")
        for field, given in (("tags", tags), ("needs", needs), ("after", after)):
            if isinstance(given, str):
                raise ProtocolError(f"component {name!r} declares {field}={given!r}, and a list is wanted")
        if isinstance(metadata.get("files"), FileSet):
            metadata["files"] = FileSet(*map(tuple, metadata["files"]))  # lists are as good in a decorator
        if lifecycle not in list(Lifecycle):
            raise ProtocolError(f"component {name!r} declares the lifecycle {lifecycle!r}, which does not exist")

        def declare(decorated: F) -> F:
            function = _function(decorated)
            takes = _takes(function)
            plugin = function.__module__.partition(".")[0]
            component = Component(
                name=name,
                version=version,
                type=self.type,
                lifecycle=Lifecycle(lifecycle),
                tags=tuple(tags),
                description=(function.__doc__ or "").strip().split("\n", 1)[0] if description is None else description,
                idempotent=takes == "file" if idempotent is None else idempotent,
                needs=tuple(Need(need) if isinstance(need, str) else need for need in needs),
                after=tuple(after),
                work=PythonCall(function.__module__, function.__qualname__, takes, plugin),
                settings=_settings(function),
                plugin=plugin,
                **metadata,
            )
            setattr(function, ATTRIBUTE, Declaration(component=component))
            return decorated

        return declare


validator = Declare(ComponentType.VALIDATOR, "Declare a check: it looks, and yields findings.")
tool = Declare(ComponentType.TOOL, "Declare a tool: it does or makes something, and others may need its value.")
test = Declare(ComponentType.TEST, "Declare a test.")


def fixer(*, of: str) -> Callable[[F], F]:
    """Declare the fixer of a validator: given the same `SourceFile`, it returns the content as it should be."""

    def declare(decorated: F) -> F:
        function = _function(decorated)
        if _takes(function) != "file":
            raise ProtocolError(f"the fixer of {of!r} has to take `file` as its first parameter")
        setattr(function, ATTRIBUTE, Declaration(fixer_of=of))
        return decorated

    return declare


def components_of(*modules: ModuleType) -> tuple[Component, ...]:
    """All components declared in the modules, in the order of their definition, each with its fixer.

    Raises ProtocolError where a fixer belongs to no validator among them.
    """
    declared: list[Component] = []
    fixers: dict[str, FunctionType] = {}
    for module in modules:
        for value in vars(module).values():
            declaration = getattr(value, ATTRIBUTE, None)
            if not isinstance(declaration, Declaration) or value.__module__ != module.__name__:
                continue
            if declaration.component is not None:
                declared.append(declaration.component)
            elif declaration.fixer_of is not None:
                fixers[declaration.fixer_of] = value
    checks = {component.name: component.settings for component in declared if _checks_files(component)}
    for of, function in fixers.items():
        if of not in checks:
            raise ProtocolError(f"a fixer is declared for {of!r}, and no validator has that name and takes `file`")
        for name in checks[of].keys() - _settings(function):
            raise ProtocolError(
                f"{of!r} has the setting {name!r}, and its fixer {function.__qualname__} does not take it",
                remedy="a fixer is given the settings of its validator: take the same keyword-only parameters",
            )
    return tuple(
        component._replace(work=component.work._replace(fixer=_target(fixers[component.name])))
        if component.name in fixers and isinstance(component.work, PythonCall)
        else component
        for component in declared
    )


def _target(function: FunctionType) -> str:
    return f"{function.__module__}:{function.__qualname__}"


def _settings(function: FunctionType) -> dict[str, Any]:
    """The keyword-only parameters and their defaults. Raises ProtocolError for one without: nothing would set it."""
    code, defaults = function.__code__, function.__kwdefaults__ or {}
    for name in code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]:
        if name not in defaults:
            raise ProtocolError(
                f"{function.__qualname__} in {code.co_filename} has a setting {name!r} without a default",
                remedy="give every keyword-only parameter a default; a registry may set another value",
            )
    return dict(defaults)


def _checks_files(component: Component) -> bool:
    work = component.work
    return component.type is ComponentType.VALIDATOR and isinstance(work, PythonCall) and work.takes == "file"


def _function(decorated: Callable[..., Any]) -> FunctionType:
    if not isinstance(decorated, FunctionType):
        raise ProtocolError(f"{decorated!r} is declared as a component and is no function")
    return decorated


def _takes(function: FunctionType) -> Literal["file", "context"]:
    code = function.__code__
    first = code.co_varnames[0] if code.co_argcount == 1 else None
    if first == "file" and not code.co_flags & CO_COROUTINE:
        return "file"
    if first == "ctx":
        return "context"
    raise ProtocolError(
        f"{function.__qualname__} in {code.co_filename} is declared as a component with the wrong signature",
        remedy="take one positional parameter: `file`, or `ctx`, which may be `async def`; settings are keyword-only",
    )
