"""`omnibase install` and `omnibase uninstall`: git runs the hooks, whatever was there and wherever they are."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.driving import Repo, Run

SAYS = "#!/bin/sh\necho foreign $0 >> .git/log\n"


@pytest.fixture
def checked(repo: Repo) -> Repo:
    """A repository whose one check at commit refuses what contains BAD."""
    repo.script("check", "import sys\nsys.exit(any('BAD' in open(path).read() for path in sys.argv[1:]))\n")
    repo.registry("""\
        stages: {pre-commit: {select: "tag=pre-commit"}}
        exclude: [registry.yaml, check]
        components: [{name: it, lifecycle: stable, tags: [pre-commit], command: [./check, "{files}"]}]
        """)
    repo.commit()
    return repo


def commit(repo: Repo, text: str, *, cwd: Path | None = None, env: dict[str, str] | None = None) -> Run:
    """Commit a file with this text, by the git on PATH."""
    folder = cwd or repo.root
    (folder / "file").write_text(text)
    git = shutil.which("git", path=repo.environment["PATH"])
    assert git is not None
    environment = env or repo.environment
    subprocess.run([git, "add", "file"], cwd=folder, env=environment, check=True)
    call = [git, "commit", "--quiet", "-m", text]
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, timeout=60, check=False)
    return Run(done.returncode, done.stdout, done.stderr)


def holds(repo: Repo, **options: object) -> None:
    """A bad file is refused, a good one passes, and both show what was checked."""
    bad = commit(repo, "BAD", **options)  # type: ignore[arg-type]
    assert (bad.code, "❌ it" in bad.err) == (1, True), bad.err
    good = commit(repo, "good", **options)  # type: ignore[arg-type]
    assert (good.code, "✅ it" in good.err) == (0, True), good.err


def test_a_commit_is_checked_from_then_on_and_not_after_uninstalling(checked: Repo) -> None:
    path = checked.root / ".git/hooks/pre-commit"
    run = checked.run("install")
    assert (run.code, run.err) == (0, "")
    assert run.text == f"pre-commit: installed ({path})\nIt runs {sys.executable}\n"
    holds(checked)
    assert checked.run("install").text.startswith("pre-commit: installed already")
    assert checked.run("uninstall").text == f"pre-commit: removed ({path})\n"
    assert not path.exists()
    assert commit(checked, "BAD").code == 0
    assert checked.run("uninstall").text == f"no hooks of omnibase in {path.parent}\n"


def test_several_hooks_are_named_and_each_is_installed_once(checked: Repo) -> None:
    hooks = ("pre-push", "commit-msg", "pre-push")
    run = checked.run("install", *(word for hook in hooks for word in ("--hook", hook)))
    assert [line.partition(" (")[0] for line in run.text.splitlines()] == [
        "pre-push: installed",
        "commit-msg: installed",
        f"They run {sys.executable}",
    ]
    assert checked.run("uninstall", "--hook", "pre-push").text.startswith("pre-push: removed")
    assert checked.run("uninstall", "--hook", "pre-push").text.startswith("pre-push: not installed")
    assert checked.run("uninstall").text.startswith("commit-msg: removed")


def test_a_foreign_hook_runs_first_and_its_failure_refuses_the_commit(checked: Repo) -> None:
    hook = checked.write(".git/hooks/pre-commit", f'{SAYS}test "$(cat file)" != ugly || exit 7\n', mode=0o755)
    before = hook.read_bytes()
    run = checked.run("install")
    kept = ".git/hooks/pre-commit.omnibase-kept"
    assert run.text.splitlines()[1] == f"  the hook that was there before runs first: {checked.root / kept}"
    holds(checked)
    ugly = commit(checked, "ugly")
    assert (ugly.code, ugly.err) == (1, "")  # omnibase had not begun
    assert (checked.root / ".git/log").read_text() == f"foreign {kept}\n" * 3
    assert "what was there before is back" in checked.run("uninstall").text
    assert hook.read_bytes() == before
    assert commit(checked, "BAD").code == 0


def test_a_foreign_hook_that_git_did_not_run_is_not_run(checked: Repo) -> None:
    checked.write(".git/hooks/pre-commit", SAYS, mode=0o644)
    assert "does not run, as it is not executable" in checked.run("install").text
    holds(checked)
    assert not (checked.root / ".git/log").exists()


def test_a_tool_that_kept_ours_in_turn_ends_in_no_circle(checked: Repo) -> None:
    """As pre-commit does: it moves what is there to `.legacy`, and runs it."""
    hooks = checked.root / ".git/hooks"
    checked.run("install")
    (hooks / "pre-commit").rename(hooks / "pre-commit.legacy")
    checked.write(".git/hooks/pre-commit", f'{SAYS}exec "${{0%/*}}/pre-commit.legacy"\n', mode=0o755)
    assert checked.run("install").code == 0
    holds(checked)


def test_uninstalling_leaves_the_hooks_of_others(checked: Repo) -> None:
    hook = checked.write(".git/hooks/pre-commit", SAYS, mode=0o755)
    assert checked.run("uninstall").text.startswith("no hooks of omnibase")
    run = checked.run("uninstall", "--hook", "pre-commit")
    assert (run.code, run.text) == (0, f"pre-commit: not omnibase's, and left alone ({hook})\n")
    assert hook.read_text() == SAYS


def test_a_folder_that_core_hookspath_names_in_the_work_tree_is_used_and_said_to_be_everybodys(checked: Repo) -> None:
    checked.git("config", "core.hooksPath", ".githooks")
    (checked.root / "sub").mkdir()
    run = checked.run("install", cwd=checked.root / "sub")
    assert "part of the work tree" in run.text
    assert (checked.root / ".githooks/pre-commit").exists()
    holds(checked)


def test_a_folder_that_all_repositories_share_is_refused(checked: Repo, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    checked.git("config", "--global", "core.hooksPath", str(shared))
    for command in ("install", "uninstall"):
        run = checked.run(command)
        assert (run.code, run.text) == (2, "")
        assert "outside of this repository: other repositories may use them, too" in run.err
        assert f"git config core.hooksPath {checked.root}/.git/hooks" in run.err
    assert list(shared.iterdir()) == []


def test_a_worktree_has_the_hooks_of_its_repository(checked: Repo, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    checked.git("worktree", "add", "--quiet", str(tree))
    run = checked.run("install", cwd=tree)
    assert "the same folder for all worktrees" in run.text
    holds(checked, cwd=tree)
    holds(checked)


@pytest.mark.parametrize("path", ["/usr/bin:/bin", "/nowhere", ""])
def test_a_client_with_a_bare_path_is_no_obstacle(checked: Repo, path: str) -> None:
    """git adds its own folder to the PATH of a hook; sh and omnibase find all else by themselves."""
    checked.write(".git/hooks/pre-commit", "#!/bin/sh\necho foreign >&2\n", mode=0o755)
    checked.run("install")
    holds(checked, env={"HOME": checked.environment["HOME"], "PATH": path, "LANG": "C.UTF-8"})


def test_a_repository_may_be_called_anything(checked: Repo) -> None:
    """Its hooks name no folder of it, so that it may also be moved."""
    checked.run("install")
    checked.root = checked.root.rename(checked.root.parent / os.fsdecode(b"it's \xff\n$x"))
    assert "already" in checked.run("install").text
    holds(checked)
    assert "\\xff" in checked.run("uninstall").text


def test_modules_of_the_repository_do_not_stand_in_for_omnibases(checked: Repo) -> None:
    for name in ("omnibase", "click", "yaml", "subprocess"):
        checked.write(f"{name}.py", "raise SystemExit('taken in')\n")
    checked.run("install")
    holds(checked)


def test_an_interpreter_that_is_gone_is_named_with_the_remedy(checked: Repo) -> None:
    checked.run("install")
    hook = checked.root / ".git/hooks/pre-commit"
    hook.write_text(hook.read_text().replace(sys.executable, "/gone/bin/python"))
    run = commit(checked, "good")
    assert run.code == 1
    assert run.err.splitlines() == [
        "omnibase: what this hook runs is gone: /gone/bin/python",
        "  run 'omnibase install --hook pre-commit' again, or go on without it: git commit --no-verify",
    ]
    assert checked.run("install").text.startswith("pre-commit: installed anew")
    holds(checked)


def test_a_branch_without_a_registry_passes_with_a_notice(checked: Repo) -> None:
    checked.run("install", "--hook", "pre-commit", "--hook", "commit-msg", "--hook", "pre-push")
    checked.git("init", "--quiet", "--bare", "../remote")
    checked.git("checkout", "--quiet", "--orphan", "other")
    checked.git("rm", "--quiet", "-f", "registry.yaml")
    run = commit(checked, "BAD")
    notice = f"omnibase: there is no registry.yaml in {checked.root} or above it, up to {checked.root}: "
    assert (run.code, run.err) == (0, f"{notice}nothing is checked\n" * 2)
    checked.git("push", "--quiet", "../remote", "HEAD:main")


def test_a_registry_that_is_broken_refuses_the_commit(checked: Repo) -> None:
    checked.run("install")
    checked.write("registry.yaml", "schema_version: [\n")
    run = commit(checked, "good")
    assert (run.code, "registry.yaml" in run.err) == (1, True)


def test_a_registry_elsewhere_is_that_of_the_hooks(checked: Repo) -> None:
    (checked.root / "tools").mkdir()
    (checked.root / "registry.yaml").rename(checked.root / "tools/it's here.yaml")
    run = checked.run("install", "--registry", "it's here.yaml", cwd=checked.root / "tools")
    assert len(run.text.splitlines()) == 2
    holds(checked)
    checked.git("rm", "--quiet", "--cached", "registry.yaml")
    (checked.root / "tools/it's here.yaml").unlink()
    run = commit(checked, "BAD")
    assert (run.code, run.err) == (0, "omnibase: the registry does not exist: nothing is checked\n")
    assert checked.run("install", "--registry", "missing.yaml").code == 2


def test_installing_needs_no_registry_and_says_that_there_is_none(repo: Repo) -> None:
    run = repo.run("install")
    assert (run.code, run.text.splitlines()[2:]) == (
        0,
        [f"There is no registry.yaml in {repo.root} yet: until then, nothing is checked."],
    )


@pytest.mark.parametrize("command", ["install", "uninstall"])
@pytest.mark.parametrize(
    ("hook", "remedy"), [("pre-comit", "did you mean 'pre-commit'?"), ("update", "omnibase does not serve")]
)
def test_a_hook_that_does_not_exist_is_a_mistake(repo: Repo, command: str, hook: str, remedy: str) -> None:
    run = repo.run(command, "--hook", "pre-push", "--hook", hook)
    assert (run.code, run.text) == (2, "")
    assert remedy in run.err
    assert not (repo.root / ".git/hooks/pre-push").exists()


@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_outside_git_there_are_no_hooks(folder: Repo, command: str) -> None:
    run = folder.run(command)
    assert (run.code, "git init" in run.err) == (2, True)


def test_a_bare_repository_has_nothing_to_check(folder: Repo) -> None:
    folder.git("init", "--quiet", "--bare")
    run = folder.run("install")
    assert (run.code, "this is a bare repository" in run.err) == (2, True)


def test_a_file_where_the_folder_of_hooks_has_to_be_is_a_mistake(checked: Repo) -> None:
    shutil.rmtree(checked.root / ".git/hooks", ignore_errors=True)
    checked.write(".git/hooks", "")
    run = checked.run("install")
    assert (run.code, run.err.splitlines()[0]) == (2, "error: git runs no hooks here: this is no folder")


def test_hooks_are_completed(repo: Repo) -> None:
    for words, expected in (("install --hook pre-p", "pre-push"), ("orch --hook commit", "commit-msg")):
        line = f"omnibase {words}"
        env = {"_OMNIBASE_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
        assert repo.run(env=env).text == f"plain,{expected}\n"
