"""Look at the database from outside: always in a new transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Engine, event
from sqlmodel import Session, SQLModel, col, func, select

from meloko.catalogue.models import Product
from meloko.delivery_days.models import DeliveryDay
from meloko.notices.models import Notice
from meloko.orders.models import BasketLine, Order, OrderLine
from meloko.outbox import Outbox

T = TypeVar("T", bound=SQLModel)


def how_many(engine: Engine, table: type[SQLModel]) -> int:
    with Session(engine) as session:
        return session.exec(select(func.count()).select_from(table)).one()


def stock_of(engine: Engine, product: Product) -> int | None:
    with Session(engine) as session:
        return session.exec(select(Product.stock).where(col(Product.id) == product.id)).one()


def order(engine: Engine, order_id: int) -> Order:
    with Session(engine) as session:
        return session.get_one(Order, order_id)


def day(engine: Engine, day_id: int) -> DeliveryDay:
    with Session(engine) as session:
        return session.get_one(DeliveryDay, day_id)


def jobs(engine: Engine, name: str) -> list[Outbox]:
    with Session(engine) as session:
        return list(session.exec(select(Outbox).where(col(Outbox.name) == name).order_by(col(Outbox.id))))


def only(engine: Engine, table: type[T]) -> T:
    """Return the only row of a table."""
    with Session(engine) as session:
        return session.exec(select(table)).one()


def lines_of(engine: Engine, order_id: int) -> list[OrderLine]:
    with Session(engine) as session:
        return list(
            session.exec(select(OrderLine).where(col(OrderLine.order_id) == order_id).order_by(col(OrderLine.id)))
        )


def notices(engine: Engine) -> list[Notice]:
    with Session(engine) as session:
        return list(session.exec(select(Notice).order_by(col(Notice.id))))


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Count the questions asked of the database."""
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *more: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def quantities(engine: Engine) -> dict[int, int]:
    """Return how many of each product are in the baskets, by its id."""
    with Session(engine) as session:
        return {line.product_id: line.quantity for line in session.exec(select(BasketLine))}
