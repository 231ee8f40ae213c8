"""The installed command, and a git repository to drive it in."""

import contextlib
import json
import os
import select
import signal
import stat
import subprocess
import sys
from ast import literal_eval
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import jsonschema

import omnibase

Json = Any
Environment = Mapping[str, str | None]

COMMAND = Path(sys.executable).with_name("omnibase")
SCHEMA = Path(omnibase.__file__).parent / "cli" / "formatters" / "report.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_bytes()))

SECONDS = 60.0

# A small process in between: a child begins with the memory of the process that it was forked from.
MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
with open(sys.argv[1], "w") as file:
    file.write(str(peak if sys.platform == "darwin" else peak * 1024))
sys.exit(code)
"""


class Run(NamedTuple):
    """What one command came to."""

    code: int
    out: bytes
    stderr: bytes

    @property
    def err(self) -> str:
        return self.stderr.decode("utf-8")

    @property
    def text(self) -> str:
        """Standard output, which is valid UTF-8."""
        return self.out.decode("utf-8")

    @property
    def json(self) -> Json:
        """Standard output as the one report that it is, valid by the schema."""
        document = report(self.out)
        assert document["exit_code"] == self.code
        return document

    @property
    def results(self) -> dict[str, Json]:
        """The report's results by the component's name."""
        return {result["component"]["name"]: result for result in self.json["results"]}

    @property
    def statuses(self) -> dict[str, str]:
        return {name: result["status"] for name, result in self.results.items()}

    @property
    def error(self) -> Json:
        """Why the run could not happen."""
        error = self.json["error"]
        assert error is not None
        return error


def report(data: bytes) -> Json:
    """The report that the data are, held against its schema."""
    document = json.loads(data.decode("utf-8"))
    json.dumps(document, ensure_ascii=False).encode("utf-8")  # no half of a surrogate pair hides in an escape
    VALIDATOR.validate(document)
    return document


class Running:
    """A command under way; it and all that it started are ended with the test."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self, timeout: float = SECONDS) -> Run:
        """Wait until it ends."""
        out, err = self._process.communicate(timeout=timeout)
        return Run(self._process.returncode, out, err)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


class Channel:
    """A FIFO by which what is under test says a line to the test, so that neither has to look again and again."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._read = b""

    def line(self, timeout: float = SECONDS) -> str:
        """The next line that is written to it."""
        while b"\n" not in self._read:
            assert select.select([self._fd], [], [], timeout)[0], f"nobody wrote to {self.path.name}"
            self._read += os.read(self._fd, 4096)
        line, _, self._read = self._read.partition(b"\n")
        return line.decode()

    def close(self) -> None:
        os.close(self._fd)


class Repo:
    """A git repository, and the command in it."""

    def __init__(self, root: Path, environment: dict[str, str]) -> None:
        self.root = root
        self.environment = environment
        self._running: list[Running] = []
        self._channels: list[Channel] = []

    # What is in it

    def write(self, path: str, content: str | bytes, *, mode: int | None = None) -> Path:
        """A file, with the folders above it; `path` as os.fsdecode gives it. Text is dedented."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())
        if mode is not None:
            file.chmod(mode)
        return file

    def script(self, path: str, body: str) -> Path:
        """An executable Python program."""
        return self.write(path, f"#!{sys.executable}\n{dedent(body)}", mode=0o755)

    def registry(self, text: str) -> None:
        """`registry.yaml`, without the line of its version; staged, so that a run always has a file."""
        self.write("registry.yaml", f'schema_version: "1"\n{dedent(text).rstrip()}\n')
        if (self.root / ".git").exists():
            self.git("add", "registry.yaml")

    def only(self, component: str) -> None:
        """A registry with one component, `it`, that is stable and as the text says."""
        self.registry(f"components: [{{name: it, lifecycle: stable, {component}}}]")

    def install(self, name: str, text: str) -> None:
        """A plugin in a distribution of its own, on the path of modules beside the repository."""
        site = self.root.parent / "site"
        self.environment["PYTHONPATH"] = str(site)
        metadata = f"{name}_plugin-1.5.0.dist-info"
        files = {
            f"{name}_plugin.py": dedent(text),
            f"{metadata}/METADATA": f"Metadata-Version: 2.1\nName: {name}-plugin\nVersion: 1.5.0\n",
            f"{metadata}/entry_points.txt": f"[omnibase.plugins]\n{name} = {name}_plugin\n",
        }
        files[f"{metadata}/RECORD"] = "".join(f"{path},,\n" for path in files)
        for path, content in files.items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_text(content)

    def git(self, *arguments: str, cwd: Path | None = None, check: bool = True) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd or self.root,
            env=self.environment,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return os.fsdecode(done.stdout)

    def stage(self) -> None:
        """Stage everything."""
        self.git("add", "--all")

    def commit(self, message: str = "work") -> str:
        """Commit everything; the commit's id."""
        self.stage()
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def channel(self, name: str) -> Channel:
        """A FIFO in `.git`, where it is no input."""
        channel = Channel(self.root / ".git" / name)
        self._channels.append(channel)
        return channel

    def snapshot(self) -> dict[str, tuple[int, int, bytes]]:
        """Everything below the root, `.git` included: kind and mode, time of change, and content or target."""
        found = {}
        for folder, folders, files in os.walk(self.root):
            for name in (*folders, *files):
                path = Path(folder, name)
                status = path.lstat()
                content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
                if stat.S_ISLNK(status.st_mode):
                    content = os.readlink(os.fsencode(path))
                found[str(path)] = (status.st_mode, status.st_mtime_ns, content)
        return found

    # The command

    def run(
        self,
        *arguments: str | bytes,
        stdin: bytes | None = None,
        env: Environment | None = None,
        cwd: Path | None = None,
        timeout: float = SECONDS,
    ) -> Run:
        """Run omnibase to its end. `env` adds variables, or with None takes them away."""
        done = subprocess.run(
            [COMMAND, *arguments],
            cwd=cwd or self.root,
            env=self.env(env),
            input=stdin if stdin is not None else b"",
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def measure(self, *arguments: str) -> tuple[Run, int]:
        """Run omnibase to its end; also the most memory that it or a process that it waited for had (bytes)."""
        peak = self.root.parent / "peak"
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, str(peak), COMMAND, *arguments],
            cwd=self.root,
            env=self.environment,
            input=b"",
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr), int(peak.read_text())

    def start(self, *arguments: str, env: Environment | None = None) -> Running:
        """Start omnibase in a process group of its own."""
        process = subprocess.Popen(
            [COMMAND, *arguments],
            cwd=self.root,
            env=self.env(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,
        )
        running = Running(process)
        self._running.append(running)
        return running

    def env(self, changes: Environment | None = None) -> dict[str, str]:
        merged = {**self.environment, **(changes or {})}
        return {name: value for name, value in merged.items() if value is not None}

    def close(self) -> None:
        for running in self._running:
            running.kill()
        for channel in self._channels:
            channel.close()


def listed(run: Run) -> list[str]:
    """The paths that the component of a `listing` repository was given."""
    assert run.code == 0, run.err
    output = run.results["it"]["output"]
    found = [] if output is None else [os.fsdecode(literal_eval(line)) for line in output["text"].splitlines()]
    assert run.results["it"]["files"] == len(found)
    return found
