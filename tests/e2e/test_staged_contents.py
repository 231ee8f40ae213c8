"""At a commit a component sees what is staged, never the unstaged rest; and nothing of the user's is touched for it."""

from ast import literal_eval

import pytest

from tests.e2e.driving import Repo
from tests.e2e.staged import assert_seen, check, hook, hooked, save, seen_in, stage, witnessed, work

LINES = [b"line %d\n" % number for number in range(1, 21)]


@pytest.fixture
def watched(repo: Repo) -> Repo:
    return witnessed(repo)


def changed(*numbers: int) -> bytes:
    """The twenty lines, with some of them changed."""
    return b"".join(b"changed %d\n" % at if at in numbers else line for at, line in enumerate(LINES, 1))


@pytest.mark.parametrize(
    "unstaged",
    [changed(2, 19), changed(2, 3), b"all\nnew\n", b"", changed(2)[:-1]],
    ids=["another line", "the line beside", "all lines", "emptied", "no end"],
)
def test_of_a_partly_staged_file_the_staged_part_is_seen(watched: Repo, unstaged: bytes) -> None:
    watched.write("a.txt", changed())
    save(watched)
    watched.write("a.txt", changed(2))
    watched.git("add", "a.txt")
    watched.write("a.txt", unstaged)
    before = work(watched)
    assert_seen(check(watched), {"a.txt": ("file", changed(2))})
    assert work(watched) == before


def test_of_a_partly_staged_file_a_commit_takes_what_was_seen(watched: Repo) -> None:
    hook(watched)
    watched.write("a.txt", changed())
    watched.git("add", "a.txt")
    watched.git("commit", "-q", "-m", "lines")
    watched.write("a.txt", changed(2))
    watched.git("add", "a.txt")
    watched.write("a.txt", changed(2, 3))
    watched.git("commit", "-q", "-m", "partly")
    assert_seen(hooked(watched), {"a.txt": ("file", changed(2))})
    assert watched.git("show", "HEAD:a.txt").encode() == changed(2)
    assert (watched.root / "a.txt").read_bytes() == changed(2, 3)
    assert watched.git("status", "--porcelain") == " M a.txt\n?? untracked.txt\n"


def test_contents_of_every_kind_are_seen_byte_by_byte(watched: Repo) -> None:
    contents = {
        "binary": bytes(range(256)),
        "crlf.txt": b"one\r\ntwo\r\n",
        "mixed.txt": b"one\r\ntwo\nthree\r",
        "latin-1.txt": b"caf\xe9\n",
        "utf-16.txt": "two words\n".encode("utf-16"),
        "empty": b"",
        "long": b"x" * 100_000,
    }
    for path, content in contents.items():
        watched.write(path, content)
    watched.git("add", *contents)
    for path in contents:
        watched.write(path, b"being worked on\n")
    before = work(watched)
    shown = seen_in(check(watched), "single")
    assert shown == {path: ("file", content) for path, content in contents.items()}
    del contents["long"], contents["binary"]  # what a command prints is kept to a limit, and made safe to show
    watched.git("rm", "-q", "--cached", "-f", "long", "binary")
    before = work(watched)
    assert seen_in(check(watched)) == {path: ("file", content) for path, content in contents.items()}
    assert work(watched) == before


def test_a_renamed_file_is_seen_under_its_new_name(watched: Repo) -> None:
    watched.write("old.txt", changed())
    save(watched)
    watched.git("mv", "old.txt", "new.txt")
    watched.write("new.txt", changed(5))
    watched.write("old.txt", "something else of that name, and not staged\n")
    before = work(watched)
    assert_seen(check(watched), {"new.txt": ("file", changed())})
    assert work(watched) == before


def test_a_mode_is_seen_as_it_is_staged(watched: Repo) -> None:
    for name in ("gets-it", "loses-it", "staged-only", "unstaged-only"):
        watched.write(name, "x\n", mode=0o755 if name == "loses-it" else 0o644)
    save(watched)
    (watched.root / "gets-it").chmod(0o755)
    (watched.root / "loses-it").chmod(0o644)
    watched.git("add", "gets-it", "loses-it")
    watched.git("update-index", "--chmod=+x", "staged-only")
    (watched.root / "unstaged-only").chmod(0o755)
    before = work(watched)
    expected = {"gets-it": ("exec", b"x\n"), "loses-it": ("file", b"x\n"), "staged-only": ("exec", b"x\n")}
    assert_seen(check(watched), {**expected})
    assert work(watched) == before


def test_where_modes_are_not_to_be_trusted_the_index_says_them(watched: Repo) -> None:
    watched.git("config", "core.fileMode", "false")
    watched.write("plain", "x\n", mode=0o755)
    watched.write("script", "x\n")
    watched.git("add", "plain", "script")
    watched.git("update-index", "--chmod=+x", "script")
    watched.write("script", "being worked on\n")
    assert seen_in(check(watched))["script"] == ("exec", b"x\n")


def test_links_are_seen_as_links_and_what_takes_their_place_is_not(watched: Repo) -> None:
    (watched.root / "broken").symlink_to("nowhere")
    (watched.root / "link").symlink_to("untracked.txt")
    (watched.root / "was-link").symlink_to("nowhere")
    watched.write("was-file", "a file\n")
    save(watched)
    for name, target in (("broken", "still nowhere"), ("link", "registry.yaml")):
        (watched.root / name).unlink()
        (watched.root / name).symlink_to(target)
    (watched.root / "was-link").unlink()
    watched.write("was-link", "a file now\n")
    (watched.root / "was-file").unlink()
    (watched.root / "was-file").symlink_to("link")
    stage(watched)
    (watched.root / "link").unlink()
    watched.write("link", "a file that is not staged\n")
    (watched.root / "was-link").unlink()
    (watched.root / "was-link").symlink_to("/etc/passwd")
    before = work(watched)
    assert_seen(
        check(watched),
        {
            "broken": ("link", b"still nowhere"),
            "link": ("link", b"registry.yaml"),
            "was-file": ("link", b"link"),
            "was-link": ("file", b"a file now\n"),
        },
    )
    assert work(watched) == before


def test_a_file_that_became_a_folder_since_is_seen_as_it_is_staged(watched: Repo) -> None:
    watched.write("a", "a file\n")
    watched.write("b/c", "below a folder\n")
    watched.git("add", "a", "b/c")
    (watched.root / "a").unlink()
    watched.write("a/inside", "not staged\n")
    (watched.root / "b/c").unlink()
    (watched.root / "b").rmdir()
    (watched.root / "b").symlink_to("a")
    before = work(watched)
    assert_seen(check(watched), {"a": ("file", b"a file\n"), "b/c": ("file", b"below a folder\n")})
    assert work(watched) == before


def test_a_file_that_is_staged_and_removed_since_is_seen(watched: Repo) -> None:
    watched.write("gone.txt", "staged\n")
    watched.git("add", "gone.txt")
    (watched.root / "gone.txt").unlink()
    before = work(watched)
    assert_seen(check(watched), {"gone.txt": ("file", b"staged\n")})
    assert work(watched) == before


def test_a_file_whose_removal_is_staged_is_not_seen_although_it_is_there(watched: Repo) -> None:
    watched.write("kept.txt", "kept\n")
    watched.write("other.txt", "other\n")
    save(watched)
    watched.git("rm", "-q", "--cached", "kept.txt")
    watched.write("other.txt", "changed\n")
    watched.git("add", "other.txt")
    watched.registry(
        (watched.root / "registry.yaml").read_text().partition("\n")[2]
        + "  - {name: looks, lifecycle: stable, command: [ls]}\n"
    )
    watched.git("commit", "-q", "-m", "a component that looks around", "registry.yaml")
    run = check(watched)
    assert_seen(run, {"other.txt": ("file", b"changed\n")})
    assert run.results["looks"]["output"]["text"].split() == ["other.txt", "registry.yaml"]


def test_a_commit_of_removals_alone_has_nothing_to_check(watched: Repo) -> None:
    hook(watched)
    watched.write("a.txt", "a\n")
    watched.git("add", "a.txt")
    watched.git("commit", "-q", "-m", "a")
    watched.git("rm", "-q", "a.txt")
    watched.git("commit", "-q", "-m", "without a")
    run = hooked(watched)
    assert (run.code, run.statuses) == (0, {"single": "SKIP", "view": "SKIP"})


def test_what_is_only_intended_to_be_added_is_not_seen(watched: Repo) -> None:
    watched.write("intended.txt", "not staged\n")
    watched.git("add", "--intent-to-add", "intended.txt")
    watched.write("a.txt", "staged\n")
    watched.git("add", "a.txt")
    watched.script(".git/look", "import os; print(ascii(sorted(os.listdir())))")
    watched.registry(
        (watched.root / "registry.yaml").read_text().partition("\n")[2]
        + f"  - {{name: looks, lifecycle: stable, command: [{watched.root}/.git/look]}}\n"
    )
    before = work(watched)
    run = check(watched)
    assert_seen(run, {"a.txt": ("file", b"staged\n")})
    assert literal_eval(run.results["looks"]["output"]["text"]) == [".git", "a.txt", "registry.yaml"]
    assert work(watched) == before
    assert watched.git("status", "--porcelain", "intended.txt") == " A intended.txt\n"
    watched.git("commit", "-q", "-m", "without what is intended")
    assert watched.git("ls-tree", "--name-only", "HEAD").split() == ["a.txt", "registry.yaml"]
