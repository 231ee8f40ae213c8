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
package={package}
omnibase() {{
  for needed in "$python" "$package"; do
    [ -x "$needed" ] && continue
    printf '%s\\n' "omnibase: what this hook runs is gone: $needed" >&2
    printf '%s\\n' "  run 'omnibase install --hook {hook}' again, or {spare}" >&2
    exit 1
  done
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


def shim(hook: str, python: str, package: str, registry: str | None = None) -> bytes:
    """The text of a hook that runs omnibase by the interpreter at `python`; `package` is omnibase's folder.

    Both are absolute, and named where one of them is gone.
    First it runs the hook that was there before, beside it under its name and `KEPT`; if that fails, so does it.
    `registry` is what `--registry` says.
    """
    head = _HEAD.format(
        hook=hook,
        python=shlex.quote(python),
        package=shlex.quote(package),
        more="" if registry is None else f" --registry {shlex.quote(registry)}",
        spare=f"go on without it: {_SPARED_BY[hook]} --no-verify" if hook in _SPARED_BY else "remove $0",
    )
    reads = given(hook) is InputKind.PUSHED
    rest = (_FIRST_WHAT_WAS_THERE_READING if reads else _FIRST_WHAT_WAS_THERE).format(kept=KEPT)
    return START + os.fsencode(head + rest)
