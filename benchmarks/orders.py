"""Measure what an order costs: `place_order` against a bare transaction of INSERTs on the same database, in turn.

Both write the same rows, one order of eight lines with its submission, its notice, its outbox row and its audit row;
the bare one knows no rule, checks nothing and locks nothing. They alternate in small batches, so that a busy machine
slows both.
"""

import itertools
import statistics
import tempfile
import time
import uuid
from pathlib import Path

from sqlalchemy import Engine, text

from benchmarks.table import Row
from meloko import db, servers
from meloko.catalogue.models import Product
from meloko.clock import now
from meloko.customers.models import Customer
from meloko.db import engine_for
from meloko.delivery_days.models import DeliveryDay
from meloko.migrations import running as migrations
from meloko.orders.drafting import Draft
from meloko.orders.models import Source
from meloko.orders.placing import place_order
from meloko.relay_points.models import RelayPoint
from tests.make import Make

LINES = 8
PRODUCTS = 80
BATCH = 20
ROUNDS = 15
BAR = 4.0


def measure(arguments: list[str]) -> list[Row]:
    """Return orders a second, the floor's transactions a second, and the ratio of the medians."""
    rounds = int(arguments[0]) if arguments else ROUNDS
    with tempfile.TemporaryDirectory(prefix="meloko-bench-") as folder:
        Path(folder).chmod(0o711)
        with servers.running(Path(folder), {"MELOKO_BROKER_URL": "redis://127.0.0.1:1/0"}, fast=True) as addresses:
            engine = engine_for(addresses.database_url)
            migrations.upgrade(engine)
            shop = _Shop(engine)
            ours, floor = [], []
            for number in range(rounds + 1):
                a, b = _timed(shop.place), _timed(shop.insert)
                # The first batch warms the caches of both.
                if number:
                    ours.append(a)
                    floor.append(b)
            engine.dispose()
    ratio = statistics.median(a / b for a, b in zip(ours, floor, strict=True))
    return [
        Row("place_order, 8 lines, per second", 1 / statistics.median(ours), "reported", holds=True),
        Row("bare INSERT transaction, per second", 1 / statistics.median(floor), "reported", holds=True),
        Row("place_order ÷ bare INSERT transaction", ratio, f"≤ {BAR:g}", holds=ratio <= BAR),
    ]


class _Shop:
    """A catalogue of 80 products, one day and customers enough."""

    def __init__(self, engine: Engine) -> None:
        make = Make(engine)
        self._engine = engine
        self._relay: RelayPoint = make.relay_point(crates=9_000_000)
        self._day: DeliveryDay = make.day(self._relay)
        producer, category = make.producer(), make.category()
        self._products: list[Product] = [
            make.product(producer, stock=10_000_000, category=category, crates_hundredths=1) for _ in range(PRODUCTS)
        ]
        self._customers: list[Customer] = [
            make.customer(last_name=f"Client {n}", email="client@meloko.example") for n in range(400)
        ]
        self._turn = itertools.count()

    def _choice(self) -> tuple[Customer, list[Product]]:
        turn = next(self._turn)
        chosen = [self._products[(turn * 7 + n * 11) % PRODUCTS] for n in range(LINES)]
        return self._customers[turn % len(self._customers)], chosen

    def place(self) -> None:
        """Place one order through the service, as a door does."""
        customer, products = self._choice()
        draft = Draft(
            key=uuid.uuid4(),
            customer_id=customer.id,
            day_id=self._day.id,
            relay_point_id=self._relay.id,
            quantities={product.id: 1 for product in products},
            source=Source.WEB,
            received_at=now(),
        )
        db.ask(self._engine, place_order, draft)

    def insert(self) -> None:
        """Write rows of the same number and size in one transaction, and nothing else."""
        customer, products = self._choice()
        at = now()
        with self._engine.begin() as connection:
            order_id = connection.execute(_ORDER, {"customer": customer.id, "day": self._day.id, "at": at}).scalar_one()
            connection.execute(_SUBMISSION, {"key": uuid.uuid4(), "order": order_id, "at": at})
            connection.execute(
                _LINE,
                [
                    {"order": order_id, "product": product.id, "code": product.code, "name": product.name}
                    for product in products
                ],
            )
            notice_id = connection.execute(
                _NOTICE, {"key": f"bare:{uuid.uuid4()}", "at": at, "customer": customer.id}
            ).scalar_one()
            connection.execute(_OUTBOX, {"payload": f'{{"notice_id": {notice_id}}}', "at": at})
            connection.execute(_AUDIT, {"at": at, "order": order_id})


def _timed(act: object) -> float:
    assert callable(act)
    began = time.perf_counter()
    for _ in range(BATCH):
        act()
    return (time.perf_counter() - began) / BATCH


_ORDER = text(
    'INSERT INTO "order" (customer_id, recipient_id, payer_id, source, state, delivery_day_id, home, home_address,'
    " home_postcode, home_commune, place_name, customer_name, public_name, phone, received_at, placed_at, note,"
    " substitution, adult_declared, goods_cents, deposit_cents, fee_cents, fee_vat_rate_bp, vat, crates_hundredths,"
    " chilled_hundredths, to_decide)"
    " VALUES (:customer, :customer, :customer, 'web', 'delivered', :day, true, '1 rue', '62400', 'Béthune', 'x', 'y',"
    " 'z', '', :at, :at, '', 'remove', false, 100, 0, 0, 0, '[]', 1, 0, false) RETURNING id"
)
_SUBMISSION = text(
    "INSERT INTO submission (key, fingerprint, order_id, at) VALUES (:key, repeat('0', 64), :order, :at)"
)
_LINE = text(
    "INSERT INTO order_line (order_id, product_id, code, name, unit, ordered, reserved, price_cents, priced_by_weight,"
    " piece_weight_g, vat_rate_bp, deposit_cents, crates_hundredths, temperature, alcohol, fit_to_withdraw)"
    " VALUES (:order, :product, :code, :name, 'la botte', 1, 1, 320, false, 0, 550, 0, 1, 'ambient', false, false)"
)
_NOTICE = text(
    "INSERT INTO notice (key, channel, recipient, subject, body, state, created_at, customer_id, topic, carried_to,"
    " tries) VALUES (:key, 'email', 'client@meloko.example', 'Votre commande n° 0001', repeat('Votre commande ', 26),"
    " 'waiting', :at, :customer, '', '', 0) RETURNING id"
)
_OUTBOX = text(
    "INSERT INTO outbox (name, payload, state, progress, attempts, due_at)"
    " VALUES ('notices.send', CAST(:payload AS jsonb), 'waiting', '', 0, :at)"
)
_AUDIT = text(
    "INSERT INTO audit_entry (at, act, subject, subject_id, after) VALUES (:at, 'order.placed', 'order', :order, '{}')"
)
