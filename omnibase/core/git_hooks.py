"""The hooks of git that omnibase serves: what each is given, and which components run at it."""

from collections.abc import Mapping

from omnibase.core.expression import Expression, Term
from omnibase.core.nearest import nearest
from omnibase.model.context import InputKind
from omnibase.model.errors import ConfigurationError

PRE_COMMIT = "pre-commit"

# githooks(5). STAGED: what is staged; PUSHED: what the pushed refs change; MESSAGE: the file with the commit's message.
HOOKS: Mapping[str, InputKind] = {
    PRE_COMMIT: InputKind.STAGED,
    "pre-merge-commit": InputKind.STAGED,
    "prepare-commit-msg": InputKind.MESSAGE,
    "commit-msg": InputKind.MESSAGE,
    "post-commit": InputKind.NONE,
    "pre-push": InputKind.PUSHED,
    "pre-rebase": InputKind.NONE,
    "post-checkout": InputKind.NONE,
    "post-merge": InputKind.NONE,
    "post-rewrite": InputKind.NONE,
    "applypatch-msg": InputKind.MESSAGE,
    "pre-applypatch": InputKind.STAGED,
    "post-applypatch": InputKind.NONE,
    "pre-auto-gc": InputKind.NONE,
}

# A commit that git makes by another way: what is there for the one hook is there for the other, as in git's samples.
ALIKE: Mapping[str, str] = {
    "pre-merge-commit": PRE_COMMIT,
    "pre-applypatch": PRE_COMMIT,
    "applypatch-msg": "commit-msg",
}

# They run where there is no work tree, at every change of a ref, or speak a protocol of their own.
_UNSERVED = (
    *("pre-receive", "update", "proc-receive", "post-receive", "post-update", "push-to-checkout"),
    *("reference-transaction", "sendemail-validate", "fsmonitor-watchman", "post-index-change"),
    *("p4-changelist", "p4-prepare-changelist", "p4-post-changelist", "p4-pre-submit"),
)


def given(hook: str) -> InputKind:
    """What the hook is about. Raises ConfigurationError for a name that is none of `HOOKS`."""
    if hook in HOOKS:
        return HOOKS[hook]
    if hook in _UNSERVED:
        raise ConfigurationError(
            f"omnibase does not serve git's hook {hook!r}", remedy=f"the hooks that it serves are {', '.join(HOOKS)}"
        )
    close = nearest(hook, HOOKS)
    raise ConfigurationError(
        f"git has no hook {hook!r}", remedy=f"did you mean {close!r}?" if close else f"use {', '.join(HOOKS)}"
    )


def tags(hook: str | None) -> tuple[str, ...]:
    """The tags by which components run at a hook; None is pre-commit."""
    hook = hook or PRE_COMMIT
    return (ALIKE[hook], hook) if hook in ALIKE else (hook,)


def for_hook(select: Expression, hook: str | None) -> Expression:
    """A stage's filter as it holds at a hook: at another than pre-commit, only what is tagged for that one runs.

    A term `tag=pre-commit` is read with the hook's name in its place, and where there is none, one is added: without
    it, a check of files would be given the message of a commit.
    """
    if hook in (None, PRE_COMMIT):
        return select
    terms = [_renamed(term, tags(hook)) if _names_pre_commit(term) else term for term in select.terms]
    if not any(map(_names_pre_commit, select.terms)):
        terms.append(Term("tag", "=", tags(hook)))
    return Expression(tuple(terms))


def _names_pre_commit(term: Term) -> bool:
    return term.key == "tag" and term.operator == "=" and PRE_COMMIT in term.values


def _renamed(term: Term, names: tuple[str, ...]) -> Term:
    return term._replace(values=(*names, *(value for value in term.values if value != PRE_COMMIT)))
