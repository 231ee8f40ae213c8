"""Which values are secrets, and that nothing is left of them in any text, stream or outcome."""

import base64
import json
import re
import shlex
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.secrets import Redactor, Secrets, redacted, values
from omnibase.model.events import Outcome
from omnibase.model.result import Call, Cause, Finding, Output, Part, Patch, Seen, Where

SECRET = "s3cr3t/Va+lue~ of 'mine' \"é\\漢"
# Written so that no private key begins in this file itself.
KEY = "-----BEGIN \x50RIVATE KEY-----\nMIIBVgIBADANBgkq\nhkiG9w0BAQEFAASC\nAB==\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize(
    "name",
    [
        "GITHUB_TOKEN",
        "TOKEN",
        "npm_token",
        "AWS_SECRET_ACCESS_KEY",
        "DB_PASSWORD",
        "PGPASSWORD",
        "MYSQL_PWD",
        "SMTP_PASS",
        "GPG_PASSPHRASE",
        "OPENAI_API_KEY",
        "DEPLOY_PRIVATE_KEY",
        "APIKEY",
        "SERVICE_CREDENTIALS",
        "REGISTRY_AUTH",
        "NODE_AUTH_TOKEN",
        "REVOKED_TOKENS",
        "VAULT_SECRET_ID",
    ],
)
def test_a_variable_named_like_a_secret_holds_one(name: str) -> None:
    assert values({name: "abcdefgh"}) == ("abcdefgh",)
    assert values({name: "abcdefg"}) == ()
    assert values({name: "/home/user/.config/file"}) == ()


@pytest.mark.parametrize(
    "name",
    ["PWD", "OLDPWD", "PATH", "AUTHOR", "TOKENIZERS_PARALLELISM", "KEYBOARD", "PASSENGER_MODE", "COMPASS", "HOME"],
)
def test_a_variable_that_only_sounds_like_one_holds_none(name: str) -> None:
    assert values({name: "abcdefgh"}) == ()


def test_the_path_of_an_agents_socket_is_no_secret() -> None:
    assert values({"SSH_AUTH_SOCK": "/tmp/ssh-XXXX/agent.1", "X_AUTH": "/run/user/1000/keyring/ssh"}) == ()


def test_a_random_value_that_begins_with_a_slash_is_no_path() -> None:
    value = "/JalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    assert values({"AWS_SECRET_ACCESS_KEY": value}) == (value,)


def test_what_is_declared_is_a_secret_whatever_its_name_from_four_characters_on() -> None:
    assert values({"A": "abcd", "B": "abc", "C": "/etc/secret", "D": "abcd"}, ["A", "B", "C"]) == (
        "abcd",
        "/etc/secret",
    )


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("postgres://me:pass-word@host:5432/db", ("pass-word",)),
        ("https://me:p%40ss%2Fword@host", ("p%40ss%2Fword", "p@ss/word")),
        ("http://u:password1@a,http://u:password2@b", ("password1", "password2")),
        ("https://:password@host?x=y", ("password",)),
        ("postgres://postgres:postgres@localhost/db", ()),
        ("https://host:8080/a@b", ()),
        ("https://me:short@host", ()),
        ("https://git@host/", ()),
        ("https://me:percent%zz%@host", ("percent%zz%",)),
    ],
)
def test_the_password_in_a_url_is_a_secret(value: str, found: tuple[str, ...]) -> None:
    assert values({"ANY": value}) == found


def test_values_that_cannot_be_told_from_other_words_are_not_looked_for() -> None:
    assert not Secrets(["abc", "", "   ", " ab ", "********"])
    assert Secrets(["abcd"])
    assert not Secrets()
    assert Secrets().text("x") == "x"
    assert Secrets().bytes(b"x") == b"x"


def _base64(text: str) -> bytes:
    return base64.b64encode(text.encode())


FORMS = {
    "raw": SECRET.encode(),
    "hex": SECRET.encode().hex().encode(),
    "upper-hex": SECRET.encode().hex().upper().encode(),
    "base64": _base64(SECRET),
    "base64-without-padding": _base64(SECRET).rstrip(b"="),
    "base64-urlsafe": base64.urlsafe_b64encode(SECRET.encode()),
    "url": quote(SECRET, safe="").encode(),
    "url-path": quote(SECRET).encode(),
    "url-form": quote_plus(SECRET).encode(),
    "url-component": quote(SECRET, safe="!'()*").encode(),
    "lower-url": re.sub("%[0-9A-F]{2}", lambda match: match.group().lower(), quote(SECRET, safe="")).encode(),
    "json": json.dumps(SECRET)[1:-1].encode(),
    "json-unicode": json.dumps(SECRET, ensure_ascii=False)[1:-1].encode(),
    "json-slash": json.dumps(SECRET)[1:-1].replace("/", "\\/").encode(),
    "shell": shlex.quote(SECRET)[1:-1].encode(),
    "shell-backslash": SECRET.replace("'", "'\\''").encode(),
}


LONG = "github_pat_" + "0123456789abcdefghijklmnop" * 4
LINES = {
    "base64, 76": base64.encodebytes(LONG.encode()).strip(),
    "base64, 64": b"\n".join(re.findall(b".{1,64}", _base64(LONG))),
    "xxd -p": b"\n".join(re.findall(b".{1,60}", LONG.encode().hex().encode())),
}


@pytest.mark.parametrize("form", LINES)
def test_what_is_encoded_in_lines_is_hidden_where_it_begins_with_the_secret(form: str) -> None:
    assert b"\n" in LINES[form]
    assert Secrets([LONG]).bytes(b"before\n" + LINES[form] + b"\nafter") == b"before\n***\nafter"


@pytest.mark.parametrize("text", ["", "and more"])
def test_of_lines_of_base64_that_go_on_at_most_the_last_group_is_left(text: str) -> None:
    data = base64.encodebytes(f"{LONG}\n{text}".encode())
    left = Secrets([LONG]).bytes(data)
    assert left.startswith(b"***")
    assert len(left) <= len("***") + 4 + len(_base64(f"\n{text}")) + 2


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_hidden(form: str) -> None:
    secrets = Secrets(["other-secret", SECRET])
    data = FORMS[form]
    assert secrets.bytes(b"before " + data + b" after") == b"before *** after"
    assert secrets.text(f"before {data.decode()} after") == "before *** after"


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_hidden_wherever_a_stream_is_cut(form: str) -> None:
    secrets = Secrets([SECRET])
    data = b"before " + FORMS[form] + b" after"
    for at in range(len(data) + 1):
        redactor = Redactor(secrets)
        assert redactor.feed(data[:at]) + redactor.feed(data[at:]) + redactor.close() == b"before *** after"


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_of_a_text_with_the_secret_gives_nothing_of_it_away(before: str, after: str, encode: object) -> None:
    secret = "hunter2-~~~???>>>"
    whole = encode(f"{before}{secret}{after}".encode())  # type: ignore[operator]
    shown = Secrets([secret]).bytes(whole)
    begin, mark, end = shown.partition(b"***")
    assert mark
    # What is left are the characters with bits of the neighbours; one at each side may also have some of the secret.
    assert len(begin) == (8 * len(before) + 5) // 6
    assert len(end.rstrip(b"=")) <= ((8 * len(after) + 9) // 6 if after else 0)
    assert whole.startswith(begin)
    assert whole.endswith(end)


@given(st.binary(min_size=4, max_size=30), st.binary(max_size=5), st.binary(max_size=5))
def test_the_base64_of_any_secret_is_hidden_but_for_a_character_at_each_side(
    secret: bytes, before: bytes, after: bytes
) -> None:
    secrets = Secrets([secret.decode("utf-8", "surrogateescape")])
    whole = base64.b64encode(before + secret + after)
    if not secrets or len(secret.strip()) < len(secret) or len(secret.decode("utf-8", "surrogateescape").strip()) < 4:
        return
    shown = secrets.bytes(whole)
    assert len(shown.replace(b"***", b"")) <= len(whole) - (8 * len(secret) // 6 - 2)


def test_each_long_line_of_a_secret_of_several_is_hidden() -> None:
    secrets = Secrets([KEY])
    assert secrets.text(KEY) == "***"
    assert secrets.text("  MIIBVgIBADANBgkq\r\n") == "  ***\r\n"
    assert secrets.text("found -----BEGIN \x50RIVATE KEY-----") == "found -----BEGIN \x50RIVATE KEY-----"
    assert secrets.text(json.dumps(KEY)) == '"***"'


def test_a_secret_with_bytes_that_are_no_text_is_hidden_in_both() -> None:
    secrets = Secrets(["caf\udce9\x01secret"])
    assert secrets.bytes(b"a caf\xe9\x01secret") == b"a ***"
    assert secrets.text("a caf\udce9\x01secret") == "a ***"
    assert secrets.text("a caf\\xe9\\x01secret") == "a ***"


def test_blanks_around_a_value_are_no_part_of_the_secret() -> None:
    assert Secrets(["abcdefgh\n"]).text("x=abcdefgh;") == "x=***;"


@pytest.mark.parametrize(
    ("found", "text", "shown"),
    [
        (["abcdef", "abcdefghij"], "abcdefghij", "***"),
        (["abcdef", "abcdefghij"], "abcdefgh-", "***gh-"),
        (["abcdef", "defghi"], "abcdefghi", "***"),
        (["abcdefghi", "cdef"], "abcdefghi cdef", "*** ***"),
        (["abcdef"], "abcdefabcdef", "***"),
        (["abab"], "ababab", "***"),
        (["abcd", "cdxx", "xxef"], "abcdxxef", "***"),
    ],
)
def test_nothing_is_left_of_secrets_that_overlap(found: list[str], text: str, shown: str) -> None:
    assert Secrets(found).text(text) == shown
    assert Secrets(found).bytes(text.encode()) == shown.encode()


OVERLAPPING = st.lists(st.text("ab", min_size=4, max_size=7), min_size=1, max_size=4)


def _covered(text: str, secrets: Secrets) -> str:
    """Character by character, by definition: what is in any occurrence of any form is hidden."""
    hidden = [False] * len(text)
    for form in (form.decode() for form in secrets.forms()):
        for at in range(len(text)):
            if text.startswith(form, at):
                hidden[at : at + len(form)] = [True] * len(form)
    shown = "".join("\0" if is_hidden else character for is_hidden, character in zip(hidden, text, strict=True))
    while "\0\0" in shown:
        shown = shown.replace("\0\0", "\0")
    return shown.replace("\0", "***")


@given(OVERLAPPING, st.text("abc", max_size=60))
def test_exactly_what_is_part_of_a_secret_is_hidden(found: list[str], text: str) -> None:
    secrets = Secrets(found)
    assert secrets.text(text) == _covered(text, secrets) == secrets.bytes(text.encode()).decode()


@given(OVERLAPPING, st.lists(st.text("abc", max_size=9), max_size=12))
def test_a_stream_in_any_pieces_gives_what_the_whole_gives(found: list[str], pieces: list[str]) -> None:
    secrets = Secrets(found)
    redactor = Redactor(secrets)
    out = b"".join([redactor.feed(piece.encode()) for piece in pieces])
    whole = "".join(pieces).encode()
    assert out + redactor.close() == secrets.bytes(whole)
    assert redactor.feed(whole) + redactor.close() == secrets.bytes(whole)  # and once more for another stream


def test_a_redactor_holds_back_less_than_the_longest_form() -> None:
    secrets = Secrets([SECRET])
    redactor = Redactor(secrets)
    came = 0
    for number in range(1, 2000):
        came += len(redactor.feed(b"x"))
        assert number - came < secrets.longest


def test_a_text_without_secrets_is_the_same_object() -> None:
    secrets = Secrets([SECRET])
    text, data = "some text", b"some data"
    assert secrets.text(text) is text
    assert secrets.bytes(data) is data


@given(OVERLAPPING, st.text("ab*", max_size=40))
def test_what_is_hidden_stays_hidden(found: list[str], text: str) -> None:
    secrets = Secrets(found)
    assert secrets.text(secrets.text(text)) == secrets.text(text)


# Outcomes


def test_nothing_of_an_outcome_shows_a_secret_but_paths_which_are_needed() -> None:
    x = "hunter2-hunter2"
    outcome = Outcome(
        1,
        cause=Cause.NO_REPORT,
        reason=f"a {x}",
        remedy=x,
        transient=x,
        findings=(Finding(x, path=x, line=1, code=x, fix=x), Finding("plain")),
        parts=(Part(x, "FAIL", None, x),),  # type: ignore[arg-type]
        value={x: [x, {"a": (x, 1, None, True)}], "b": 1.5},
        output=Output(x, 3, None, x),
        command=("curl", f"-H{x}"),
        program=x,
        changed_files=(x,),
        staged_files=(x,),
        patches=(Patch(x, f"+{x}\n", True),),
        seen=Seen(Where.VIEW, x),
        calls=(Call(x, 1, 0.5, x, x),),
    )
    hidden = redacted(Secrets([x]), outcome)
    kept = outcome._replace(program="", changed_files=(), staged_files=())
    assert x in repr(kept)
    assert hidden == Outcome(
        1,
        cause=Cause.NO_REPORT,
        reason="a ***",
        remedy="***",
        transient="***",
        findings=(Finding("***", path=x, line=1, code="***", fix="***"), Finding("plain")),
        parts=(Part("***", "FAIL", None, "***"),),  # type: ignore[arg-type]
        value={"***": ["***", {"a": ("***", 1, None, True)}], "b": 1.5},
        output=Output("***", 3, None, x),
        command=("curl", "-H***"),
        program=x,
        changed_files=(x,),
        staged_files=(x,),
        patches=(Patch(x, "+***\n", True),),
        seen=Seen(Where.VIEW, "***"),
        calls=(Call("***", 1, 0.5, "***", "***"),),
    )
    assert type(hidden.findings[0]) is Finding
    assert hidden.findings[1] is outcome.findings[1]


def test_an_outcome_without_secrets_is_the_same_object() -> None:
    outcome = Outcome(1, reason="x", findings=(Finding("a"),), value={"a": [1, "b", {}]}, parts=())
    assert redacted(Secrets(["hunter2-hunter2"]), outcome) is outcome
    assert redacted(Secrets(), outcome) is outcome


def test_an_enum_is_no_text_even_if_a_secret_has_its_value() -> None:
    outcome = Outcome(1, cause=Cause.NO_REPORT, reason="no-report")
    hidden = redacted(Secrets(["no-report"]), outcome)
    assert hidden == Outcome(1, cause=Cause.NO_REPORT, reason="***")


def test_a_value_nested_without_end_comes_to_one() -> None:
    value: object = "hunter2-hunter2"
    for _ in range(3000):
        value = [value]
    assert "hunter2" not in repr(redacted(Secrets(["hunter2-hunter2"]), Outcome(1, value=value)).value)
