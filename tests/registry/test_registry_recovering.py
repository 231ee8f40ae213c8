"""Retries, breakers, limits and secrets: what an entry, the defaults and a plugin say becomes one component."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from omnibase.core.encoding import decode, encode
from omnibase.hooks.declare import ATTRIBUTE, validator
from omnibase.model.component import BreakerRule, Command, Component, Limits, Retry
from omnibase.model.files import SourceFile
from omnibase.model.record import Record
from omnibase.model.registry import Registry
from omnibase.model.result import Finding
from omnibase.registry.resolving import LoadedPlugin

Told = Callable[[Callable[[], object]], tuple[int, str]]
Resolving = Callable[..., Registry]
Plugin = Callable[..., LoadedPlugin]

MB = 1024 * 1024


def brought(**fields: Any) -> Component:
    return Component("a", Command(("x",)), **fields)


def odd(record: type[Record], **fields: Any) -> Any:
    """A record whose fields no type checker would take."""
    made: Callable[..., Any] = record
    return made(**fields)


def test_every_key_reaches_the_component_in_its_units(resolving: Resolving) -> None:
    registry = resolving(
        """\
components:
- name: a
  command: [x]
  idempotent: true
  retry:
    attempts: 7
    first_delay: 200ms
    factor: 3
    max_delay: 1m
    jitter: 0
    transient_exit_codes: [75, 69]
    stderr: "(?P<what>reset)"
    on_timeout: true
    budget: 5m
  breaker: {failures: 2, reset: 10m, probes: 1}
  limits: {cpu_s: 1.5, mem_mb: 512, pids: 64, files: 256, output_mb: 0.5}
  fallback: b
  degraded: warn
  secrets: [LOGIN, LOGIN, KEY_ID]
- {name: b, command: [x]}
"""
    )
    component = registry.components[0]
    assert component.retry == Retry(7, 0.2, 3.0, 60.0, 0.0, (75, 69), "(?P<what>reset)", True, 300.0)
    assert component.breaker == BreakerRule(2, 600.0, 1)
    assert component.limits == Limits(cpu=1.5, memory=512 * MB, processes=64, files=256, output=MB // 2)
    assert type(component.limits.memory) is type(component.limits.output) is int
    assert (component.fallback, component.degraded) == ("b", True)
    assert component.secrets == ("LOGIN", "KEY_ID")
    assert component.declared == {}
    assert registry.notices == ()
    assert decode(Registry, encode(registry)) == registry


def test_a_limit_that_is_less_than_a_byte_is_a_byte(resolving: Resolving) -> None:
    (component,) = resolving("components: [{name: a, command: [x], limits: {output_mb: 0.0000001}}]\n").components
    assert component.limits == Limits(output=1)


RETRY = "retry: {attempts: 9, stderr: reset}"
LIMITS = "limits: {pids: 8, mem_mb: 1}"


@pytest.mark.parametrize(
    ("defaults", "entry", "own", "field", "expected"),
    [
        # nothing, the defaults, the entry, the plugin
        ("", "", {}, "retry", Retry()),
        (RETRY, "", {}, "retry", Retry(attempts=9, stderr="reset")),
        (RETRY, "retry: {attempts: 1}", {}, "retry", Retry(attempts=1, stderr="reset")),
        (RETRY, "retry: {attempts: 3}", {}, "retry", Retry(attempts=3, stderr="reset")),
        (RETRY, "", {"retry": Retry(attempts=5)}, "retry", Retry(attempts=5, stderr="reset")),
        (RETRY, "retry: {stderr: b}", {"retry": Retry(factor=3)}, "retry", Retry(attempts=9, factor=3, stderr="b")),
        ("", "retry: {jitter: 0}", {"retry": Retry(exit_codes=(7,))}, "retry", Retry(jitter=0.0, exit_codes=(7,))),
        (LIMITS, "", {}, "limits", Limits(processes=8, memory=MB)),
        (LIMITS, "limits: {pids: 9}", {"limits": Limits(memory=2, files=3)}, "limits", Limits(None, 2, 9, 3)),
        # a breaker is off where the last to say something turned it off
        ("breaker: {failures: 3}", "breaker: {probes: 1}", {}, "breaker", BreakerRule(failures=3, probes=1)),
        ("breaker: {failures: 3}", "", {"breaker": BreakerRule(reset=9.0)}, "breaker", BreakerRule(3, 9.0)),
        ("breaker: {failures: 3}", "breaker: false", {}, "breaker", None),
        ("breaker: {failures: 3}", "", {"breaker": None}, "breaker", None),
        ("breaker: {failures: 3}", "breaker: {}", {"breaker": None}, "breaker", BreakerRule(failures=3)),
        ("breaker: false", "", {}, "breaker", None),
        ("breaker: false", "", {"breaker": BreakerRule(reset=9.0)}, "breaker", BreakerRule(reset=9.0)),
        ("breaker: false", "breaker: {probes: 1}", {}, "breaker", BreakerRule(probes=1)),
        ("breaker: false", "breaker: {}", {}, "breaker", BreakerRule()),
        # secrets come together; the others are a component's own
        ("secrets: [A, B]", "secrets: [C, A]", {"secrets": ("D",)}, "secrets", ("A", "B", "D", "C")),
        ("", "fallback: b", {"fallback": "c"}, "fallback", "b"),
        ("", "", {"fallback": "c"}, "fallback", "c"),
        ("", "", {"degraded": True}, "degraded", True),
        ("", "degraded: warn", {}, "degraded", True),
    ],
)
def test_an_entry_comes_before_a_plugin_and_both_before_the_defaults(
    resolving: Resolving, plugin: Plugin, defaults: str, entry: str, own: dict[str, Any], field: str, expected: object
) -> None:
    others = [Component(name, Command(("x",))) for name in ("b", "c")]
    said = f"components: [{{name: a, {entry}}}]\n" if entry else ""
    registry = resolving(f"defaults: {{{defaults}}}\n{said}", [plugin("p", brought(**own), *others)])
    assert getattr(registry.components[0], field) == expected
    assert decode(Registry, encode(registry)) == registry


def test_conditions_for_what_is_never_tried_again_are_told(resolving: Resolving, plugin: Plugin) -> None:
    registry = resolving(
        """\
defaults: {retry: {stderr: reset, on_timeout: true}}
components:
- {name: by-defaults, command: [x]}
- {name: delayed, command: [x], retry: {first_delay: 1s}}
- {name: turned-off, command: [x], retry: {attempts: 1, transient_exit_codes: [75]}}
- {name: less, command: [x], retry: {on_timeout: false}}
- {name: idempotent, command: [x], idempotent: true, retry: {transient_exit_codes: [75]}}
- {name: codes, command: [x], retry: {transient_exit_codes: [75]}}
- {name: pattern, command: [x], retry: {stderr: refused}}
""",
        [plugin("p", brought(retry=Retry(exit_codes=(1,))))],
    )
    (notice,) = registry.notices
    assert notice == "`retry` has no effect, because what is not idempotent is never tried again: codes, pattern, a"


def test_a_notice_on_retries_names_ten_components(resolving: Resolving) -> None:
    entries = "".join(f"- {{name: c{number}, command: [x], retry: {{on_timeout: true}}}}\n" for number in range(12))
    (notice,) = resolving(f"components:\n{entries}").notices
    assert notice.endswith(": c0, c1, c2, c3, c4, c5, c6, c7, c8, c9 and 2 more")


def test_a_decorator_may_say_how_failures_are_met(resolving: Resolving, plugin: Plugin) -> None:
    own: dict[str, Any] = {
        "retry": Retry(attempts=5),
        "breaker": None,
        "limits": Limits(cpu=1.0),
        "fallback": "b",
        "degraded": True,
        "secrets": ("LOGIN",),
    }

    @validator(name="a", version="1.0.0", **own)
    def check(file: SourceFile) -> Iterator[Finding]:
        yield Finding("x", file.path)

    component = getattr(check, ATTRIBUTE).component
    found = resolving("", [plugin("p", component, Component("b", Command(("x",))))]).components[0]
    assert {field: getattr(found, field) for field in own} == own


def test_lists_are_as_good_as_tuples_in_a_decorator(resolving: Resolving, plugin: Plugin) -> None:
    component = brought(retry=odd(Retry, exit_codes=[75]), secrets=["LOGIN"])
    (found,) = resolving("", [plugin("p", component)]).components
    assert (found.retry.exit_codes, found.secrets) == ((75,), ("LOGIN",))


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"retry": {"attempts": 3}}, "retry={'attempts': 3}, and a Retry is wanted"),
        ({"retry": None}, "retry=None, and a Retry is wanted"),
        ({"retry": Retry(attempts=0)}, "retry.attempts=0: input should be greater than or equal to 1"),
        ({"retry": odd(Retry, attempts=None)}, "retry.attempts=None: a value is wanted"),
        ({"retry": odd(Retry, attempts="3")}, "retry.attempts='3': input should be a valid integer"),
        ({"retry": Retry(factor=1e308)}, "retry.factor=1e+308: input should be less than or equal to 100"),
        ({"retry": Retry(first_delay=float("nan"))}, "retry.first_delay=nan: expected a duration of more than 0"),
        ({"retry": odd(Retry, exit_codes=75)}, "retry.exit_codes=75: input should be a valid list"),
        ({"retry": Retry(exit_codes=(0,))}, "retry.exit_codes=(0,): input should be greater than or equal to 1"),
        ({"retry": Retry(stderr="(")}, "retry.stderr='(': the pattern is no regular expression"),
        ({"breaker": False}, "breaker=False, and a BreakerRule is wanted"),
        ({"breaker": (5, 60.0, 3)}, "breaker=(5, 60.0, 3), and a BreakerRule is wanted"),
        ({"breaker": BreakerRule(reset=0)}, "breaker.reset=0: expected a duration of more than 0"),
        ({"limits": Limits(memory=0)}, "limits.memory=0: input should be greater than 0"),
        ({"limits": odd(Limits, memory=1.5)}, "limits.memory=1.5: a whole number of bytes is wanted"),
        ({"limits": Limits(processes=True)}, "limits.processes=True: input should be a valid integer"),
        ({"fallback": 3}, "fallback=3, and the name of a component is wanted"),
        ({"degraded": "warn"}, "degraded='warn', and True or False is wanted"),
        ({"secrets": "TOKEN"}, "secrets='TOKEN', and a list of variables is wanted"),
        ({"secrets": ("A=B",)}, "secrets=('A=B',): expected the name of an environment variable, found 'A=B'"),
    ],
)
def test_what_a_plugin_cannot_mean_breaks_the_protocol(
    told: Told, resolving: Resolving, plugin: Plugin, own: dict[str, Any], said: str
) -> None:
    code, message = told(lambda: resolving("", [plugin("p", brought(**own))]))
    assert code == 4
    assert message.startswith(f"None: 'a' of the plugin 'p' declares {said}")
