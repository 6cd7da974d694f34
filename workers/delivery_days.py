"""Look at what is due."""

from meloko.accounts.codes import forget_spent
from meloko.clock import now
from meloko.delivery_days.closing import due_days, note_tick
from meloko.driving.watching import watch_rounds
from meloko.jobs import DRAIN, TICK, bell, queue
from meloko.orders.closing import close_day
from meloko.rounds.learning import ask_learning
from meloko.standing_orders.placing import ask_for_standing_orders
from workers.door import ask


@queue.task(name=TICK)
def tick() -> None:
    """Close each day that is due, alone; ask for the standing orders of those that opened; watch over drivers."""
    at = now()
    closed = [day_id for day_id in ask(due_days, at) if ask(close_day, day_id, at)]
    asked = [ask(ask_for_standing_orders, at), ask(ask_learning, at), ask(watch_rounds, at)]
    ask(forget_spent, at)
    ask(note_tick, at)
    if closed or any(asked):
        bell.ring(DRAIN)
