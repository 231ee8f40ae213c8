"""What omnibase loads of this plugin: the list of its components, in the order in which its fixers fit together."""

from omnibase.api import Component, components_of, hookimpl
from omnibase_files import inventory, python, repository, syntax, text, yaml_syntax


@hookimpl
def omnibase_components() -> tuple[Component, ...]:
    """All components of the plugin."""
    return components_of(text, yaml_syntax, syntax, python, repository, inventory)
