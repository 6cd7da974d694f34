"""The shop: what is sold, what is chosen so far, what was ordered last time."""

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session

from meloko.catalogue.models import NetUnit, Product
from meloko.catalogue.services import allergen_words, find_by_codes, in_season, shelves
from meloko.clock import now, today
from meloko.customers.models import Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import next_days
from meloko.errors import Refusal
from meloko.money import unit_price_cents
from meloko.orders.basket import BasketView, basket_view, line_cents, set_quantity
from meloko.orders.models import MOST_OF_ONE_PRODUCT, Order
from meloko.orders.services import orders_of_customer
from meloko.orders.showing import Chosen, chosen
from meloko.wording import MONTHS

# Under so many, the page says how many are left.
_FEW = 10
_NAMES_OF_UNITS = {NetUnit.GRAM: "le kilo", NetUnit.MILLILITRE: "le litre"}


class NotANumber(Refusal):
    """A quantity that is not written in digits."""

    status = 422
    field = "quantity"

    def __init__(self, typed: str) -> None:
        super().__init__(
            f"Écrivez un nombre en chiffres, de 0 à {MOST_OF_ONE_PRODUCT} : vous avez écrit « {typed[:20]} »."
        )


@dataclass(frozen=True, slots=True)
class Good:
    """One product as the shop shows it; `off` says in words why it cannot be ordered."""

    product: Product
    quantity: int
    usual: int
    off: str
    # Goods charged by weight: what one usual piece costs.
    piece_cents: int | None
    # The price of a kilo or a litre, where it is not the price itself.
    per_cents: int
    per: str
    labels: tuple[str, ...]
    left: int | None
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShownShelf:
    """One category of the shop."""

    name: str
    anchor: str
    goods: tuple[Good, ...]


@dataclass(frozen=True, slots=True)
class Usual:
    """The last order, to be taken up again with one press."""

    day: dt.date
    count: int
    total_cents: int


@dataclass(frozen=True, slots=True)
class Shop:
    """The page of the products."""

    shelves: tuple[ShownShelf, ...]
    basket: Chosen
    usual: Usual | None
    cut_off: dt.datetime | None

    @property
    def found(self) -> int:
        """Return how many products are shown."""
        return sum(len(shelf.goods) for shelf in self.shelves)


@dataclass(frozen=True, slots=True)
class Changed:
    """One product after a change of its quantity, and what is chosen now."""

    good: Good
    basket: Chosen
    amount_cents: int
    # More than before, not less.
    more: bool
    cut_off: dt.datetime | None


def shop(session: Session, token: str, user_id: int | None, words: str = "") -> Shop:
    """Gather the page of the products: what is sold, what is chosen, what was ordered last time."""
    view = basket_view(session, token, user_id)
    days = next_days(session, now())
    season = _season(view, days)
    last = _last_order(session, view.customer)
    before = {line.product_id: line.ordered for line in last.lines} if last else {}
    found = shelves(session, season, words, off_season=bool(words.strip()), always=view.quantities)
    shown = tuple(
        ShownShelf(
            shelf.category.name,
            f"rayon-{shelf.category.id}",
            tuple(_good(product, season, view.quantities.get(product.id, 0), before) for product in shelf.products),
        )
        for shelf in found
    )
    taken_up = all(view.quantities.get(product_id, 0) >= quantity for product_id, quantity in before.items())
    usual = Usual(last.day.date, len(before), last.total_cents) if last and not taken_up else None
    return Shop(shown, chosen(view), usual, days[0].cut_off_at if days else None)


def change_quantity(
    session: Session, token: str, user_id: int | None, code: str, change: str, typed: str, shown: str
) -> Changed:
    """Change the quantity of one product: one "more", one "less", or "set" to the number typed.

    More and less start from what is stored, so that two quick presses are two; unless another number was typed.
    """
    product = find_by_codes(session, [code])[code]
    stored = basket_view(session, token, user_id).quantities.get(product.id, 0)
    start = stored if typed == shown and change != "set" else _whole(typed)
    set_quantity(session, token, product.id, max(0, start + {"more": 1, "less": -1}.get(change, 0)))
    view = basket_view(session, token, user_id)
    days = next_days(session, now())
    last = _last_order(session, view.customer)
    before = {line.product_id: line.ordered for line in last.lines} if last else {}
    quantity = view.quantities.get(product.id, 0)
    good = _good(product, _season(view, days), quantity, before)
    return Changed(
        good, chosen(view), line_cents(product, quantity), quantity > stored, days[0].cut_off_at if days else None
    )


def _whole(typed: str) -> int:
    words = typed.replace("\u00a0", "").replace(" ", "")
    if not words.removeprefix("-").isascii() or not words.removeprefix("-").isdigit():
        raise NotANumber(typed)
    # What is far too much stays far too much, without a number of a thousand digits.
    number = int(words[:12])
    if not 0 <= number <= MOST_OF_ONE_PRODUCT:
        raise NotANumber(typed)
    return number


def _season(view: BasketView, days: list[DeliveryDay]) -> dt.date:
    """Return the day for which seasons are looked at: the chosen one, or the next, or today."""
    ahead = {day.id: day.date for day in days}
    return ahead.get(view.basket.delivery_day_id or 0) or (days[0].date if days else today())


def _last_order(session: Session, customer: Customer | None) -> Order | None:
    return next(iter(orders_of_customer(session, customer.id, 1)), None) if customer else None


def _good(product: Product, season: dt.date, quantity: int, before: dict[int, int]) -> Good:
    unit = _NAMES_OF_UNITS.get(product.net_unit, "")
    plain = product.priced_by_weight or not unit or product.net_quantity == 1_000
    return Good(
        product=product,
        quantity=quantity,
        usual=before.get(product.id, 0),
        off=_off(product, season),
        piece_cents=line_cents(product, 1) if product.priced_by_weight else None,
        per_cents=0 if plain else unit_price_cents(product.price_cents, product.net_quantity),
        per="" if plain else unit,
        labels=tuple(filter(None, product.labels.split("+"))),
        left=product.stock if product.stock is not None and product.stock <= _FEW else None,
        facts=tuple(pair for pair in _facts(product) if pair[1]),
    )


def _off(product: Product, season: dt.date) -> str:
    if not product.active:
        return "N’est plus vendu."
    if not in_season(product, season):
        month, day = map(int, product.season_from.split("-"))
        return f"Hors saison, de retour le {'1er' if day == 1 else day} {MONTHS[month - 1]}."
    return "Épuisé pour le moment." if product.stock == 0 else ""


def _facts(product: Product) -> tuple[tuple[str, str], ...]:
    """Return what the law wants said before one buys."""
    return (
        ("Ingrédients", product.ingredients),
        ("Allergènes", allergen_words(product)),
        ("Origine", product.origin),
        ("Conservation", product.keeping),
        (
            "Alcool",
            "L’abus d’alcool est dangereux pour la santé. Vente interdite aux mineurs." if product.alcohol else "",
        ),
    )
