"""What can be said at a prompt, and what it means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.cli.stepping.words import WORDS, said, usage
from omnibase.core.scheduling import STEP, STEP_FAILED

QUESTIONS = (STEP, STEP_FAILED)


@pytest.mark.parametrize(
    ("question", "line", "meant"),
    [
        (STEP, "", ("run", "")),
        (STEP_FAILED, "  ", ("accept", "")),
        (STEP, "r", ("run", "")),
        (STEP_FAILED, "r", ("retry", "")),
        (STEP, "retry", ("run", "")),
        (STEP_FAILED, "run", ("retry", "")),
        (STEP, " skip ", ("skip", "")),
        (STEP, "s", ("skip", "")),
        (STEP, "sk", ("skip", "")),
        (STEP, "sh", ("shell", "")),
        (STEP_FAILED, "s", ("shell", "")),
        (STEP_FAILED, "skip", (None, "skip")),
        (STEP, "accept", (None, "accept")),
        (STEP, "e A=b  c=d ", ("env", "A=b  c=d")),
        (STEP, "output a name", ("output", "a name")),
        (STEP, "!", ("shell", "")),
        (STEP, "?", ("help", "")),
        (STEP, "Run", (None, "Run")),
        (STEP, "what now", (None, "what")),
    ],
)
def test_a_line_means_a_word_its_letter_or_its_beginning(
    question: str, line: str, meant: tuple[str | None, str]
) -> None:
    assert tuple(said(line, question)) == meant


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_word_and_every_letter_means_one_thing(question: str) -> None:
    here = [word for word in WORDS if question in word.at]
    assert len({word.letter for word in here}) == len({word.word for word in here}) == len(here)
    for word in here:
        assert said(word.word, question) == said(word.letter, question) == (word.word, "")


@pytest.mark.parametrize("question", QUESTIONS)
def test_from_two_letters_on_a_beginning_is_that_of_one_word(question: str) -> None:
    here = [word.word for word in WORDS if question in word.at]
    beginnings = [word[:length] for word in here for length in range(2, len(word))]
    assert len(beginnings) == len(set(beginnings))
    assert all(said(beginning, question).word in here for beginning in beginnings)


@given(line=st.text(), question=st.sampled_from(QUESTIONS))
def test_whatever_is_said_is_a_word_of_the_question_or_none(line: str, question: str) -> None:
    here = {word.word for word in WORDS if question in word.at}
    assert said(line, question).word in {*here, None}


@pytest.mark.parametrize("question", QUESTIONS)
def test_all_that_can_be_said_is_explained(question: str) -> None:
    explained = [row.split()[1] for row, _ in usage(question)]
    assert explained == [word.word for word in WORDS if question in word.at]
