"""JavaScript and TypeScript: what package.json and the tools' own files configure."""

from collections.abc import Iterator

from omnibase.model.component import FileSet
from omnibase.registry.proposing.found import Found, first, table
from omnibase.registry.proposing.proposal import SLOW, Proposal

PACKAGE = "package.json"
SCRIPT = ("javascript", "jsx")
TYPESCRIPT = ("ts", "tsx")
_SOURCES = (*SCRIPT, *TYPESCRIPT, "vue", "svelte")
_STYLES = ("css", "scss", "less")

_ENDINGS = ("js", "mjs", "cjs", "ts", "mts", "cts")
_RC_ENDINGS = ("", ".json", ".yaml", ".yml", ".js", ".cjs", ".mjs", ".ts", ".toml", ".json5")
_ESLINT_FLAT = tuple(f"eslint.config.{ending}" for ending in _ENDINGS)
_ESLINT_RC = tuple(f".eslintrc{ending}" for ending in _RC_ENDINGS)
_PRETTIER = (
    *(f".prettierrc{ending}" for ending in _RC_ENDINGS),
    *(f"prettier.config.{ending}" for ending in _ENDINGS),
)
_STYLELINT = (
    *(f".stylelintrc{ending}" for ending in _RC_ENDINGS),
    *(f"stylelint.config.{ending}" for ending in _ENDINGS),
)
_LOCKS = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "package-lock.json": "npm",
}
_TYPE_SCRIPTS = ("typecheck", "type-check", "check-types", "check:types", "types", "tsc")
_NO_TEST = "no test specified"  # what `npm init` writes
_TSC = (
    r"^(?P<path>[^(]+)\((?P<line>\d+),(?P<column>\d+)\): "
    r"(?P<severity>error|warning) (?P<code>TS\d+): (?P<message>.*)$"
)


def propose(found: Found) -> Iterator[Proposal]:
    """Components for configured tools, and for the scripts of package.json where no tool does the same."""
    tools = [*_biome(found), *_eslint(found), *_stylelint(found), *_prettier(found)]
    yield from tools
    yield from _scripts(found, {tool.purpose for tool in tools})


def manager(found: Found) -> str:
    """The package manager that the repository uses: npm, pnpm, yarn or bun."""
    named = str(found.tables.get(PACKAGE, {}).get("packageManager", "")).partition("@")[0]
    if named in _LOCKS.values():
        return named
    lock = first(found, *_LOCKS)
    return _LOCKS[lock] if lock else "npm"


def _program(found: Found, name: str) -> tuple[str, ...]:
    """A tool of node_modules: the root's are found by their names, those of a folder below it are not."""
    return ("npx", "--no", name) if found.nested else (name,)


def _depends(found: Found, *names: str) -> str:
    for group in ("devDependencies", "dependencies"):
        there = table(found, PACKAGE, group) or {}
        for name in names:
            if name in there:
                return f"{name} among the {group} of {PACKAGE}"
    return ""


def _of_package(found: Found, key: str) -> str:
    return f'"{key}" in {PACKAGE}' if key in found.tables.get(PACKAGE, {}) else ""


def _biome(found: Found) -> Iterator[Proposal]:
    why = first(found, "biome.json", "biome.jsonc")
    if why:
        options = ("--no-errors-on-unmatched", "--files-ignore-unknown=true", "{files}")
        yield Proposal(
            "biome",
            why,
            "Lint and format with biome",
            "lint",
            (*_program(found, "biome"), "check", *options),
            FileSet(types_or=(*SCRIPT, *TYPESCRIPT, "json", "css")),
            (*_program(found, "biome"), "check", "--write", *options),
            at_commit=True,
            language="javascript",
            hooks=("biome-check", "biome-lint", "biome-format"),
        )


def _eslint(found: Found) -> Iterator[Proposal]:
    flat = first(found, *_ESLINT_FLAT)
    why = flat or first(found, *_ESLINT_RC) or _of_package(found, "eslintConfig")
    if not why:
        return
    typed = _depends(found, "typescript-eslint", "@typescript-eslint/parser", "@typescript-eslint/eslint-plugin")
    kinds = (*SCRIPT, *(TYPESCRIPT if typed else ()), *(kind for kind in ("vue", "svelte") if found.types.get(kind)))
    # to name a file that the configuration leaves out is a warning, unless this is said; only version 9 knows how
    quiet = ("--no-warn-ignored",) if flat else ()
    yield Proposal(
        "eslint",
        why,
        "Lint with eslint",
        "lint",
        (*_program(found, "eslint"), "--format", "json", *quiet, "{files}"),
        FileSet(types_or=kinds),
        (*_program(found, "eslint"), "--fix", *quiet, "{files}"),
        "eslint",
        at_commit=True,
        language="javascript",
    )


def _stylelint(found: Found) -> Iterator[Proposal]:
    why = first(found, *_STYLELINT) or _of_package(found, "stylelint")
    if why:
        yield Proposal(
            "stylelint",
            why,
            "Lint style sheets with stylelint",
            "lint",
            (*_program(found, "stylelint"), "--formatter", "unix", "--allow-empty-input", "{files}"),
            FileSet(types_or=_STYLES),
            (*_program(found, "stylelint"), "--fix", "--allow-empty-input", "{files}"),
            "text",
            at_commit=True,
            language="css",
        )


def _prettier(found: Found) -> Iterator[Proposal]:
    why = first(found, *_PRETTIER) or _of_package(found, "prettier") or _depends(found, "prettier")
    if why:
        yield Proposal(
            "prettier",
            why,
            "Files are formatted as prettier does",
            "format",
            (*_program(found, "prettier"), "--check", "--ignore-unknown", "{files}"),
            FileSet(types=("text",)),
            (*_program(found, "prettier"), "--write", "--ignore-unknown", "{files}"),
            at_commit=True,
            language="javascript",
            notes=("It formats all that it knows; `.prettierignore` or `files` limit it.",),
        )


def _scripts(found: Found, purposes: set[str]) -> Iterator[Proposal]:
    scripts = table(found, PACKAGE, "scripts") or {}
    kinds = tuple(kind for kind in _SOURCES if found.types.get(kind)) or SCRIPT
    run = manager(found)
    if "lint" not in purposes and scripts.get("lint"):
        yield Proposal(
            f"{run}-lint",
            f'the script "lint" of {PACKAGE}',
            "Lint as package.json says",
            "lint",
            (run, "run", "lint"),
            FileSet(types_or=(*kinds, *(style for style in _STYLES if found.types.get(style)))),
            idempotent=False,
            timeout="10m",
            language="javascript",
            notes=(SLOW,),
        )
    yield from _types(found, run, kinds)
    test = scripts.get("test")
    if test and _NO_TEST not in str(test):
        yield Proposal(
            f"{run}-test",
            f'the script "test" of {PACKAGE}',
            "Run the tests as package.json says",
            "test",
            (run, "run", "test") if run == "bun" else (run, "test"),
            idempotent=False,
            timeout="20m",
            language="javascript",
        )


def _types(found: Found, run: str, kinds: tuple[str, ...]) -> Iterator[Proposal]:
    scripts = table(found, PACKAGE, "scripts") or {}
    script = next((name for name in _TYPE_SCRIPTS if scripts.get(name)), None)
    config = first(found, "tsconfig.json")
    if script:
        why = f'the script "{script}" of {PACKAGE}'
        command: tuple[str, ...] = (run, "run", script)
    elif config and _depends(found, "typescript"):
        why, command = config, (*_program(found, "tsc"), "--noEmit", "--pretty", "false")
    else:
        return
    yield Proposal(
        "typescript",
        why,
        "Check types with TypeScript",
        "types",
        command,
        FileSet(types_or=kinds),
        findings=_TSC,
        regex=True,
        timeout="10m",
        idempotent=False,
        language="javascript",
        hooks=("tsc", "typecheck"),
        notes=(SLOW,),
    )
