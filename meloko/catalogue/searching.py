"""Look for products and producers by words as people type them."""

import datetime as dt

from sqlalchemy import ColumnElement
from sqlalchemy.orm import joinedload
from sqlmodel import Session, col, select

from meloko.alike import LEAST, likeness
from meloko.catalogue.models import Category, Producer, Product
from meloko.catalogue.services import in_season


def found_products(session: Session, words: str, day: dt.date, *, off_season: bool = False) -> list[Product]:
    """Return what is sold on a day and speaks of these words, with producer and category loaded.

    Products that hold every word come in the order of the paper form; only when there is none, those that nearly do,
    the nearest first. No words find nothing. `off_season` adds what is sold at another time of the year.
    """
    said: ColumnElement[str] = (
        col(Product.name) + " " + col(Producer.name) + " " + col(Category.name) + " " + col(Product.code)
    )
    near = likeness(said, words)
    if near is None:
        return []
    rows = session.exec(
        select(Product, near)
        .join(Producer, col(Producer.id) == col(Product.producer_id))
        .join(Category, col(Category.id) == col(Product.category_id))
        .where(col(Product.active), near >= LEAST)
        .options(joinedload(Product.producer), joinedload(Product.category))
        .order_by(near.desc(), col(Category.position), col(Category.id), col(Product.position), col(Product.code))
    )
    sold = [(product, score) for product, score in rows if off_season or in_season(product, day)]
    exact = [product for product, score in sold if score >= 1]
    return exact or [product for product, _ in sold]


def found_producers(session: Session, words: str, most: int = 12) -> list[Producer]:
    """Return the producers whose name, commune, goods or labels are near to these words, the nearest first."""
    said: ColumnElement[str] = (
        col(Producer.name) + " " + col(Producer.commune) + " " + col(Producer.makes) + " " + col(Producer.kind)
    )
    near = likeness(said, words)
    if near is None:
        return []
    query = select(Producer).where(col(Producer.active), near >= LEAST)
    return list(session.exec(query.order_by(near.desc(), col(Producer.name)).limit(most)))
