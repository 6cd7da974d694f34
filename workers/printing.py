"""Print the papers of a day."""

from meloko.jobs import PrintDay, queue
from meloko.outbox import ClaimLost, claim, give_back
from meloko.printing.setting import Press, print_day
from workers.door import ask, engine, log, settings


@queue.task(name=PrintDay.name)
def day(outbox_id: int) -> None:
    """Print one day: read it, set it outside of any transaction, write down that it is there."""
    claimed = ask(claim, outbox_id)
    if claimed is None:
        return
    try:
        print_day(Press(engine(), settings().var, settings().secret_key), claimed)
    except ClaimLost:
        log.warning("printing %s was taken over, its file is not written down", outbox_id)
    except Exception:
        ask(give_back, claimed)
        raise
