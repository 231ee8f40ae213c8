"""Finds a repository in the plain case without git: starting git takes as long as all else a small run has to do."""

import os
import stat

# Variables that make git look elsewhere than for a `.git` folder above (git(1), "The Git Repository").
MOVING = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
)


def plain(start: str) -> tuple[str, str, str] | None:
    """The root, the git folder and the index's file that `git rev-parse` would name; None where it has to be asked.

    Plain is a `.git` folder whose configuration names no other work tree, with nothing in the environment that moves
    it. It has to be this user's own: git is later told where the repository is, and then no longer asks whose it is
    (git-config(1), `safe.directory`). Whether git knows its format shows in the next call.
    """
    if any(name in os.environ for name in MOVING):
        return None
    root = _above(start)
    if root is None:
        return None
    git_dir = os.path.join(root, ".git")
    try:
        owners = {os.lstat(root).st_uid, os.lstat(git_dir).st_uid}
        with open(os.path.join(git_dir, "config"), "rb") as file:
            config = b"".join(file.read().lower().split())
    except OSError:
        return None
    if owners != {os.geteuid()} or not stat.S_ISDIR(os.lstat(git_dir).st_mode) or not _is_git_folder(git_dir):
        return None
    moved = b"worktree" in config or b"include" in config or config.count(b"bare") != config.count(b"bare=false")
    if moved or os.path.exists(os.path.join(git_dir, "commondir")):
        return None
    return root, git_dir, os.path.normpath(os.path.join(root, os.environ.get("GIT_INDEX_FILE", ".git/index")))


def has_git_above(folder: str) -> bool:
    """Whether there is a sign of git for somebody who has none to ask."""
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return "GIT_DIR" in os.environ
        folder = parent
    return True


def _above(folder: str) -> str | None:
    """The nearest folder with a `.git`, on the same disk and not beyond a bare repository: there git would stop."""
    try:
        disk = os.stat(folder).st_dev
        while not os.path.lexists(os.path.join(folder, ".git")):
            parent = os.path.dirname(folder)
            if parent == folder or os.stat(parent).st_dev != disk or _is_git_folder(folder):
                return None
            folder = parent
    except OSError:
        return None
    return folder


def _is_git_folder(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, "HEAD")) and os.path.isdir(os.path.join(folder, "objects"))
