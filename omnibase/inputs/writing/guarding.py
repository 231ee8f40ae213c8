"""Keeps other programs from writing into a file for a moment: a read lease (fcntl(2), "Leases")."""

import errno
import sys


class Guard:
    """Makes whoever opens one of its files for writing wait until that is closed here, and knows whether one waits.

    Without it, a program that has opened a file before it is exchanged could write into the old one after the last
    look at it. Where leases are not to be had (other systems, some disks, other users' files) it does nothing.
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: set[int] = set()

    def hold(self, file: int) -> bool:
        """Guard a file that is open for reading only; False where some program has it open for writing already."""
        if sys.platform != "linux":
            return True
        import fcntl
        import signal

        try:
            # the default, SIGIO, would end this process as soon as somebody waits; SIGURG is ignored by default
            fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError as error:
            return error.errno != errno.EAGAIN
        self._held.add(file)
        return True

    def awaited(self, file: int) -> bool:
        """Whether somebody waits to open the file for writing; False for a file that is not held."""
        if sys.platform != "linux" or file not in self._held:
            return False
        import fcntl

        return fcntl.fcntl(file, fcntl.F_GETLEASE) != fcntl.F_RDLCK
