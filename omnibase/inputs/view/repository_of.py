"""The `.git` of a view: what tools may ask git there, answered from copies, so that nothing they write gets out."""

import os

from omnibase.inputs.git import Repository, ask
from omnibase.inputs.scratch import remove

# What tells tools of a merge or another operation under way.
MOMENTS = ("MERGE_HEAD", "MERGE_MODE", "MERGE_MSG", "CHERRY_PICK_HEAD", "REVERT_HEAD", "ORIG_HEAD", "shallow")


def place(folder: str) -> str:
    """The repository's folder of the view in `folder`."""
    return os.path.join(folder, "git")


def write(folder: str, root: str, kept: Repository, head: str | None) -> None:
    """Make the view's repository say what the real one says: HEAD, branches, tags, configuration.

    Its references are copies and its objects are borrowed, so that a tool's commit or tag stays in the view. `head` is
    the commit, None before the first. Raises OSError, ExecutionError.
    """
    own = place(folder)
    _clear(own)
    for name in ("refs", "info", "objects/info"):
        os.makedirs(os.path.join(own, name), exist_ok=True)
    _put(own, "objects/info/alternates", _line(os.path.join(kept.common_dir, "objects")))
    _put(own, "packed-refs", _references(kept))
    _put(own, "HEAD", _head(kept, head))
    _put(own, "config", _configuration(kept, root, head))
    for name in MOMENTS:
        _copy(os.path.join(kept.common_dir if name == "shallow" else kept.git_dir, name), own, name)
    for name in ("exclude", "attributes"):
        _copy(os.path.join(kept.common_dir, "info", name), own, f"info/{name}")
    _copy(os.path.join(kept.git_dir, "info", "sparse-checkout"), own, "info/sparse-checkout")
    _hide_links(folder, own)
    os.symlink(os.path.join(kept.common_dir, "lfs"), os.path.join(own, "lfs"))
    _put(root, ".git", b"gitdir: " + os.fsencode(own) + b"\n")


def _references(kept: Repository) -> bytes:
    listed = ask(kept, "for-each-ref", "--format=%(objectname) %(refname)")
    return b"# pack-refs with: sorted \n" + listed


def _head(kept: Repository, head: str | None) -> bytes:
    try:
        with open(os.path.join(kept.git_dir, "HEAD"), "rb") as file:
            data = file.read()
    except OSError:
        data = b""
    if data.startswith(b"ref: ") and b".invalid" not in data:
        return data
    branch = ask(kept, "rev-parse", "--symbolic-full-name", "HEAD").strip() if head else b"refs/heads/unborn"
    return b"ref: " + branch + b"\n" if branch != b"HEAD" else os.fsencode(head or "") + b"\n"


def _configuration(kept: Repository, root: str, head: str | None) -> bytes:
    """The user's own by inclusion, but for what says where things are and what runs on its own."""
    example = head or os.fsdecode(ask(kept, "hash-object", "--stdin", feed=b"").strip())
    text = "[core]\n\trepositoryformatversion = 1\n\tbare = false\n"
    text += "[extensions]\n\tobjectformat = sha256\n" if len(example) == 64 else ""
    text += f"[include]\n\tpath = {_value(os.path.join(kept.common_dir, 'config'))}\n"
    text += f"\tpath = {_value(os.path.join(kept.git_dir, 'config.worktree'))}\n"
    text += f"[core]\n\tbare = false\n\tworktree = {_value(root)}\n\thooksPath = /dev/null\n\tfsmonitor = false\n"
    text += "[gc]\n\tauto = 0\n"
    return os.fsencode(text)


def _value(text: str) -> str:
    """A value as git-config(1) reads it back."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def _hide_links(folder: str, own: str) -> None:
    """A pattern such as `node_modules/` names folders alone, and a link is none."""
    from omnibase.inputs.view.linking import names

    lines = b"".join(b"/" + os.fsencode(name) + b"\n" for name in names(folder) if "\n" not in name)
    with open(os.path.join(own, "info", "exclude"), "ab") as file:
        file.write(b"\n" + lines)


def _clear(own: str) -> None:
    """Remove what tools have left: their commits, branches and locks. Objects stay, nobody sees them."""
    try:
        names = os.listdir(own)
    except FileNotFoundError:
        return
    for name in names:
        path = os.path.join(own, name)
        if os.path.islink(path) or not os.path.isdir(path):
            os.unlink(path)
        elif name != "objects":
            remove(path)


def _line(path: str) -> bytes:
    """A path as gitrepository-layout(5) has it in objects/info/alternates: in C's manner where it would not fit."""
    if "\n" not in path:
        return os.fsencode(path) + b"\n"
    return os.fsencode('"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"\n')


def _put(own: str, name: str, data: bytes) -> None:
    path = os.path.join(own, name)
    if os.path.islink(path):
        os.unlink(path)  # whoever has put it there, nothing is written through it
    with open(path, "wb") as file:
        file.write(data)


def _copy(source: str, own: str, name: str) -> None:
    try:
        with open(source, "rb") as file:
            data = file.read()
    except OSError:
        return
    _put(own, name, data)
