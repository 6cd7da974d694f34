"""Look at what is due."""

from meloko.clock import now
from meloko.delivery_days.closing import due_days, note_tick
from meloko.jobs import DRAIN, TICK, bell, queue
from meloko.orders.closing import close_day
from workers.door import ask


@queue.task(name=TICK)
def tick() -> None:
    """Close each day that is due, in a transaction of its own."""
    at = now()
    closed = [day_id for day_id in ask(due_days, at) if ask(close_day, day_id, at)]
    ask(note_tick, at)
    if closed:
        bell.ring(DRAIN)
