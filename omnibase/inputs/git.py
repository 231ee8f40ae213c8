"""What git knows of a repository, asked in few calls that write nothing: where it is, what is staged, what changed."""

import os
import subprocess
from collections.abc import Iterable, Mapping

from omnibase.inputs.calling import call, failure, said
from omnibase.inputs.finding import has_git_above, plain
from omnibase.model.errors import ConfigurationError, ExecutionError, Location, OmnibaseError
from omnibase.model.record import Record

SUBMODULE = 0o160000  # a repository of its own, never an input of this one


class Repository(Record):
    """Where a work tree and its repository are, all absolute. `index_file` is the one that GIT_INDEX_FILE may name."""

    root: str
    git_dir: str
    common_dir: str
    index_file: str


class State(Record):
    """How work tree, index and HEAD differ. Paths are relative to the root; submodules are left out.

    `head` is None before the first commit, `branch` where none is checked out or it has no commit. `dirty` says
    that something tracked differs, submodules counted. `staged` are the paths whose staged content exists and is
    not HEAD's (a mode counts), `added` those of them that HEAD lacks, and `staged_modes` their modes in the index.
    `unstaged` are the paths whose file is not as the index has it, unmerged ones among them, and `modes` their modes
    in the work tree; `deleted` are the tracked paths without a file. `untracked` are files and folders (with a slash
    at the end) that are neither tracked nor ignored, where they were asked for.
    """

    head: str | None
    branch: str | None
    dirty: bool
    staged: tuple[str, ...]
    added: frozenset[str]
    unstaged: frozenset[str]
    deleted: frozenset[str]
    unmerged: tuple[str, ...]
    modes: Mapping[str, int]
    staged_modes: Mapping[str, int] = {}
    untracked: tuple[str, ...] = ()


class Entry(Record):
    """A tracked file or symbolic link with its mode in the work tree, such as 0o100644.

    `oid` is the name of its content in git's object store; None where the file is not as the index has it.
    """

    path: str
    mode: int
    oid: str | None


def clean_environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without any GIT_* variable: a hook's would send a component's git to the wrong index."""
    return {name: value for name, value in env.items() if not name.startswith("GIT_")}


def discover(start: str) -> Repository | None:
    """The repository that the folder `start` is in, or None outside git.

    Raises ConfigurationError in a bare repository or inside `.git`, ExecutionError where git is missing or refuses.
    """
    start = os.path.realpath(start)
    found = plain(start)
    if found is not None:
        root, git_dir, index_file = found
        return Repository(root, git_dir, git_dir, index_file)
    asked = ("--show-toplevel", "--absolute-git-dir", "--git-common-dir", "--git-path", "index")
    try:
        done = call(start, ("rev-parse", *asked))
    except ExecutionError:
        if has_git_above(start):
            raise
        return None
    if done.returncode != 0:
        error = _why_no_work_tree(start, done)
        if error is None:
            return None
        raise error
    lines = os.fsdecode(done.stdout).removesuffix("\n").split("\n")
    if len(lines) != 4:  # a folder's name has a newline in it, and rev-parse knows no -z
        each = (asked[:1], asked[1:2], asked[2:3], asked[3:])
        lines = [os.fsdecode(call(start, ("rev-parse", *one)).stdout).removesuffix("\n") for one in each]
    if not lines[0]:  # git before 2.25 says no more than this of a bare repository, or of the inside of one
        raise _why_no_work_tree(start, done) or failure(done)
    return Repository(*(os.path.normpath(os.path.join(start, line)) for line in lines))


def state(repository: Repository, *, untracked: bool = False) -> State:
    """How work tree, index and HEAD differ, from one `git status`. Raises ExecutionError."""
    arguments = ("--porcelain=v2", "--branch", "--no-ahead-behind", "--no-renames", "--ignore-submodules=dirty")
    data = ask(repository, "status", "-z", *arguments, f"--untracked-files={'normal' if untracked else 'no'}")
    headers: dict[str, str] = {}
    dirty = False
    staged: list[str] = []
    added: list[str] = []
    deleted: list[str] = []
    unmerged: list[str] = []
    modes: dict[str, int] = {}
    staged_modes: dict[str, int] = {}
    others: list[str] = []
    for record in records(data):
        if record.startswith("# "):
            name, _, value = record[2:].partition(" ")
            headers[name] = value
            continue
        if record.startswith("? "):
            others.append(record[2:])
            continue
        dirty = True
        if record.startswith("1 "):
            _, xy, _, _, in_index, in_tree, _, _, path = record.split(" ", 8)
            if int(in_index, 8) == SUBMODULE:
                continue
            if xy[0] in "AMT":
                staged.append(path)
                staged_modes[path] = int(in_index, 8)
            if xy[0] == "A":
                added.append(path)
        elif record.startswith("u "):
            _, xy, _, _, _, _, in_tree, _, _, _, path = record.split(" ", 10)
            unmerged.append(path)
        else:
            raise ExecutionError(f"git status says {record!r}, which is not understood")
        mode = int(in_tree, 8)
        if xy[1] != "." and mode in (0, SUBMODULE):
            deleted.append(path)
        elif xy[1] != ".":
            modes[path] = mode
    head = headers.get("branch.oid", "(initial)")
    branch = headers.get("branch.head", "(detached)")
    born = head != "(initial)"
    return State(
        head=head if born else None,
        branch=branch if born and branch != "(detached)" else None,
        dirty=dirty,
        staged=in_order(staged),
        added=frozenset(added),
        unstaged=frozenset(modes),
        deleted=frozenset(deleted),
        unmerged=in_order(unmerged),
        modes=modes,
        staged_modes=staged_modes,
        untracked=in_order(others),
    )


def tracked(repository: Repository, state: State) -> tuple[Entry, ...]:
    """All tracked files and symbolic links that are in the work tree, by path. Raises ExecutionError."""
    entries: dict[str, Entry] = {}
    for record in records(ask(repository, "ls-files", "-z", "-s", "-v")):
        head, _, path = record.partition("\t")
        flag, octal, oid, _ = head.split(" ")
        mode = int(octal, 8)
        if mode == SUBMODULE or path in state.deleted:
            continue
        # git status does not look for what a sparse checkout leaves out, or what it is told to assume unchanged
        if flag not in "HM" and not os.path.lexists(os.path.join(repository.root, path)):
            continue
        if path in state.modes:
            entries[path] = Entry(path, state.modes[path], None)
        else:
            entries[path] = Entry(path, mode, oid)
    return tuple(entries.values())


def ask(repository: Repository, *arguments: str, feed: bytes | None = None) -> bytes:
    """What git answers, whole. Raises ExecutionError where it fails."""
    done = call_in(repository, *arguments, feed=feed)
    if done.returncode != 0:
        raise failure(done)
    return done.stdout


def call_in(repository: Repository, *arguments: str, feed: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run git on the repository, where its failing is an answer too. Raises ExecutionError if it cannot be started."""
    # What a hook's environment says may be relative to another folder: here it is absolute.
    env = {"GIT_DIR": repository.git_dir, "GIT_WORK_TREE": repository.root, "GIT_INDEX_FILE": repository.index_file}
    return call(repository.root, arguments, env=env, feed=feed)


def records(data: bytes) -> list[str]:
    """The NUL-terminated records of an answer; one decoding for all of them is a fifth of the time of one for each."""
    return os.fsdecode(data).split("\0")[:-1]


def in_order(paths: Iterable[str]) -> tuple[str, ...]:
    """Each path once, in the order of their bytes, which is git's."""
    return tuple(sorted(set(paths), key=os.fsencode))


def _why_no_work_tree(start: str, done: subprocess.CompletedProcess[bytes]) -> OmnibaseError | None:
    reason = said(done)
    place = Location(start)
    if reason.startswith("not a git repository (or any "):
        return None
    if "dubious ownership" in reason or reason.startswith("unsafe repository"):
        remedy = next(
            (line.strip() for line in os.fsdecode(done.stderr).splitlines() if line.startswith("\tgit config ")),
            "git config --global --add safe.directory FOLDER",
        )
        return ExecutionError(f"git refuses: {reason}", place=place, remedy=f"if you trust its owner: {remedy}")
    answers = call(start, ("rev-parse", "--is-bare-repository", "--is-inside-git-dir")).stdout.split()
    if answers[:1] == [b"true"]:
        return ConfigurationError(
            "this is a bare repository: it has no files to look at",
            place=place,
            remedy="run it in a clone, or in a worktree made by `git worktree add`",
        )
    if answers[1:] == [b"true"]:
        return ConfigurationError(
            "this is the inside of a repository's own folder", place=place, remedy="run it in the work tree"
        )
    return failure(done, remedy="see that GIT_DIR, GIT_WORK_TREE and the .git here name a repository")
