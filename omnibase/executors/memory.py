"""Bytes as a file without a name, for a process that is to read them: nothing about it can block."""

import os


def file_of(data: bytes) -> int:
    """The descriptor of a file that holds the data, to be read from its beginning. Raises OSError where there is none.

    It is closed in programs that are started, unless it is given to them as one of their streams.
    """
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("omnibase", os.MFD_CLOEXEC)
    else:  # macOS
        import tempfile

        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(fd, view) :]
        os.lseek(fd, 0, os.SEEK_SET)
    except OSError:  # no memory, or no room
        os.close(fd)
        raise
    return fd
