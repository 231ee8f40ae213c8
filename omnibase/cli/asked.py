"""What a command line asks for."""

from collections.abc import Mapping
from typing import Any

from omnibase.model.context import Filters, InputsRequest, Request
from omnibase.model.record import Record


class Asked(Record):
    """What the command line asks for, before settings of other origins are added to it."""

    stage: str
    registry: str | None = None
    filters: Filters = Filters()
    inputs: InputsRequest = InputsRequest()
    request: Request = None
    hook: str | None = None
    options: Mapping[str, Any] = {}
    outputs: tuple[str, ...] = ()
