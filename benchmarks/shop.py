"""The demo's shop, open, with somebody who orders there regularly: what pages are measured and drawn with."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from meloko import servers
from meloko.app import create_app
from meloko.catalogue.models import Product
from meloko.catalogue.services import shelves
from meloko.clock import now
from meloko.config import Settings
from meloko.customers.models import Customer
from meloko.db import ask, engine_for
from meloko.delivery_days.services import orderable_days
from meloko.demo.loading import load
from meloko.migrations import running as migrations
from meloko.relay_points.models import RelayPoint
from meloko.relay_points.services import why_closed
from tests.customer_pages import Regular, become_regular
from tests.make import SECRET, Make
from tests.visitor import Visitor

_NO_BROKER = "redis://127.0.0.1:1/0"


@contextmanager
def open_shop() -> Iterator[tuple[Flask, Engine]]:
    """Give the application of the demo, its organisation and its roads loaded, without a broker."""
    with tempfile.TemporaryDirectory(prefix="meloko-bench-") as folder:
        var = Path(folder)
        var.chmod(0o711)
        with servers.running(var, {"MELOKO_BROKER_URL": _NO_BROKER}, fast=True) as found:
            engine = engine_for(found.database_url)
            migrations.upgrade(engine)
            settings = Settings(
                database_url=found.database_url, broker_url=_NO_BROKER, secret_key=SECRET, keys=(b"k" * 32,),
                var=var, https=False,
            )  # fmt: skip
            load(settings, seed=1)
            yield create_app(settings, engine), engine
            engine.dispose()


def regular_of(make: Make, visitor: Visitor) -> Regular:
    """Let one of the demo's customers order at the first place that is open on the last day that can be ordered for."""

    def choose(session: Session) -> tuple[Customer, int, RelayPoint, list[Product]]:
        day = orderable_days(session, now())[-1]
        point = next(s.relay_point for s in day.relay_points if why_closed(s.relay_point, day.date) is None)
        sold = [product for shelf in shelves(session, day.date) for product in shelf.products if product.stock is None]
        customer = session.exec(select(Customer).where(col(Customer.email) != "", ~col(Customer.guest))).first()
        assert customer is not None
        return customer, day.id, point, [product for product in sold if not product.alcohol][:4]

    customer, day_id, point, products = ask(make.engine, choose)
    day = ask(make.engine, lambda session: next(d for d in orderable_days(session, now()) if d.id == day_id))
    return become_regular(make, visitor, customer, day, point, products)
