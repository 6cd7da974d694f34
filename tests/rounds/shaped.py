"""A closed day with two rounds of homes, its travel times measured: ready to be shaped by hand."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from meloko.accounts.models import Role, User
from meloko.catalogue.models import Product
from meloko.customers.models import Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.relay_points.models import Depot, RelayPoint, Zone
from meloko.rounds.models import DayTravel, Round, Stop, Vehicle
from meloko.rounds.services import find_round, list_rounds
from tests.make import Make
from tests.rounds.rounds import Halt, close_and_plan, driven_today, put_round

NAMES = ("Carlier", "Legrand", "Wattel", "Penel", "Bar", "Cousin")
# A van does so many metres a second between two doors.
_PACE = 10


@dataclass
class Shaped:
    """Round A calls at the first three, round B at the next two, the last one's order is on no round."""

    make: Make
    depot: Depot
    day: DeliveryDay
    staff: User
    karim: User
    sylvie: User
    vans: tuple[Vehicle, Vehicle]
    people: tuple[Customer, ...]
    orders: tuple[int, ...]
    leeks: Product
    zone: Zone
    relay: RelayPoint

    def round(self, number: int) -> Round:
        """Return the round of a number as it is now, with its stops."""
        return next(row for row in self.make.ask(list_rounds, self.day.id) if row.number == number)

    def version(self, round_id: int) -> Round:
        return self.make.ask(find_round, round_id)

    def stop(self, number: int, name: str) -> Stop:
        return next(stop for stop in self.round(number).stops if name in stop.name)

    def names(self, number: int) -> list[str]:
        return [stop.name.split()[1] for stop in self.round(number).stops]


def shaped_day(make: Make) -> Shaped:
    """Make the day; nobody has touched it yet."""
    depot = make.depot()
    zone, leeks = make.zone(depot), make.product(price_cents=320)
    karim, sylvie = (make.user(Role.DRIVER, name=name) for name in ("Karim B.", "Sylvie N."))
    relay = make.relay_point(zone)
    day = driven_today(make, relay)
    people = tuple(
        make.customer(last_name=name, phone=f"03 53 01 66 0{n}", lat=50.53 + n / 300, lon=2.66)
        for n, name in enumerate(NAMES)
    )
    orders = tuple(make.order(person, day, None, {leeks.id: 2}).order_id for person in people)
    close_and_plan(make, day, left_out=orders[5:])
    halts = [Halt(person, [order]) for person, order in zip(people, orders, strict=True)]
    vans = make.vehicle(depot, driver=karim), make.vehicle(depot, driver=sylvie)
    put_round(make.engine, day, 1, vans[0], karim, halts[:3])
    put_round(make.engine, day, 2, vans[1], sylvie, halts[3:5])
    measure(make.engine, day, depot, people)
    return Shaped(make, depot, day, make.user(Role.STAFF), karim, sylvie, vans, people, orders, leeks, zone, relay)


def measure(engine: Engine, day: DeliveryDay, depot: Depot, people: Sequence[Customer]) -> None:
    """Measure the day as a crow drives."""
    with Session(engine) as session:
        points: dict[str, tuple[float, float]] = {f"depot:{depot.id}": (depot.lat or 0, depot.lon or 0)}
        for person in people:
            row = session.exec(select(Customer).where(col(Customer.id) == person.id)).one()
            if row.lat is not None and row.lon is not None:
                points[f"home:{person.id}"] = (row.lat, row.lon)
        where = np.array(list(points.values()))
        apart = (where[:, None, :] - where[None, :, :]) * [111_000, 70_600]
        metres = np.hypot(apart[..., 0], apart[..., 1]).astype("<i4")
        session.add(
            DayTravel(
                delivery_day_id=day.id,
                network_digest="crow",
                places=[[place, *point] for place, point in points.items()],
                durations_s=(metres // _PACE).astype("<i4").tobytes(),
                distances_m=metres.tobytes(),
            )
        )
        session.commit()
