"""Look at the database from outside: always in a new transaction."""

from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, col, func, select

from meloko.catalogue.models import Product
from meloko.delivery_days.models import DeliveryDay
from meloko.orders.models import Order
from meloko.outbox import Outbox


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
