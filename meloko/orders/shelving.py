"""The shelves of the shop: all of them on one page, or a part when the catalogue is large."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlmodel import Session

from meloko.catalogue.models import NetUnit, Product
from meloko.catalogue.searching import found_products
from meloko.catalogue.services import PlannedShelf, allergen_words, products_by_id, shelf_plan, why_not_sold
from meloko.languages import say
from meloko.money import unit_price_cents
from meloko.orders.basket import line_cents
from meloko.orders.habits import Habit

# Of more products a page shows one shelf, and of a longer shelf so many at a time.
MOST_SHOWN = 90
# Under so many, the page says how many are left.
_FEW = 10


@dataclass(frozen=True, slots=True)
class Look:
    """What part of the shop somebody looks at: what words find, one product's place, a shelf and its part."""

    words: str = ""
    code: str = ""
    category_id: int | None = None
    part: int = 1


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
class ShelfLink:
    """One shelf in the list of shelves; `category_id` when it stands on a page of its own."""

    name: str
    anchor: str
    category_id: int | None = None
    here: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """The shelves of one page, the list of all, and the part that comes before and after when a shelf is long."""

    shelves: tuple[ShownShelf, ...]
    links: tuple[ShelfLink, ...]
    category_id: int | None = None
    before: int | None = None
    after: int | None = None


def show(
    session: Session, look: Look, season: dt.date, held: Mapping[int, int], habit: Habit, always: Collection[int]
) -> Shown:
    """Gather the shelves of one page; favourites come first, all else in the order of the paper form.

    `always` are products that are shown even when nobody sells them.
    """
    if look.words.strip():
        return _searched(session, look.words, season, held, habit)
    plan = shelf_plan(session, season, always)
    everything = {product_id for shelf in plan for product_id, _ in shelf.products}
    first = tuple(each for each in habit.favourites if each in everything)
    rest = [_without(shelf, first) for shelf in plan]
    rest = [shelf for shelf in rest if shelf.products]
    if len(everything) <= MOST_SHOWN or not rest:
        page, favourites, here, part = rest, first, None, 1
    else:
        here, part = _where(rest, look)
        page = [_part(here, part)]
        favourites = first if here is rest[0] and part == 1 else ()
    found = products_by_id(session, [*favourites, *(each for shelf in page for each, _ in shelf.products)])
    goods = {each: good(product, season, held.get(each, 0), habit.usual) for each, product in found.items()}
    shown = [ShownShelf(shelf.name, _anchor(shelf.category_id), _of(goods, shelf)) for shelf in page]
    if favourites:
        shown.insert(
            0,
            ShownShelf(
                say("Vos habitudes"), "rayon-habitudes", tuple(goods[each] for each in favourites if each in goods)
            ),
        )
    if here is None:
        return Shown(tuple(shown), tuple(ShelfLink(shelf.name, shelf.anchor) for shelf in shown))
    links = tuple(ShelfLink(shelf.name, _anchor(shelf.category_id), shelf.category_id, shelf is here) for shelf in rest)
    last = _parts(here)
    return Shown(
        tuple(shown), links, here.category_id, part - 1 if part > 1 else None, part + 1 if part < last else None
    )


def _anchor(category_id: int) -> str:
    return f"rayon-{category_id}"


def _of(goods: Mapping[int, Good], shelf: PlannedShelf) -> tuple[Good, ...]:
    return tuple(goods[each] for each, _ in shelf.products if each in goods)


def _without(shelf: PlannedShelf, moved: Collection[int]) -> PlannedShelf:
    return PlannedShelf(shelf.category_id, shelf.name, tuple(each for each in shelf.products if each[0] not in moved))


def _parts(shelf: PlannedShelf) -> int:
    return -(-len(shelf.products) // MOST_SHOWN)


def _part(shelf: PlannedShelf, part: int) -> PlannedShelf:
    begin = (part - 1) * MOST_SHOWN
    return PlannedShelf(shelf.category_id, shelf.name, shelf.products[begin : begin + MOST_SHOWN])


def _where(shelves: list[PlannedShelf], look: Look) -> tuple[PlannedShelf, int]:
    """Find the shelf and the part that are looked at; what leads nowhere leads to the beginning."""
    for shelf in shelves:
        for place, (_, code) in enumerate(shelf.products):
            if code == look.code:
                return shelf, place // MOST_SHOWN + 1
        if not look.code and shelf.category_id == look.category_id:
            return shelf, min(max(1, look.part), _parts(shelf))
    return shelves[0], 1


def _searched(session: Session, words: str, season: dt.date, held: Mapping[int, int], habit: Habit) -> Shown:
    """Show what is found by words as people type them, by shelf; the nearest first when none is exact."""
    shelf: dict[int, list[Product]] = {}
    for product in found_products(session, words, season, off_season=True)[:MOST_SHOWN]:
        shelf.setdefault(product.category_id, []).append(product)
    return Shown(
        tuple(
            ShownShelf(
                products[0].category.name,
                _anchor(category_id),
                tuple(good(product, season, held.get(product.id, 0), habit.usual) for product in products),
            )
            for category_id, products in shelf.items()
        ),
        (),
    )


def good(product: Product, season: dt.date, quantity: int, before: dict[int, int]) -> Good:
    """Gather what one product says of itself for a season."""
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
