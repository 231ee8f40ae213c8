"""The hook that omnibase writes for git: a few lines of sh that start it, whatever PATH is."""

import os
import shlex

from omnibase.core.git_hooks import given
from omnibase.model.context import InputKind

KEPT = ".omnibase-kept"  # what the name of a hook that was there before ends with
START = b"#!/bin/sh\n# omnibase: a git hook "  # what each of them begins with

# Commands that go on without the hook with --no-verify (githooks(5)).
_SPARED_BY = {
    "pre-commit": "git commit",
    "commit-msg": "git commit",
    "pre-merge-commit": "git merge",
    "pre-push": "git push",
    "pre-rebase": "git rebase",
}

# No program but omnibase is started: with a bare PATH there may be none. -P keeps a module of the repository's root,
# where git runs hooks, from standing in for one of ours.
_HEAD = """\
of `omnibase install`, which writes it anew; `omnibase uninstall` removes it.
python={python}
omnibase() {{
  if [ ! -x "$python" ]; then
    printf '%s\\n' "omnibase: the Python that this hook runs is gone: $python" >&2
    printf '%s\\n' "  run 'omnibase install --hook {hook}' again, or {spare}" >&2
    exit 1
  fi
  exec "$python" -P -m omnibase orch --stage pre-commit --hook {hook}{more} --if-registry --format human -- "$@"
}}
"""

_FIRST_WHAT_WAS_THERE = """\
[ ! -x "$0{kept}" ] || "$0{kept}" "$@" || exit
omnibase "$@"
"""

# Both are to read what git says on standard input.
_FIRST_WHAT_WAS_THERE_READING = """\
if [ -x "$0{kept}" ]; then
  lines=$(while IFS= read -r line; do printf '%s\\n' "$line"; done)
  again() {{ [ -z "$lines" ] || printf '%s\\n' "$lines" 2>/dev/null; }}
  again | "$0{kept}" "$@" || exit
  again | omnibase "$@"
else
  omnibase "$@"
fi
"""


def shim(hook: str, python: str, registry: str | None = None) -> bytes:
    """The text of a hook that runs omnibase by the interpreter at `python`, an absolute path.

    First it runs the hook that was there before, beside it under its name and `KEPT`; if that fails, so does it.
    `registry` is what `--registry` says.
    """
    head = _HEAD.format(
        hook=hook,
        python=shlex.quote(python),
        more="" if registry is None else f" --registry {shlex.quote(registry)}",
        spare=f"go on without it: {_SPARED_BY[hook]} --no-verify" if hook in _SPARED_BY else "remove $0",
    )
    reads = given(hook) is InputKind.PUSHED
    rest = (_FIRST_WHAT_WAS_THERE_READING if reads else _FIRST_WHAT_WAS_THERE).format(kept=KEPT)
    return START + os.fsencode(head + rest)
