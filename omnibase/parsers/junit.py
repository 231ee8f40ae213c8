"""JUnit XML, read as a stream of cases: no tree is built, and what stands before a break is kept."""

from omnibase.model.record import Record

MAX_TEXT = 50_000  # characters kept of each end of a failure's text
_VERDICTS = ("failure", "error", "skipped")


class Verdict(Record):
    """What is said of a case that did not simply pass. `kind` is failure, error or skipped."""

    kind: str
    message: str
    text: str


class Case(Record):
    """One `testcase`. `seconds` is its time as it is written."""

    classname: str
    name: str
    file: str | None = None
    line: str | None = None
    seconds: str | None = None
    verdicts: tuple[Verdict, ...] = ()


class RefusedError(Exception):
    """The document has what no test report needs and an attack does."""


def read(report: bytes) -> tuple[list[Case], str | None]:
    """The cases of a report, and what keeps the rest from being read.

    Document types are refused, and with them entities that expand without bound.
    """
    from xml.etree.ElementTree import ParseError, XMLParser

    reader = _Reader()
    parser: XMLParser[None] = XMLParser(target=reader)  # noqa: S314 - entities, which the rule is about, are refused
    try:
        # expat has read on into what a document type defines before the reader hears of it.
        if b"<!DOCTYPE" in report.partition(b"<testsuite")[0]:
            raise RefusedError("it declares a document type, which is refused")
        parser.feed(report)
        parser.close()
    except RefusedError as error:
        return reader.cases, str(error)
    except (ParseError, ValueError, LookupError) as error:  # the last two: encodings that expat does not read
        reader.break_off()
        return reader.cases, f"it is broken or breaks off: {error}"
    return reader.cases, None


class _Reader:
    """Takes what XMLParser reports."""

    def __init__(self) -> None:
        self.cases: list[Case] = []
        self._case: Case | None = None
        self._kind: str | None = None
        self._message = ""
        self._text: list[str] = []
        self._rooted = False

    def doctype(self, *declaration: object) -> None:
        raise RefusedError(f"it declares a document type ({declaration[0]}), which is refused")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition("}")[2]
        if not self._rooted:
            self._rooted = True
            if tag not in ("testsuites", "testsuite"):
                raise RefusedError(f"it is no JUnit XML, its root is <{tag[:100]}>")
        if tag == "testcase":
            get = attributes.get
            self._case = Case(get("classname", ""), get("name", ""), get("file"), get("line"), get("time"))
        elif tag in _VERDICTS and self._case is not None and self._kind is None:
            self._kind = tag
            self._message = attributes.get("message", "")[:MAX_TEXT]
            self._text = []

    def data(self, text: str) -> None:
        if self._kind is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        tag = tag.rpartition("}")[2]
        if tag == self._kind:
            self._close_verdict()
        elif tag == "testcase" and self._case is not None:
            self.cases.append(self._case)
            self._case = None

    def close(self) -> None:
        """XMLParser asks for it."""

    def break_off(self) -> None:
        """Keep a case that was not finished if it is known how it ended."""
        if self._kind is not None:
            self._close_verdict()
        if self._case is not None and self._case.verdicts:
            self.cases.append(self._case)

    def _close_verdict(self) -> None:
        if self._case is None or self._kind is None:
            return
        text = "".join(self._text)
        if len(text) > 2 * MAX_TEXT:
            text = f"{text[:MAX_TEXT]}\n{text[-MAX_TEXT:]}"
        verdict = Verdict(self._kind, self._message, text)
        self._case = self._case._replace(verdicts=(*self._case.verdicts, verdict))
        self._kind = None
