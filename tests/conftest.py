"""What all tests share: property tests that are the same at every run, and a home that is nobody's."""

import os
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A test that is slow on a busy machine is no worse for it: nothing here depends on the time it takes.
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# To look further: pytest --hypothesis-profile=explore
settings.register_profile("explore", settings.get_profile("ci"), derandomize=False, max_examples=2_000)
settings.load_profile("ci")

# What a user, a hook or a CI has set, and what omnibase or git would heed.
FOREIGN_PREFIXES = ("GIT_", "XDG_", "OMNIBASE_")
FOREIGN = frozenset({"SKIP", "CI", "TRACEPARENT", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"})
XDG = {"CONFIG_HOME": ".config", "CACHE_HOME": ".cache", "DATA_HOME": ".local/share", "STATE_HOME": ".local/state"}
GIT_CONFIG = "[user]\n\tname = Some One\n\temail = some.one@example.org\n[init]\n\tdefaultBranch = main\n"

# Who runs the tests may ignore these, as nohup does, and a shell for what it starts in the background; what the tests
# start would inherit that.
for _number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number is signal.SIGINT else signal.SIG_DFL)


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders for homes that do not exist yet, a new one for each test."""
    base = tmp_path_factory.mktemp("homes")
    return (base / str(number) for number in count())


@pytest.fixture(autouse=True)
def private_home(
    _homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An empty home, but for a name to commit by: no test reads or writes the configuration or cache of a user."""
    folder = next(_homes)
    folder.mkdir()
    (folder / ".gitconfig").write_text(GIT_CONFIG)
    for name in [name for name in os.environ if name.startswith(FOREIGN_PREFIXES) or name in FOREIGN]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder))
    for name, place in XDG.items():
        monkeypatch.setenv(f"XDG_{name}", str(folder / place))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path_factory.getbasetemp()))  # no repository around it
    return folder
