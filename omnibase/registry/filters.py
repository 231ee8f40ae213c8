"""Filters and stages that a registry names: that they are what they are taken for."""

from collections.abc import Sequence

from omnibase.core.expression import ExpressionError, explain, is_glob, parse
from omnibase.core.nearest import nearest
from omnibase.model.errors import ConfigurationError, Location, RegistryError
from omnibase.registry.reading import Document


def expression(document: Document, text: str, *path: int | str) -> str:
    """The filter at the path, once it is known to be one. Raises ConfigurationError, which shows where it is wrong."""
    try:
        parse(text)
    except ExpressionError as error:
        raise ConfigurationError(
            f"{joined(path)}: {error.message}\n{explain(text, error)}",
            place=document.place(*path),
            remedy=error.remedy,
        ) from None
    return text


def check_named(text: str, names: Sequence[str] | None, place: Location) -> None:
    """That the components which a filter names outright exist, where all `names` are known. Raises RegistryError."""
    terms = [term for term in parse(text).terms if term.key == "name"]
    for name in (value for term in terms for value in term.values if not is_glob(value)):
        if names is not None and name not in names:
            close = nearest(name, names)
            raise RegistryError(
                f"the filter names {name!r}, and no component is called so",
                place=place,
                remedy=f"did you mean {close!r}?" if close else f"declare {name!r}, or remove it from the filter",
            )


def check_stage(stage: str, known: Sequence[str] | None, place: Location) -> None:
    """That there is such a stage, where all are `known`. Raises ConfigurationError."""
    if known is None or stage in known:
        return
    close = nearest(stage, known)
    raise ConfigurationError(
        f"there is no stage {stage!r}",
        place=place,
        remedy=f"did you mean {close!r}?" if close else f"the stages are {', '.join(known)}",
    )


def joined(path: Sequence[int | str]) -> str:
    """A path in the file as it is shown, such as `gates[0].deny`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
