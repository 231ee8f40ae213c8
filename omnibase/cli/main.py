"""The command `omnibase`: finds the subcommand, and is the one place where an outcome becomes an exit code."""

import atexit
import os
import sys
from typing import Any

from omnibase.cli.startup import put_off

put_off()

import click  # noqa: E402 - what it imports has to be put off first

from omnibase import __version__  # noqa: E402
from omnibase.cli.console import close_quietly, here, open_closed_streams  # noqa: E402
from omnibase.cli.interrupts import code_of  # noqa: E402
from omnibase.core.nearest import nearest  # noqa: E402
from omnibase.core.refusals import TOO_MANY, refusal  # noqa: E402
from omnibase.model.errors import ConfigurationError, ExecutionError, ExitCode, OmnibaseError  # noqa: E402

COMMANDS = {
    "init": ("omnibase.cli.init:init", "Write a first registry.yaml, fitted to the repository."),
    "orch": ("omnibase.cli.orch:orch", "Run a stage: its components, selected, planned and reported."),
    "run": ("omnibase.cli.orch:run", "Run one component by name."),
    "registry": ("omnibase.cli.registry:registry", "List, inspect and validate the registry."),
    "runs": ("omnibase.cli.runs:runs", "The history of runs: list and show."),
    "breaker": ("omnibase.cli.breaker:breaker", "Circuit breakers: list, show, open, close and reset."),
    "install": ("omnibase.cli.install:install", "Have git run omnibase at every commit, or at other hooks."),
    "uninstall": ("omnibase.cli.install:uninstall", "Remove omnibase's git hooks."),
    "completion": ("omnibase.cli.completion:completion", "Print the completion script for a shell."),
}

EXAMPLES = """\b
Examples:
  omnibase orch --stage ci                  everything that CI checks, over all files
  omnibase orch --stage pre-commit          what is staged, as at `git commit`
  omnibase run ruff src/                    one component
  omnibase registry list                    what there is to run
"""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used; a plugin's are found by the registry."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *(name for name in self._brought() if name not in COMMANDS)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module, _, name = COMMANDS[cmd_name][0].partition(":")
            __import__(module)
            command: click.Command = getattr(sys.modules[module], name)
            return command
        return self._brought().get(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Help needs one line of each command, and not its module."""
        rows = [(name, text) for name, (_, text) in COMMANDS.items()]
        rows += [(name, command.get_short_help_str()) for name, command in self._brought().items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = nearest(args[0], COMMANDS)
            remedy = f"did you mean {close!r}?" if close else "`omnibase --help` lists the commands"
            raise ConfigurationError(error.message, remedy=remedy) from None

    def _brought(self) -> dict[str, click.Command]:
        """The commands of plugins that the registry here names; none where there is no valid registry."""
        from omnibase.orchestrators.workspace import open_workspace

        try:
            plugins = open_workspace(os.getcwd(), None, os.environ, run=False).registry.plugins
        except OmnibaseError:
            return {}
        bringing = [plugin for plugin in plugins if plugin.commands]
        if not bringing:
            return {}
        from omnibase.hooks.manager import table

        return dict(table(bringing, "omnibase_commands"))


@click.group(cls=LazyGroup, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="omnibase")
def omnibase() -> None:
    """One registry of validators, tools and tests, run the same way at every stage."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command and end the process with its exit code."""
    open_closed_streams()
    code = invoke(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # told already, where there is anyone to tell; at the very end Python would try again
            close_quietly(stream.fileno())
    if atexit._ncallbacks():  # something wants to be heard at the end, such as a profiler
        sys.exit(code)
    os._exit(code)  # all is written and closed: to take the interpreter apart would take longer than a small run


def invoke(arguments: list[str]) -> int:
    """Run the command; its exit code. What kept it from running is told as the output's format wants it."""
    try:
        result: Any = omnibase.main(arguments, prog_name="omnibase", standalone_mode=False)
    except BrokenPipeError:
        close_quietly()
        return int(ExitCode.SUCCESS)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()  # the help, to standard error
        return int(ExitCode.CONFIGURATION)
    except click.exceptions.Abort as error:
        return _interrupted(error.__cause__ or error.__context__, arguments)
    except KeyboardInterrupt as error:
        return _interrupted(error, arguments)
    except Exception as error:  # noqa: BLE001 - here, and only here, each becomes an exit code
        return _tell(_as_ours(error), arguments)
    return result if isinstance(result, int) else int(ExitCode.SUCCESS)


def _as_ours(error: Exception) -> OmnibaseError:
    """The error as one of omnibase's families. One that is a defect of omnibase shows its trace, too."""
    if isinstance(error, OmnibaseError):
        return error
    if isinstance(error, click.ClickException):
        context = error.ctx if isinstance(error, click.UsageError) else None
        remedy = f"`{context.command_path} --help` shows what it takes" if context else None
        return ConfigurationError(error.format_message(), remedy=remedy)
    if isinstance(error, FileNotFoundError) and here() is None:
        return ConfigurationError("the folder you stand in does not exist any more", remedy="change to one that does")
    if isinstance(error, MemoryError):
        return ExecutionError("it could not go on: there is not enough memory", remedy=TOO_MANY)
    refused = refusal(error) if isinstance(error, OSError) else None
    if refused is not None:
        return refused
    import traceback

    try:
        traceback.print_exception(error)
    except OSError:
        pass  # standard error is on a full disk; the exit code says enough
    message = f"omnibase failed: {type(error).__name__}: {error}"
    return ExecutionError(message, remedy="this is a defect: please report it with the lines above")


def _interrupted(error: BaseException | None, arguments: list[str]) -> int:
    """A signal that came before the run began, or after its report was made."""
    code = code_of(error if isinstance(error, KeyboardInterrupt) else KeyboardInterrupt())
    return _tell(ExecutionError("interrupted before the run began", remedy="run it again"), arguments, code)


def _tell(error: OmnibaseError, arguments: list[str], code: int | None = None) -> int:
    """Report the error; its exit code, or the one that is given."""
    from omnibase.cli.output import tell_error

    code = int(error.exit_code) if code is None else code
    tell_error(error, arguments, code)
    return code
