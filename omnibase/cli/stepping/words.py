"""What the person at a prompt can say: words, their letters, and what each does."""

from omnibase.core.scheduling import STEP, STEP_FAILED
from omnibase.model.record import Record

PROMPTS = {STEP: "(step) ", STEP_FAILED: "(failed) "}


class Word(Record):
    """A word with its letter. `at` are the questions at which it can be said; `usage` and `help` explain it."""

    word: str
    letter: str
    help: str
    usage: str = ""
    at: tuple[str, ...] = (STEP, STEP_FAILED)


WORDS = (
    Word("run", "r", "run it; so does Enter", at=(STEP,)),
    Word("skip", "s", "leave it out of this run", at=(STEP,)),
    Word("retry", "r", "try it once more", at=(STEP_FAILED,)),
    Word("accept", "a", "go on with its result; so does Enter", at=(STEP_FAILED,)),
    Word("env", "e", "its environment; set a variable, or take one away", " [NAME=VALUE | -NAME]"),
    Word("shell", "!", "a shell where it runs, with its environment"),
    Word("inputs", "i", "the files that it looks at", " [all]"),
    Word("output", "o", "what it, or else the last one, has printed; or NAME", " [NAME]"),
    Word("continue", "c", "go on, and stop no more before every task"),
    Word("quit", "q", "end the run, as ^C does; so does ^D"),
    Word("help", "?", "these lines"),
)

ENTER = {STEP: "run", STEP_FAILED: "accept"}
# What is right at the other question is no mistake here, but has another name.
MEANT = {STEP: {"retry": "run"}, STEP_FAILED: {"run": "retry"}}


class Said(Record):
    """What a line says: one of the words above, and what stands behind it. `word` is None where it is none of them."""

    word: str | None
    argument: str = ""


def said(line: str, question: str) -> Said:
    """What a line means at a question: a word, its letter, or its beginning, which from two letters on only one has."""
    first, _, argument = line.strip().partition(" ")
    if not first:
        return Said(ENTER[question])
    here = [word for word in WORDS if question in word.at]
    names = {name: word.word for word in here for name in (word.word, word.letter)} | MEANT[question]
    word = names.get(first) or next((word.word for word in here if word.word.startswith(first)), None)
    takes_more = any(one.word == word and one.usage for one in here)
    if word is None or (argument.strip() and not takes_more):
        return Said(None, first if word is None else line.strip())
    return Said(word, argument.strip())


def usage(question: str) -> list[tuple[str, str]]:
    """For each word that can be said at a question how it is written, and what it does."""
    return [(f"{word.letter}  {word.word}{word.usage}", word.help) for word in WORDS if question in word.at]
