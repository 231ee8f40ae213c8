"""What a process asks the system for about parents and children, by prctl(2) of Linux."""

import sys
from signal import SIGCONT

# <linux/prctl.h>
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> bool:
    """Become the parent of what loses its own: orphans then come to this process instead of to the system's first.

    Children forked later are not by that. False where the system knows nothing of the kind.
    """
    return _prctl(PR_SET_CHILD_SUBREAPER, 1)


def go_on_without_parent() -> bool:
    """Be woken when the parent ends, should somebody have stopped this process: it has to see that it is alone.

    Children forked later are not. False where the system knows nothing of the kind.
    """
    return _prctl(PR_SET_PDEATHSIG, SIGCONT)


def _prctl(option: int, value: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        # ctypes itself takes five times as long to import (1.8 ms), and this is all that is wanted of it.
        import _ctypes

        function = _ctypes.dlsym(_ctypes.dlopen(None, 0), "prctl")  # type: ignore[arg-type] # None is this program
        done: int = _ctypes.call_function(function, (option, int(value), 0, 0, 0))
    except (ImportError, OSError, AttributeError):  # a Python built without it, or a C library without the function
        return False
    return done == 0
