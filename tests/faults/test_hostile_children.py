"""Components whose processes do all they can to be left alone: each gets its status, and nothing survives its run."""

from pathlib import Path

import pytest

from tests.faults.children import KINDS, Kind
from tests.faults.kinds import Size
from tests.faults.misbehaving import of_kind, wrong

# Odd, but not hostile. What ends by itself has exit code 7, so that it is told from what cannot be started.
ODD = (
    Kind("exits 137", "sys.exit(137)", "FAIL", None, 1, 1),
    Kind("reads standard input", "sys.exit(7 if sys.stdin.buffer.read() == b'' else 0)", "FAIL", None, 1, 1),
    Kind(
        "needs a terminal",
        "try:\n    os.open('/dev/tty', os.O_RDWR)\nexcept OSError:\n    sys.exit(7)",
        "FAIL",
        None,
        1,
        1,
    ),
    Kind(
        "asks for a password",
        "import getpass\ntry:\n    getpass.getpass()\nexcept EOFError:\n    sys.exit(7)",
        "FAIL",
        None,
        1,
        1,
    ),
    Kind("shuts its folder", "os.chmod('.', 0)\nsys.exit(7)", "FAIL", None, 1, 1, "cwd: sub"),
    Kind("removes its folder", "os.rmdir(os.getcwd())\nsys.exit(7)", "FAIL", None, 1, 1, "cwd: sub"),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_hostile_child_gets_its_status_and_leaves_nothing(tmp_path: Path, size: Size, kind: Kind) -> None:
    for one in of_kind(tmp_path / "runs", kind, size.hostile, lanes=2):
        assert wrong(kind, one) is None, one


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.ends_run], ids=lambda kind: kind.name)
def test_what_has_the_environment_of_a_run_that_is_killed_does_not_survive_it(
    tmp_path: Path, size: Size, seed: int, kind: Kind
) -> None:
    for one in of_kind(tmp_path / "runs", kind, size.hostile, seed, lanes=2):
        assert not one.survivors.marked, one
        assert not kind.marked or not one.survivors.others, one


@pytest.mark.parametrize("kind", ODD, ids=lambda kind: kind.name)
def test_an_odd_child_fails_and_the_run_goes_on(tmp_path: Path, kind: Kind) -> None:
    (one,) = of_kind(tmp_path / "runs", kind, 1)
    assert wrong(kind, one) is None, one
