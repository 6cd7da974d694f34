"""The keying desk: what a paper says, looked up line by line while it is being typed."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from meloko.catalogue.models import Product
from meloko.catalogue.services import Shelf, shelves
from meloko.clock import today
from meloko.customers.cards import card_words
from meloko.customers.models import Customer
from meloko.customers.services import alike_customers, find_by_card
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.delivery_days.services import paper_days
from meloko.errors import Refusal
from meloko.folding import fold
from meloko.orders.models import MOST_OF_ONE_PRODUCT, Source, goods_cents
from meloko.orders.services import orders_of_customer
from meloko.relay_points.services import why_closed
from meloko.wording import day_words, euros

HOME = "home"
QUANTITY_SENTENCE = f"Écrivez la quantité en chiffres, de 1 à {MOST_OF_ONE_PRODUCT}."
CODE_MISSING = "Il manque le code du produit."


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One row as typed: `quantity` is None when it was no number that can be."""

    code: str = ""
    quantity: int | None = None
    touched: bool = False


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """What was typed, as far as it has the right shape; nothing of it is judged yet."""

    key: uuid.UUID
    customer: str = ""
    day_id: int | None = None
    # A relay point's id, HOME, or nothing yet.
    place: str = ""
    source: Source = Source.PAPER
    received_at: dt.datetime | None = None
    lines: tuple[PaperLine, ...] = ()
    articles: int | None = None
    written_cents: int | None = None
    confirmed: bool = False
    note: str = ""
    # A sentence for each field that could not be read at all, by its id.
    unclear: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """Whom a card or a name leads to."""

    id: int
    card_number: str
    card: str
    name: str
    address: str
    phone: str
    notes: str = ""


@dataclass(frozen=True, slots=True)
class DayChoice:
    """A delivery day a paper may be keyed for."""

    id: int
    words: str
    cut_off_words: str
    open: bool


@dataclass(frozen=True, slots=True)
class PlaceChoice:
    """A place an order may go to on a day."""

    value: str
    words: str
    room_words: str = ""


@dataclass(frozen=True, slots=True)
class DeskLine:
    """One row with what it means."""

    code: str = ""
    quantity: int | None = None
    product: Product | None = None
    problem: str = ""
    # The problem is the code's; otherwise the quantity's.
    of_code: bool = False
    doubt: str = ""

    @property
    def amount_cents(self) -> int | None:
        """Return the amount of the goods, once product and quantity are known."""
        if self.product is None or self.quantity is None or self.problem:
            return None
        return goods_cents(self.quantity, self.product.price_cents, piece_weight_g(self.product))


@dataclass(frozen=True, slots=True)
class Desk:
    """All that the desk knows of what was typed."""

    days: tuple[DayChoice, ...]
    places: tuple[PlaceChoice, ...]
    shelves: tuple[Shelf, ...]
    lines: tuple[DeskLine, ...]
    place: str
    customer: FoundCustomer | None = None
    candidates: tuple[FoundCustomer, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def good(self) -> list[tuple[Product, int]]:
        """Return the rows that are understood, in the order of the paper."""
        return [
            (line.product, line.quantity)
            for line in self.lines
            if line.product is not None and line.quantity is not None and not line.problem
        ]

    @property
    def articles(self) -> int:
        """Return how many articles were keyed."""
        return sum(quantity for _, quantity in self.good)

    @property
    def goods_cents(self) -> int:
        """Return what the goods cost."""
        return sum(line.amount_cents or 0 for line in self.lines)

    @property
    def total_cents(self) -> int:
        """Return what is due: goods and deposits."""
        return self.goods_cents + sum(quantity * product.deposit_cents for product, quantity in self.good)


def look(session: Session, facts: PaperFacts) -> Desk:
    """Look up all that was typed: the customer, the day and its places, every line; nothing is written."""
    errors: dict[str, str] = {}
    customer, candidates = _customer(session, facts.customer, errors)
    days = paper_days(session)
    day = next((day for day in days if day.id == facts.day_id), None)
    if facts.day_id is not None and day is None:
        errors["day"] = "On ne peut plus saisir pour ce jour : il est livré, ou n’existe pas. Choisissez-en un autre."
    sold = shelves(session, day.date if day else today())
    lines = _lines(session, facts.lines, {p.code: p for shelf in sold for p in shelf.products}, day)
    for n, line in enumerate(lines, 1):
        if line.problem:
            errors[f"{'code' if line.of_code else 'quantity'}-{n}"] = f"Ligne {n} : {line.problem}"
    usual = _usual_place(session, customer)
    found = _found(session, customer) if customer else None
    return Desk(
        days=tuple(_day_choice(each, several_zones=len({each.zone_id for each in days}) > 1) for each in days),
        places=_places(day),
        shelves=sold,
        lines=lines,
        place=facts.place or (usual if usual in {place.value for place in _places(day)} else ""),
        customer=found,
        candidates=candidates,
        errors=errors,
    )


def piece_weight_g(product: Product) -> int | None:
    """Return what a piece of goods charged by weight usually weighs, None for other goods."""
    return product.net_quantity if product.priced_by_weight else None


def _customer(
    session: Session, words: str, errors: dict[str, str]
) -> tuple[Customer | None, tuple[FoundCustomer, ...]]:
    if not words.strip():
        return None, ()
    if any(sign.isdigit() for sign in words):
        try:
            return find_by_card(session, words), ()
        except Refusal as refusal:
            errors["customer"] = refusal.sentence
            return None, ()
    alike = alike_customers(session, words)
    same = [each for each in alike if fold(words) in (each.name_key, fold(each.full_name))]
    if len(alike) == 1 or len(same) == 1:
        return (same or alike)[0], ()
    if not alike:
        errors["customer"] = "Aucun client ne porte ce nom. Essayez le début du nom, ou créez un client nouveau."
    else:
        errors["customer"] = "Plusieurs clients peuvent être celui-là : choisissez dans la liste."
    return None, tuple(_brief(each) for each in alike)


def _brief(customer: Customer, notes: str = "") -> FoundCustomer:
    town = " ".join(filter(None, (customer.postcode, customer.commune)))
    return FoundCustomer(
        id=customer.id,
        card_number=customer.card_number,
        card=card_words(customer.card_number),
        name=customer.full_name,
        address=", ".join(filter(None, (customer.address, town))),
        phone=customer.phone or customer.other_phone,
        notes=notes,
    )


def _found(session: Session, customer: Customer) -> FoundCustomer:
    last = next(iter(orders_of_customer(session, customer.id, most=1)), None)
    if last is None:
        return _brief(customer, "Sa première commande.")
    return _brief(
        customer, f"Dernière commande : {day_words(last.day.date)}, {last.place_name}, {euros(last.total_cents)}."
    )


def _usual_place(session: Session, customer: Customer | None) -> str:
    """Return where the last order of a customer went, or else the place that she prefers."""
    if customer is None:
        return ""
    last = next(iter(orders_of_customer(session, customer.id, most=1)), None)
    if last is not None:
        return HOME if last.home else str(last.relay_point_id)
    return str(customer.preferred_relay_point_id or "")


def _day_choice(day: DeliveryDay, *, several_zones: bool) -> DayChoice:
    closed = day.state is not DayState.OPEN
    return DayChoice(
        day.id,
        f"{day_words(day.date)}, {day.zone.name}" if several_zones else day_words(day.date),
        f"{'clos depuis' if closed else 'clôture'} {day.cut_off_local}"
        + (" : seuls les bons reçus avant sont pris" if closed else ""),
        open=not closed,
    )


def _places(day: DeliveryDay | None) -> tuple[PlaceChoice, ...]:
    if day is None:
        return ()
    choices = [PlaceChoice(HOME, "à domicile")] if day.homes_served else []
    for served in sorted(day.relay_points, key=lambda served: fold(served.relay_point.name)):
        point = served.relay_point
        reason = why_closed(point, day.date)
        free = (served.capacity_hundredths - served.taken_hundredths) // 100
        room = "fermé" if reason else "complet" if free <= 0 else f"{free} caisse{'s' if free > 1 else ''} libre"
        room += "s" if free > 1 and not reason else ""
        choices.append(PlaceChoice(str(point.id), f"{point.name}, {point.commune}", room))
    return tuple(choices)


def _lines(
    session: Session, typed: tuple[PaperLine, ...], sold: Mapping[str, Product], day: DeliveryDay | None
) -> tuple[DeskLine, ...]:
    unknown = {line.code for line in typed if line.code and line.code not in sold}
    others = {p.code: p for p in session.exec(select(Product).where(col(Product.code).in_(unknown)))} if unknown else {}
    seen: dict[str, int] = {}
    lines = []
    for n, line in enumerate(typed, 1):
        lines.append(_line(line, sold, others, seen.get(line.code)))
        if line.code in sold:
            seen.setdefault(line.code, n)
    return tuple(lines)


def _line(line: PaperLine, sold: Mapping[str, Product], others: Mapping[str, Product], before: int | None) -> DeskLine:
    if not line.touched:
        return DeskLine()
    if not line.code:
        return DeskLine(quantity=line.quantity, problem=CODE_MISSING, of_code=True)
    if line.code in others:
        product = others[line.code]
        why = "n’est plus vendu" if not product.active else "n’est pas de saison ce jour-là"
        return DeskLine(line.code, line.quantity, problem=f"{product.name} ({line.code}) {why}.", of_code=True)
    if line.code not in sold:
        return DeskLine(line.code, line.quantity, problem=f"Aucun produit ne porte le code {line.code}.", of_code=True)
    product = sold[line.code]
    if line.quantity is None:
        return DeskLine(line.code, None, product, problem=QUANTITY_SENTENCE)
    doubt = f"déjà ligne {before} : les quantités s’ajoutent" if before else ""
    return DeskLine(line.code, line.quantity, product, doubt=doubt)
