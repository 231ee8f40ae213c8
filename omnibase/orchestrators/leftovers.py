"""What a run leaves behind: nothing when it ends, and what a killed one could not clear away is cleared by the next."""

import os

from omnibase.inputs import scratch
from omnibase.inputs.git import Repository
from omnibase.inputs.scratch import Scratch

LEDGER = "ledger"
RESCUED = "rescued"


def left_behind(repository: Repository, state: str) -> list[str]:
    """Clear away what killed runs have left, and only that; notices of what was found."""
    notices: list[str] = []
    for folder in scratch.abandoned(state):
        from omnibase.inputs.fixing import staging
        from omnibase.inputs.writing.ledger import settle, unsettled

        ledger = os.path.join(folder, LEDGER)
        notices.append(f"the run {os.path.basename(folder)} was killed: what it left behind was cleared away")
        notices += settle(ledger, os.path.join(state, RESCUED))
        released = staging.clean_up(repository, folder)
        notices += [released] if released else []
        if not unsettled(ledger):
            scratch.remove(folder)
    return notices


def let_go(own: Scratch, state: str) -> list[str]:
    """Remove the run's own folder, when its kept files have been looked at again; notices of what was found there."""
    ledger = os.path.join(own.made, LEDGER) if own.made else None
    if ledger is None or not os.path.isdir(ledger):
        own.close()
        return []
    from omnibase.inputs.writing.ledger import look_again, unsettled

    notices = look_again(ledger, os.path.join(state, RESCUED))
    own.close(keep=unsettled(ledger))
    return list(notices)
