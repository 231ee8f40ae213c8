"""The report as canonical JSON (RFC 8259)."""

import json
import re
from typing import Any

from omnibase.cli.formatters.document import document
from omnibase.model.ports import Style
from omnibase.model.report import RunReport

Json = Any

# A terminal acts on these, editors on the last of them, and CI systems on "##[" and its like (see core/redaction); in
# the strings of JSON their escapes mean the same.
_ACTING = "[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]|#(?=#(?:vso|teamcity)?\\[)"


def format(report: RunReport, _style: Style) -> str:  # noqa: A001 - the name of every formatter
    """The report's document, the same for every style: equal reports give equal bytes in UTF-8."""
    return canonical(document(report))


def canonical(data: Json) -> str:
    """JSON with sorted keys, two columns of indent, and a final newline. Raises ValueError for NaN and Infinity."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, sort_keys=True, indent=2)
    if not text.isascii() or "\x7f" in text or "##" in text:  # compiling the pattern is put off until it may be needed
        text = re.sub(_ACTING, lambda match: f"\\u{ord(match.group()):04x}", text)
    return text + "\n"
