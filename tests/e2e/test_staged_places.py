"""What is staged is seen in repositories of every kind: worktrees, submodules, clones, other hashes."""

import subprocess
from pathlib import Path

import pytest

from tests.e2e.driving import Repo
from tests.e2e.staged import assert_seen, change, check, hook, hooked, save, seen_in, with_a_file, witnessed, work


@pytest.fixture
def watched(repo: Repo) -> Repo:
    return with_a_file(repo)


def test_in_a_worktree_what_is_staged_there_is_seen(watched: Repo) -> None:
    other = watched.root.parent / "other"
    watched.git("worktree", "add", "-b", "topic", str(other))
    change(watched.root, watched)
    (other / "b.txt").write_text("staged in the other\n")
    watched.git("add", "b.txt", cwd=other)
    (other / "b.txt").write_text("unstaged in the other\n")
    before = work(watched), work(watched, other)
    assert_seen(check(watched), {"a.txt": ("file", b"staged\n")})
    assert_seen(check(watched, cwd=other), {"b.txt": ("file", b"staged in the other\n")})
    assert_seen(check(watched), {"a.txt": ("file", b"staged\n")})
    assert (work(watched), work(watched, other)) == before
    hook(watched)
    watched.git("commit", "-q", "-m", "in the other", cwd=other)
    assert_seen(hooked(watched), {"b.txt": ("file", b"staged in the other\n")})


def test_in_a_worktree_git_answers_for_that_worktree(watched: Repo) -> None:
    other = watched.root.parent / "other"
    watched.git("worktree", "add", "-b", "topic", str(other))
    watched.registry(
        """\
        components:
          - {name: it, lifecycle: stable, always_run: true, shell: true,
             command: ['git rev-parse --abbrev-ref HEAD; git status --porcelain; git log -1 --format=%s']}
        """
    )
    (other / "registry.yaml").write_text((watched.root / "registry.yaml").read_text())
    (other / "untracked").write_text("x")
    run = check(watched, "--name", "it", cwd=other)
    assert run.results["it"]["seen"]["where"] == "view"
    assert run.results["it"]["output"]["text"].split("\n") == ["topic", "saved"]


def test_a_worktree_of_a_bare_repository_is_like_any_other(watched: Repo) -> None:
    bare = watched.root.parent / "bare.git"
    watched.git("clone", "-q", "--bare", str(watched.root), str(bare))
    other = watched.root.parent / "other"
    watched.git("worktree", "add", "-b", "topic", str(other), cwd=bare)
    change(other, watched)
    (other / "untracked").write_text("x")
    before = work(watched, other), work(watched, bare)
    assert_seen(check(watched, cwd=other), {"a.txt": ("file", b"staged\n")})
    registry = watched.root.parent / "registry.yaml"
    registry.write_text(
        'schema_version: "1"\ncomponents: [{name: it, lifecycle: stable, command: [git, status, --porcelain]}]\n'
    )
    run = check(watched, "--registry", str(registry), "--name", "it", cwd=other)
    assert (run.code, run.results["it"]["output"]["text"]) == (0, "M  a.txt")
    assert before[0] == work(watched, other)
    assert {path for path in work(watched, bare) if "/omnibase" not in path} == set(before[1])


def test_inside_a_submodule_what_is_staged_there_is_seen(watched: Repo, repo: Repo, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    repo.git("init", "-q", cwd=outer)
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(watched.root), "inner", cwd=outer)
    repo.git("commit", "-q", "-m", "with a submodule", cwd=outer)
    inner = outer / "inner"
    change(inner, repo)
    (inner / "untracked.txt").write_text("x")
    before = work(repo, outer)
    assert_seen(check(watched, cwd=inner), {"a.txt": ("file", b"staged\n")})
    after = work(repo, outer)
    assert {path: one for path, one in after.items() if "/modules/inner/omnibase" not in path} == before
    hook(watched, folder=outer / ".git/modules/inner/hooks")
    repo.git("commit", "-q", "-m", "inside", cwd=inner)
    assert_seen(hooked(watched, outer / ".git/modules/inner/hooks"), {"a.txt": ("file", b"staged\n")})


def test_submodules_are_there_and_are_no_inputs(watched: Repo, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    watched.git("init", "-q", cwd=library)
    (library / "code.c").write_text("int x;\n")
    watched.git("add", "code.c", cwd=library)
    watched.git("commit", "-q", "-m", "library", cwd=library)
    allow = ("-c", "protocol.file.allow=always")
    watched.git(*allow, "submodule", "--quiet", "add", str(library), "lib/inner")
    change(watched.root, watched)
    registry = (watched.root / "registry.yaml").read_text().partition("\n")[2]
    watched.registry(registry + "  - {name: looks, lifecycle: stable, command: [cat, lib/inner/code.c]}\n")
    before = work(watched)
    run = check(watched)
    assert run.results["looks"]["output"]["text"] == "int x;"
    assert set(seen_in(run)) == {".gitmodules", "a.txt"}
    assert work(watched) == before
    watched.git("commit", "-q", "-m", "with a library")
    (watched.root / "lib/inner/code.c").write_text("int y;\n")
    watched.git("commit", "-q", "-a", "-m", "and changed there", cwd=watched.root / "lib/inner")
    watched.git("add", "lib/inner")
    run = check(watched)
    assert run.statuses == {"single": "SKIP", "view": "SKIP", "looks": "SKIP"}


def test_in_a_repository_of_sha_256_what_is_staged_is_seen(folder: Repo) -> None:
    done = subprocess.run(
        ["git", "init", "-q", "--object-format=sha256"], cwd=folder.root, env=folder.environment, check=False
    )
    if done.returncode != 0:
        pytest.skip("this git knows no SHA-256")
    witnessed(folder)
    change(folder.root, folder)
    registry = (folder.root / "registry.yaml").read_text().partition("\n")[2]
    folder.registry(registry + "  - {name: looks, lifecycle: stable, command: [git, rev-parse, HEAD]}\n")
    folder.git("commit", "-q", "-m", "looks", "registry.yaml")
    before = work(folder)
    run = check(folder)
    assert_seen(run, {"a.txt": ("file", b"staged\n")})
    assert run.results["looks"]["output"]["text"] == folder.git("rev-parse", "HEAD").strip()
    assert work(folder) == before


@pytest.mark.parametrize("options", [("--shared",), ("--depth", "1"), ("--filter=blob:none",)], ids=" ".join)
def test_in_a_clone_that_has_not_all_objects_of_its_own_what_is_staged_is_seen(
    watched: Repo, options: tuple[str, ...]
) -> None:
    watched.write("b.txt", "another commit\n")
    save(watched)
    watched.git("config", "uploadpack.allowFilter", "true")
    watched.git("config", "uploadpack.allowAnySHA1InWant", "true")
    source = str(watched.root) if "--shared" in options else f"file://{watched.root}"
    clone = watched.root.parent / "clone"
    watched.git("clone", "-q", *options, source, str(clone))
    change(clone, watched)
    (clone / "untracked.txt").write_text("x")
    before = work(watched, clone)
    assert_seen(check(watched, cwd=clone), {"a.txt": ("file", b"staged\n")})
    registry = watched.root.parent / "registry.yaml"
    registry.write_text(
        'schema_version: "1"\ncomponents:\n'
        "  - {name: it, lifecycle: stable, shell: true, command: ['git log --oneline | wc -l; git diff --cached']}\n"
    )
    run = check(watched, "--registry", str(registry), "--name", "it", cwd=clone)
    assert run.code == 0, run.err
    lines = run.results["it"]["output"]["text"].split("\n")
    assert lines[0] == ("1" if "--depth" in options else "3")
    assert lines[-2:] == ["-old", "+staged"]
    assert work(watched, clone) == before


def test_a_repository_in_the_place_of_another_one_has_a_view_of_its_own(watched: Repo, tmp_path: Path) -> None:
    change(watched.root, watched)
    check(watched)
    watched.root.rename(tmp_path / "away")
    watched.root.mkdir()
    watched.git("init", "-q")
    witnessed(watched)
    watched.write("b.txt", "of the new one\n")
    watched.git("add", "b.txt")
    watched.write("b.txt", "unstaged\n")
    assert_seen(check(watched), {"b.txt": ("file", b"of the new one\n")})
