"""SARIF's artifact locations -> paths: bases, `file:` URIs and percent-encoding (RFC 3986, RFC 8089)."""

import re
from collections.abc import Mapping, Sequence
from os import fsdecode, fsencode

from omnibase.core.redaction import storable
from omnibase.model.ports import Json
from omnibase.parsers.decoding import mapping, string

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_FILE = re.compile(r"file:(?://[^/]*(?=/|$))?", re.IGNORECASE)
_ENCODED = re.compile(rb"%([0-9A-Fa-f]{2})")


def path_of(
    location: Mapping[str, Json], artifacts: Sequence[Mapping[str, Json]], bases: Mapping[str, Json]
) -> str | None:
    """The path of an artifact location: absolute, or relative to the command's folder where no base says otherwise.

    A location without a URI refers to one of the run's artifacts. A URI of another scheme stays as it is.
    """
    index = location.get("index")
    if string(location.get("uri")) is None and isinstance(index, int) and 0 <= index < len(artifacts):
        location = mapping(artifacts[index].get("location"))
    uri = string(location.get("uri"))
    if uri is None:
        return None
    base = string(location.get("uriBaseId"))
    seen: set[str] = set()
    while base and base not in seen and not _SCHEME.match(uri) and not uri.startswith("/"):
        seen.add(base)
        above = mapping(bases.get(base))
        prefix = string(above.get("uri")) or ""
        uri = prefix + uri if prefix.endswith("/") or not prefix else f"{prefix}/{uri}"
        base = string(above.get("uriBaseId"))
    if _SCHEME.match(uri):
        local = _FILE.match(uri)
        if local is None:
            return uri
        uri = uri[local.end() :]
    try:
        encoded = fsencode(uri)
    except UnicodeEncodeError:
        encoded = fsencode(storable(uri))
    return fsdecode(_ENCODED.sub(lambda found: bytes([int(found[1], 16)]), encoded))
