"""Which hooks of git are served, and what of a stage's filter holds at each."""

import pytest

from omnibase.core.expression import parse
from omnibase.core.git_hooks import HOOKS, for_hook, given, tags
from omnibase.model.context import InputKind
from omnibase.model.errors import ConfigurationError


@pytest.mark.parametrize(
    ("hook", "kind"),
    [
        ("pre-commit", InputKind.STAGED),
        ("pre-merge-commit", InputKind.STAGED),
        ("pre-push", InputKind.PUSHED),
        ("commit-msg", InputKind.MESSAGE),
        ("prepare-commit-msg", InputKind.MESSAGE),
        ("post-checkout", InputKind.NONE),
    ],
)
def test_a_hook_has_the_inputs_that_git_gives_it(hook: str, kind: InputKind) -> None:
    assert given(hook) is kind


@pytest.mark.parametrize(
    ("name", "message", "remedy"),
    [
        ("prepush", "git has no hook 'prepush'", "did you mean 'pre-push'?"),
        ("x", "git has no hook 'x'", "use pre-commit, "),
        ("update", "omnibase does not serve git's hook 'update'", "the hooks that it serves are pre-commit, "),
    ],
)
def test_what_is_no_hook_is_answered_with_those_that_are(name: str, message: str, remedy: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        given(name)
    assert caught.value.message == message
    assert str(caught.value.remedy).startswith(remedy)


@pytest.mark.parametrize(
    ("hook", "select", "holds"),
    [
        (None, "tag=pre-commit,lifecycle=stable", "tag=pre-commit,lifecycle=stable"),
        ("pre-commit", "type=validator", "type=validator"),
        ("pre-push", "tag=pre-commit,lifecycle=stable", "tag=pre-push,lifecycle=stable"),
        ("pre-push", "tag=pre-commit|lint", "tag=pre-push|lint"),
        ("pre-push", "type=validator", "type=validator,tag=pre-push"),
        ("pre-push", "*", "tag=pre-push"),
        ("pre-push", "tag=lint", "tag=lint,tag=pre-push"),
        ("pre-push", "tag!=pre-commit", "tag!=pre-commit,tag=pre-push"),
        ("pre-push", "name=pre-commit", "name=pre-commit,tag=pre-push"),
        ("pre-merge-commit", "tag=pre-commit", "tag=pre-commit|pre-merge-commit"),
        ("applypatch-msg", "tag=pre-commit", "tag=commit-msg|applypatch-msg"),
    ],
)
def test_at_another_hook_a_filter_holds_for_what_is_tagged_for_that_one(
    hook: str | None, select: str, holds: str
) -> None:
    assert str(for_hook(parse(select), hook)) == holds


def test_every_hook_has_its_own_name_among_its_tags() -> None:
    assert all(hook in tags(hook) for hook in HOOKS)
    assert tags(None) == ("pre-commit",)
