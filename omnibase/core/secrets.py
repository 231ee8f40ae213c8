"""Secrets: which values of an environment are some, and texts and streams without them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

from omnibase.core.redaction import visible
from omnibase.core.secret_names import DECLARED, NAMED, is_path, names_one, passwords
from omnibase.model.events import Event, Outcome, RunStarted

Json = Any
Data = bytes  # the class below has a method of this name
S = TypeVar("S", str, bytes)

MARK = "***"
# A form shorter than this (bytes) is not looked for: it would be found in every other word.
SHORTEST = 4
# What is nested deeper in a value than this is not looked through but left out; no report shows it.
DEEPEST = 200
# Of an outcome's records, these fields are paths by which files are found.
PATHS = frozenset({"path", "program", "changed_files", "staged_files"})
# Of a component, these fields hold what its author wrote in words of their own.
DECLARES = ("work", "fix", "env", "settings", "declared", "findings", "description")
# So much is looked through at once (bytes).
BLOCK = 1 << 20


def values(env: Mapping[str, str], declared: Collection[str] = ()) -> tuple[str, ...]:
    """The secret values of an environment, each once: of the variables declared, of those named like secrets (but for
    absolute paths, which such variables often hold), and passwords in URLs (RFC 3986, 3.2.1), as written and decoded.
    """
    found: dict[str, None] = {}
    for name, value in env.items():
        if name in declared:
            if len(value) >= DECLARED:
                found[value] = None
        elif len(value) >= NAMED and names_one(name) and not is_path(value):
            found[value] = None
        if "://" in value:
            found.update(dict.fromkeys(passwords(value)))
    return tuple(found)


class Secrets:
    """Values that are to be in no record. False where there are none that can be looked for.

    A byte or character is hidden when it is part of any form of any of them, so that of overlapping ones nothing is
    left; what is hidden in one piece becomes `***`.
    """

    __slots__ = ("_forms", "_texts", "_values")

    def __init__(self, values: Iterable[str] = ()) -> None:
        stripped = (value.strip() for value in values)
        self._values = tuple(
            dict.fromkeys(value for value in stripped if len(_encoded(value)) >= SHORTEST and value.strip("*"))
        )
        self._forms: tuple[Data, ...] | None = None
        self._texts: tuple[str, ...] | None = None

    def __bool__(self) -> bool:
        return bool(self._values)

    def learn(self, values: Iterable[str]) -> None:
        """Look for these as well, in all that begins to be read from now on."""
        known = dict.fromkeys((*self._values, *Secrets(values)._values))
        if len(known) > len(self._values):
            self._values = tuple(known)
            self._forms = self._texts = None

    @property
    def longest(self) -> int:
        """The length of the longest form, in bytes; 0 where there is none."""
        return len(self.forms()[0]) if self._values else 0

    def forms(self) -> tuple[Data, ...]:
        """All that is looked for, the longest first."""
        if self._forms is None:
            from omnibase.core.secret_forms import forms

            found = {form for value in self._values for form in forms(_encoded(value)) if len(form) >= SHORTEST}
            self._forms = tuple(sorted(found, key=lambda form: (-len(form), form)))
        return self._forms

    def bytes(self, data: Data) -> Data:
        """The data without secrets; the same object where there is none in it."""
        if not self._values or not any(form in data for form in self.forms()):
            return data
        redactor = Redactor(self)
        pieces = [redactor.feed(data[at : at + BLOCK]) for at in range(0, len(data), BLOCK)]
        return b"".join([*pieces, redactor.close()])

    def text(self, text: str) -> str:
        """The text without secrets; the same object where there is none in it."""
        if not self._values:
            return text
        if self._texts is None:
            plain = [form.decode("utf-8", "surrogateescape") for form in self.forms()]
            shown = [visible(form) for form in plain]
            self._texts = tuple(dict.fromkeys(form for form in [*plain, *shown] if len(form) >= SHORTEST))
        runs = _runs(text, self._texts)
        return _without(text, runs, len(text), MARK) if runs else text


class Redactor:
    """Takes secrets out of a stream: the pieces it gives make what `Secrets.bytes` makes of the whole.

    It holds back less than the longest form of a secret.
    """

    __slots__ = ("_back", "_forms", "_held", "_hidden", "_known")

    def __init__(self, secrets: Secrets) -> None:
        self._forms = secrets.forms()
        self._back = max(secrets.longest - 1, 0)
        self._held = b""
        self._known = 0  # so much of what is held back is part of a secret that began before
        self._hidden = False  # whether the last byte that was let go is part of a secret

    def feed(self, data: bytes) -> bytes:
        """Take what comes next; what can be let go, as no more of a secret can begin in it."""
        return self._let_go(data, self._back)

    def close(self) -> bytes:
        """The rest; what is fed next is another stream."""
        rest = self._let_go(b"", 0)
        self._hidden = False
        return rest

    def _let_go(self, data: bytes, back: int) -> bytes:
        data = self._held + data
        border = max(len(data) - back, 0)
        self._held = data[border:]
        if not border:
            return b""
        runs = _merged([(0, self._known), *_runs(data, self._forms)] if self._known else _runs(data, self._forms))
        runs = [run for run in runs if run[0] < border]
        goes_on = self._hidden and bool(runs) and runs[0][0] == 0
        reach = runs[-1][1] if runs else 0
        self._hidden = reach >= border
        self._known = max(reach - border, 0)
        out = _without(data, runs, border, MARK.encode())
        return out[len(MARK) :] if goes_on else out


def redacted(secrets: Secrets, outcome: Outcome) -> Outcome:
    """The outcome without secrets in any of its texts and values; the same object where there is none in it.

    Paths of files stay as they are.
    """
    if not secrets:
        return outcome
    found: Outcome = _walked(outcome, secrets.text, DEEPEST)
    return found


def concealed(secrets: Secrets, event: Event) -> Event:
    """The event without secrets in what components and hooks declare: a value may stand in the registry, too."""
    if not secrets or not isinstance(event, RunStarted):
        return event
    tasks = []
    for task in event.plan.tasks:
        found = {name: _walked(getattr(task.component, name), secrets.text, DEEPEST) for name in DECLARES}
        tasks.append(task._replace(component=task.component._replace(**found)))
    hooks = _walked(event.plan.hooks, secrets.text, DEEPEST)
    return event._replace(plan=event.plan._replace(tasks=tuple(tasks), hooks=hooks))


def _walked(value: Json, hide: Callable[[str], str], depth: int) -> Json:
    if type(value) is str:  # and no enum
        return hide(value)
    if not isinstance(value, tuple | list | Mapping) or not value:
        return value
    if depth == 0:
        return MARK
    if isinstance(value, Mapping):
        pairs = [(_walked(key, hide, 1), _walked(item, hide, depth - 1)) for key, item in value.items()]
        same = all(new[0] is old[0] and new[1] is old[1] for new, old in zip(pairs, value.items(), strict=True))
        return value if same else dict(pairs)
    names = getattr(value, "_fields", None)  # those of a record
    kept = PATHS if names else ()
    items = [
        item if name in kept else _walked(item, hide, depth - 1)
        for name, item in zip(names or [""] * len(value), value, strict=True)
    ]
    if all(new is old for new, old in zip(items, value, strict=True)):
        return value
    return getattr(value, "_make", type(value))(items)


def _runs(data: S, sought: Iterable[S]) -> list[tuple[int, int]]:
    """From where to where there is something of what is sought, in order and apart from each other."""
    found: list[tuple[int, int]] = []
    for form in sought:
        at = data.find(form)
        begin = end = at
        while at >= 0:
            if at > end:
                found.append((begin, end))
                begin = at
            end = at + len(form)
            at = data.find(form, at + 1)
        if end > begin:
            found.append((begin, end))
    return _merged(found)


def _merged(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    if len(runs) < 2:
        return runs
    runs.sort()
    merged = [runs[0]]
    for begin, end in runs:
        if begin > merged[-1][1]:
            merged.append((begin, end))
        elif end > merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
    return merged


def _without(data: S, runs: Iterable[tuple[int, int]], border: int, mark: S) -> S:
    """What is before the border, with the mark in the place of each run."""
    pieces: list[S] = []
    at = 0
    for begin, end in runs:
        pieces += (data[at:begin], mark)
        at = end
    pieces.append(data[at:border])
    return data[:0].join(pieces)


def _encoded(value: str) -> bytes:
    """The bytes that an environment's value stands for (PEP 383)."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # no environment can hold it
        return value.encode("utf-8", "replace")
