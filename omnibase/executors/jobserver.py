"""A jobserver for makes: the pool of tokens from which they have more than one job at a time.

GNU make's manual, "POSIX Jobserver Interaction": a pipe holds a byte for each job that may be begun, besides the one
that each make has anyway. Its two ends are inherited, and named in MAKEFLAGS; makes from 4.2 on understand that.
"""

import os
from collections.abc import Mapping

from omnibase.core.job_tokens import JobTokens
from omnibase.model.events import Event
from omnibase.model.plan import Plan

MAKEFLAGS = "MAKEFLAGS"
TOKEN = b"+"
# Words of MAKEFLAGS that would set another number of jobs, or lead to another jobserver.
OTHERS = ("-j", "--jobs", "--jobserver")


class JobServer:
    """The pool of one run, and an observer of it: it has as many tokens as nobody else may come to want.

    Makes and all else together have at most `most` jobs. What a make that was killed has not given back is replaced
    once no other is under way. Raises OSError where there can be no pool.
    """

    def __init__(self, plan: Plan, most: int) -> None:
        import tempfile

        self._most = most
        self._tokens = JobTokens(plan, most)
        self._out = 0  # in the pool, or taken from it
        # A named one: each end is opened apart, so that ours does not block, and theirs does as they expect it.
        folder = tempfile.mkdtemp(prefix="omnibase-")
        path = os.path.join(folder, "tokens")
        opened: list[int] = []
        try:
            os.mkfifo(path, 0o600)
            modes = (os.O_RDWR | os.O_NONBLOCK, os.O_RDONLY, os.O_WRONLY)
            opened += (os.open(path, mode | os.O_CLOEXEC) for mode in modes)
        except OSError:
            for fd in opened:
                os.close(fd)
            raise
        finally:
            if os.path.lexists(path):
                os.unlink(path)
            os.rmdir(folder)
        self._own, *self.ends = opened

    def variables(self, env: Mapping[str, str]) -> dict[str, str]:
        """What a make has to have in its environment, which is `env` otherwise, beside the descriptors `ends`."""
        read, write = self.ends
        options, dashes, definitions = env.get(MAKEFLAGS, "").partition(" -- ")
        kept = [word for word in options.split() if not word.startswith(OTHERS)]
        flags = " ".join([*kept, f"-j{self._most}", f"--jobserver-auth={read},{write}"])
        return {MAKEFLAGS: f"{flags}{dashes}{definitions}"}

    def observe(self, event: Event) -> None:
        """Have the pool hold what the event leaves to makes."""
        if not self._tokens.observe(event):
            return
        if not self._tokens.in_use:  # all that is out is in the pool, or lost
            self._drain()
            self._out = 0
        missing = self._tokens.tokens - self._out
        if missing > 0:
            self._out += os.write(self._own, TOKEN * missing)

    def close(self) -> None:
        """Let go of the pool."""
        for fd in (self._own, *self.ends):
            os.close(fd)

    def _drain(self) -> None:
        try:
            while os.read(self._own, 4096):
                pass
        except BlockingIOError:
            pass  # it is empty
