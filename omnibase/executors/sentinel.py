"""A process that ends the commands of a run whose own process was killed: nobody else is left to do it."""

import os
from signal import SIGCONT
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

# It has so long to end by itself (seconds).
PATIENCE = 1.0
WIDTH = 16  # of a line in the table of groups, with its end (bytes)

# The process groups that are under way stand in a file, which is its standard output: a line for each, blank where
# there is none. They are read at the end only, so that it need not run whenever a command begins or ends. By a line
# "=VARIABLE" it is told what the environment of all commands has; "." takes that back. What ends the run's own group,
# or its terminal, is not to end it: it has a session of its own, and hears no signal but KILL.
#
# What has left its group is found by that variable: all of it is stopped first, so that it starts nothing more.
SCRIPT = """\
trap '' INT TERM HUP
mark=
while read -r line; do
  case $line in
    =*) mark=${line#=} ;;
    .) mark= ;;
  esac
done
while read -r group; do
  [ -z "$group" ] || kill -s KILL -- "-$group" 2>/dev/null
done <&1
[ -n "$mark" ] && [ -r /proc/$$/environ ] || exit 0
signal_marked() {
  found=
  for file in $(grep -lF -e "$mark" /proc/[0-9]*/environ 2>/dev/null); do
    pid=${file#/proc/}
    pid=${pid%/environ}
    kill -s "$1" "$pid" 2>/dev/null && found=1
  done
}
for round in 1 2 3 4 5 6 7 8 9 10; do
  signal_marked STOP
  signal_marked KILL
  [ -n "$found" ] || break
done
"""


class Sentinel:
    """The run's end. The process waits for its standard input to close, which a kill does, too.

    It is a shell, because that starts faster than a copy of this process ends. Where no further process can be had,
    commands go on without a sentinel. Where there is no /proc, only process groups are ended.
    """

    def __init__(self) -> None:
        self._process: Popen[bytes] | None = None
        self._table = -1
        self._lines: dict[int, int] = {}  # where each group stands
        self._blank: list[int] = []  # lines that are free
        try:
            self._table = _file()
            self._process = Popen(
                ["/bin/sh", "-c", SCRIPT],
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath)},
                stdin=PIPE,
                stdout=self._table,
                stderr=DEVNULL,
                bufsize=0,
                start_new_session=True,
            )
            if self._process.stdin is not None:
                os.set_blocking(self._process.stdin.fileno(), False)
        except OSError:
            pass

    @property
    def pid(self) -> int | None:
        """The number of the process, None where there is none."""
        return self._process.pid if self._process is not None else None

    def watch(self, mark: str) -> None:
        """What has this in its environment belongs to the run. It is text without a line end, such as NAME=value."""
        self._tell(f"={mark}\n")

    def begun(self, group: int) -> None:
        """A process group is under way."""
        if self._process is not None:
            line = self._lines[group] = self._blank.pop() if self._blank else len(self._lines)
            self._note(line, b"%d" % group)

    def ended(self, group: int) -> None:
        """It is over. To be called while its number cannot be another's: before its leader is reaped."""
        if group in self._lines:
            line = self._lines.pop(group)
            self._note(line, b"")
            self._blank.append(line)

    def close(self) -> None:
        """End the sentinel."""
        if self._process is not None and self._process.stdin is not None:
            self._tell(".\n")
            self._process.stdin.close()
            self._process.send_signal(SIGCONT)  # one that is stopped would be waited for without end
            try:
                self._process.wait(PATIENCE)
            except TimeoutExpired:  # it is stopped again and again
                self._process.kill()
                self._process.wait()
        self._process = None
        if self._table >= 0:
            os.close(self._table)
            self._table = -1

    def _note(self, line: int, text: bytes) -> None:
        try:
            os.pwrite(self._table, text.ljust(WIDTH - 1) + b"\n", line * WIDTH)
        except OSError:
            pass  # there is no room: it is found by its mark

    def _tell(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            try:
                os.write(self._process.stdin.fileno(), line.encode("ascii"))
            except OSError:
                pass  # it was killed itself, or stopped: the run goes on without it, and does not wait for it


def _file() -> int:
    """A file without a name."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("omnibase-groups")
    from tempfile import TemporaryFile

    with TemporaryFile() as file:
        return os.dup(file.fileno())
