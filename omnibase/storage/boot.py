"""The clock by which circuit breakers open again: it goes on through sleep, and no one sets it."""

import os
import sys
import time
from functools import cache

from omnibase.core.breaking import Moment

BOOT_ID = "/proc/sys/kernel/random/boot_id"
# sysctl(3): a name of the running boot, on macOS and on FreeBSD.
SYSCTLS = (b"kern.bootsessionuuid", b"kern.boot_id")


def now() -> Moment:
    """This moment, on the boot clock where the system has one, else on the monotonic clock."""
    clock = time.CLOCK_BOOTTIME if sys.platform == "linux" else time.CLOCK_MONOTONIC
    return Moment(boot_id(), time.clock_gettime(clock), time.time())


@cache
def boot_id() -> str:
    """What tells this boot from all others; empty where the system does not say."""
    try:
        if os.path.exists(BOOT_ID):
            with open(BOOT_ID, encoding="ascii") as file:
                return file.read().strip()
        return _by_sysctl()
    except (OSError, ValueError, AttributeError, ImportError):
        return ""  # a system that does not say: the wall clock has to do


def _by_sysctl() -> str:
    import ctypes

    sysctlbyname = ctypes.CDLL(None, use_errno=True).sysctlbyname
    for name in SYSCTLS:
        buffer = ctypes.create_string_buffer(64)
        size = ctypes.c_size_t(len(buffer))
        if sysctlbyname(name, buffer, ctypes.byref(size), None, ctypes.c_size_t(0)) == 0:
            return buffer.raw[: size.value].strip(b"\0").hex()
    return ""
