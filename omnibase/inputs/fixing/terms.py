"""On what terms fixers' changes are written: told to workers, and known without what writes."""

from omnibase.model.record import Record


class Terms(Record):
    """On what terms fixes are written.

    `shadow` is the folder with the staged contents, which take the fix, too; `unstaged` are the paths whose files have
    more changes than are staged: there the fix is merged. `ledger` is the folder in which writes are noted, `scratch`
    that for what is needed on the way only. With `restage` the fix is to be staged, too; with `preview` nothing is
    written.
    """

    shadow: str | None = None
    unstaged: tuple[str, ...] = ()
    ledger: str | None = None
    scratch: str | None = None
    restage: bool = False
    preview: bool = False
