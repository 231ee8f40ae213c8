"""A view: what a component finds around its files there, and what of its doings gets out of it."""

import os
from pathlib import Path

import pytest

from tests.e2e.driving import Repo
from tests.e2e.staged import asks, attempt, check, in_the_midst, work


@pytest.fixture
def watched(repo: Repo) -> Repo:
    return in_the_midst(repo)


def test_ignored_folders_at_the_top_are_there(watched: Repo) -> None:
    watched.script(".venv/bin/tool", "print('a tool')")
    watched.write("node_modules/x/index.js", "x\n")
    watched.write("below/node_modules/y", "not at the top\n")
    run = asks(watched, "tool 2>/dev/null || .venv/bin/tool; cat node_modules/x/index.js; git status --porcelain")
    assert run.results["it"]["output"]["text"].splitlines() == ["a tool", "x", "M  a.txt"]
    (watched.root / "node_modules/x/index.js").unlink()
    (watched.root / "node_modules/x").rmdir()
    (watched.root / "node_modules").rmdir()
    run = asks(watched, "ls -A | sort")
    assert run.results["it"]["output"]["text"].split() == [".git", ".gitignore", ".venv", "a.txt", "registry.yaml"]


def test_the_cache_of_a_tool_stays_in_the_view_and_is_not_the_users(watched: Repo) -> None:
    tag = "Signature: 8a477f597d28d172789f06886806bc55\n"
    watched.write("cache/CACHEDIR.TAG", tag)
    watched.write("cache/data", "the user's\n")
    fill = f"mkdir -p cache; cat cache/data || true; echo '{tag}' > cache/CACHEDIR.TAG; echo $1 view >> cache/data"
    before = work(watched)
    first = asks(watched, f"{fill}")
    second = asks(watched, f"{fill}")
    assert "user" not in first.text
    assert second.results["it"]["output"]["text"] == "view"
    assert work(watched) == before


def test_what_a_tool_has_left_there_is_gone_in_the_next_run(watched: Repo) -> None:
    asks(watched, "echo x > left; mkdir -p deep/er; echo x > deep/er/left; git init -q own; chmod 500 deep/er; ls")
    run = asks(watched, "ls -A | sort; cat a.txt; git status --porcelain")
    text = run.results["it"]["output"]["text"].split("\n")
    assert text == [".git", ".gitignore", "a.txt", "registry.yaml", "staged", "M  a.txt"]


def test_a_change_of_what_is_staged_is_undone_and_told(watched: Repo) -> None:
    before = work(watched)
    run = attempt(watched, "echo changed > a.txt")
    assert (run.code, run.results["it"]["cause"]) == (1, "changed-files")
    assert [(one["path"], one["applied"]) for one in run.results["it"]["patches"]] == [("a.txt", False)]
    assert asks(watched, "cat a.txt").results["it"]["output"]["text"] == "staged"
    assert work(watched) == before


@pytest.mark.parametrize("away", ['rm -rf "$d"', 'mv "$d" "$d.old"'])
def test_a_link_to_the_work_tree_in_the_place_of_the_view_reaches_nothing_there(watched: Repo, away: str) -> None:
    """What would be put in order in the view would be the user's own files then."""
    watched.write(".git/link", f'd=$PWD; cd /; {away}; ln -s "{watched.root}" "$d"\n')
    component = f"fixes: true, files: {{include: ['*.txt']}}, command: [sh, {watched.root}/.git/link, '{{files}}']"
    watched.only(f"tags: [pre-commit], {component}")
    before = work(watched)
    run = watched.run("orch", "--stage", "pre-commit", "--lifecycle", "stable", "--fix", "--format", "json")
    assert run.code == 1
    assert "in the place of the view" in run.text
    assert work(watched) == before


def test_two_runs_at_once_have_views_of_their_own(watched: Repo) -> None:
    """Each waits for the other to be there."""
    here, there = watched.channel("here").path, watched.channel("there").path
    meets = {"a": f'echo x > "{here}"; head -n1 "{there}"', "b": f'head -n1 "{here}"; echo x > "{there}"'}
    scripts = {name: f"pwd; echo {name} > {name}.log; {meet}; ls" for name, meet in meets.items()}
    components = [f"  - {{name: {n}, always_run: true, shell: true, command: ['{s}']}}" for n, s in scripts.items()]
    watched.registry("\n".join(["defaults: {timeout: 30s}", "components:", *components]))
    before = work(watched)
    arguments = ("orch", "--stage", "pre-commit", "--format", "json")
    running = [watched.start(*arguments, "--name", name) for name in "ab"]
    runs = [one.end() for one in running]
    assert [run.code for run in runs] == [0, 0]
    for name, other, run in zip("ab", "ba", runs, strict=True):
        lines = run.results[name]["output"]["text"].split()
        assert f"{name}.log" in lines
        assert f"{other}.log" not in lines
        assert lines[0] == str(watched.root)
    assert work(watched) == before


def test_paths_of_the_view_are_told_as_those_of_the_work_tree(watched: Repo) -> None:
    watched.script(
        "tools/check",
        """\
        import os
        print(os.path.abspath("a.txt") + ":1:2: E1 bad in " + os.getcwd())
        raise SystemExit(1)
        """,
    )
    watched.git("add", "tools")
    watched.registry(r"""
        stages: {pre-commit: {select: "lifecycle=*"}}
        components:
          - name: it
            lifecycle: stable
            command: [tools/check, "{files}"]
            findings: {regex: '(?P<path>[^:]+):(?P<line>\d+):(?P<column>\d+): (?P<code>\w+) (?P<message>.*)'}
        """)
    for form in ("json", "human", "yaml"):
        run = watched.run("orch", "--stage", "pre-commit", "--format", form)
        assert run.code == 1
        for text in (run.text, run.err):
            assert "/views/" not in text
            assert watched.environment["HOME"] + "/.cache" not in text
    run = check(watched)
    (finding,) = run.results["it"]["findings"]
    assert (finding["path"], finding["message"]) == ("a.txt", f"bad in {watched.root}")
    assert run.results["it"]["output"]["text"] == f"{watched.root}/a.txt:1:2: E1 bad in {watched.root}"
    assert Path(run.results["it"]["program"]) == watched.root / "tools/check"


def test_in_a_repository_of_an_odd_name_paths_are_mapped_back_too(folder: Repo) -> None:
    root = folder.root / os.fsdecode(b"two\nlines \xe6\xbc\xa2 caf\xe9")
    root.mkdir()
    inside = Repo(root, folder.environment)
    inside.git("init", "-q")
    inside.write("untracked", "x")
    inside.only(
        "always_run: true, shell: true, command: ['pwd; git rev-parse --show-toplevel; git status --porcelain']"
    )
    run = check(inside, "--name", "it")
    assert run.code == 0, run.err
    assert "/views/" not in run.text
    assert run.results["it"]["output"]["text"].endswith("A  registry.yaml")
