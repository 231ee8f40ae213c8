"""Lines from a terminal, whatever becomes of it."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from omnibase.cli.stepping.terminal import Terminal
from tests.dialogue import END


class Pair:
    """A terminal, and the end of it at which a person sits."""

    def __init__(self) -> None:
        self.person, theirs = os.openpty()
        self.terminal = Terminal(os.ttyname(theirs), "utf-8")
        os.close(theirs)

    def type(self, text: str) -> None:
        os.write(self.person, text.encode())


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.terminal.close()


def test_a_line_is_there_once_it_has_ended(pair: Pair) -> None:
    assert pair.terminal.line() is None
    pair.type("r")
    assert pair.terminal.line() is None
    pair.type("x\x7fun\r")  # the terminal itself takes back what was mistyped
    assert pair.terminal.line() == "run"
    assert pair.terminal.line() is None
    assert pair.terminal.over is None
    os.close(pair.person)


def test_lines_come_one_by_one(pair: Pair) -> None:
    pair.type("a\r\rb c\r")
    assert [pair.terminal.line() for _ in range(4)] == ["a", "", "b c", None]
    os.close(pair.person)


def test_a_terminal_that_takes_every_key_at_once_gives_lines_too(pair: Pair) -> None:
    import tty

    tty.setraw(pair.terminal.out)
    pair.type("a\rb")
    assert [pair.terminal.line(), pair.terminal.line()] == ["a", None]
    pair.type("c\r")
    assert pair.terminal.line() == "bc"
    os.close(pair.person)


def test_bytes_that_are_no_utf_8_are_kept(pair: Pair) -> None:
    os.write(pair.person, b"env A=\xff\r")
    assert os.fsencode(pair.terminal.line() or "") == b"env A=\xff"
    os.close(pair.person)


def test_the_person_says_that_no_more_comes(pair: Pair) -> None:
    pair.type(END)
    assert pair.terminal.line() is None
    assert pair.terminal.over == "eof"
    os.close(pair.person)


def test_a_terminal_that_is_hung_up_is_told_from_one_at_its_end(pair: Pair) -> None:
    os.close(pair.person)
    assert pair.terminal.line() is None
    assert pair.terminal.over == "gone"
    pair.terminal.write("nobody reads it\n")
    assert pair.terminal.width == 80


def test_text_is_written_in_the_encoding_of_the_terminal(pair: Pair) -> None:
    pair.terminal.encoding = "ascii"
    pair.terminal.write("a\N{SNOWMAN}\n")
    assert os.read(pair.person, 100) == b"a\\u2603\r\n"
    os.close(pair.person)


def test_where_there_is_no_terminal_that_is_said() -> None:
    code = (
        "from omnibase.cli.stepping.terminal import Terminal\n"
        "from omnibase.model.errors import ConfigurationError\n"
        "try: Terminal.found('utf-8')\n"
        "except ConfigurationError as error: print(error.message, '|', error.remedy)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, start_new_session=True, check=True
    )
    assert done.stdout.startswith(b"there is no terminal to ask at: /dev/tty: ")
    assert b"leave out --step and --break" in done.stdout
