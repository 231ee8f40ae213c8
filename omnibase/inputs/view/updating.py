"""Brings a view's tree up to date by the difference of two indexes, and undoes what tools have left in it."""

import os
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from omnibase.inputs.calling import call, failure
from omnibase.inputs.git import SUBMODULE, Repository, records
from omnibase.inputs.shadow import QUIET
from omnibase.inputs.view import copying
from omnibase.model.errors import OmnibaseError

NO_ROOM = "see that the disk has room; removing the folder is safe while no run is under way"
# git looks at the tree as closely as it can, whatever the user has set for a work tree in which a person works.
CLOSELY = ("core.trustctime=true", "core.checkStat=default", "core.ignoreStat=false", "index.sparse=false")
AT_ONCE = 4  # processes that write files, where there are many (git 2.32 and later) and as many processors
# What decides the bytes of a file besides its blob and `.gitattributes` (git-config(1)).
SETTINGS = r"^(core\.(autocrlf|eol|attributesfile|symlinks|filemode)|filter\..*)$"
# What `git add -N` gives a path, and the tree that has nothing, with SHA-1 and with SHA-256.
EMPTY_BLOBS = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 ",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813 ",
)
EMPTY_TREES = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
# A record of it is `H 100644 <object> 0<tab><path>`, with S for H where a sparse checkout leaves the path out, and a
# small letter for what git is told to assume unchanged; without the first two characters it is what
# `git update-index --index-info` takes.
LISTING = ("ls-files", "-z", "-s", "-v")
MODE_OF_SUBMODULE = f"{SUBMODULE:o} "


class Git:
    """git on the tree `root` with the index in `index_file`; `hold` are files that it keeps open."""

    def __init__(self, kept: Repository, root: str, index_file: str, hold: Sequence[int] = ()) -> None:
        self.root = root
        self.index_file = index_file
        self._env = {"GIT_DIR": kept.git_dir, "GIT_WORK_TREE": root, "GIT_INDEX_FILE": index_file}
        self._hold = hold

    def ask(self, *arguments: str, feed: Iterable[str] = (), fails: Collection[int] = ()) -> list[str]:
        """The records of its answer to `feed`. Raises ExecutionError, but not for the exit codes `fails`."""
        settings = (word for setting in CLOSELY for word in ("-c", setting))
        data = os.fsencode("".join(one + "\0" for one in feed))
        done = call(self.root, (*QUIET, *settings, *arguments), env=self._env, feed=data, hold=self._hold)
        if done.returncode != 0 and done.returncode not in fails:
            raise failure(done, remedy=NO_ROOM)
        return records(done.stdout)


def update(tree: Git, kept: Repository, terms_file: str) -> None:
    """Make the tree and its index what the index of `kept` has; what git ignores there stays.

    The file `terms_file` is kept beside them from one time to the next: the settings under which files were checked
    out. Raises ExecutionError, OSError.
    """
    source = Git(kept, kept.root, kept.index_file)
    began = _now(terms_file)
    asks = [lambda: source.ask(*LISTING), lambda: _terms(source, kept)]
    is_new = not os.path.exists(tree.index_file) and not os.listdir(tree.root)
    if not is_new:
        asks.append(lambda: tree.ask(*LISTING))
        asks.append(lambda: tree.ask("diff-files", "-z", "--name-only", "--ignore-submodules=all"))
        asks.append(lambda: _others(tree))
    wanted, terms, held, dirty, others = (*_together(asks), [], [], [])[:5]
    listed, wanted = wanted, _staged(source, wanted)
    if is_new and wanted and listed == wanted:
        _fill(tree, kept, wanted, _named_by_filters(terms))
        held = wanted
        _write(terms_file, terms)
    added, removed = _differing(wanted, held)
    stale = [""] if _read(terms_file) != terms else _folders(".gitattributes", (*added, *removed))
    if stale:
        _remove(terms_file)  # until all is checked out again
        added = {path: record for path, record in _by_path(wanted).items() if path in added or _is_below(path, stale)}
    for path in others:
        copying.take_away(tree.root, path.rstrip("/"))
    if added or removed or dirty:
        _apply(tree, added, removed, dirty, _named_by_filters(terms))
    elif began is not None and os.path.exists(tree.index_file):
        # Most git know whole seconds only, and read all files whose second is that of the index. These were just read.
        os.utime(tree.index_file, ns=(began, began))
    _make_folders(tree.root, wanted)
    if (held or others) and _folders(".gitignore", (*added, *removed, *dirty, *others)):
        for path in _others(tree):
            copying.take_away(tree.root, path.rstrip("/"))
    if stale:
        _write(terms_file, terms)


def _fill(tree: Git, kept: Repository, wanted: Sequence[str], first: Collection[str]) -> None:
    """Check out all of the kept index into an empty tree, by a copy of it: it need not be listed into another one."""
    with open(kept.index_file, "rb") as source, open(tree.index_file, "wb") as index:
        index.write(source.read())
    _check_out(tree, [path for path, record in _by_path(wanted).items() if _has_file(record)], first)


def _apply(
    tree: Git, added: Mapping[str, str], removed: Mapping[str, str], dirty: Sequence[str], first: Collection[str]
) -> None:
    """Carry out the difference; the paths of `first` are there before any other is checked out."""
    skipped = [path for path, record in added.items() if record.startswith("S ")]
    for path in (*removed, *skipped):
        copying.take_away(tree.root, path)
        _prune(tree.root, path)
    for path in (*added, *dirty):
        if _is_named(path, ".gitattributes"):
            copying.take_away(tree.root, path)  # git believes the file more than the index
    if added or removed:
        gone = (f"0 {'0' * len(record.split(' ', 3)[2])}\t{path}" for path, record in removed.items())
        come = (record[2:] for record in added.values())
        tree.ask("update-index", "-z", "--index-info", feed=(*gone, *come))
    if skipped:
        tree.ask("update-index", "-z", "--skip-worktree", "--stdin", feed=skipped)
    left = {*removed, *(path for path, record in added.items() if not _has_file(record))}
    _check_out(tree, [path for path in {**added, **dict.fromkeys(dirty)} if path not in left], first)


def _check_out(tree: Git, paths: Sequence[str], first: Collection[str]) -> None:
    workers = f"checkout.workers={min(AT_ONCE, os.cpu_count() or 1)}"
    early = [path for path in paths if path in first]
    for some in (early, [path for path in paths if path not in first] if early else paths):
        if some:
            tree.ask("-c", workers, "checkout-index", "-f", "-u", "-q", "-z", "--stdin", feed=some)


def _together(asks: Sequence[Callable[[], list[str]]]) -> list[list[str]]:
    """The answers to questions that are asked at the same time, each of another process."""
    answers: list[list[str]] = [[] for _ in asks]
    errors: list[OmnibaseError] = []

    def answer(number: int) -> None:
        try:
            answers[number] = asks[number]()
        except OmnibaseError as error:
            errors.append(error)

    threads = []
    for number in range(1, len(asks)):
        thread = threading.Thread(target=answer, args=(number,))
        try:
            thread.start()
        except RuntimeError:  # no further thread is to be had: one after another, then
            answer(number)
        else:
            threads.append(thread)
    answer(0)
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return answers


def _differing(wanted: Sequence[str], held: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The records that are new or other ones, and those whose path is not wanted any more, by their paths."""
    if wanted == held:
        return {}, {}
    one, other = set(wanted), set(held)
    added = _by_path(record for record in wanted if record not in other)
    return added, {path: record for path, record in _by_path(other - one).items() if path not in added}


def _by_path(listed: Iterable[str]) -> dict[str, str]:
    return {record.partition("\t")[2]: record for record in listed}


def _staged(source: Git, listed: Sequence[str]) -> list[str]:
    """Without what is unmerged, and what `git add -N` has noted: that looks like an empty file, and is none yet."""
    # What git is told to assume unchanged has its letter small: that is said of another tree.
    listed = [record if record[0].isupper() else record[0].upper() + record[1:] for record in listed]
    listed = [record for record in listed if not record.startswith("M ")]
    empty = {record.partition("\t")[2] for record in listed if record.startswith(EMPTY_BLOBS, 9)}
    if not empty:
        return listed
    nothing = EMPTY_TREES[listed[0].index("\t") - 11]
    options = ("-z", "--cached", "--ita-invisible-in-index", "--name-only", "--no-renames", "--ignore-submodules=all")
    intended = empty.difference(source.ask("diff-index", *options, nothing))
    return [record for record in listed if record.partition("\t")[2] not in intended] if intended else listed


def _others(tree: Git) -> list[str]:
    """What a tool has made there is not staged; what is ignored are its caches."""
    return tree.ask("ls-files", "-z", "--others", "--directory", "--exclude-standard")


def _terms(source: Git, kept: Repository) -> list[str]:
    """What decides how files are checked out, apart from the files of the tree."""
    terms = source.ask("config", "-z", "--get-regexp", SETTINGS, fails=(1,))
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    files = [os.path.join(kept.common_dir, "info", "attributes"), os.path.join(config, "git", "attributes")]
    named = [value for name, _, value in (one.partition("\n") for one in terms) if name == "core.attributesfile"]
    files += [os.path.expanduser(value) for value in named]
    return [*terms, *(line for file in files for line in _read(file) or ["none"])]


def _named_by_filters(terms: Iterable[str]) -> set[str]:
    """The paths that commands of filters name: where one is a program of the repository, it is needed first."""
    commands = (value for name, _, value in (one.partition("\n") for one in terms) if name.startswith("filter."))
    return {os.path.normpath(word.strip("'\"")) for command in commands for word in command.split()}


def _make_folders(root: str, wanted: Iterable[str]) -> None:
    """A submodule is an empty folder, to be linked to where it is checked out."""
    for path in _by_path(record for record in wanted if _is_submodule(record)):
        whole = os.path.join(root, path)
        if os.path.islink(whole) or not os.path.isdir(whole) or os.listdir(whole):
            copying.take_away(root, path)
        os.makedirs(whole, exist_ok=True)


def _prune(root: str, path: str) -> None:
    """Remove the folders on the way to the path that have nothing in them any more."""
    folder = os.path.dirname(path)
    while folder and not copying.is_behind_a_link(root, f"{folder}/"):
        try:
            os.rmdir(os.path.join(root, folder))
        except OSError:
            return
        folder = os.path.dirname(folder)


def _now(file: str) -> int | None:
    """The time by the clock of the disk (nanoseconds since 1970), from a file of ours; None where it is not there."""
    try:
        os.utime(file)
        return os.stat(file).st_mtime_ns
    except FileNotFoundError:
        return None


def _is_named(path: str, name: str) -> bool:
    return path.endswith(name) and os.path.basename(path) == name


def _folders(name: str, paths: Iterable[str]) -> list[str]:
    """Those in which one of the paths is a file of that name."""
    return [os.path.dirname(path) for path in paths if _is_named(path, name)]


def _has_file(record: str) -> bool:
    return not record.startswith("S ") and not _is_submodule(record)


def _is_submodule(record: str) -> bool:
    return record.startswith(MODE_OF_SUBMODULE, 2)


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(not folder or path.startswith(f"{folder}/") for folder in folders)


def _read(file: str) -> list[str] | None:
    try:
        with open(file, "rb") as opened:
            return os.fsdecode(opened.read()).split("\0")
    except OSError:
        return None


def _write(file: str, records: Sequence[str]) -> None:
    with open(file, "wb") as opened:
        opened.write(os.fsencode("\0".join(records)))


def _remove(file: str) -> None:
    try:
        os.unlink(file)
    except FileNotFoundError:
        pass
