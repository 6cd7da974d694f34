"""A visit of a plan written down as a stop: what is left there, or taken on board."""

from collections.abc import Iterable, Sequence

from meloko.orders.models import Order, OrderLine
from meloko.relay_points.hours import Span
from meloko.rounds.gathering import Call, DayToPlan
from meloko.rounds.models import PickUp, Stop, StopKind
from meloko.rounds.planning import crates
from routing.plan import Leg, Visit


def goods_at(day: DayToPlan, call: Call, on_board: Iterable[Order]) -> list[OrderLine]:
    """Return what is left at a place or, at a farm, what is taken on board for the orders of the round."""
    if call.kind is StopKind.FARM:
        return day.farm_lines(on_board, call.owner_id)
    return [line for order in call.orders for line in order.lines]


def stop_of(position: int, visit: Visit, leg: Leg, call: Call, lines: Sequence[OrderLine]) -> Stop:
    """Write a visit of a plan down as a stop, with what is taken on board; its round and its drops are not in it."""
    at = Span(visit.start_s, visit.start_s)
    window = next((span for span in call.windows if span.from_s <= visit.start_s <= span.until_s), None)
    window = window or next(iter(call.windows), at)
    lat, lon = call.point or (0.0, 0.0)
    ambient, chilled, frozen = crates(lines)
    stop = Stop(
        position=position,
        kind=call.kind,
        relay_point_id=call.owner_id if call.kind is StopKind.RELAY else None,
        customer_id=call.owner_id if call.kind is StopKind.HOME else None,
        producer_id=call.owner_id if call.kind is StopKind.FARM else None,
        name=call.name,
        address=call.where.address,
        postcode=call.where.postcode,
        commune=call.where.commune,
        lat=lat,
        lon=lon,
        window_from_s=window.from_s,
        window_until_s=window.until_s,
        arrival_s=visit.arrival_s,
        start_s=visit.start_s,
        departure_s=visit.departure_s,
        promise_from_s=visit.promise.start_s,
        promise_until_s=visit.promise.end_s,
        leg_duration_s=leg.duration_s,
        leg_distance_m=leg.distance_m,
        crates_hundredths=ambient,
        chilled_hundredths=chilled + frozen,
    )
    stop.pick_ups = pick_ups_of(lines) if call.kind is StopKind.FARM else []
    return stop


def pick_ups_of(lines: Iterable[OrderLine]) -> list[PickUp]:
    """Sum what is taken on board at a farm, product by product."""
    taken: dict[int, PickUp] = {}
    for line in lines:
        pick_up = PickUp(product_id=line.product_id, code=line.code, name=line.name, quantity=0)
        taken.setdefault(line.product_id, pick_up).quantity += line.ordered
    return list(taken.values())
