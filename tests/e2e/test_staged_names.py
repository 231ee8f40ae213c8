"""Files of any name, and of very many, are seen as they are staged."""

import os
from ast import literal_eval

import pytest

from tests.e2e.driving import Repo
from tests.e2e.staged import assert_seen, check, stage, witnessed, work


@pytest.fixture
def watched(repo: Repo) -> Repo:
    return witnessed(repo)


def test_names_that_differ_in_case_alone_are_different_files(watched: Repo) -> None:
    watched.write("README", "loud\n")
    watched.write("readme", "quiet\n")
    watched.git("add", "README", "readme")
    watched.write("README", "being worked on\n")
    for ignore in ("false", "true"):
        watched.git("config", "core.ignoreCase", ignore)
        before = work(watched)
        assert_seen(check(watched), {"README": ("file", b"loud\n"), "readme": ("file", b"quiet\n")})
        assert work(watched) == before


def test_ten_thousand_odd_names_are_seen(watched: Repo) -> None:
    odd = ["two words", "new\nline", "-dash", "'q'", '"qq"', "$x", "[b]", "\\", "漢字", "caf\udce9", "tab\t", "*", "#!"]
    names = [f"{odd[number % len(odd)]}/{number}{odd[number % 7]}" for number in range(10_000)]
    for name in names:
        watched.write(name, b"%d\n" % len(name))
    stage(watched)
    for name in names[::100]:
        (watched.root / name).write_bytes(b"being worked on\n")
    watched.script(
        ".git/witness",
        """\
        import os, sys
        for path in map(os.fsencode, sys.argv[1:]):
            content = open(path, "rb").read()
            assert content == b"%d\\n" % len(os.fsdecode(path).removeprefix("./")), (path, content)
        """,
    )
    run = check(watched, "--name", "view,single")
    assert run.code == 0, run.results["view"]["output"]
    seen = {(one["path"], literal_eval(one["message"])) for one in run.results["single"]["findings"]}
    assert {length for _, (_, length) in seen} == {b"%d\n" % len(name) for name in names}
    assert (len(seen), run.results["view"]["files"]) == (10_000, 10_000)
    assert watched.git("diff", "--name-only", "-z").split("\0")[:-1] == sorted(names[::100], key=os.fsencode)
