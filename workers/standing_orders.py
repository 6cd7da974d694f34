"""Place the orders that come back by themselves."""

from meloko.jobs import DRAIN, FindUndelivered, PlaceStandingOrder, PlaceStandingOrders, bell, queue
from meloko.standing_orders.placing import find_undelivered, place_standing_order, place_standing_orders
from workers.door import perform


@queue.task(name=PlaceStandingOrders.name)
def of_day(outbox_id: int) -> None:
    """Ask for the standing orders of one day, each a job of its own."""
    if perform(PlaceStandingOrders, outbox_id, place_standing_orders):
        bell.ring(DRAIN)


@queue.task(name=PlaceStandingOrder.name)
def place(outbox_id: int) -> None:
    """Place one standing order for one day."""
    perform(PlaceStandingOrder, outbox_id, place_standing_order)


@queue.task(name=FindUndelivered.name)
def undelivered(outbox_id: int) -> None:
    """Tell whose standing order comes back on a day that nobody delivers."""
    perform(FindUndelivered, outbox_id, find_undelivered)
