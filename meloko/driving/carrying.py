"""A round as a telephone carries it: the stops of the sheet, in the words that are shown, with what acts need."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from meloko.accounts.services import organisation
from meloko.customers.models import AccessNote
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import find_day
from meloko.driving.acting import acts_of_round
from meloko.driving.models import Act
from meloko.errors import NotFound
from meloko.orders.models import Order, OrderState
from meloko.relay_points.models import Depot
from meloko.rounds.filling import driver_name, living, round_name, sheet_stops
from meloko.rounds.models import Round, Stop, StopKind
from meloko.rounds.printing import doorstep_tags
from meloko.rounds.services import find_round
from meloko.rounds.sheet import Contact, Crates, SheetStop
from meloko.rounds.sheet_words import counted, full_hour, goods_words, rounded, some, window_words, with_hard_spaces
from meloko.wording import day_words, euros

Data = dict[str, object]

_BAGS = (("ambient", "sac", "sacs"), ("chilled", "sac frais", "sacs frais"), ("frozen", "surgelé", "surgelés"))
_CRATES = (
    ("ambient", "caisse", "caisses"),
    ("chilled", "caisse fraîche", "caisses fraîches"),
    ("frozen", "caisse de surgelés", "caisses de surgelés"),
)


def carried(session: Session, round_id: int) -> Data:
    """Describe a round whole; `mark` changes when anything that it says does."""
    row = find_round(session, round_id)
    day = find_day(session, row.delivery_day_id)
    before = _waiting_before(session, row, day)
    coded = _with_codes(session, row)
    depot = session.get_one(Depot, row.vehicle.depot_id)
    said: Data = {
        "id": row.id,
        "letter": row.letter,
        "name": round_name(row),
        "day": day_words(day.date),
        "version": row.version,
        "driver": driver_name(session, row),
        "departure": full_hour(row.departure_s),
        "back": full_hour(row.return_s),
        "depot": {"name": depot.name, "lat": depot.lat, "lon": depot.lon},
        "phone": organisation(session).phone,
        "stops": [
            _stop(stop, sheet, before.get(stop.relay_point_id or 0, ()), stop.customer_id in coded)
            for stop, sheet in zip(row.stops, sheet_stops(session, row), strict=True)
        ],
    }
    said = {name: with_hard_spaces(value) for name, value in said.items()}
    said["mark"] = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]
    return said


def acts_known(session: Session, round_id: int) -> list[Data]:
    """Return the acts of a round that are here already, as a telephone holds them."""
    row = session.get(Round, round_id)
    if row is None:
        raise NotFound
    return [_act(act) for act in acts_of_round(session, row.delivery_day_id, row.number)]


def customer_of_stop(session: Session, round_id: int, stop_id: int) -> int:
    """Return the customer who is called at; a stop of another round does not exist."""
    found = session.exec(
        select(Stop.customer_id).where(
            col(Stop.id) == stop_id, col(Stop.round_id) == round_id, col(Stop.kind) == StopKind.HOME
        )
    ).first()
    if found is None:
        raise NotFound("Cet arrêt n’est pas de cette tournée.")
    return found


def _act(act: Act) -> Data:
    said: Mapping[str, object] = {
        "uuid": str(act.uuid),
        "kind": act.kind.value,
        "said_at": act.said_at.isoformat(),
        "order_id": act.order_id,
        "undoes": str(act.undoes) if act.undoes else None,
        "place": f"{act.place_kind.value}:{act.place_id}" if act.place_kind else None,
    }
    return {name: value for name, value in said.items() if value is not None}


def _stop(stop: Stop, sheet: SheetStop, before: Sequence[tuple[int, str]], coded: bool) -> Data:
    orders = living(stop)
    said: Data = {
        "id": stop.id,
        "place": f"{stop.kind.value}:{stop.owner_id}",
        "n": sheet.number,
        "kind": stop.kind.value,
        "name": sheet.name,
        "address": ", ".join(filter(None, (sheet.street, sheet.commune))),
        "commune": sheet.commune,
        "hour": full_hour(rounded(sheet.arrival_s)),
        "window": window_words(sheet.window_s),
        "find": sheet.how_to_find,
        "lat": stop.lat,
        "lon": stop.lon,
        "call": _numbers([sheet.contact]),
        "contacts": _numbers(sheet.contact_persons),
        "notes": doorstep_tags(sheet),
        "orders": [
            {"id": order.id, "number": line.order, "name": line.public_name, "cents": line.pay_cents}
            for order, line in zip(orders, sheet.orders, strict=True)
        ],
        "before": [{"id": order_id, "number": number} for order_id, number in before],
        "todo": _todo(sheet),
        "goods": [f"{goods.quantity} × {goods.name}" for goods in sheet.goods],
        "cents": sheet.collect_cents,
        "code": coded,
    }
    return said


def _todo(stop: SheetStop) -> list[Data]:
    """Say what is left, taken and collected, a line each; the sum of what is collected stands for itself."""
    if stop.kind is StopKind.FARM:
        lines = [("Prendre", goods_words(stop), ""), ("Payer", "", stop.pay_words)]
    else:
        home = stop.kind is StopKind.HOME
        numbers = f"n° {', '.join(line.order for line in stop.orders)}" if home else ""
        named = numbers or counted(len(stop.orders), "commande")
        back = (
            some(stop.empty_crates, "caisse vide", "caisses vides"),
            some(stop.bottles, "bouteille"),
            some(stop.filled_forms, "bon rempli", "bons remplis"),
            some(len(stop.uncollected), "commande non retirée", "commandes non retirées"),
            stop.take_back_also,
        )
        cancelled = f"{', '.join(stop.cancelled)} : annulé" if stop.cancelled else ""
        lines = [
            ("Laisser", _room(stop.crates, _BAGS if home else _CRATES), named if stop.orders else ""),
            ("Ne pas laisser", cancelled, ""),
            ("Reprendre", "", ", ".join(filter(None, back))),
            ("Encaisser", euros(stop.collect_cents) if stop.collect_cents else "", stop.collect_words),
        ]
    return [{"verb": verb, "strong": strong, "words": words} for verb, strong, words in lines if strong or words]


def _room(crates: Crates, words: Sequence[tuple[str, str, str]]) -> str:
    return ", ".join(filter(None, (some(getattr(crates, name), one, many) for name, one, many in words)))


def _numbers(people: Sequence[Contact]) -> list[Data]:
    """List whom to call, a number each: a customer may have two."""
    return [
        {"name": person.name, "phone": number}
        for person in people
        for number in filter(None, person.telephone.split(" ou "))
    ]


def _waiting_before(session: Session, row: Round, day: DeliveryDay) -> dict[int, list[tuple[int, str]]]:
    """List the orders of earlier days that wait at the relay points of a round."""
    relay_ids = [stop.relay_point_id for stop in row.stops if stop.relay_point_id]
    waiting = session.exec(
        select(Order.relay_point_id, Order)
        .join(DeliveryDay, col(DeliveryDay.id) == col(Order.delivery_day_id))
        .where(
            col(Order.relay_point_id).in_(relay_ids),
            col(Order.state) == OrderState.AT_RELAY,
            col(DeliveryDay.date) < day.date,
        )
        .order_by(col(Order.id))
    )
    found: dict[int, list[tuple[int, str]]] = {}
    for relay_id, order in waiting:
        if relay_id is not None:
            found.setdefault(relay_id, []).append((order.id, order.number))
    return found


def _with_codes(session: Session, row: Round) -> set[int]:
    """Return the customers of a round for whom a door code is kept; what it says stays in the house."""
    ids = [stop.customer_id for stop in row.stops if stop.customer_id]
    return set(session.exec(select(AccessNote.customer_id).where(col(AccessNote.customer_id).in_(ids))))


def ends_ms(moment: dt.datetime) -> int:
    """Return a moment as a telephone counts: milliseconds since 1970."""
    return int(moment.timestamp() * 1000)
