"""What a person does about an order that is on no round: place its door, offer a relay point, telephone."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import Session, col, select

from meloko.accounts.services import audit, history
from meloko.clock import local
from meloko.customers.models import ContactPerson, Customer
from meloko.customers.services import find_customer, place_by_hand
from meloko.db import Table, gate
from meloko.delivery_days.entering import check_relay_served, take_room, touch_day
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.delivery_days.services import find_day
from meloko.errors import NotFound, Refusal
from meloko.folding import fold
from meloko.jobs import DrawRounds
from meloko.orders.models import Order, OrderState
from meloko.orders.services import ALIVE, find_order
from meloko.orders.totals import reckon
from meloko.outbox import enqueue
from meloko.relay_points.models import Depot, RelayPoint
from meloko.relay_points.services import why_closed
from meloko.roads.drawing import Mark, MarkKind
from meloko.roads.services import named_places, window_map
from meloko.roads.view import View
from meloko.rounds.models import Drop, Round, RoundState, Stop
from meloko.rounds.services import ListedException, day_count, list_rounds
from meloko.wording import hour_words

EXCEPTION = Table.metadata.tables["round_exception"]
LONGEST_NOTE = 200
PLACED = "placée sur la carte : à mettre en tournée"
# The map on which a door is placed: metres across, from a whole valley down to a street.
WIDEST_M, NARROWEST_M = 40_000, 250
_VILLAGE_M = 3_000


class NotAnException(Refusal):
    """An order that a round carries, or that is not to be delivered any more."""

    def __init__(self, number: str) -> None:
        super().__init__(f"La commande n° {number} n’est plus hors tournée : rien n’a été changé.")


class CallNotNoted(Refusal):
    """A call of which nothing was written."""

    status = 422
    field = "note"

    def __init__(self) -> None:
        super().__init__("Écrivez ce qui a été dit, en quelques mots.")


@dataclass(frozen=True, slots=True)
class Call:
    """A call that somebody noted."""

    when: str
    who: str
    note: str


@dataclass(frozen=True, slots=True)
class ExceptionPage:
    """One order on no round, and all that can be done about it."""

    listed: ListedException
    day: DeliveryDay
    home: Customer
    numbers: tuple[tuple[str, str], ...]
    rounds: Sequence[Round]
    relays: tuple[RelayPoint, ...]
    calls: tuple[Call, ...]

    @property
    def placed(self) -> bool:
        """Tell whether the map knows where to go."""
        return not self.listed.order.home or self.home.lat is not None


@dataclass(frozen=True, slots=True)
class Spot:
    """A point of the map and how wide the map around it is."""

    lat: float
    lon: float
    metres: int

    def view(self, width: int, height: int) -> View:
        """Return the window of the map around it."""
        return View.centred((self.lat, self.lon), self.metres, width, height)


def exception_page(session: Session, order_id: int) -> ExceptionPage:
    """Gather the page of one order that is on no round, or refuse."""
    order = find_order(session, order_id)
    day = find_day(session, order.delivery_day_id)
    listed = next((one for one in day_count(session, day.id).exceptions if one.order.id == order_id), None)
    if listed is None:
        raise NotAnException(order.number)
    home = find_customer(session, order.recipient_id)
    contacts = session.exec(
        select(ContactPerson).where(col(ContactPerson.customer_id) == home.id).order_by(col(ContactPerson.position))
    )
    numbers = [(home.full_name, number) for number in dict.fromkeys((home.phone, home.other_phone)) if number]
    return ExceptionPage(
        listed=listed,
        day=day,
        home=home,
        numbers=(*numbers, *((person.name, person.phone) for person in contacts if person.phone)),
        rounds=[row for row in list_rounds(session, day.id) if row.state is RoundState.PLANNED],
        relays=_relays(day) if order.home else (),
        calls=_calls(session, order_id),
    )


def first_spot(session: Session, customer_id: int) -> Spot:
    """Return where to begin looking for a door: its point, its commune, else around the depots."""
    customer = find_customer(session, customer_id)
    if customer.lat is not None and customer.lon is not None:
        return Spot(customer.lat, customer.lon, 600)
    commune = fold(customer.commune)
    place = next((place for place in named_places(session) if commune and fold(place.name) == commune), None)
    if place is not None:
        return Spot(place.lat, place.lon, _VILLAGE_M)
    depot = session.exec(select(Depot).where(col(Depot.lat).is_not(None)).order_by(col(Depot.id)).limit(1)).first()
    if depot is None or depot.lat is None or depot.lon is None:
        raise NotFound("Aucun dépôt n’est placé sur la carte : il n’y a pas de carte à montrer.")
    return Spot(depot.lat, depot.lon, 20_000)


def spot_map(session: Session, spot: Spot, width: int, height: int) -> str:
    """Draw the map around a spot, with the spot in its middle: SVG."""
    mark = Mark(MarkKind.HOME, "", spot.lat, spot.lon, now=True)
    return window_map(session, [mark], spot.view(width, height), title="Carte où placer la porte")


def place_home(session: Session, order_id: int, lat: float, lon: float, *, by: int) -> Order:
    """Place the door of an order by hand, for ever, and let its travel times be measured."""
    order = _exception(session, order_id)
    place_by_hand(session, order.recipient_id, lat, lon, by=by)
    day = find_day(session, order.delivery_day_id)
    session.connection().execute(
        update(EXCEPTION)
        .where(
            EXCEPTION.c.delivery_day_id == day.id,
            EXCEPTION.c.plan_version == day.plan_version,
            EXCEPTION.c.order_id.in_(select(Order.id).where(col(Order.recipient_id) == order.recipient_id)),
        )
        .values(reason="placed", sentence=PLACED)
    )
    touch_day(session, day.id)
    enqueue(session, DrawRounds(day_id=day.id))
    return order


def leave_at_relay(session: Session, order_id: int, relay_point_id: int, *, by: int) -> Order:
    """Leave an order at a relay point instead of its door: the same order, never dearer; its room is taken there."""
    day_id = find_order(session, order_id).delivery_day_id
    gate(session, day_id, shared=False)
    order, day = _exception(session, order_id), find_day(session, day_id)
    if not order.home:
        raise NotAnException(order.number)
    relay = check_relay_served(day, relay_point_id)
    take_room(session, day.id, relay.id, order.crates_hundredths, order.chilled_hundredths)
    before: dict[str, object] = {"place": order.place_name, "fee_cents": order.fee_cents}
    order.relay_point_id, order.home, order.place_name = relay.id, False, relay.name
    order.home_address = order.home_postcode = order.home_commune = ""
    order.fee_cents = min(order.fee_cents, relay.fee_cents)
    reckon(order, order.lines)
    session.flush()
    touch_day(session, day.id)
    audit(
        session, by, "order.to_relay", "order", order.id,
        before=before, after={"place": order.place_name, "fee_cents": order.fee_cents},
    )  # fmt: skip
    return order


def note_call(session: Session, order_id: int, note: str, *, by: int) -> None:
    """Note what was said on the telephone about an order; it stays with the order."""
    order = find_order(session, order_id)
    words = note.replace("\x00", "").strip()[:LONGEST_NOTE]
    if not words:
        raise CallNotNoted
    audit(session, by, "order.called", "order", order.id, after={"note": words})


def _exception(session: Session, order_id: int) -> Order:
    """Find an order that no current round carries and that is still to be delivered."""
    order = find_order(session, order_id)
    carried = session.exec(
        select(Drop.id)
        .join(Stop, col(Stop.id) == col(Drop.stop_id))
        .join(Round, col(Round.id) == col(Stop.round_id))
        .where(col(Drop.order_id) == order_id, col(Round.current), col(Round.delivery_day_id) == order.delivery_day_id)
    ).first()
    ended = order.state not in ALIVE or order.state in (OrderState.DELIVERED, OrderState.COLLECTED)
    if carried is not None or ended or order.day.state in (DayState.DELIVERED, DayState.SETTLED):
        raise NotAnException(order.number)
    return order


def _relays(day: DeliveryDay) -> tuple[RelayPoint, ...]:
    open_ones = (one.relay_point for one in day.relay_points if why_closed(one.relay_point, day.date) is None)
    return tuple(sorted(open_ones, key=lambda point: fold(point.name)))


def _calls(session: Session, order_id: int) -> tuple[Call, ...]:
    found = []
    for entry, who in history(session, "order", order_id):
        if entry.act == "order.called":
            at = local(entry.at)
            when = f"{at.day}/{at.month} à {hour_words(at.hour * 3600 + at.minute * 60)}"
            found.append(Call(when, who, str((entry.after or {}).get("note", ""))))
    return tuple(found[::-1])
