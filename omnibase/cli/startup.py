"""Start-up is imports: what click imports at its top and a run never uses is put off until it is used."""

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class Later(ModuleType):
    """Stands for a module until something of it is used.

    importlib's LazyLoader will not do: up to Python 3.12 the import statement itself looks at `__spec__`, and so
    loads what should wait.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked by the import statement itself, not by a user
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


class InspectLater(Later):
    """`inspect`, which brings ast, dis and tokenize: of all that, click cleans the help of each option with it."""

    def cleandoc(self, doc: str) -> str:
        """What `inspect.cleandoc` makes of it; for one line that is not much."""
        cleaned: str = self.__getattr__("cleandoc")(doc) if "\n" in doc else doc.expandtabs().lstrip()
        return cleaned


class PlatformLater(Later):
    """`platform`, which compiles a dozen patterns: `uuid`, which click imports, only asks it for the system's name."""

    def system(self) -> str:
        """What `platform.system` makes of uname(2)."""
        return os.uname().sysname if hasattr(os, "uname") else str(self.__getattr__("system")())


def put_off() -> None:
    """Call this before click is imported. What is imported already is left alone."""
    for stand_in in (InspectLater("inspect"), PlatformLater("platform")):
        sys.modules.setdefault(stand_in.__name__, stand_in)
