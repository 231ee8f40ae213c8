"""What docs/recordings show is what is shown: each is played again.

`python -m tests.docs.test_recordings` records them anew.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.dialogue import Dialogue

ROOT = Path(__file__).parents[2]
STEP = ROOT / "docs" / "recordings" / "step.txt"
HOME = "/home/you"
FILES = {
    "registry.yaml": """\
schema_version: "1"
components:
  - name: spelling
    lifecycle: stable
    description: No word is misspelt
    files: {include: ["*.md"]}
    command: [sh, spelling.sh, "{files}"]
  - name: units
    lifecycle: stable
    description: All measures are in metres
    needs: [spelling]
    command: [sh, units.sh]
    env: {UNIT: feet}
  - name: links
    lifecycle: stable
    description: All links lead somewhere
    needs: [units]
    files: {include: ["*.md"]}
    command: [sh, links.sh, "{files}"]
""",
    "spelling.sh": '! grep -n recieve "$@"\n',
    "units.sh": 'echo "6 square $UNIT, and square metres are wanted"\ntest "$UNIT" = metres\n',
    "links.sh": "true\n",
    "area.md": "Two by three makes six.\n",
    "volume.md": "Two by three by four makes twenty-four.\n",
}
# What the person says, in the order of the prompts.
SAID = ("", "", "env UNIT=metres", "retry", "?", "inputs", "skip")


def played(folder: Path) -> str:
    """What a terminal shows while the files, in a new repository below the folder, are stepped through."""
    repository = folder / "area"
    repository.mkdir()
    for name, content in FILES.items():
        (repository / name).write_text(content, encoding="utf-8")
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TERM": "xterm",
        "NO_COLOR": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")]),
    }
    for command in (["init", "-q", "-b", "main"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=repository, env=env, check=True)
    call = [sys.executable, "-c", "from omnibase.cli.main import main; main()", "orch", "--stage", "ci", "--step"]
    with Dialogue(call, repository, env) as terminal:
        for line in SAID:
            terminal.wait_for(r"^\((step|failed)\) ")
            terminal.type(f"{line}\r")
        assert terminal.end() == 0
    shown = f"$ omnibase orch --stage ci --step\n{terminal.shown}".replace(str(folder), HOME)
    return "".join(f"{line.rstrip(' ')}\n" for line in shown.splitlines())


def normalised(text: str) -> str:
    """Durations, and the width of their column, depend on the machine."""
    return re.sub(r" +(in )?\d+\.\d\ds", r" \1N", text)


def test_the_recording_of_a_step_through_is_current() -> None:
    folder = Path(tempfile.mkdtemp(prefix="rec"))  # a short path, which is wrapped as the one in the recording is
    try:
        assert normalised(played(folder)) == normalised(STEP.read_text(encoding="utf-8"))
    finally:
        shutil.rmtree(folder)


def test_what_the_docs_show_of_it_is_part_of_it() -> None:
    document = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    (excerpt,) = re.findall(r"<!-- recordings/step.txt -->\n```\n(.*?)```", document, re.DOTALL)
    assert normalised(excerpt) in normalised(STEP.read_text(encoding="utf-8"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="rec") as made:
        STEP.write_text(played(Path(made)), encoding="utf-8")
