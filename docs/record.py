"""Writes docs/recordings/live.txt and its like: what the screen of a terminal showed at chosen moments of real runs.

`python docs/record.py` makes all of them anew, `python docs/record.py live` one. A scene is a function below: it has
components say something, and takes shots of the screen. It needs the extra `test`; a test plays every scene again.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.screen import Screen  # noqa: E402 - it is found from the root of the repository

RECORDINGS = ROOT / "docs" / "recordings"

# A tool: it says what it is told to, and ends when it is told a number.
TOOL = """\
    import os, sys

    fifo = f".git/{sys.argv[1]}"
    if not os.path.exists(fifo):
        try:
            os.mkfifo(fifo)
        except FileExistsError:
            pass
    while True:
        with open(fifo) as told:
            for line in told.read().splitlines():
                if line.isdecimal():
                    sys.exit(int(line))
                print(line, flush=True)
    """


class Scene(NamedTuple):
    """What is done while omnibase runs with these arguments, among these files, with these tools.

    `size` is that of the screen: columns and lines.
    """

    act: "Callable[[Take], None]"
    arguments: str
    files: Mapping[str, str]
    tools: tuple[str, ...]
    size: tuple[int, int] = (100, 24)


class Take:
    """A run of omnibase in a repository of its own. `text` is what was recorded of it so far.

    Without `pace`, nobody waits so that times look as those of real tools do.
    """

    def __init__(self, folder: Path, scene: Scene, *, pace: bool) -> None:
        self._folder = folder
        self._pace = pace
        self.text = ""
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / ".git"),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")]),
        }
        if not (folder / ".git").exists():
            for name, content in scene.files.items():
                (folder / name).write_text(dedent(content), encoding="utf-8")
            for command in (["init", "-q", "-b", "main"], ["add", "-A"]):
                subprocess.run(["git", *command], cwd=folder, env=env, check=True)
            for tool in scene.tools:
                os.mkfifo(folder / ".git" / tool)
        command = f"from omnibase.cli.main import main; main({scene.arguments.split()})"
        columns, rows = scene.size
        before = f"$ omnibase {scene.arguments}\n"
        self._screen = Screen([sys.executable, "-c", command], folder, env, columns=columns, rows=rows, before=before)

    def tell(self, component: str, *lines: str) -> None:
        """Have a tool say something, or end."""
        (self._folder / ".git" / component).write_text("".join(f"{line}\n" for line in lines))

    def pause(self, seconds: float) -> None:
        """Let time go by."""
        if self._pace:
            self._screen.pass_by(seconds)

    def wait_for(self, *texts: str) -> None:
        """Wait until the screen shows all of these."""
        for text in texts:
            self._screen.wait_for_text(text)

    def shot(self, caption: str) -> None:
        self._add(caption, self._screen.rows)

    def end(self, caption: str) -> None:
        """Wait for the end, and record all that is left on the screen and above it."""
        self._screen.end()
        self._add(caption, self._screen.everything)

    def close(self) -> None:
        self._screen.__exit__()

    def _add(self, caption: str, rows: list[str]) -> None:
        self.text += "\n".join([*([""] if self.text else []), f"-- {caption}", "", *rows, ""])


def live(take: Take) -> None:
    """Five components, of which two take long and one fails."""
    take.tell("types", "checking area.py")
    take.pause(0.4)
    take.tell("format", "0")
    take.tell("tests", "test_area.py::test_area_of_a_square PASSED")  # it begins where `format` has ended
    take.pause(0.3)
    take.tell("lint", "0")
    take.tell("docs", "reading sources: area.md")
    take.pause(1.0)
    take.tell("types", "checking report.py")
    take.wait_for("checking report.py", "test_area_of_a_square", "reading sources: area.md")
    take.shot("while three run: for how long, and what each has printed last")
    take.tell("types", "report.py:12: error: it returns None, and text is wanted", "1")
    take.wait_for("1 failed")
    take.pause(1.2)
    take.tell("docs", "0")
    take.tell("tests", "test_area.py::test_area_of_nothing PASSED")
    take.wait_for("1 failed, 1 running", "test_area_of_nothing")
    take.shot("a failure is seen at once; the estimate is from earlier runs")
    take.pause(1.2)
    take.tell("tests", "0")
    take.end("at the end: the report takes the place of the view")


LIVE = {
    "area.py": "def area(width, height):\n    return width * height\n",
    "tool.py": TOOL,
    "registry.yaml": """\
        schema_version: "1"
        components:
          - {name: format, lifecycle: stable, command: [python3, tool.py, format]}
          - {name: lint, lifecycle: stable, command: [python3, tool.py, lint]}
          - {name: types, lifecycle: stable, command: [python3, tool.py, types]}
          - {name: tests, lifecycle: stable, command: [python3, tool.py, tests], after: [format]}
          - {name: docs, lifecycle: stable, command: [python3, tool.py, docs], after: [lint]}
        """,
}

SCENES = {
    "live": Scene(live, "orch --stage ci --jobs 3", LIVE, ("format", "lint", "types", "tests", "docs")),
}


def played(name: str, folder: Path, *, pace: bool) -> str:
    """What was recorded while the scene was played in the folder; again there, where it was played before."""
    take = Take(folder, SCENES[name], pace=pace)
    try:
        SCENES[name].act(take)
    finally:
        take.close()
    return take.text


def main(names: list[str]) -> None:
    RECORDINGS.mkdir(exist_ok=True)
    for name in names or SCENES:
        folder = Path(tempfile.mkdtemp())
        try:
            played(name, folder, pace=True)  # so that the next run knows how long everything takes
            text = played(name, folder, pace=True)
        finally:
            shutil.rmtree(folder)
        (RECORDINGS / f"{name}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
