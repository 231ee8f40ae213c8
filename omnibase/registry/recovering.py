"""How a component's failures are met: what its plugin, the registry's defaults and its entry say, put together."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from omnibase.model.component import BreakerRule, Component, Limits, Retry
from omnibase.model.errors import ProtocolError
from omnibase.model.registry import PluginInfo
from omnibase.registry.entries import ComponentEntry
from omnibase.registry.kinds import KindError, variable
from omnibase.registry.mappings import Entry
from omnibase.registry.recovery_entries import BreakerEntry, LimitsEntry, RetryEntry
from omnibase.registry.schema import DefaultsEntry

R = TypeVar("R", Retry, BreakerRule, Limits)

MEGABYTE = 1 << 20
KINDS: Mapping[str, tuple[type, type[Entry]]] = {
    "retry": (Retry, RetryEntry),
    "breaker": (BreakerRule, BreakerEntry),
    "limits": (Limits, LimitsEntry),
}
# The keys of the file that have another name in the record; sizes also have another unit there.
FIELDS = {
    "transient_exit_codes": "exit_codes",
    "cpu_s": "cpu",
    "mem_mb": "memory",
    "pids": "processes",
    "output_mb": "output",
}
SIZES = ("mem_mb", "output_mb")
CONDITIONS = ("exit_codes", "stderr", "on_timeout")


def recovering(component: Component, entry: ComponentEntry | None, defaults: DefaultsEntry) -> Component:
    """The component with the entry's retry, breaker, limits and secrets.

    What neither the entry nor the component says is as in the registry's defaults, key by key. A component says what
    differs from the defaults of its class.
    """
    secrets = [*defaults.secrets, *component.secrets, *(entry.secrets if entry else ())]
    return component._replace(
        retry=_joined(component.retry, defaults.retry, entry.retry if entry else None),
        breaker=_breaker(component.breaker, defaults.breaker, entry.breaker if entry else None),
        limits=_joined(component.limits, defaults.limits, entry.limits if entry else None),
        secrets=tuple(dict.fromkeys(secrets)),
    )


def retries_in_vain(component: Component, defaults: DefaultsEntry) -> bool:
    """Whether it says itself when it is worth another attempt, and is never given one."""
    if component.idempotent or component.retry.attempts == 1:
        return False
    inherited = _joined(Retry(), defaults.retry, None)
    own = ((getattr(component.retry, field), getattr(inherited, field)) for field in CONDITIONS)
    return any(value and value != other for value, other in own)


def check_brought(component: Component, info: PluginInfo) -> Component:
    """A plugin's component, once what it says here can be used; raises ProtocolError where it cannot."""
    whose = f"{component.name!r} of the plugin {info.name!r} declares"
    for name, (kind, _) in KINDS.items():
        value: Any = getattr(component, name)
        if value is None and name == "breaker":
            continue
        if not isinstance(value, kind):
            raise ProtocolError(f"{whose} {name}={value!r}, and a {kind.__name__} is wanted")
        field, reason = _mistake(name, value)
        if field:
            raise ProtocolError(f"{whose} {name}.{field}={getattr(value, field)!r}: {reason}")
    if component.fallback is not None and not isinstance(component.fallback, str):
        raise ProtocolError(f"{whose} fallback={component.fallback!r}, and the name of a component is wanted")
    if not isinstance(component.degraded, bool):
        raise ProtocolError(f"{whose} degraded={component.degraded!r}, and True or False is wanted")
    secrets: Any = component.secrets
    if not isinstance(secrets, list | tuple) or not all(isinstance(one, str) for one in secrets):
        raise ProtocolError(f"{whose} secrets={secrets!r}, and a list of variables is wanted")
    try:
        secrets = tuple(variable(one) for one in secrets)
    except KindError as error:
        raise ProtocolError(f"{whose} secrets={secrets!r}: {error.message}") from None
    retry = component.retry._replace(exit_codes=tuple(component.retry.exit_codes))  # lists are as good in a decorator
    return component._replace(retry=retry, secrets=secrets)


def _joined(own: R, inherited: Entry | None, entry: Entry | None) -> R:
    defaults = own._field_defaults
    unsaid = {field: value for field, value in _said(inherited).items() if getattr(own, field) == defaults[field]}
    return own._replace(**unsaid | _said(entry))


def _breaker(
    own: BreakerRule | None, inherited: BreakerEntry | bool | None, given: BreakerEntry | bool | None
) -> BreakerRule | None:
    """The rule; None where the last that says something turns it off."""
    off = own is None or (inherited is False and own == BreakerRule())
    if given is False or (given is None and off):
        return None
    return _joined(BreakerRule() if own is None else own, _entry(inherited), _entry(given))


def _entry(value: BreakerEntry | bool | None) -> BreakerEntry | None:
    return value if isinstance(value, BreakerEntry) else None


def _said(entry: Entry | None) -> dict[str, Any]:
    """The keys that the entry has, by the record's names, in the record's units."""
    said = {}
    for key in entry.model_fields_set if entry is not None else ():
        value = getattr(entry, key)
        if isinstance(value, list):
            value = tuple(value)
        elif key in SIZES:
            value = max(round(value * MEGABYTE), 1)
        said[FIELDS.get(key, key)] = value
    return said


def _mistake(name: str, record: Any) -> tuple[str, str]:
    """The first field whose value the file could not have, and why; two empty texts where there is none."""
    if record == type(record)():
        return "", ""
    entry = KINDS[name][1]
    written: dict[str, Any] = {}
    for key in entry.model_fields:
        field = FIELDS.get(key, key)
        value = getattr(record, field)
        if value is None:
            if record._field_defaults[field] is not None:
                return field, "a value is wanted"
        elif key not in SIZES:
            written[key] = list(value) if isinstance(value, tuple) else value
        elif type(value) is int:
            written[key] = value / MEGABYTE
        else:
            return field, "a whole number of bytes is wanted"
    try:
        entry.model_validate(written)
    except ValidationError as error:
        first: Mapping[str, Any] = error.errors(include_url=False)[0]
        cause = first.get("ctx", {}).get("error")
        key = str(first["loc"][0])
        return FIELDS.get(key, key), cause.message if isinstance(cause, KindError) else first["msg"].lower()
    return "", ""
