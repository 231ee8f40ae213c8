"""What check-merge-conflict, detect-private-key and check-added-large-files find."""

import pytest

from omnibase.api import SourceFile
from omnibase_files.repository import check_added_large_files, check_merge_conflict, detect_private_key

# Made here, so that this file has neither conflicts nor keys in it.
OURS, BASE, PARTED, THEIRS = (sign * 7 for sign in "<|=>")
KEY = "PRIVATE " + "KEY"


def conflicts(data: str, *, assume_in_merge: bool = False) -> list[int | None]:
    file = SourceFile.of("a.txt", data.encode())
    return [finding.line for finding in check_merge_conflict(file, assume_in_merge=assume_in_merge)]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (f"a\n{OURS} HEAD\nb\n{PARTED}\nc\n{THEIRS} branch\nd\n", [2, 4, 6]),
        (f"{OURS} HEAD\r\nb\r\n{PARTED}\r\nc\r\n{THEIRS} branch\r\n", [1, 3, 5]),
        (f"{OURS} HEAD\n{BASE} base\n{PARTED}\n{THEIRS} x\n", [1, 2, 3, 4]),
        (f"{OURS}\n{PARTED}\n{THEIRS}", [1, 2, 3]),
        (f"{OURS} a\n{PARTED}\n{THEIRS} b\n\nHeading\n{PARTED}\n", [1, 2, 3]),
        (f"a\n{THEIRS} left over\n", [2]),
        (f"a\n{OURS} left over", [2]),
        (f"Heading\n{PARTED}\n{OURS} a\n", [3]),
    ],
)
def test_the_markers_of_a_conflict_are_found(data: str, lines: list[int]) -> None:
    assert conflicts(data) == lines


@pytest.mark.parametrize(
    "data",
    [
        f"Heading\n{PARTED}\n",
        f"{OURS}< eight\n",
        f"{OURS}x\n",
        f"  {OURS} indented\n",
        f"x = '{OURS} HEAD'\n",
        f"{BASE} a | table |\n{PARTED} x\n",
    ],
)
def test_what_only_looks_like_a_marker_is_not_found(data: str) -> None:
    assert conflicts(data) == []


def test_a_line_that_parts_two_sides_counts_alone_where_a_merge_is_assumed() -> None:
    assert conflicts(f"a\n{PARTED}\nb\n{PARTED} c\n", assume_in_merge=True) == [2, 4]
    assert conflicts(f"{OURS} a\n{THEIRS} b\n{PARTED}\n", assume_in_merge=True) == [1, 2, 3]


@pytest.mark.parametrize(
    "header",
    [
        f"BEGIN RSA {KEY}",
        f"BEGIN DSA {KEY}",
        f"BEGIN EC {KEY}",
        f"BEGIN OPENSSH {KEY}",
        f"BEGIN {KEY}",
        f"BEGIN ENCRYPTED {KEY}",
        f"BEGIN SSH2 ENCRYPTED {KEY}",
        f"BEGIN PGP {KEY} BLOCK",
        "PuTTY-User-Key-" + "File-2",
        "PuTTY-User-Key-" + "File-3",
        "BEGIN OpenVPN " + "Static key V1",
    ],
)
def test_a_private_key_is_found(header: str) -> None:
    data = b"\xff\n" + "é ".encode() + f"-----{header}-----\nMIIE\n".encode()
    (finding,) = detect_private_key(SourceFile.of("key", data))
    assert (finding.path, finding.line, finding.column) == ("key", 2, 8)
    assert finding.message == f"a private key starts here ({header})"


@pytest.mark.parametrize(
    "data",
    [
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----",
        f"-----END RSA {KEY}-----",
        f"the {KEY} is elsewhere",
        f"BEGIN our {KEY}",
    ],
)
def test_what_is_no_private_key_is_not_found(data: str) -> None:
    assert list(detect_private_key(SourceFile.of("a", data.encode()))) == []


def large(size: int, *, added: bool = True, max_kb: int = 500, enforce_all: bool = False) -> list[str]:
    def read() -> bytes:
        raise AssertionError("the content of the file was read")

    file = SourceFile("big.bin", read, size=size, added=added)
    return [finding.message for finding in check_added_large_files(file, max_kb=max_kb, enforce_all=enforce_all)]


@pytest.mark.parametrize(
    ("size", "max_kb", "found"),
    [(0, 0, False), (1, 0, True), (500 * 1024, 500, False), (500 * 1024 + 1, 500, True), (10**15, 500, True)],
)
def test_a_new_file_over_the_limit_is_found_without_being_read(size: int, max_kb: int, found: bool) -> None:
    assert bool(large(size, max_kb=max_kb)) == found


def test_a_large_file_that_is_not_new_counts_only_where_all_do() -> None:
    assert large(2 * 1024 * 1024, added=False) == []
    assert large(2 * 1024 * 1024, added=False, enforce_all=True) == ["2,048 KB, and 500 KB are allowed"]
