"""check-ast and debug-statements: Python files parse, and nobody's debugger is left in them."""

import re
import sys
import warnings
from collections.abc import Iterator

from omnibase.api import FileSet, Finding, SourceFile, validator

PYTHON = FileSet(types=("python",))
# What is imported to stop in a debugger: modules of one, or the name by which its documentation has it imported.
DEBUGGERS = frozenset(
    {
        "bpdb",
        "celery.contrib.rdb",
        "ipdb",
        "pdb",
        "pdbr",
        "pudb",
        "pudb.b",
        "pydevd",
        "pydevd_pycharm",
        "q",
        "rdb",
        "rpdb",
        "wdb",
    }
)
PACKAGES = rb"\b(?:bpdb|celery|ipdb|pdbr?|pudb|pydevd|pydevd_pycharm|q|rdb|rpdb|wdb)\b"
FAULTS = (SyntaxError, ValueError, RecursionError, MemoryError)  # MemoryError is the parser's stack, not the machine's


@validator(name="check-ast", version="1.0.0", lifecycle="stable", tags=["pre-commit", "python", "syntax"], files=PYTHON)
def check_ast(file: SourceFile) -> Iterator[Finding]:
    """Find Python files that the running interpreter cannot parse."""
    import ast
    import symtable

    data = file.data
    with warnings.catch_warnings(action="ignore"):
        try:
            # Parses as `ast.parse` does and looks at the scopes, without making an object of each node: half the time.
            # It takes bytes, with any declared encoding; that its stub asks for str is known to be too narrow.
            symtable.symtable(data, "file", "exec")  # type: ignore[arg-type]
            return
        except FAULTS as error:
            fault: BaseException = error
        try:
            ast.parse(data)
            if not isinstance(fault, SyntaxError):
                return  # it parses: only its scopes are nested deeper than could be followed
        except FAULTS as error:
            fault = error
    yield _unparsable(file, fault, "check-ast", f"does not parse with {_interpreter()}")


@validator(name="debug-statements", version="1.0.0", lifecycle="stable", tags=["pre-commit", "python"], files=PYTHON)
def debug_statements(file: SourceFile) -> Iterator[Finding]:
    """Find imports of debuggers and calls of `breakpoint()` in Python files."""
    if not _may_debug(file.data):
        return
    import ast

    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(file.data)
    except FAULTS as error:
        yield _unparsable(file, error, "debug-statements", "names a debugger and cannot be parsed to see more")
        return
    found: list[tuple[int, int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name in DEBUGGERS]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            members = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name for name in (node.module, *members) if name in DEBUGGERS][:1]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "breakpoint":
            found.append((node.lineno, node.col_offset, "breakpoint() is called"))
            continue
        else:
            continue
        found += [(node.lineno, node.col_offset, f"the debugger {name} is imported") for name in names]
    for line, offset, message in sorted(found):
        # ast counts lines as Python's reader does, which takes a lone CR for an ending, and columns in UTF-8 bytes.
        before = file.lines[line - 1][:offset] if line <= len(file.lines) else b""
        yield Finding(message, file.path, line, len(before.decode("utf-8", "replace")) + 1, code="debug-statements")


def _may_debug(data: bytes) -> bool:
    """Whether a debugger's name stands where it could matter: parsing costs forty times as much as this search.

    Names are looked for as ASCII: one that is a debugger's only after NFKC normalisation is nobody's oversight.
    """
    if re.search(rb"breakpoint[\s\\)]*\(", data) or re.search(rb"from[\s\\]+" + PACKAGES, data):
        return True
    # The rest of each import statement, over backslashes at the ends of lines; no byte is taken twice.
    statements = re.findall(rb"import(?:[^\n\\]++|\\(?:\r\n|[\s\S])?)*+", data)
    return re.search(PACKAGES, b"\n".join(statements)) is not None


def _interpreter() -> str:
    name = sys.implementation.name
    version = ".".join(str(part) for part in sys.version_info[:3])
    return f"{'CPython' if name == 'cpython' else name} {version}"


def _unparsable(file: SourceFile, fault: BaseException, code: str, what: str) -> Finding:
    line, column = None, None
    if isinstance(fault, SyntaxError):
        message, line, column = fault.msg, fault.lineno or None, _column(file.data, fault)
    elif isinstance(fault, ValueError):
        message = str(fault)
    else:
        message = "nested too deeply"
    if line is None:
        nul = file.data.find(b"\0")
        line = file.data.count(b"\n", 0, nul) + 1 if nul >= 0 else 1
    return Finding(f"{what}: {message}", file.path, line, column, code=code)


def _column(data: bytes, fault: SyntaxError) -> int | None:
    """The fault's column in characters: before CPython 3.13 some faults in bytes give it in bytes."""
    import ast

    offset = fault.offset
    if not data.isascii():
        try:
            with warnings.catch_warnings(action="ignore"):
                ast.parse(data.decode())
        except SyntaxError as same:
            if (same.msg, same.lineno) == (fault.msg, fault.lineno):
                offset = same.offset
        except UnicodeDecodeError:
            pass  # another encoding, in which the column is right
    return offset if offset is not None and offset > 0 else None
