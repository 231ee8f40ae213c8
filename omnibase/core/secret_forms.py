"""The forms in which a secret may appear where it was not meant to: encoded, escaped, quoted, cut into lines."""

from collections.abc import Iterator

# A line of a secret of several lines is looked for by itself from this length on (bytes).
LINE = 8
# So many characters have the lines of base64 by RFC 7468 and RFC 2045 (base64(1) does as the latter), and those of
# xxd(1) -p.
BASE64_LINES = (64, 76)
HEX_LINES = 60

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
# RFC 3986, 2.3, with nothing else left as it is, with the slash of a path, and as ECMAScript's encodeURIComponent.
_UNRESERVED = [frozenset(_LETTERS + b"-._~" + more) for more in (b"", b"/", b"!'()*")]
# RFC 8259, 7. Some writers escape the slash, too.
_JSON = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def forms(secret: bytes) -> set[bytes]:
    """All forms of the secret, itself included."""
    found = {secret, secret.hex().encode(), secret.hex().upper().encode()}
    found.update(_lines(secret), _base64(secret), _wrapped(secret), _url(secret), _json(secret), _shell(secret))
    return found


def _lines(secret: bytes) -> Iterator[bytes]:
    """Each line; but the lines around a key (RFC 7468) are no secret, and checks speak of them."""
    for line in secret.splitlines() if b"\n" in secret else ():
        line = line.strip()  # noqa: PLW2901 - blanks around it are no part of it
        if len(line) >= LINE and not line.startswith(b"-----"):
            yield line


def _base64(secret: bytes) -> Iterator[bytes]:
    """What the base64 (RFC 4648) of any text with the secret in it has in common, also where the text ends with it.

    Three bytes make four characters, so that there are three ways in which a secret may lie in them. The characters
    that hold bits of what is before or after it are left out, but where nothing is after it.
    """
    from binascii import b2a_base64

    for offset in range(3):
        whole = b2a_base64(bytes(offset) + secret, newline=False)[(8 * offset + 5) // 6 :]
        inner = whole[: 8 * (offset + len(secret)) // 6 - (8 * offset + 5) // 6]
        for form in (whole, whole.rstrip(b"="), inner):
            yield form
            yield form.replace(b"+", b"-").replace(b"/", b"_")


def _wrapped(secret: bytes) -> Iterator[bytes]:
    """What wraps long lines begins a new one after so many characters, where the secret is at the beginning of all."""
    from binascii import b2a_base64

    whole = b2a_base64(secret, newline=False)
    inner = whole[: 8 * len(secret) // 6]
    for form in (whole, whole.rstrip(b"="), inner):
        for width in BASE64_LINES:
            yield _in_lines(form, width)
    yield _in_lines(secret.hex().encode(), HEX_LINES)


def _in_lines(text: bytes, width: int) -> bytes:
    return b"\n".join([text[at : at + width] for at in range(0, len(text), width)])


def _url(secret: bytes) -> Iterator[bytes]:
    for left in _UNRESERVED:
        for escape in ("%%%02X", "%%%02x"):
            encoded = b"".join([bytes([byte]) if byte in left else (escape % byte).encode() for byte in secret])
            yield encoded
            yield encoded.replace(b"%20", b"+")


def _json(secret: bytes) -> Iterator[bytes]:
    """The text of a JSON string, with and without escapes for what is not ASCII, and for the slash."""
    try:
        text = secret.decode()
    except UnicodeDecodeError:
        return  # no JSON can hold it
    escaped = "".join([_JSON.get(character) or _escaped(character, " ") for character in text])
    for form in (escaped, "".join([_escaped(character, "") for character in escaped])):
        yield form.encode()
        yield form.replace("/", "\\/").encode()


def _escaped(character: str, below: str) -> str:
    """`\\uXXXX` for what is below a character, or, where none is given, for what is not ASCII: twice beyond U+FFFF."""
    if character >= below if below else character.isascii():
        return character
    units = character.encode("utf-16-be")
    return "".join([f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)])


def _shell(secret: bytes) -> Iterator[bytes]:
    """Between single quotes, where a quote ends the quoting and stands by itself (POSIX.1-2024, 2.2)."""
    yield secret.replace(b"'", b"'\\''")
    yield secret.replace(b"'", b"'\"'\"'")
