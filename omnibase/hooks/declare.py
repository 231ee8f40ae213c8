"""The decorators by which a plugin declares components written in Python.

A function whose first parameter is called `file` is given one `SourceFile` after another and yields findings; one
whose first parameter is called `ctx` is given the run's context once and returns a `Result`. Keyword-only parameters
are the component's settings, which the registry may set.
"""

from collections.abc import Callable, Iterable
from types import FunctionType, ModuleType
from typing import Any, Literal, TypeVar

from omnibase.model.component import Component, ComponentType, Lifecycle, Need, PythonCall
from omnibase.model.errors import ProtocolError
from omnibase.model.record import Record

F = TypeVar("F", bound=Callable[..., Any])
ATTRIBUTE = "__omnibase__"
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
                settings=dict(function.__kwdefaults__ or {}),
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
    fixers: dict[str, str] = {}
    for module in modules:
        for value in vars(module).values():
            declaration = getattr(value, ATTRIBUTE, None)
            if not isinstance(declaration, Declaration) or value.__module__ != module.__name__:
                continue
            if declaration.component is not None:
                declared.append(declaration.component)
            elif declaration.fixer_of is not None:
                fixers[declaration.fixer_of] = f"{value.__module__}:{value.__qualname__}"
    names = {component.name for component in declared}
    for of in fixers:
        if of not in names:
            raise ProtocolError(f"a fixer is declared for {of!r}, and no validator has that name")
    return tuple(
        component._replace(work=component.work._replace(fixer=fixers[component.name]))
        if component.name in fixers and isinstance(component.work, PythonCall)
        else component
        for component in declared
    )


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
