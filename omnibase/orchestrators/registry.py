"""The stage that administers the registry: list, inspect, validate, schema."""

from collections.abc import Callable, Mapping
from typing import Any

from omnibase.core.encoding import encode
from omnibase.core.gates import Judge, decision, rules
from omnibase.core.nearest import nearest
from omnibase.core.reporting import report
from omnibase.model.component import Command, Component, ComponentType, Lifecycle
from omnibase.model.context import ExecutionContext, InputKind, RegistryRequest
from omnibase.model.errors import ConfigurationError, RegistryError
from omnibase.model.events import RunEnded, RunStarted, TaskEnded
from omnibase.model.plan import Plan, Task
from omnibase.model.registry import Registry
from omnibase.model.report import RunReport
from omnibase.model.result import Result, Status
from omnibase.orchestrators.base import Orchestrator

Json = Any


class RegistryOrchestrator(Orchestrator):
    """What is done to the registry is one task, whose value is the answer."""

    stage = "registry"
    inputs = InputKind.NONE

    def carry_out(self, ctx: ExecutionContext) -> RunReport:
        request = ctx.request if isinstance(ctx.request, RegistryRequest) else RegistryRequest("list")
        action = ACTIONS.get(request.action)
        if action is None:
            close = nearest(request.action, ACTIONS)
            raise ConfigurationError(
                f"the registry has no action {request.action!r}",
                remedy=f"did you mean {close!r}?" if close else f"use one of {', '.join(ACTIONS)}",
            )
        value = {"action": request.action, **action(self.services.registry, request.arguments, self.today())}
        # An action is a task like any other, so that its report is one, too.
        name = f"registry {request.action}"
        work = Command(("omnibase", "registry", request.action, *request.arguments))
        component = Component(name, work, ComponentType.TOOL, lifecycle=Lifecycle.STABLE)
        header = self.services.header(ctx, notices=self.services.registry.notices)
        ended = self.services.now() - header.started_at
        result = Result(Status.PASS, value=value)
        events = (RunStarted(0.0, header, Plan((Task(component),))), TaskEnded(ended, 0, result), RunEnded(ended))
        return report(events)


def _list(registry: Registry, arguments: tuple[str, ...], _today: str) -> dict[str, Json]:
    _no_more(arguments)
    return {
        "components": [
            {
                "name": component.name,
                "type": component.type.value,
                "lifecycle": component.lifecycle.value,
                "version": component.version,
                "tags": list(component.tags),
                "description": component.description,
                "plugin": component.plugin,
                "origin": str(component.origin) if component.origin else None,
            }
            for component in registry.components
        ],
        "plugins": _plugins(registry),
    }


def _inspect(registry: Registry, arguments: tuple[str, ...], today: str) -> dict[str, Json]:
    """All of a component, and what the gates of all stages have against it on that day."""
    if len(arguments) != 1:
        raise ConfigurationError("`inspect` takes the name of one component", remedy="omnibase registry inspect ruff")
    by_name = {component.name: component for component in registry.components}
    component = by_name.get(arguments[0])
    if component is None:
        close = nearest(arguments[0], by_name)
        raise RegistryError(
            f"no component is called {arguments[0]!r}",
            remedy=f"did you mean {close!r}?" if close else "`omnibase registry list` shows all components",
        )
    shape: dict[str, Json] = encode(component)
    shape.pop("matcher", None)
    shape["origin"] = str(component.origin) if component.origin else None
    defaults = {"type": component.type.value, "lifecycle": component.lifecycle.value, "version": component.version}
    judge = Judge(rules(registry.gates), registry.components, today)
    return {
        "component": {**defaults, "required": component.required, "idempotent": component.idempotent, **shape},
        "gates": [encode(decision(component.name, one)) for one in judge.objections(component)],
    }


def _validate(registry: Registry, arguments: tuple[str, ...], _today: str) -> dict[str, Json]:
    _no_more(arguments)
    return {"file": registry.file, "components": len(registry.components), "plugins": _plugins(registry)}


def _schema(_registry: Registry, arguments: tuple[str, ...], _today: str) -> dict[str, Json]:
    _no_more(arguments)
    from omnibase.registry.schema import json_schema

    return {"schema": json_schema()}


ACTIONS: Mapping[str, Callable[[Registry, tuple[str, ...], str], dict[str, Json]]] = {
    "list": _list,
    "inspect": _inspect,
    "validate": _validate,
    "schema": _schema,
}


def _plugins(registry: Registry) -> list[Json]:
    return [
        {"name": plugin.name, "version": plugin.version, "loaded": plugin.loaded, "path": plugin.path}
        for plugin in registry.plugins
    ]


def _no_more(arguments: tuple[str, ...]) -> None:
    if arguments:
        option = arguments[0].startswith("-")
        remedy = "put options before the action: what follows it is taken verbatim" if option else "leave it out"
        raise ConfigurationError(f"{arguments[0]!r} is one argument too many", remedy=remedy)
