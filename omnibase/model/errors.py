"""Why a run could not happen, and the exit codes by which the outside learns of it."""

from enum import IntEnum

from omnibase.model.record import Record


class ExitCode(IntEnum):
    """The exit codes of the contract (docs/commands.md, "Exit codes"). A signal's code is 128 + its number."""

    SUCCESS = 0
    FAILED = 1
    CONFIGURATION = 2
    RESOLUTION = 3
    PROTOCOL = 4
    SECURITY = 5


class Location(Record):
    """Where in a file an error was made. Lines and columns count from 1."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in self if part is not None)


class OmnibaseError(Exception):
    """The run could not happen. A component that fails is a `Result`, never this.

    `message` says what happened, `place` where, `remedy` what to do next.
    """

    family = "execution"
    exit_code = ExitCode.FAILED

    def __init__(self, message: str, *, place: Location | None = None, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.remedy = remedy


class ExecutionError(OmnibaseError):
    """Something outside omnibase failed before there was a verdict: git, the disk, a process."""


class ConfigurationError(OmnibaseError):
    """An option, a setting or the registry's file is not as it has to be."""

    family = "configuration"
    exit_code = ExitCode.CONFIGURATION


class NoRegistryError(ConfigurationError):
    """There is no registry where one was looked for."""


class RegistryError(OmnibaseError):
    """What is named cannot be resolved: a component, a plugin, a version, an order."""

    family = "registry"
    exit_code = ExitCode.RESOLUTION


class ProtocolError(OmnibaseError):
    """A component or a plugin does not keep to its interface."""

    family = "protocol"
    exit_code = ExitCode.PROTOCOL


class SecurityError(OmnibaseError):
    """Something was about to go beyond what it may do."""

    family = "security"
    exit_code = ExitCode.SECURITY


class TransientError(Exception):
    """What a component raises where it failed in passing and is worth another try. It is no `OmnibaseError`."""


class BreakerOpenError(TransientError):
    """A call that `omnibase.api.breaker` wraps was not made, because its circuit breaker is open."""


class VetoError(Exception):
    """What a plugin's hook raises before a run, a stage or a task that is not to begin. It is no `OmnibaseError`."""
