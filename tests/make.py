"""Factories: each parameter is one that a test cares about, the rest is sensible and never the same; they commit."""

import datetime as dt
import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine
from sqlmodel import Session

from meloko import db
from meloko.accounts.models import Role, User
from meloko.accounts.services import add_user
from meloko.catalogue.models import Category, NetUnit, Producer, Product, SupplyMode, Temperature
from meloko.clock import now, today
from meloko.customers.models import Customer
from meloko.customers.services import CustomerFacts, add_customer
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.opening import DayDraft, open_day
from meloko.orders.drafting import Draft, Placed
from meloko.orders.models import Source
from meloko.orders.placing import place_order
from meloko.relay_points.models import Depot, RelayClosure, RelayKind, RelayPoint, Zone
from meloko.roads.models import Precision
from meloko.rounds.models import Vehicle

P = ParamSpec("P")
T = TypeVar("T")

SECRET = "a secret of the tests, long enough"
PASSWORD = "un mot de passe de test"
EVERY_DAY = "Mo-Su 08:00-20:00"


@dataclass
class Make:
    """Makes rows in one database."""

    engine: Engine
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def depot(self, lat: float | None = 50.5186, lon: float | None = 2.6539) -> Depot:
        n = next(self._numbers)
        return self._add(Depot(code=f"D{n}", name=f"Dépôt {n}", **_point(lat, lon)))

    def zone(self, depot: Depot | None = None) -> Zone:
        depot = depot or self.depot()
        return self._add(Zone(name=f"Secteur {next(self._numbers)}", depot_id=depot.id))

    def relay_point(
        self,
        zone: Zone | None = None,
        *,
        name: str = "",
        crates: int = 20,
        chilled: int = 6,
        public_hours: str = EVERY_DAY,
        van_hours: str = "07:00-12:00",
        lat: float | None = 50.5193,
        lon: float | None = 2.6466,
        active: bool = True,
    ) -> RelayPoint:
        n = next(self._numbers)
        zone = zone or self.zone()
        return self._add(
            RelayPoint(
                code=f"R{n}",
                zone_id=zone.id,
                kind=RelayKind.CAFE,
                name=name or f"Café du Pont {n}",
                address=f"{n} rue du Pont",
                postcode="62400",
                commune="Béthune",
                public_hours=public_hours,
                van_hours=van_hours,
                capacity_hundredths=crates * 100,
                chilled_capacity_hundredths=chilled * 100,
                host_name="Odile V.",
                active=active,
                **_point(lat, lon),
            )
        )

    def closure(self, relay_point: RelayPoint, day: dt.date) -> RelayClosure:
        return self._add(RelayClosure(relay_point_id=relay_point.id, first_day=day, last_day=day, reason="congés"))

    def producer(
        self,
        *,
        supply_mode: SupplyMode = SupplyMode.DELIVERED,
        pickup_hours: str = "",
        lat: float | None = 50.566,
        lon: float | None = 2.6662,
    ) -> Producer:
        n = next(self._numbers)
        return self._add(
            Producer(
                code=f"P{n}",
                name=f"Ferme des Saules {n}",
                commune="Locon",
                supply_mode=supply_mode,
                pickup_hours=pickup_hours,
                **_point(lat, lon),
            )
        )

    def category(self, name: str = "") -> Category:
        n = next(self._numbers)
        return self._add(Category(name=name or f"Rayon {n}", position=n))

    def product(
        self,
        producer: Producer | None = None,
        *,
        name: str = "",
        price_cents: int = 320,
        stock: int | None = None,
        season: tuple[str, str] = ("", ""),
        temperature: Temperature = Temperature.AMBIENT,
        crates_hundredths: int = 10,
        deposit_cents: int = 0,
        vat_rate_bp: int = 550,
        active: bool = True,
        priced_by_weight: bool = False,
        perishable: bool = True,
        category: Category | None = None,
    ) -> Product:
        n = next(self._numbers)
        producer = producer or self.producer()
        category = category or self.category()
        return self._add(
            Product(
                code=str(100 + n),
                name=name or f"Poireaux {n}",
                category_id=category.id,
                producer_id=producer.id,
                unit="la botte",
                price_cents=price_cents,
                priced_by_weight=priced_by_weight,
                vat_rate_bp=vat_rate_bp,
                perishable=perishable,
                net_quantity=1000,
                net_unit=NetUnit.GRAM,
                allergens_stated=True,
                stock=stock,
                season_from=season[0],
                season_to=season[1],
                temperature=temperature,
                crates_hundredths=crates_hundredths,
                deposit_cents=deposit_cents,
                active=active,
            )
        )

    def customer(
        self,
        *,
        last_name: str = "Legrand",
        first_name: str = "Yvette",
        phone: str = "03 53 01 66 09",
        email: str = "",
        address: str = "17 rue du Marais",
        lat: float | None = 50.53,
        lon: float | None = 2.66,
        card_number: str | None = None,
        preferred: RelayPoint | None = None,
    ) -> Customer:
        facts = CustomerFacts(
            preferred_relay_point_id=preferred.id if preferred else None,
            title="Mme", last_name=last_name, first_name=first_name, phone=phone, email=email,
            address=address, postcode="62400" if address else "", commune="Essars" if address else "",
        )  # fmt: skip
        customer = self.ask(add_customer, facts, by=None, card_number=card_number)
        if lat is not None:
            self.ask(_place, customer.id, lat, lon)
        return customer

    def user(self, *roles: Role, name: str = "Nadia L.") -> User:
        n = next(self._numbers)
        return self.ask(
            add_user, name=name, email=f"personne{n}@meloko.example", password=PASSWORD, roles=frozenset(roles)
        )

    def day(
        self,
        *relay_points: RelayPoint,
        zone: Zone | None = None,
        in_days: int = 2,
        closes_in: dt.timedelta = dt.timedelta(hours=3),
        opened_ago: dt.timedelta = dt.timedelta(days=3),
        homes_served: bool = True,
        grace_minutes: int = 10,
    ) -> DeliveryDay:
        """Open a day; `closes_in` may be negative: its cut-off has then passed, but nobody has closed it yet."""
        zone_id = zone.id if zone else relay_points[0].zone_id if relay_points else self.zone().id
        at = now()
        draft = DayDraft(
            date=today() + dt.timedelta(days=max(in_days, 1)),
            zone_id=zone_id,
            cut_off_at=at + closes_in,
            opens_at=at - opened_ago,
            relay_point_ids=tuple(point.id for point in relay_points),
            homes_served=homes_served,
            grace_minutes=grace_minutes,
        )
        opened = self.ask(open_day, draft, by=None)
        if in_days < 1:  # opened for tomorrow and moved: late in the evening today has no cut-off left
            opened.date = today() + dt.timedelta(days=in_days)
            return self._add(opened)
        return opened

    def vehicle(self, depot: Depot, *, crates: int = 60, chilled: int = 20, driver: User | None = None) -> Vehicle:
        n = next(self._numbers)
        return self._add(
            Vehicle(
                code=f"V{n}",
                name=f"Camionnette {n}",
                depot_id=depot.id,
                crates_hundredths=crates * 100,
                chilled_hundredths=chilled * 100,
                works_from=dt.time(6),
                works_until=dt.time(16),
                cost_cents_per_km=30,
                driver_id=driver.id if driver else None,
            )
        )

    def draft(
        self,
        customer: Customer,
        day: DeliveryDay,
        relay_point: RelayPoint | None,
        quantities: dict[int, int],
        *,
        source: Source = Source.WEB,
        received_at: dt.datetime | None = None,
        keyed_by: User | None = None,
        key: uuid.UUID | None = None,
        begun_at: dt.datetime | None = None,
    ) -> Draft:
        return Draft(
            key=key or uuid.uuid4(),
            customer_id=customer.id,
            day_id=day.id,
            relay_point_id=relay_point.id if relay_point else None,
            quantities=quantities,
            source=source,
            received_at=received_at or now(),
            keyed_by=keyed_by.id if keyed_by else None,
            begun_at=begun_at,
        )

    def order(
        self, customer: Customer, day: DeliveryDay, relay_point: RelayPoint | None, quantities: dict[int, int]
    ) -> Placed:
        return self.ask(place_order, self.draft(customer, day, relay_point, quantities))

    def ask(self, service: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return db.ask(self.engine, service, *args, **kwargs)

    def _add(self, row: T) -> T:
        with Session(self.engine, expire_on_commit=False) as session:
            session.add(row)
            session.commit()
        return row


def _point(lat: float | None, lon: float | None) -> dict[str, Any]:
    return {"lat": lat, "lon": lon, "precision": Precision.NONE if lat is None else Precision.HOUSENUMBER}


def _place(session: Session, customer_id: int, lat: float, lon: float | None) -> None:
    customer = session.get_one(Customer, customer_id)
    customer.lat, customer.lon, customer.precision = lat, lon, Precision.HOUSENUMBER
