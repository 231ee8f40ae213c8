"""Repositories in which what a component sees at a commit can be told from what lies in the work tree."""

import os
import stat
from ast import literal_eval
from pathlib import Path

from tests.e2e.driving import COMMAND, Json, Repo, Run, report

# Prints each path that it is given with kind, mode and content, one a line, as Python would write them.
WITNESS = """\
    import os, stat, sys
    for path in map(os.fsencode, sys.argv[1:]):
        if not os.path.lexists(path):
            seen = None
        elif os.path.islink(path):
            seen = ("link", os.readlink(path))
        else:
            seen = ("exec" if os.access(path, os.X_OK) else "file", open(path, "rb").read())
        print(ascii((path, seen)))
    """

# A check of single files that says what it sees, without blaming it.
CHECK = """\
    from omnibase.api import FileSet, Finding, Severity, validator


    @validator(name="single", version="1.0.0", lifecycle="stable", tags=["pre-commit"], files=FileSet(types=("file",)))
    def single(file):
        yield Finding(ascii(("exec" if file.executable else "file", file.data)), severity=Severity.NOTE)
    """

REGISTRY = """\
    plugins: [witness]
    stages: {pre-commit: {select: "lifecycle=stable"}}
    exclude: [registry.yaml]
    components:
      - {name: view, lifecycle: stable, command: [WITNESS, "{files}"]}
    """

Seen = tuple[str, bytes] | None


def witnessed(repo: Repo, *, more: str = "") -> Repo:
    """Two components say what they see: `single`, a check of single files, and `view`, a command.

    An untracked file keeps the command from running in place. `more` are lines of the registry's components. What the
    test is about comes after the commit `start`.
    """
    repo.script(".git/witness", WITNESS)
    repo.install("witness", CHECK)
    repo.registry(REGISTRY.replace("WITNESS", str(repo.root / ".git/witness")) + more)
    repo.write("untracked.txt", "nobody has staged me\n")
    repo.git("add", "registry.yaml")
    repo.git("commit", "--quiet", "-m", "start")
    return repo


def save(repo: Repo) -> None:
    """Commit everything but the file that is to stay untracked, without a hook."""
    stage(repo)
    repo.git("commit", "--quiet", "--no-verify", "--allow-empty", "-m", "saved")


def stage(repo: Repo) -> None:
    """Stage everything but the file that is to stay untracked."""
    repo.git("add", "--all", ".", ":!untracked.txt")


def hook(repo: Repo, *arguments: str, folder: Path | None = None) -> None:
    """omnibase as the repository's pre-commit hook; its report goes to `report` in the folder of the hooks."""
    hooks = folder or repo.root / ".git" / "hooks"
    hooks.mkdir(parents=True, exist_ok=True)
    file = hooks / "pre-commit"
    line = f"orch --stage pre-commit --format json {' '.join(arguments)}"
    file.write_text(f'#!/bin/sh\nexec "{COMMAND}" {line} > "{hooks}/report"\n')
    file.chmod(0o755)


def hooked(repo: Repo, folder: Path | None = None) -> Run:
    """What the hook has reported, as a run."""
    data = ((folder or repo.root / ".git" / "hooks") / "report").read_bytes()
    return Run(report(data)["exit_code"], data, b"")


def check(repo: Repo, *arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> Run:
    """Run what is to be run at a commit."""
    return repo.run("orch", "--stage", "pre-commit", "--format", "json", *arguments, cwd=cwd, env=env)


def seen_in(run: Run, component: str = "view") -> dict[str, Seen]:
    """What the component saw, by path: kind and content, or None where there was nothing."""
    result = run.results[component]
    assert result["status"] == "PASS", (result["reason"], result["output"], run.err)
    if component == "single":
        return {one["path"]: literal_eval(one["message"]) for one in result["findings"]}
    assert result["output"] is not None, result
    rows = [literal_eval(line) for line in result["output"]["text"].splitlines()]
    return {os.fsdecode(path).removeprefix("./"): seen for path, seen in rows}


def assert_seen(run: Run, expected: dict[str, Seen]) -> None:
    """Both components saw exactly that, each in its own way."""
    assert run.code == 0, (run.err, run.text)
    assert run.results["view"]["seen"]["where"] == "view"
    assert seen_in(run) == expected
    # a check of single files is not asked about links, and reads nothing that is not there
    assert seen_in(run, "single") == {path: seen for path, seen in expected.items() if seen and seen[0] != "link"}
    assert "omnibase/views" not in run.text
    assert "omnibase/scratch" not in run.text


def work(repo: Repo, root: Path | None = None) -> dict[str, Json]:
    """All that is the user's: the work tree, the index, HEAD, references, their logs, and objects; times included.

    Of objects and of the shared part of a split index, git notes by a new time that somebody still wants them.
    """
    top = root or repo.root
    found: dict[str, Json] = {}
    for folder, folders, files in os.walk(top):
        if Path(folder).name == "omnibase" and Path(folder).parent.name == ".git":
            folders.clear()
            continue
        own = ".git" in Path(folder).relative_to(top).parts
        for name in (*folders, *files):
            path = Path(folder, name)
            status = path.lstat()
            content: bytes | str = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
            if path.is_symlink():
                content = os.readlink(path)
            if stat.S_ISFIFO(status.st_mode) or (own and path.is_dir()) or name == ".git":
                continue
            wanted = own and ("objects" in path.parts or name.startswith("sharedindex."))
            time = 0 if wanted else status.st_mtime_ns
            found[str(path)] = (status.st_mode, status.st_ino, time, content)
    return found


def asks(repo: Repo, script: str) -> Run:
    """What a shell script comes to as the one command of a run."""
    done = attempt(repo, script)
    assert done.code == 0, done.err
    assert done.results["it"]["seen"]["where"] == "view"
    return done


def attempt(repo: Repo, script: str, *arguments: str) -> Run:
    """A run with a shell script as its one command, whatever comes of it."""
    file = repo.write("../script", "#!/bin/sh\nset -e\n" + script, mode=0o755)
    registry = repo.root.parent / "registry.yaml"
    registry.write_text(
        'schema_version: "1"\nstages: {pre-commit: {select: "lifecycle=*"}}\n'
        f"components: [{{name: it, always_run: true, lifecycle: stable, command: ['{file}']}}]\n"
    )
    return check(repo, "--registry", str(registry), *arguments)


def with_a_file(repo: Repo) -> Repo:
    """The witnesses, and the commit `saved` with a.txt."""
    witnessed(repo)
    repo.write("a.txt", "old\n")
    save(repo)
    return repo


def change(root: Path, repo: Repo) -> None:
    """Give a.txt a staged and an unstaged change."""
    (root / "a.txt").write_text("staged\n")
    repo.git("add", "a.txt", cwd=root)
    (root / "a.txt").write_text("unstaged\n")


def in_the_midst(repo: Repo) -> Repo:
    """The commit `saved`, a tag, what is ignored, and a.txt with a staged and an unstaged change."""
    repo.write(".gitignore", ".venv/\nnode_modules/\ncache*/\n")
    with_a_file(repo)
    repo.git("tag", "v1", "-m", "a tag")
    change(repo.root, repo)
    return repo
