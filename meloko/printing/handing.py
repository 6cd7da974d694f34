"""What is handed to others: the pick-up list of a relay point, the delivery note of an order."""

from collections.abc import Sequence

from meloko.orders.models import Order, OrderLine
from meloko.printing.papers import LONGEST_NAME, Paper, PaperKind
from meloko.printing.reading import DayRead, RoundRead
from meloko.printing.weights import grams_words
from meloko.relay_points.hours import UnreadableHours, day_hours_words, spans_on
from meloko.relay_points.models import RelayPoint
from meloko.rounds.filling import living, whole_crates
from meloko.rounds.models import Stop
from meloko.rounds.sheet import Crates
from meloko.rounds.sheet_words import counted, crate_words, cut, plural, with_hard_spaces
from meloko.wording import day_words, euros, hour_words


def pick_up_lists(read: DayRead) -> list[tuple[int, Paper]]:
    """Return the pick-up list of each relay point of the day, with the number of the first round that calls there."""
    calls: dict[int, list[tuple[RoundRead, Stop]]] = {}
    for each in read.rounds:
        for stop in each.row.stops:
            if stop.relay_point_id is not None:
                calls.setdefault(stop.relay_point_id, []).append((each, stop))
    return [
        (stops[0][0].row.number, _pick_up_list(read, read.relay_points[point_id], stops))
        for point_id, stops in calls.items()
    ]


def _pick_up_list(read: DayRead, point: RelayPoint, calls: Sequence[tuple[RoundRead, Stop]]) -> Paper:
    orders = sorted((order for _, stop in calls for order in living(stop)), key=lambda order: order.id)
    bags = [whole_crates(order.lines) for order in orders]
    total = sum(bags, Crates())
    uncollected = [
        number
        for each, stop in calls
        for shown in each.sheet.stops
        if shown.number == stop.position
        for number in shown.uncollected
    ]
    name = cut(", ".join(filter(None, (point.name, point.commune))), LONGEST_NAME)
    until = _last_hour(point, read)
    document: dict[str, object] = {
        "title": f"Feuille d’émargement, {name}",
        "name": name,
        "day": day_words(read.day.date, year=True),
        "hours": _hours(point, read),
        "facts": [
            {"figure": str(len(orders)), "words": plural(len(orders), "commande")},
            {"figure": str(total.ambient), "words": plural(total.ambient, "sac ambiant", "sacs ambiants")},
            {"figure": str(total.chilled), "words": "frais : au réfrigérateur"},
            {"figure": str(total.frozen), "words": "surgelé : au congélateur"},
            {"figure": euros(sum(order.total_cents for order in orders)), "words": "à encaisser"},
        ],
        "rows": [_pick_up_row(read, order, crates) for order, crates in zip(orders, bags, strict=True)],
        "total": {**crate_words(total), "pay": euros(sum(order.total_cents for order in orders))},
        "received": _bag_words(total),
        "uncollected": uncollected,
        "until": until,
        "phone": read.house.phone,
        "foot": f"Émargement, {name}, {day_words(read.day.date, year=True)}",
        "note": "Noms abrégés : cette feuille reste au point relais.",
    }
    numbers = tuple(order.number for order in orders)
    title = str(document["title"])
    return Paper(PaperKind.PICK_UP_LIST, str(point.id), title, read.day.date, _hard(document), numbers)


def _pick_up_row(read: DayRead, order: Order, crates: Crates) -> dict[str, object]:
    due = order.total_cents
    name = order.public_name
    if order.customer_id != order.recipient_id:
        name = f"{read.customers[order.customer_id].public_name}, pour {name}"
    return {
        "order": order.number,
        "name": cut(name, LONGEST_NAME),
        "pay": euros(due) if due else "payé",
        "due": bool(due),
        **crate_words(crates),
    }


def _hours(point: RelayPoint, read: DayRead) -> str:
    try:
        return day_hours_words(point.public_hours, read.day.date)
    except UnreadableHours:
        return ""


def _last_hour(point: RelayPoint, read: DayRead) -> str:
    try:
        spans = spans_on(point.public_hours, read.day.date)
    except UnreadableHours:
        return ""
    return hour_words(spans[-1].until_s) if spans else ""


def _bag_words(crates: Crates) -> str:
    parts = (
        counted(crates.ambient, "sac") if crates.ambient else "",
        f"{crates.chilled} frais" if crates.chilled else "",
        counted(crates.frozen, "surgelé") if crates.frozen else "",
    )
    return ", ".join(filter(None, parts)) or "rien"


# --- the delivery note


def delivery_notes(read: DayRead, each: RoundRead) -> list[Paper]:
    """Return the delivery note of each order of a round, in the order in which they are delivered."""
    return [_delivery_note(read, each, stop, order) for stop in each.row.stops for order in living(stop)]


def _delivery_note(read: DayRead, each: RoundRead, stop: Stop, order: Order) -> Paper:
    day = day_words(read.day.date, year=True)
    house = read.house
    place = [order.home_address, f"{order.home_postcode} {order.home_commune}".strip()] if order.home else []
    document: dict[str, object] = {
        "title": f"Bon de livraison, commande n° {order.number}",
        "order": order.number,
        "day": day,
        "stop": f"tournée {each.row.letter}, arrêt {stop.position}",
        "seller": [words for words in (house.name, house.address, house.phone) if words],
        "seller_id": f"SIRET {house.siret}" if house.siret else "",
        # A relay point is a public place: there the name is abbreviated.
        "name": cut(order.customer_name if order.home else order.public_name, LONGEST_NAME),
        "place": [words for words in place if words] or [order.place_name],
        "lines": [_note_line(line) for line in order.lines],
        "missing": [f"{one.quantity} {one.name} : {one.reason}" for one in read.missing.get(order.id, ())],
        "sums": _sums(order),
        "total": euros(order.total_cents),
        "due": "à payer" if order.total_cents else "payé",
        "weighed": any(line.priced_by_weight and line.prepared is None for line in order.lines),
        "foot": f"Bon de livraison {order.number}, {day}",
    }
    title = str(document["title"])
    return Paper(PaperKind.DELIVERY_NOTE, order.number, title, read.day.date, _hard(document), (order.number,))


def _note_line(line: OrderLine) -> dict[str, object]:
    quantity = line.ordered if line.prepared is None else line.prepared
    weight = f"{grams_words(line.piece_weight_g * quantity)} environ" if line.priced_by_weight else ""
    each = f"{euros(line.price_cents)} le kg" if line.priced_by_weight else euros(line.price_cents)
    return {
        "quantity": str(quantity),
        "ordered": f"{line.ordered} {plural(line.ordered, 'demandé')}" if quantity != line.ordered else "",
        "name": line.name,
        "unit": line.unit,
        "weighed": line.priced_by_weight,
        "weight": weight,
        "price": each,
        "amount": euros(line.goods_cents),
    }


def _sums(order: Order) -> list[dict[str, str]]:
    parts = (("Produits", order.goods_cents), ("Consignes", order.deposit_cents), ("Livraison", order.fee_cents))
    return [{"words": words, "sum": euros(cents)} for words, cents in parts if cents]


def _hard(document: dict[str, object]) -> dict[str, object]:
    return {key: with_hard_spaces(value) for key, value in document.items()}
