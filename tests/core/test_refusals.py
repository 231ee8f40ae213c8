"""What the system refuses is told apart from what is a defect."""

import errno
import os

import pytest

from omnibase.core.refusals import REMEDIES, refusal
from omnibase.model.errors import ExitCode


def error(number: int, *name: str | bytes) -> OSError:
    return OSError(number, os.strerror(number), *name)


@pytest.mark.parametrize("number", REMEDIES)
def test_what_the_system_is_short_of_or_forbids_fails_the_run_and_names_the_file(number: int) -> None:
    told = refusal(error(number, "/disk/file"))
    assert told is not None
    assert told.message == f"it could not go on: /disk/file: {os.strerror(number)}"
    assert (told.exit_code, told.remedy) == (ExitCode.FAILED, REMEDIES[number])


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EBADF, errno.EINVAL, errno.EEXIST, errno.ENOTDIR])
def test_what_omnibase_asked_for_in_the_wrong_way_is_no_refusal(number: int) -> None:
    assert refusal(error(number, "/disk/file")) is None


def test_a_path_may_be_bytes_or_unknown() -> None:
    named, nameless = refusal(error(errno.EIO, b"/disk/\xff")), refusal(error(errno.EMFILE))
    assert named is not None
    assert nameless is not None
    assert named.message == "it could not go on: /disk/\\xff: Input/output error"
    assert nameless.message == "it could not go on: Too many open files"
