"""Which files changed between commits, or since one."""

import os
from collections.abc import Iterable, Mapping

from omnibase.core.nearest import nearest
from omnibase.inputs.calling import failure, said
from omnibase.inputs.git import Repository, State, ask, call_in, in_order, records
from omnibase.model.errors import ConfigurationError, ExecutionError, Location

_NAMES = ("-z", "--name-only", "--diff-filter=ACMT")
_DEEPEN = (
    "`git fetch --deepen=200` or `git fetch --unshallow`; in CI `fetch-depth: 0` (GitHub) or `GIT_DEPTH: 0` (GitLab)"
)


def changed_between(repository: Repository, from_ref: str, to_ref: str) -> tuple[str, ...]:
    """The files that `to_ref` changed since it left `from_ref`, as far as they are in the work tree.

    Without a common ancestor, the files that differ between the two. Raises ConfigurationError for what is no
    commit, ExecutionError where the history is too shallow to tell.
    """
    start, end = _commits(repository, {"--from-ref": from_ref, "--to-ref": to_ref})
    base = _merge_base(repository, start, end, f"{from_ref!r} and {to_ref!r}")
    return present(repository, records(ask(repository, "diff-tree", "-r", *_NAMES, base, end)))


def changed_since(repository: Repository, ref: str, state: State) -> tuple[str, ...]:
    """The files that differ from where HEAD left `ref`, staged or in the work tree. Raises as `changed_between`.

    A staged change that is undone in the work tree counts: the next commit would have it.
    """
    (start,) = _commits(repository, {"--changed-since": ref})
    base = start if state.head is None else _merge_base(repository, start, state.head, f"{ref!r} and HEAD")
    # `git diff` would look at index and work tree in one call, and write the index even with --no-optional-locks
    indexed = records(ask(repository, "diff-index", "--cached", *_NAMES, base))
    return present(repository, {*indexed, *state.unstaged})


def present(repository: Repository, paths: Iterable[str]) -> tuple[str, ...]:
    """Those that are files or symbolic links of the work tree; what lies behind a linked folder is not in it."""
    real: dict[str, bool] = {}
    found = []
    for path in paths:
        folder = os.path.dirname(path)
        if folder not in real:
            whole = os.path.join(repository.root, folder) if folder else repository.root
            real[folder] = os.path.realpath(whole) == whole
        whole = os.path.join(repository.root, path)
        if real[folder] and (os.path.islink(whole) or os.path.isfile(whole)):
            found.append(path)
    return in_order(found)


def _commits(repository: Repository, refs: Mapping[str, str]) -> list[str]:
    """The commits that options name, asked on standard input: there a name that begins with a dash is no option."""
    for option, ref in refs.items():
        if "\n" in ref or "\0" in ref:
            raise _unknown(repository, option, ref, None)
    feed = b"".join(os.fsencode(f"{ref}^{{commit}}\n") for ref in refs.values())
    done = call_in(repository, "cat-file", "--batch-check", feed=feed)
    answers = os.fsdecode(done.stdout).splitlines()
    commits = []
    for number, (option, ref) in enumerate(refs.items()):
        answer = answers[number].split(" ") if number < len(answers) else []
        if answer[1:2] != ["commit"]:
            raise _unknown(repository, option, ref, None if answer else said(done))
        commits.append(answer[0])
    return commits


def _merge_base(repository: Repository, one: str, other: str, names: str) -> str:
    done = call_in(repository, "merge-base", one, other)
    if done.returncode == 0:
        return done.stdout.decode("ascii").split()[0]
    if done.returncode != 1:
        raise failure(done)
    if _is_shallow(repository):
        raise ExecutionError(
            f"this clone's history is too shallow: it does not reach the common ancestor of {names}",
            remedy=f"fetch more of it: {_DEEPEN}",
        )
    return one


def _is_shallow(repository: Repository) -> bool:
    return os.path.exists(os.path.join(repository.common_dir, "shallow"))


def _unknown(repository: Repository, option: str, ref: str, reason: str | None) -> ConfigurationError:
    arguments = ("for-each-ref", "--count=5000", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes")
    names = os.fsdecode(ask(repository, *arguments)).split("\n")[:-1]
    close = nearest(ref, names)
    if close:
        remedy = f"did you mean {close!r}?"
    elif _is_shallow(repository):
        remedy = f"this clone is shallow; if it lies further back, fetch more: {_DEEPEN}"
    else:
        remedy = "`git branch --all` and `git tag` list what there is; `git fetch` brings what is new"
    why = f" ({reason})" if reason else ""
    return ConfigurationError(f"{ref!r} is no branch, tag or commit here{why}", place=Location(option), remedy=remedy)
