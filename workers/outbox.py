"""Ring for what waits in the outbox."""

from meloko.jobs import DRAIN, JOBS, bell, queue
from meloko.outbox import sweep
from workers.door import ask


@queue.task(name=DRAIN)
def drain() -> None:
    """Give up what was tried too often and ring for the rest."""
    for outbox_id, name in ask(sweep):
        bell.ring(name, outbox_id, on=JOBS[name].queue)
