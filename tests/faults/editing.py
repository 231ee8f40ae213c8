"""A process that keeps editing files while runs go on, and an account of every line that it has confirmed.

    python editing.py ROOT SEED [--confirm FILE] PATH...

It edits until its standard input is closed. A line is confirmed once the call that wrote it has returned.
"""

import argparse
import os
import random
import select
import sys
from collections.abc import Callable, Iterable


def append(path: str, line: bytes) -> None:
    """As a shell's `>>` does."""
    with open(path, "ab", buffering=0) as file:
        file.write(line)


def rewrite(path: str, line: bytes) -> None:
    """As an editor does that saves in place: truncate and write."""
    with open(path, "rb") as file:
        content = file.read()
    with open(path, "wb", buffering=0) as file:
        file.write(content + line)


def replace(path: str, line: bytes) -> None:
    """As an editor does that saves under another name, and renames it."""
    with open(path, "rb") as file:
        content = file.read()
    beside = f"{path}.swp"
    with open(beside, "wb", buffering=0) as file:
        file.write(content + line)
    os.rename(beside, path)


def update(path: str, line: bytes) -> None:
    """As a program does that has a file open for reading and writing, and writes a little later."""
    with open(path, "r+b", buffering=0) as file:
        file.seek(0, os.SEEK_END)
        select.select([], [], [], 0.002)
        file.write(line)


Way = Callable[[str, bytes], None]
WAYS: tuple[Way, ...] = (append, rewrite, replace, update)


def token(path_number: int, number: int) -> bytes:
    """What is in a file exactly once for each confirmed edit."""
    return b"<%d:%d>" % (path_number, number)


def line(path_number: int, number: int) -> bytes:
    """Each line has a blank at its end, and a word for another fixer: there is always something to fix."""
    return token(path_number, number) + b" todo  \n"


def edit(root: str, seed: int, confirm: str, paths: list[str]) -> None:
    """Edit until standard input is closed. Pauses are of all lengths up to 50 ms."""
    chance = random.Random(seed)
    os.chdir(root)
    number = 0
    with open(confirm, "wb", buffering=0) as account:
        print("editing", flush=True)
        while not select.select([sys.stdin], [], [], chance.random() ** 3 * 0.05)[0]:
            which = chance.randrange(len(paths))
            way = WAYS[(which + number) % len(WAYS)]
            try:
                way(paths[which], line(which, number))
            except FileNotFoundError:  # a tool has it out of the way: an editor would say so, and try again
                number += 1
                continue
            account.write(token(which, number) + b"\n")
            number += 1


class Account:
    """What became of confirmed lines: `lost` are in no file, `elsewhere` only in one that an output names."""

    def __init__(self, confirmed: Iterable[bytes], contents: Iterable[bytes], named: Iterable[bytes]) -> None:
        there = b"".join(contents)
        beside = b"".join(named)
        self.confirmed = list(confirmed)
        gone = [one for one in self.confirmed if one not in there]
        self.lost = [one for one in gone if one not in beside]
        self.elsewhere = [one for one in gone if one in beside]
        self.twice = [one for one in self.confirmed if there.count(one) > 1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("root")
    parser.add_argument("seed", type=int)
    parser.add_argument("--confirm", required=True)
    parser.add_argument("paths", nargs="+")
    given = parser.parse_args()
    edit(given.root, given.seed, given.confirm, given.paths)
