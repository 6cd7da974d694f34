"""What is sold: the shelves, what may be ordered for a day, the stock that cannot be sold twice."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import select as select_columns
from sqlalchemy.orm import joinedload
from sqlmodel import Session, col, or_, select

from meloko.catalogue.models import Category, Producer, Product, SupplyMode
from meloko.db import Table
from meloko.errors import NotFound, Refusal
from meloko.folding import fold
from meloko.languages import say
from meloko.wording import day_and_month

PRODUCT = Table.metadata.tables["product"]
CATEGORY = Table.metadata.tables["category"]
ALLERGEN_WORDS = {
    "gluten": "gluten", "crustaceans": "crustacés", "eggs": "œufs", "fish": "poisson", "peanuts": "arachide",
    "soybeans": "soja", "milk": "lait", "nuts": "fruits à coque", "celery": "céleri", "mustard": "moutarde",
    "sesame": "sésame", "sulphites": "sulfites", "lupin": "lupin", "molluscs": "mollusques",
}  # fmt: skip


class UnknownProduct(Refusal):
    """A product code that is not in the catalogue."""

    status = 422

    def __init__(self, code: str) -> None:
        super().__init__(f"Aucun produit ne porte le code {code}. Vérifiez le code sur le bon ou dans la liste.")
        self.code = code


class NotSold(Refusal):
    """Products that are not sold, or not in this season."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        which = ", ".join(self.names)
        verb = "n’est pas vendu" if len(self.names) == 1 else "ne sont pas vendus"
        super().__init__(f"{which} {verb} en ce moment. Enlevez-le de la commande, le reste est gardé.")


class Seasonal(Protocol):
    """Anything that has a season, "MM-DD" to "MM-DD"; empty is all year round."""

    @property
    def season_from(self) -> str:
        """Return the first day."""

    @property
    def season_to(self) -> str:
        """Return the last day."""


@dataclass(frozen=True, slots=True)
class Season:
    """The first and the last day, "MM-DD"; empty is all year round."""

    season_from: str
    season_to: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """One category and its products, in the order of the paper form."""

    category: Category
    products: tuple[Product, ...]


def shelves(
    session: Session, day: dt.date, words: str = "", *, off_season: bool = False, always: Collection[int] = ()
) -> tuple[Shelf, ...]:
    """Return what is sold on a day, by category; `words` keeps what its name, producer or category holds.

    `off_season` adds what is sold at another time of the year; `always` are products shown even when nobody sells them.
    """
    rows = session.exec(
        select(Product)
        .join(Category, col(Category.id) == col(Product.category_id))
        .where(or_(col(Product.active), col(Product.id).in_(always)))
        .options(joinedload(Product.producer), joinedload(Product.category))
        .order_by(col(Category.position), col(Category.id), col(Product.position), col(Product.code))
    ).all()
    by_category: dict[int, tuple[Category, list[Product]]] = {}
    for product in rows:
        shown = off_season or in_season(product, day) or product.id in always
        if shown and _speaks_of(product, words):
            by_category.setdefault(product.category_id, (product.category, []))[1].append(product)
    return tuple(Shelf(category, tuple(products)) for category, products in by_category.values())


@dataclass(frozen=True, slots=True)
class PlannedShelf:
    """One category, and which products stand on it, by (id, code), in the order of the paper form."""

    category_id: int
    name: str
    products: tuple[tuple[int, str], ...]


def shelf_plan(session: Session, day: dt.date, always: Collection[int] = ()) -> tuple[PlannedShelf, ...]:
    """Return what stands where on a day, without the products themselves: a large catalogue is shown by parts."""
    product, category = PRODUCT.c, CATEGORY.c
    rows = session.connection().execute(
        select_columns(category.id, category.name, product.id, product.code, product.season_from, product.season_to)
        .join_from(CATEGORY, PRODUCT, category.id == product.category_id)
        .where(or_(product.active, product.id.in_(always)))
        .order_by(category.position, category.id, product.position, product.code)
    )
    stands: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for category_id, name, product_id, code, season_from, season_to in rows:
        if product_id in always or in_season(Season(season_from, season_to), day):
            stands.setdefault((category_id, name), []).append((product_id, code))
    return tuple(PlannedShelf(category_id, name, tuple(found)) for (category_id, name), found in stands.items())


def products_by_id(session: Session, ids: Collection[int]) -> dict[int, Product]:
    """Return products with producer and category loaded, by id; unknown ids are left out."""
    rows = session.exec(
        select(Product)
        .where(col(Product.id).in_(ids))
        .options(joinedload(Product.producer), joinedload(Product.category))
    )
    return {product.id: product for product in rows}


def in_season(product: Seasonal, day: dt.date) -> bool:
    """Tell whether a product is in season on a day; a season may span New Year."""
    if not product.season_from:
        return True
    today = f"{day:%m-%d}"
    if product.season_from <= product.season_to:
        return product.season_from <= today <= product.season_to
    return today >= product.season_from or today <= product.season_to


def why_not_sold(product: Product, day: dt.date) -> str:
    """Say why a product cannot be ordered for a day, or nothing when it can."""
    if not product.active:
        return say("N’est plus vendu.")
    if not in_season(product, day):
        month, of_month = map(int, product.season_from.split("-"))
        # A leap year has every day that a season may begin on.
        return say("Hors saison, de retour le {day}.", day=day_and_month(dt.date(2024, month, of_month)))
    return say("Épuisé pour le moment.") if product.stock == 0 else ""


def allergen_words(product: Product) -> str:
    """Say the allergens of a product, or that there is none; nothing when nobody has stated them."""
    if not product.allergens_stated:
        return ""
    return ", ".join(ALLERGEN_WORDS[name] for name in ALLERGEN_WORDS if name in product.allergens) or "aucun"


def find_sold(session: Session, product_ids: Iterable[int], day: dt.date) -> dict[int, Product]:
    """Find products that may be ordered for a day, or refuse with the names of those that may not."""
    wanted = sorted(set(product_ids))
    rows = session.exec(select(Product).where(col(Product.id).in_(wanted))).all()
    found = {product.id: product for product in rows}
    for product_id in wanted:
        if product_id not in found:
            raise UnknownProduct(str(product_id))
    refused = [p.name for p in rows if not p.active or not in_season(p, day)]
    if refused:
        raise NotSold(refused)
    return found


def find_by_codes(session: Session, codes: Iterable[str]) -> dict[str, Product]:
    """Find products by their codes, or refuse with the first code that is none."""
    wanted = list(codes)
    rows = session.exec(select(Product).where(col(Product.code).in_(wanted))).all()
    found = {product.code: product for product in rows}
    for code in wanted:
        if code not in found:
            raise UnknownProduct(code)
    return found


def farms_called_at(session: Session) -> list[Producer]:
    """Return the producers whose goods are picked up on the round."""
    return list(
        session.exec(
            select(Producer)
            .where(col(Producer.supply_mode) == SupplyMode.ON_THE_ROUND, col(Producer.active))
            .order_by(col(Producer.code))
        )
    )


def active_producers(session: Session) -> list[Producer]:
    """Return the producers we buy from, by name."""
    return list(session.exec(select(Producer).where(col(Producer.active)).order_by(col(Producer.name))))


def producer_of_code(session: Session, code: str) -> Producer:
    """Find a producer we buy from by its code, or refuse."""
    producer = session.exec(select(Producer).where(col(Producer.code) == code, col(Producer.active))).first()
    if producer is None:
        raise NotFound(say("Ce producteur n’existe pas, ou ne travaille plus avec nous."))
    return producer


def products_of(session: Session, producer_id: int) -> list[Product]:
    """Return what is sold of one producer, in the order of the paper form, at whatever time of the year."""
    query = select(Product).join(Category, col(Category.id) == col(Product.category_id))
    return list(
        session.exec(
            query.where(col(Product.producer_id) == producer_id, col(Product.active)).order_by(
                col(Category.position), col(Product.position), col(Product.code)
            )
        )
    )


def producers_of(session: Session, product_ids: Iterable[int]) -> dict[int, int]:
    """Return the producer of each product, by their ids."""
    rows = session.exec(select(Product.id, Product.producer_id).where(col(Product.id).in_(set(product_ids))))
    return dict(rows.all())


def _speaks_of(product: Product, words: str) -> bool:
    said = fold(f"{product.name} {product.producer.name} {product.category.name} {product.code}")
    return all(word in said for word in fold(words).split())
