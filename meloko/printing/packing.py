"""What is packed: so much of each product for each round, what goes into each order's bags, a label for each bag."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from meloko.catalogue.models import Temperature
from meloko.orders.models import Order, OrderLine, Substitution
from meloko.printing.papers import LONGEST_NAME, Paper, PaperKind, round_key
from meloko.printing.reading import DayRead, RoundRead
from meloko.printing.weights import grams_words
from meloko.rounds.filling import whole_crates
from meloko.rounds.models import Stop, StopKind
from meloko.rounds.sheet import CountsDoNotClose, Crates
from meloko.rounds.sheet_words import crate_words, cut, with_hard_spaces
from meloko.wording import day_words

TEMPERATURE_WORDS = {
    Temperature.AMBIENT: "ambiant",
    Temperature.CHILLED: "FRAIS",
    Temperature.FROZEN: "SURGELÉ",
}
SUBSTITUTION_WORDS = {
    Substitution.REPLACE: "S’il manque quelque chose : remplacer.",
    Substitution.REMOVE: "S’il manque quelque chose : retirer, ne pas remplacer.",
    Substitution.CALL: "S’il manque quelque chose : appeler.",
}
_LINE_SUBSTITUTION_WORDS = {
    Substitution.REPLACE: "peut être remplacé",
    Substitution.REMOVE: "ne pas remplacer",
    Substitution.CALL: "appeler si manque",
}


# --- per product


@dataclass(slots=True)
class _ProductRow:
    code: str
    name: str
    unit: str
    temperature: Temperature
    weighed: bool
    piece_weight_g: int
    # By the letter of the round; "" for the orders on none.
    pieces: Counter[str] = field(default_factory=Counter)


def packing_by_product(read: DayRead) -> Paper:
    """Return the packing sheet of the day: so much of each product for each round, goods of the farms apart.

    Raises CountsDoNotClose when its sums are not those of the orders.
    """
    at_depot: dict[tuple[int, str], _ProductRow] = {}
    on_the_way: dict[tuple[int, str], _ProductRow] = {}
    for letter, line, farm in _all_lines(read):
        part = at_depot if farm is None else on_the_way
        row = part.setdefault((line.product_id, line.name), _row(line))
        row.pieces[letter] += line.ordered
    _check_pieces(read.ordered, (at_depot, on_the_way))
    letters = [each.row.letter for each in read.rounds]
    day = day_words(read.day.date, year=True)
    document: dict[str, object] = {
        "title": "Préparation par produit",
        "day": day,
        "zone": read.day.zone.name,
        "letters": letters,
        "left_out": bool(read.left_out),
        "groups": [
            {"temperature": temperature.value, "words": TEMPERATURE_WORDS[temperature], "rows": rows}
            for temperature in Temperature
            if (rows := _rows(at_depot.values(), temperature, letters))
        ],
        "on_the_way": _rows(on_the_way.values(), None, letters),
        "foot": f"Préparation par produit, {day}",
    }
    hard = {key: with_hard_spaces(value) for key, value in document.items()}
    return Paper(PaperKind.PACKING_BY_PRODUCT, "jour", "Préparation par produit", read.day.date, hard)


def _all_lines(read: DayRead) -> Iterable[tuple[str, OrderLine, int | None]]:
    for each in read.rounds:
        for _, order in each.orders():
            for line in order.lines:
                yield each.row.letter, line, each.farm_stops.get(line.product_id)
    for order in read.left_out:
        for line in order.lines:
            yield "", line, None


def _row(line: OrderLine) -> _ProductRow:
    return _ProductRow(line.code, line.name, line.unit, line.temperature, line.priced_by_weight, line.piece_weight_g)


def _rows(
    rows: Iterable[_ProductRow], temperature: Temperature | None, letters: Sequence[str]
) -> list[dict[str, object]]:
    kept = [row for row in rows if temperature is None or row.temperature is temperature]
    return [
        {
            "code": row.code,
            "name": cut(row.name, LONGEST_NAME),
            "unit": row.unit,
            "total": row.pieces.total(),
            "rounds": [row.pieces[letter] for letter in letters],
            "left_out": row.pieces[""],
            "weighed": row.weighed,
            "weight": grams_words(row.piece_weight_g * row.pieces.total()) if row.weighed else "",
        }
        for row in sorted(kept, key=lambda row: (row.code, row.name))
    ]


def _check_pieces(asked: Mapping[int, int], parts: Iterable[Mapping[tuple[int, str], _ProductRow]]) -> None:
    packed: Counter[int] = Counter()
    for part in parts:
        for (product, _), row in part.items():
            packed[product] += row.pieces.total()
    if packed != Counter(asked):
        raise CountsDoNotClose(
            f"Le compte n’est pas bon : {sum(asked.values())} articles commandés, {packed.total()} à préparer."
            " Rien n’est imprimé."
        )


# --- per order


def packing_by_order(read: DayRead, each: RoundRead) -> Paper:
    """Return the packing sheet of a round: what goes into the bags of each order, the last stop first."""
    title = f"Préparation par commande, tournée {each.row.letter}"
    day = day_words(read.day.date, year=True)
    orders = each.orders()
    document: dict[str, object] = {
        "title": title,
        "letter": each.row.letter,
        "name": cut(each.name, LONGEST_NAME),
        "day": day,
        "orders": [_order_block(each, stop, order) for stop, order in orders],
        "foot": f"{title}, {day}",
    }
    return _round_paper(PaperKind.PACKING_BY_ORDER, each, title, document, [order.number for _, order in orders])


def _order_block(each: RoundRead, stop: Stop, order: Order) -> dict[str, object]:
    bags = whole_crates(order.lines)
    by_temperature = {
        temperature: [line for line in order.lines if line.temperature is temperature] for temperature in Temperature
    }
    return {
        "order": order.number,
        "name": cut(order.public_name, LONGEST_NAME),
        "stop": str(stop.position),
        "kind": stop.kind.value,
        "place": cut(_place(stop), LONGEST_NAME),
        "bags": crate_words(bags),
        "bag_count": sum((bags.ambient, bags.chilled, bags.frozen)),
        "groups": [
            {
                "temperature": temperature.value,
                "words": TEMPERATURE_WORDS[temperature],
                "lines": [_packed_line(each, line) for line in lines],
            }
            for temperature, lines in by_temperature.items()
            if lines
        ],
        "substitution": SUBSTITUTION_WORDS[order.substitution],
    }


def _packed_line(each: RoundRead, line: OrderLine) -> dict[str, object]:
    farm = each.farm_stops.get(line.product_id)
    said = [] if farm is None else [f"pris en route, arrêt {farm}"]
    if line.substitution is not None:
        said.append(_LINE_SUBSTITUTION_WORDS[line.substitution])
    return {
        "quantity": str(line.ordered),
        "name": line.name,
        "unit": line.unit,
        "code": line.code,
        "weighed": line.priced_by_weight,
        "weight": f"vers {grams_words(line.piece_weight_g * line.ordered)}" if line.priced_by_weight else "",
        "said": ", ".join(said),
    }


def _place(stop: Stop) -> str:
    """Say where an order goes; a home by its commune only, since a label is read by everybody."""
    return stop.commune if stop.kind is StopKind.HOME else stop.name


# --- labels


def labels(read: DayRead, each: RoundRead) -> Paper:
    """Return the labels of a round, one a bag, the last stop first."""
    title = f"Étiquettes, tournée {each.row.letter}"
    day = day_words(read.day.date, year=True)
    orders = each.orders()
    document: dict[str, object] = {
        "title": title,
        "letter": each.row.letter,
        "labels": [label for stop, order in orders for label in _labels_of(stop, order)],
        "day": day,
        "foot": f"{title}, {day}",
    }
    return _round_paper(PaperKind.LABELS, each, title, document, [order.number for _, order in orders])


def _labels_of(stop: Stop, order: Order) -> list[dict[str, object]]:
    bags = list(temperatures(whole_crates(order.lines)))
    return [
        {
            "order": order.number,
            "name": cut(order.public_name, LONGEST_NAME),
            "place": cut(_place(stop), LONGEST_NAME),
            "stop": str(stop.position),
            "kind": stop.kind.value,
            "bag": f"sac {number}/{len(bags)}",
            "temperature": temperature.value,
            "words": TEMPERATURE_WORDS[temperature],
        }
        for number, temperature in enumerate(bags, 1)
    ]


def temperatures(bags: Crates) -> Iterable[Temperature]:
    """Return the temperature of each bag of an order, ambient first."""
    counts = (bags.ambient, bags.chilled, bags.frozen)
    return (temperature for temperature, count in zip(Temperature, counts, strict=True) for _ in range(count))


def _round_paper(
    kind: PaperKind, each: RoundRead, title: str, document: Mapping[str, object], orders: Sequence[str]
) -> Paper:
    hard = {key: with_hard_spaces(value) for key, value in document.items()}
    return Paper(
        kind,
        round_key(each.row),
        title,
        each.sheet.day,
        hard,
        orders=tuple(orders),
        round_id=each.row.id,
        round_version=each.row.version,
    )
