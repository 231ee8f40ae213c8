"""What a push is about: from a pre-push hook's standard input to the files that the remote does not have so."""

import os
from collections.abc import Iterable, Sequence

from omnibase.inputs.git import Repository, ask, call_in, records
from omnibase.inputs.ranges import present
from omnibase.model.context import PushedRef
from omnibase.model.errors import ConfigurationError
from omnibase.model.record import Record

_NAMES = ("-z", "--name-only", "--diff-filter=ACMT")

AS_NEW = PushedRef("HEAD", "HEAD", "", "")  # what is checked out, as if it were new to the remote


class Pushed(Record):
    """The files to look at, as far as they are in the work tree, and the pushed refs that are not checked out."""

    paths: tuple[str, ...]
    elsewhere: tuple[str, ...]


def read_pushed(data: bytes) -> tuple[PushedRef, ...]:
    """The lines that git gives a pre-push hook (githooks(5)). Raises ConfigurationError for what is none."""
    refs = []
    for line in os.fsdecode(data).removesuffix("\n").split("\n") if data else ():
        parts = line.rsplit(" ", 3)  # what is pushed may be named by a revision with blanks in it, such as `:/a word`
        if len(parts) != 4 or not all(_is_oid(oid) for oid in (parts[1], parts[3])):
            raise ConfigurationError(
                f"standard input is not what git gives a pre-push hook: {line[:80]!r}",
                remedy="name the files in another way (`--from-ref`, `--all-files`), or leave --hook out",
            )
        refs.append(PushedRef(*parts))
    return tuple(refs)


def changed_by_push(repository: Repository, refs: Sequence[PushedRef], remote: str | None, head: str | None) -> Pushed:
    """The files that a push of the refs to the remote changes there; deletions change none.

    For a ref that the remote has: what changed since the two parted. For one that is new there, or whose commit there
    is not known here: what is the same in none of the commits that the remote is known to have; without any of these,
    all files. `head` is the commit that is checked out. Raises ExecutionError.
    """
    commits = _commits(repository, [oid for ref in refs for oid in (ref.local_oid, ref.remote_oid)])
    paths: set[str] = set()
    elsewhere = []
    seen = set()
    for ref in refs:
        tip, old = commits.get(ref.local_oid), commits.get(ref.remote_oid)
        if tip is None:
            continue  # a deletion, or a tag of what is no commit
        if tip != head:
            elsewhere.append(ref.local_ref)
        if (tip, old) not in seen:
            seen.add((tip, old))
            paths |= _updated(repository, tip, old) if old else _new(repository, tip, remote)
    return Pushed(present(repository, paths), tuple(elsewhere))


def _is_oid(text: str) -> bool:
    return len(text) in (40, 64) and not text.strip("0123456789abcdef")


def _commits(repository: Repository, oids: Iterable[str]) -> dict[str, str]:
    """The commits behind the names of objects, tags peeled, as far as they are here."""
    wanted = [oid for oid in dict.fromkeys(oids) if oid.strip("0")]
    if not wanted:
        return {}
    feed = "".join(f"{oid}^{{commit}}\n" for oid in wanted).encode("ascii")
    answers = ask(repository, "cat-file", "--batch-check", feed=feed).decode("utf-8", "replace").splitlines()
    pairs = zip(wanted, (answer.split(" ") for answer in answers), strict=True)
    return {oid: answer[0] for oid, answer in pairs if answer[1:2] == ["commit"]}


def _updated(repository: Repository, tip: str, old: str) -> set[str]:
    done = call_in(repository, "merge-base", old, tip)
    base = done.stdout.decode("ascii").split()[0] if done.returncode == 0 else old
    return _differing(repository, base, tip)


def _new(repository: Repository, tip: str, remote: str | None) -> set[str]:
    lines = ask(repository, "rev-list", "--boundary", tip, "--not", _known(repository, remote)).split()
    if not lines:
        return set()
    edges = [line[1:].decode("ascii") for line in lines if line.startswith(b"-")]
    if not edges:
        return set(records(ask(repository, "ls-tree", "-r", "-z", "--name-only", "--full-tree", tip)))
    if len(edges) > 1:  # what a later one has replaced in the remote is not what the push is compared with
        edges = ask(repository, "merge-base", "--independent", *edges).decode("ascii").split()
    return set.intersection(*(_differing(repository, edge, tip) for edge in edges))


def _known(repository: Repository, remote: str | None) -> str:
    """The option that names the commits that the remote has; of a bare address, those that any remote has."""
    remotes = os.fsdecode(ask(repository, "remote")).splitlines()
    return f"--remotes={remote}" if remote in remotes else "--remotes"


def _differing(repository: Repository, base: str, tip: str) -> set[str]:
    return set(records(ask(repository, "diff-tree", "-r", *_NAMES, base, tip)))
