"""Who shows how a run goes: by the settings, the streams and the environment."""

import os
import sys
from collections.abc import Mapping, Sequence

from omnibase.cli.console import style_for
from omnibase.cli.output import Emission
from omnibase.cli.progress import Progress, columns_of, liveness
from omnibase.core.nearest import nearest
from omnibase.model.context import Mode, Setting
from omnibase.model.errors import RegistryError
from omnibase.model.registry import Registry
from omnibase.orchestrators import history
from omnibase.orchestrators.workspace import Workspace


def progress(
    settings: Mapping[str, Setting], emission: Emission, follow: Sequence[str], workspace: Workspace
) -> Progress:
    """The progress of a run on standard error, with the output of the components in `follow`.

    Raises RegistryError for one that does not exist.
    """
    names = followed(follow, workspace.registry)
    stream, env = sys.stderr, os.environ
    shows_none = emission.quiet or settings["mode"].value == Mode.DRY_RUN.value  # nothing goes on
    how = "off" if shows_none else liveness(stream.isatty(), env, str(settings["progress"].value))
    style = style_for(
        stream_is_tty=stream.isatty(),
        env=env,
        color_option="never" if emission.no_color else emission.color,
        encoding=stream.encoding,
        width=columns_of(stream),
    )
    return Progress(
        stream,
        how,
        style._replace(emoji=style.emoji and not emission.no_color),
        report_follows=emission.format == "human" and _is_one_terminal(),
        follow=names,
        durations=lambda wanted: history.peeked(workspace, wanted),
    )


def followed(follow: Sequence[str], registry: Registry) -> tuple[str, ...]:
    """The components that are followed. Raises RegistryError for one that does not exist."""
    known = [component.name for component in registry.components]
    names = dict.fromkeys(word.strip() for text in follow for word in text.split(",") if word.strip())
    for name in names:
        if name not in known:
            close = nearest(name, known)
            raise RegistryError(
                f"no component is called {name!r}",
                remedy=f"did you mean {close!r}?" if close else "`omnibase registry list` shows all components",
            )
    return tuple(names)


def _is_one_terminal() -> bool:
    """Whether standard output and standard error are the same terminal."""
    try:
        out, err = (os.fstat(stream.fileno()) for stream in (sys.stdout, sys.stderr))
    except (OSError, ValueError):
        return False
    return sys.stdout.isatty() and sys.stderr.isatty() and out.st_rdev == err.st_rdev
