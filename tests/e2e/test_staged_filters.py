"""Where git changes contents on their way, what is staged is seen as a checkout would write it."""

import pytest

from tests.e2e.driving import Repo
from tests.e2e.staged import assert_seen, check, save, seen_in, witnessed, work


@pytest.fixture
def watched(repo: Repo) -> Repo:
    return witnessed(repo)


def attributes(repo: Repo, text: str) -> None:
    repo.write(".gitattributes", text)
    save(repo)


def partly(repo: Repo, path: str, staged: bytes, unstaged: bytes = b"being worked on\n") -> None:
    """A file with a content that is staged, and another one in the work tree."""
    repo.write(path, staged)
    repo.git("add", path)
    repo.write(path, unstaged)


@pytest.mark.parametrize(
    ("attribute", "written"),
    [
        ("eol=crlf", b"one\r\ntwo\r\n"),
        ("eol=lf", b"one\ntwo\n"),
        ("text=auto", b"one\ntwo\n"),
        ("-text", b"one\r\ntwo\n"),
    ],
    ids=["crlf", "lf", "auto", "none"],
)
def test_line_ends_are_those_of_a_checkout(watched: Repo, attribute: str, written: bytes) -> None:
    attributes(watched, f"*.txt {attribute}\n")
    partly(watched, "a.txt", b"one\r\ntwo\n")
    before = work(watched)
    assert_seen(check(watched), {"a.txt": ("file", written)})
    assert work(watched) == before


@pytest.mark.parametrize(
    ("autocrlf", "written"), [("true", b"1\r\n2\r\n"), ("input", b"1\n2\n"), ("false", b"1\r\n2\n")]
)
def test_line_ends_are_those_of_the_configuration(watched: Repo, autocrlf: str, written: bytes) -> None:
    watched.git("config", "core.autocrlf", autocrlf)
    watched.git("config", "core.safecrlf", "true" if autocrlf == "false" else "false")
    partly(watched, "a.txt", b"1\r\n2\n")
    before = work(watched)
    assert_seen(check(watched), {"a.txt": ("file", written)})
    assert work(watched) == before


def test_the_attributes_that_are_staged_are_those_that_count(watched: Repo) -> None:
    attributes(watched, "*.txt eol=crlf\n")
    partly(watched, ".gitattributes", b"*.txt eol=lf\n", b"*.txt eol=crlf\n*.txt -text\n")
    partly(watched, "a.txt", b"one\n", b"one\r\n\r\n")
    run = check(watched)
    assert seen_in(run, "single") == seen_in(run)
    assert seen_in(run)["a.txt"] == ("file", b"one\n")


def test_attributes_that_change_between_runs_are_followed(watched: Repo) -> None:
    save(watched)
    partly(watched, "a.txt", b"one\n", b"one\n\n")
    assert seen_in(check(watched)) == {"a.txt": ("file", b"one\n")}
    partly(watched, ".gitattributes", b"*.txt eol=crlf\n", b"")
    assert seen_in(check(watched)) == {
        ".gitattributes": ("file", b"*.txt eol=crlf\n"),
        "a.txt": ("file", b"one\r\n"),
    }
    watched.write(".git/info/attributes", "*.txt -text -eol\n")
    assert seen_in(check(watched))["a.txt"] == ("file", b"one\n")


def test_what_a_clean_filter_takes_out_a_smudge_filter_puts_back(watched: Repo) -> None:
    watched.git("config", "filter.secret.clean", "sed s/hunter2/PASSWORD/")
    watched.git("config", "filter.secret.smudge", "sed s/PASSWORD/hunter2/")
    watched.git("config", "filter.secret.required", "true")
    attributes(watched, "*.conf filter=secret\n")
    partly(watched, "a.conf", b"login hunter2\n")
    assert watched.git("show", ":a.conf") == "login PASSWORD\n"
    before = work(watched)
    assert_seen(check(watched), {"a.conf": ("file", b"login hunter2\n")})
    assert work(watched) == before


def test_a_filter_that_is_a_program_of_the_repository_works(watched: Repo) -> None:
    """git starts filters at the top of the work tree."""
    watched.script("tools/upper", "import sys; sys.stdout.write(sys.stdin.read().upper())")
    watched.script("tools/lower", "import sys; sys.stdout.write(sys.stdin.read().lower())")
    attributes(watched, "*.conf filter=case\n")
    watched.git("config", "filter.case.clean", "./tools/lower")
    watched.git("config", "filter.case.smudge", "./tools/upper")
    watched.git("config", "filter.case.required", "true")
    partly(watched, "a.conf", b"WORD\n")
    assert watched.git("show", ":a.conf") == "word\n"
    before = work(watched)
    assert_seen(check(watched), {"a.conf": ("file", b"WORD\n")})
    assert work(watched) == before


def test_a_filter_that_fails_and_is_required_is_told(watched: Repo) -> None:
    attributes(watched, "*.conf filter=broken\n")
    partly(watched, "a.conf", b"content\n")
    watched.git("config", "filter.broken.smudge", "false")
    watched.git("config", "filter.broken.required", "true")
    before = work(watched)
    run = check(watched)
    assert run.code == 1
    assert "a.conf: smudge filter broken failed" in run.text + run.err
    assert work(watched) == before


def test_identifiers_are_expanded_as_in_a_checkout(watched: Repo) -> None:
    attributes(watched, "*.c ident\n")
    partly(watched, "a.c", b"/* $Id$ */\n")
    oid = watched.git("rev-parse", ":a.c").strip()
    before = work(watched)
    assert_seen(check(watched), {"a.c": ("file", f"/* $Id: {oid} $ */\n".encode())})
    assert work(watched) == before


def test_encodings_of_the_work_tree_are_those_of_a_checkout(watched: Repo) -> None:
    attributes(watched, "*.reg text working-tree-encoding=UTF-16LE eol=crlf\n")
    partly(watched, "a.reg", "straße\r\n".encode("utf-16-le"), "being worked on\r\n".encode("utf-16-le"))
    assert watched.git("show", ":a.reg") == "straße\n"
    before = work(watched)
    assert_seen(check(watched), {"a.reg": ("file", "straße\r\n".encode("utf-16-le"))})
    assert work(watched) == before


def test_of_a_sparse_checkout_what_is_staged_is_seen_also_outside_of_it(watched: Repo) -> None:
    for path in ("in/a.txt", "out/b.txt", "out/c.txt"):
        watched.write(path, "old\n")
    save(watched)
    watched.git("config", "core.sparseCheckout", "true")
    watched.write(".git/info/sparse-checkout", "/*\n!/out/\n")
    watched.git("read-tree", "-mu", "HEAD")
    assert not (watched.root / "out").exists()
    oid = watched.git("hash-object", "-w", "registry.yaml").strip()
    watched.git("update-index", "--cacheinfo", f"100644,{oid},out/b.txt")
    watched.git("update-index", "--skip-worktree", "out/b.txt")
    partly(watched, "in/a.txt", b"new\n")
    before = work(watched)
    expected = {"in/a.txt": b"new\n", "out/b.txt": (watched.root / "registry.yaml").read_bytes()}
    assert_seen(check(watched), {path: ("file", content) for path, content in expected.items()})
    assert work(watched) == before


def test_a_sparse_index_is_left_sparse(watched: Repo) -> None:
    for path in ("in/a.txt", "out/b.txt"):
        watched.write(path, "old\n")
    save(watched)
    done = watched.git("sparse-checkout", "set", "--cone", "--sparse-index", "in", check=False)
    if "out/" not in watched.git("ls-files", "--sparse", check=False).split():
        pytest.skip(f"this git has no sparse index {done}")
    partly(watched, "in/a.txt", b"new\n")
    before = work(watched)
    assert_seen(check(watched), {"in/a.txt": ("file", b"new\n")})
    after = work(watched)  # git itself writes the trees of a sparse index out when it reads it
    assert {path: one for path, one in after.items() if path in before or "/.git/objects/" not in path} == before
