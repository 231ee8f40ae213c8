"""What a component may do beyond looking at its files, as far as it promises not to."""

from collections.abc import Mapping

from omnibase.model.component import Component

NETWORK, WRITE, UNDECLARED = CAPABILITIES = ("network", "write", "undeclared")


def capabilities(component: Component) -> tuple[str, ...]:
    """`network` but where `network: none` is declared, `write` but where `write: []` is, `undeclared` where nothing is.

    What is not said is not promised. `fixes: true` says `write`, whatever is declared beside it.
    """
    said = component.declared.get("capabilities")
    if not isinstance(said, Mapping) or not said:
        return CAPABILITIES
    found = []
    if said.get("network") != "none":
        found.append(NETWORK)
    if component.fixes or said.get("write") not in ([], ()):
        found.append(WRITE)
    return tuple(found)
