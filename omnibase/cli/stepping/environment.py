"""The environment of a task as the person who steps through sees it, and as they change it."""

from collections.abc import Iterable, Mapping

from omnibase.cli.formatters.layout import shell
from omnibase.core.secret_names import is_path, names_one
from omnibase.core.secrets import MARK, Secrets, values
from omnibase.executors.invoking import invocation
from omnibase.model.component import Command
from omnibase.model.ports import Assignment
from omnibase.model.record import Record


class Edit(Record):
    """A variable that is set, or with None taken away; `problem` says why a text is no edit."""

    name: str
    value: str | None = None
    problem: str | None = None


def edit_of(text: str) -> Edit:
    """What `NAME=VALUE` or `-NAME` says. The value is all behind the first "=", as it stands."""
    name, equals, value = text.partition("=")
    if not equals and text.startswith("-"):
        name, equals = text[1:], "-"
    name = name.strip()
    if not equals or not name or " " in name:
        return Edit(name, problem="env NAME=VALUE sets a variable, env -NAME takes one away")
    if "\0" in text:
        return Edit(name, problem="no environment can hold a NUL")
    return Edit(name, value if equals == "=" else None)


def environment(batch: Assignment) -> dict[str, str]:
    """The environment in which a batch runs, but for the variables by which its processes are known again."""
    share = batch.shares[0]
    work = share.component.work
    if isinstance(work, Command):
        return invocation(share, batch.place, None, batch.given).env
    return {**batch.place.env, **batch.given, **(share.component.env if work.takes == "context" else {})}


def declared(batch: Assignment) -> list[str]:
    """NAME=VALUE of the variables that the component declares, with the values of secrets hidden."""
    return _shown(batch, batch.shares[0].component.env)


def differing(batch: Assignment, outer: Mapping[str, str], also: Iterable[str] = ()) -> list[str]:
    """Likewise of all that is not as in the person's own environment `outer`, or was given to it by the run.

    `also` are names to be shown besides; what is missing is -NAME.
    """
    env = environment(batch)
    names = {name for name in {*env, *outer} if env.get(name) != outer.get(name)}
    return _shown(batch, {*names, *batch.shares[0].component.env, *batch.given, *also})


def hidden(batch: Assignment, text: str) -> str:
    """The text without the secrets of a batch."""
    return Secrets(values(environment(batch), batch.shares[0].component.secrets)).text(text)


def _shown(batch: Assignment, names: Iterable[str]) -> list[str]:
    """The variables in the order of their names, with the values of secrets hidden."""
    env, component = environment(batch), batch.shares[0].component
    secrets = Secrets(values(env, component.secrets))
    pairs = []
    for name in sorted(names):
        value = env.get(name)
        if value is None:
            pairs.append(f"-{shell((name,))}")
        elif name in component.secrets or (names_one(name) and not is_path(value)):
            pairs.append(f"{shell((name,))}={MARK}")
        else:
            pairs.append(f"{shell((name,))}={shell((secrets.text(value),))}")
    return pairs
