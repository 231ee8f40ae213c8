"""A program whose processes do all they can to be left alone. Each tells its number in the folder `pids`."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def here() -> None:
    """Say that this process is there, and that it is set up."""
    Path("pids", str(os.getpid())).touch()


def ready(processes: int) -> None:
    """Say that so many processes are there."""
    while len(os.listdir("pids")) < processes:
        time.sleep(0.001)
    Path("ready").touch()


def linger() -> None:
    while True:
        time.sleep(1000)


def forked() -> bool:
    """Whether this is the child."""
    return os.fork() == 0


def setsid() -> None:
    if forked():
        os.setsid()
        here()
        linger()


def double_fork() -> None:
    if forked():
        os.setsid()
        if forked():
            here()
            linger()
        os._exit(0)
    os.wait()


def double_fork_without_environment() -> None:
    if forked():
        os.setsid()
        if forked():
            here()
            os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(1000)"], {})
        os._exit(0)


def ignores_term() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if forked():
        here()
        linger()


def stops_itself() -> None:
    if forked():
        os.setsid()
        here()
        os.kill(os.getpid(), signal.SIGSTOP)
    here()
    ready(2)
    os.kill(os.getpid(), signal.SIGSTOP)


def kills_its_group() -> None:
    setsid()
    double_fork()
    ready(2)
    os.killpg(0, signal.SIGKILL)


def closes_its_streams() -> None:
    double_fork()
    for fd in (0, 1, 2):
        os.close(fd)


def spoils_its_folder() -> None:
    setsid()
    here()
    ready(2)
    os.chmod(".", 0)
    linger()


def forks_on_and_on() -> None:
    """Every process has a child in a session of its own, and ends a moment later: there is always another one."""
    if forked():
        for _ in range(4000):
            if forked():
                os.setsid()
                here()
                time.sleep(0.002)
            else:
                time.sleep(0.05)
                os._exit(0)
        linger()


def starts_and_ends() -> None:
    """Escapes, and ends well."""
    setsid()
    double_fork()
    subprocess.run(["true"], check=True)
    ready(2)
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    globals()[sys.argv[1]]()
    here()
    ready(2)
    linger()
