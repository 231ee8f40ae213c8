"""A repository whose component `it` is a command that fixes, and what tests of it ask."""

from tests.e2e.driving import Json, Repo, Run

UPPER = """\
    import pathlib, sys
    for path in filter(pathlib.Path.exists, map(pathlib.Path, sys.argv[1:])):
        path.write_bytes(path.read_bytes().replace(b"low", b"LOW"))
    """
LOW = "low\n2\n3\n4\n5\n"


def with_a_fixing_command(repo: Repo) -> Repo:
    """`it` is a command that fixes: it writes low as LOW."""
    repo.script(".git/upper", UPPER)
    declare(repo, "fixes: true, command: [.git/upper, '{files}']")
    repo.git("commit", "-q", "-m", "start")
    return repo


def declare(repo: Repo, component: str, *more: str) -> None:
    lines = [f"  - {{name: it, lifecycle: stable, {component}}}", *(f"  - {one}" for one in more)]
    head = ["stages: {pre-commit: {select: 'lifecycle=*'}}", "exclude: [registry.yaml]", "components:"]
    repo.registry("\n".join([*head, *lines]))


def partly(repo: Repo, path: str, staged: str, unstaged: str) -> None:
    repo.write(path, staged)
    repo.git("add", path)
    repo.write(path, unstaged)


def text(repo: Repo, path: str) -> str:
    return (repo.root / path).read_text()


def result(run: Run) -> Json:
    return run.results["it"]
