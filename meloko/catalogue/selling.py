"""Sell: what may be ordered for a day, and the stock that cannot be sold twice."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ARRAY, Integer, bindparam, func, update
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from meloko.catalogue.models import Product, Temperature
from meloko.catalogue.services import NotSold, UnknownProduct, in_season
from meloko.db import Table
from meloko.errors import Refusal

PRODUCT = Table.metadata.tables["product"]
_TAKE = (
    update(PRODUCT)
    .where(PRODUCT.c.id == bindparam("p"), PRODUCT.c.stock >= bindparam("q"))
    .values(stock=PRODUCT.c.stock - bindparam("q"))
)


class OutOfStock(Refusal):
    """Less is left than was asked."""

    def __init__(self, shortages: Mapping[str, int]) -> None:
        self.shortages = dict(shortages)
        parts = [
            f"il ne reste plus de « {name} »" if left == 0 else f"il ne reste que {left} × « {name} »"
            for name, left in self.shortages.items()
        ]
        words = " ; ".join(parts)
        super().__init__(f"{words[:1].upper()}{words[1:]}. Changez la quantité, le reste de la commande est gardé.")


@dataclass(frozen=True, slots=True)
class Sold:
    """What an order needs to know of a product: its columns, by their names."""

    id: int
    code: str
    name: str
    unit: str
    price_cents: int
    priced_by_weight: bool
    net_quantity: int
    vat_rate_bp: int
    deposit_cents: int
    crates_hundredths: int
    temperature: Temperature
    alcohol: bool
    perishable: bool
    stock: int | None
    active: bool
    season_from: str
    season_to: str


_SOLD = sa_select(*(PRODUCT.c[name] for name in Sold.__dataclass_fields__)).where(
    PRODUCT.c.id == func.any(bindparam("wanted", type_=ARRAY(Integer)))
)


def find_to_sell(session: Session, product_ids: Iterable[int], day: dt.date) -> dict[int, Sold]:
    """Find products that may be ordered for a day, with no more than an order needs of them, or refuse by name."""
    wanted = set(product_ids)
    found = {row[0]: Sold(*row) for row in session.connection().execute(_SOLD, {"wanted": list(wanted)})}
    for product_id in sorted(wanted):
        if product_id not in found:
            raise UnknownProduct(str(product_id))
    refused = [sold.name for sold in found.values() if not sold.active or not in_season(sold, day)]
    if refused:
        raise NotSold(refused)
    return found


def take_stock(session: Session, quantities: Mapping[int, int]) -> None:
    """Take goods out of the stock, all or nothing; asked last, since the rows stay locked until the commit.

    `quantities` names products whose stock is limited. The update takes only what is there, so no two buyers get the
    same goods; products are asked in the order of their ids, so no two buyers wait for each other.
    `CHECK (stock >= 0)` is the second lock.
    """
    if not quantities:
        return
    asked = [{"p": product_id, "q": quantities[product_id]} for product_id in sorted(quantities)]
    taken = session.connection().execute(_TAKE, asked)
    if taken.rowcount != len(asked):
        # Our own decrements would look like shortages.
        session.rollback()
        raise OutOfStock(_left(session, quantities))


def give_stock_back(session: Session, quantities: Mapping[int, int]) -> None:
    """Put goods of a cancelled order back into the stock."""
    for product_id in sorted(quantities):
        session.connection().execute(
            update(PRODUCT)
            .where(PRODUCT.c.id == product_id, PRODUCT.c.stock.is_not(None))
            .values(stock=PRODUCT.c.stock + quantities[product_id])
        )


def _left(session: Session, asked: Mapping[int, int]) -> dict[str, int]:
    rows = session.exec(
        select(Product.id, Product.name, Product.stock).where(col(Product.id).in_(asked)).order_by(col(Product.name))
    )
    return {name: stock for product_id, name, stock in rows if stock is not None and stock < asked[product_id]}
