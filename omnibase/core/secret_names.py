"""Which variables of an environment hold secrets, by their names and values."""

from collections.abc import Iterator

# So many characters make a value a secret where it is declared as one, and where only its name says so.
DECLARED = 4
NAMED = 8
# What makes a variable's name a secret's, of its words between "_": the end of any, what is before KEY, the last.
ENDINGS = (
    *("TOKEN", "TOKENS", "SECRET", "SECRETS", "PASSWORD", "PASSWORDS", "PASSWD", "PASSPHRASE", "APIKEY", "JWT"),
    *("CREDENTIAL", "CREDENTIALS"),
)
KEYS = frozenset({"API", "ACCESS", "PRIVATE", "SECRET", "SIGNING", "ENCRYPTION", "MASTER", "DEPLOY", "ACCOUNT", "AUTH"})
LAST = frozenset({"AUTH", "PASS", "PAT", "PWD"})


def names_one(name: str) -> bool:
    """Whether a variable of that name holds a secret."""
    words = [word.rstrip("0123456789") or word for word in name.upper().split("_")]  # API_KEY2 is one as well
    if any(word.endswith(ENDINGS) for word in words):
        return True
    if any(word == "KEY" and words[at] in KEYS for at, word in enumerate(words[1:])):
        return True
    return words[-1] in LAST and words != ["PWD"]  # that one is a folder


def is_path(value: str) -> bool:
    """Whether a value is an absolute path. A random value in base64 may begin with a slash, too."""
    if not value.startswith("/") or "\n" in value:
        return False
    random = value.replace("/", "").replace("+", "").rstrip("=")
    kinds = [any(map(is_kind, random)) for is_kind in (str.isupper, str.islower, str.isdigit)]
    return not (random.isascii() and random.isalnum() and all(kinds) and len(value) >= 20)


def passwords(value: str) -> Iterator[str]:
    """Those of the URLs in a value (RFC 3986, 3.2.1), written and decoded; a short one, or the user's name, is none."""
    for rest in value.split("://")[1:]:
        authority = rest.split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
        user, _, password = authority.rpartition("@")[0].partition(":")
        if len(password) >= NAMED and password != user:
            yield password
            if "%" in password:
                yield _decoded(password)


def _decoded(text: str) -> str:
    """Percent-encoding undone (RFC 3986, 2.1)."""
    first, *rest = text.encode("utf-8", "surrogateescape").split(b"%")
    pieces = [first]
    for piece in rest:
        try:
            pieces.append(bytes([int(piece[:2], 16)]) + piece[2:])
        except ValueError:
            pieces.append(b"%" + piece)
    return b"".join(pieces).decode("utf-8", "surrogateescape")
