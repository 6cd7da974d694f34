"""The shop: what is sold, what is chosen so far, what was ordered last time."""

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session

from meloko.catalogue.models import NetUnit, Product
from meloko.catalogue.searching import found_products
from meloko.catalogue.services import Shelf, allergen_words, find_by_codes, shelves, why_not_sold
from meloko.clock import now, today
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import next_days
from meloko.errors import Refusal
from meloko.languages import say
from meloko.money import unit_price_cents
from meloko.orders.basket import BasketView, basket_view, check_bag, line_cents, set_quantity
from meloko.orders.habits import Habit, habit_of
from meloko.orders.models import MOST_OF_ONE_PRODUCT
from meloko.orders.showing import BagName, Chosen, bags_of, chosen

# Under so many, the page says how many are left.
_FEW = 10


class NotANumber(Refusal):
    """A quantity that is not written in digits."""

    status = 422
    field = "quantity"

    def __init__(self, typed: str) -> None:
        super().__init__(
            say(
                "Écrivez un nombre en chiffres, de 0 à {most} : vous avez écrit « {typed} ».",
                most=MOST_OF_ONE_PRODUCT,
                typed=typed[:20],
            )
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
    bags: tuple[BagName, ...] = ()
    # The bag that is being filled; None is that of who orders.
    bag_id: int | None = None

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
    bags: tuple[BagName, ...] = ()
    bag_id: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A change of one quantity, as the page sent it: `typed` and what it had `shown` before."""

    code: str
    change: str
    typed: str
    shown: str
    bag_id: int | None = None


def shop(session: Session, token: str, user_id: int | None, words: str = "", bag_id: int | None = None) -> Shop:
    """Gather the page of the products: what is sold, what one bag holds so far, what was ordered before.

    Without words, favourites come first; all else stands in the order of the paper form.
    """
    view = basket_view(session, token, None)
    check_bag(view.basket, bag_id)
    days = next_days(session, now())
    season = _season(view, days)
    habit = _habit(session, user_id, bag_id)
    held = view.in_bag(bag_id)
    found = _searched(session, words, season) if words.strip() else shelves(session, season, always=view.products)
    goods = {
        product.id: _good(product, season, held.get(product.id, 0), habit.usual)
        for shelf in found
        for product in shelf.products
    }
    first = tuple(goods[each] for each in habit.favourites if each in goods) if not words.strip() else ()
    moved = {good.product.id for good in first}
    shown = tuple(
        ShownShelf(
            shelf.category.name,
            f"rayon-{shelf.category.id}",
            tuple(goods[product.id] for product in shelf.products if product.id not in moved),
        )
        for shelf in found
        if any(product.id not in moved for product in shelf.products)
    )
    if first:
        shown = (ShownShelf(say("Vos habitudes"), "rayon-habitudes", first), *shown)
    taken_up = all(held.get(product_id, 0) >= quantity for product_id, quantity in habit.last.items())
    usual = Usual(habit.last_day, len(habit.last), habit.last_total_cents) if habit.last_day and not taken_up else None
    return Shop(shown, chosen(view), usual, days[0].cut_off_at if days else None, bags_of(view), bag_id)


def change_quantity(session: Session, token: str, user_id: int | None, asked: Asked) -> Changed:
    """Change the quantity of one product in one bag: one "more", one "less", or "set" to the number typed.

    More and less start from what is stored, so that two quick presses are two; unless another number was typed.
    """
    product = find_by_codes(session, [asked.code])[asked.code]
    stored = basket_view(session, token, None).in_bag(asked.bag_id).get(product.id, 0)
    start = stored if asked.typed == asked.shown and asked.change != "set" else whole_number(asked.typed)
    wanted = max(0, start + {"more": 1, "less": -1}.get(asked.change, 0))
    set_quantity(session, token, product.id, wanted, asked.bag_id)
    view = basket_view(session, token, None)
    days = next_days(session, now())
    quantity = view.in_bag(asked.bag_id).get(product.id, 0)
    good = _good(product, _season(view, days), quantity, _habit(session, user_id, asked.bag_id).usual)
    return Changed(
        good,
        chosen(view),
        line_cents(product, quantity),
        more=quantity > stored,
        cut_off=days[0].cut_off_at if days else None,
        bags=bags_of(view),
        bag_id=asked.bag_id,
    )


def whole_number(typed: str) -> int:
    """Read a quantity as it was typed, or refuse it in words."""
    words = typed.replace("\u00a0", "").replace(" ", "")
    if not words.removeprefix("-").isascii() or not words.removeprefix("-").isdigit():
        raise NotANumber(typed)
    # What is far too much stays far too much, without a number of a thousand digits.
    number = int(words[:12])
    if not 0 <= number <= MOST_OF_ONE_PRODUCT:
        raise NotANumber(typed)
    return number


def _searched(session: Session, words: str, season: dt.date) -> tuple[Shelf, ...]:
    """Return what is found by words as people type them, by shelf; the nearest first when none is exact."""
    shelf: dict[int, list[Product]] = {}
    for product in found_products(session, words, season, off_season=True):
        shelf.setdefault(product.category_id, []).append(product)
    return tuple(Shelf(products[0].category, tuple(products)) for products in shelf.values())


def _season(view: BasketView, days: list[DeliveryDay]) -> dt.date:
    """Return the day for which seasons are looked at: the chosen one, or the next, or today."""
    ahead = {day.id: day.date for day in days}
    return ahead.get(view.basket.delivery_day_id or 0) or (days[0].date if days else today())


def _habit(session: Session, user_id: int | None, bag_id: int | None) -> Habit:
    """Return what who orders usually takes; for others we suggest nothing."""
    return habit_of(session, user_id) if user_id is not None and bag_id is None else Habit()


def _good(product: Product, season: dt.date, quantity: int, before: dict[int, int]) -> Good:
    unit = {NetUnit.GRAM: say("le kilo"), NetUnit.MILLILITRE: say("le litre")}.get(product.net_unit, "")
    plain = product.priced_by_weight or not unit or product.net_quantity == 1_000
    return Good(
        product=product,
        quantity=quantity,
        usual=before.get(product.id, 0),
        off=why_not_sold(product, season),
        piece_cents=line_cents(product, 1) if product.priced_by_weight else None,
        per_cents=0 if plain else unit_price_cents(product.price_cents, product.net_quantity),
        per="" if plain else unit,
        labels=tuple(filter(None, product.labels.split("+"))),
        left=product.stock if product.stock is not None and product.stock <= _FEW else None,
        facts=tuple(pair for pair in _facts(product) if pair[1]),
    )


def _facts(product: Product) -> tuple[tuple[str, str], ...]:
    """Return what the law wants said before one buys."""
    return (
        (say("Ingrédients"), product.ingredients),
        (say("Allergènes"), allergen_words(product)),
        (say("Origine"), product.origin),
        (say("Conservation"), product.keeping),
        (
            say("Alcool"),
            say("L’abus d’alcool est dangereux pour la santé. Vente interdite aux mineurs.") if product.alcohol else "",
        ),
    )
