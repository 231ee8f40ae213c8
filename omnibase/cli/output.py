"""Where a report goes: standard output, files, and for people beside a machine's format standard error."""

import os
import stat
import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO

from omnibase.cli.console import close_quietly, here, style_for
from omnibase.cli.formatters import FORMATTERS, formatter
from omnibase.core.nearest import nearest
from omnibase.core.reporting import error_report
from omnibase.model.context import Setting
from omnibase.model.errors import ConfigurationError, ExitCode, OmnibaseError
from omnibase.model.ports import Formatter, Style
from omnibase.model.record import Record
from omnibase.model.registry import Registry
from omnibase.model.report import RepositoryState, RunHeader, RunReport

FALLBACK = "json"


class Emission(Record):
    """How a report is put out. `files` are further formats with the paths that they are written to."""

    format: str
    formatter: Formatter
    files: tuple[tuple[str, Formatter, str], ...] = ()
    color: str = "auto"
    no_color: bool = False
    verbosity: int = 0

    @property
    def quiet(self) -> bool:
        return self.verbosity < 0

    @classmethod
    def of(
        cls, settings: dict[str, Setting], options: Mapping[str, Any], outputs: tuple[str, ...], registry: Registry
    ) -> "Emission":
        """Resolve every format before the run, so that a wrong name costs nothing. Raises ConfigurationError."""
        name = str(settings["format"].value) if "format" in settings else default_format()
        files = []
        for output in outputs:
            kind, equals, path = output.partition("=")
            if not equals or not path:
                raise ConfigurationError(
                    f"--output {output}: this names no file", remedy="write FORMAT=PATH: --output json=report.json"
                )
            files.append((kind, _formatter(kind, registry), path))
        return cls(
            format=name,
            formatter=_formatter(name, registry),
            files=tuple(files),
            color=str(settings["color"].value),
            no_color=bool(options.get("no_color")),
            verbosity=-1 if options.get("quiet") else int(options.get("verbose") or 0),
        )


def emit(report: RunReport, emission: Emission) -> int:
    """Put the report out; the run's exit code, or 1 where a file could not be written and nothing else failed."""
    code = report.exit_code
    for name, file_formatter, path in emission.files:
        text = _formatted(report, name, file_formatter, Style(verbosity=emission.verbosity))
        try:
            _write_file(path, text)
        except OSError as error:
            _say(f"omnibase: --output {name}={path}: {error.strerror}\n")
            code = code or int(ExitCode.FAILED)
    style = _style(sys.stdout, emission)
    text = _formatted(report, emission.format, emission.formatter, style)
    if emission.format != "human" and not sys.stdout.isatty():
        from omnibase.cli.formatters.human import failures

        _say(failures(report, _style(sys.stderr, emission)))
    try:
        _put(sys.stdout, text)
    except OSError as error:
        close_quietly()
        _say(f"omnibase: standard output: {error.strerror}\n")
        code = code or int(ExitCode.FAILED)
    return code


def tell_error(error: OmnibaseError, arguments: list[str], code: int) -> None:
    """Report what kept the command from running: in the format that was asked for, and to people on standard error."""
    header = RunHeader("", "", _option(arguments, "--stage") or "", "", time.time(), RepositoryState(here() or ""))
    report = error_report(header, error, header.started_at)._replace(exit_code=code)
    wanted = _option(arguments, "--format") or os.environ.get("OMNIBASE_FORMAT") or default_format()
    machine = wanted if wanted in FORMATTERS and wanted != "human" else None
    if wanted not in FORMATTERS:
        machine = FALLBACK
    color = "never" if "--no-color" in arguments else _option(arguments, "--color") or "auto"
    style = style_for(
        stream_is_tty=sys.stderr.isatty(), env=os.environ, color_option=color, encoding=sys.stderr.encoding, width=100
    )
    human = formatter("human")
    if human is not None:
        _say(human(report, style))
    machine_formatter = formatter(machine) if machine and _reports(arguments) else None
    if machine and machine_formatter:
        try:
            _put(sys.stdout, _formatted(report, machine, machine_formatter, Style()))
        except OSError:
            close_quietly()  # people have been told
    for output in _options(arguments, "--output") if _reports(arguments) else ():
        kind, _, path = output.partition("=")
        file_formatter = formatter(kind) if kind in FORMATTERS and path else None
        if file_formatter is not None:  # else the report of an earlier run would be taken for this one's
            try:
                _write_file(path, _formatted(report, kind, file_formatter, Style()))
            except OSError as problem:
                _say(f"omnibase: --output {kind}={path}: {problem.strerror}\n")


def default_format() -> str:
    """People read a terminal, programs read the rest."""
    return "human" if sys.stdout.isatty() else FALLBACK


REPORTING = ("orch", "run", "registry", "runs", "breaker")


def _reports(arguments: list[str]) -> bool:
    """Whether the command is one that puts out a report."""
    return next((word for word in arguments if not word.startswith("-")), None) in REPORTING


def _formatter(name: str, registry: Registry) -> Formatter:
    found = formatter(name)
    if found is not None:
        return found
    plugins = [plugin for plugin in registry.plugins if name in plugin.formats]
    if plugins:
        from omnibase.hooks.manager import table

        theirs: Formatter = table(plugins, "omnibase_formatters")[name]
        return theirs
    known = [*FORMATTERS, *(brought for plugin in registry.plugins for brought in plugin.formats)]
    close = nearest(name, known)
    raise ConfigurationError(
        f"there is no format {name!r}", remedy=f"did you mean {close!r}?" if close else f"use {', '.join(known)}"
    )


def _formatted(report: RunReport, name: str, chosen: Formatter, style: Style) -> str:
    try:
        return chosen(report, style)
    except Exception as error:
        fallback = formatter(FALLBACK)
        if name == FALLBACK or fallback is None:
            raise
        _say(f"omnibase: the format {name} failed ({type(error).__name__}: {error}); this is json instead\n")
        return fallback(report, style)


def _style(stream: TextIO, emission: Emission) -> Style:
    style = style_for(
        stream_is_tty=stream.isatty(),
        env=os.environ,
        color_option="never" if emission.no_color else emission.color,
        encoding=stream.encoding,
        width=_width(stream),
    )
    return style._replace(verbosity=emission.verbosity, emoji=style.emoji and not emission.no_color)


def _width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return 100


def _put(stream: TextIO, text: str) -> None:
    data = text.encode("utf-8", "backslashreplace")
    try:
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()
    except BrokenPipeError:
        close_quietly(stream.fileno())


def _say(text: str) -> None:
    """To standard error; nobody may be there to read it."""
    if text:
        try:
            _put(sys.stderr, text)
        except (OSError, ValueError, AttributeError):
            pass  # closed: the report itself is what counts


def _write_file(path: str, text: str) -> None:
    """Written whole or not at all; to a device or a pipe as it is, since it is to stay one. A link stays a link."""
    if _is_stream(path):
        with open(path, "wb") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
        return
    path = os.path.realpath(path)
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
        os.replace(temporary, path)
    except OSError:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def _is_stream(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False  # there is none yet
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or os.path.abspath(path).startswith(("/dev/", "/proc/"))


def _option(arguments: list[str], name: str) -> str | None:
    """An option's first value, where the command line could not be parsed."""
    return next(iter(_options(arguments, name)), None)


def _options(arguments: list[str], name: str) -> list[str]:
    """All values of an option, likewise."""
    found = []
    for index, argument in enumerate(arguments):
        if argument == name and index + 1 < len(arguments):
            found.append(arguments[index + 1])
        elif argument.startswith(f"{name}="):
            found.append(argument.partition("=")[2])
    return found
