"""A small day whose rounds are there: two rounds, a farm, a relay point, homes, one order that is on none."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session, col, select, update

from meloko import db
from meloko.accounts.models import Role, User
from meloko.accounts.services import set_organisation
from meloko.catalogue.models import Product, SupplyMode, Temperature
from meloko.customers.models import Customer
from meloko.db import Table
from meloko.delivery_days.models import DeliveryDay
from meloko.jobs import PrintDay
from meloko.outbox import Outbox, claim
from meloko.printing.models import DayPrint
from meloko.printing.services import ask_print
from meloko.printing.setting import Press, paper_file, print_day
from meloko.relay_points.models import RelayPoint, Zone
from meloko.rounds.models import Round
from meloko.rounds.phone_address import round_url
from tests.make import SECRET, Make
from tests.papers.sheets import pages_of
from tests.rounds.rounds import Halt, close_and_plan, driven_today, put_round

HERE = "https://meloko.example"


def address(row: Round) -> str:
    """Return where the code of a round leads."""
    return round_url(HERE, row, SECRET)


def work_off(engine: Engine, var: Path) -> list[bool]:
    """Do all jobs of printing that wait; tell which of them made a new print."""
    with Session(engine) as session:
        waiting = session.exec(
            select(Outbox.id).where(col(Outbox.name) == PrintDay.name, col(Outbox.state) == "waiting")
        ).all()
    return [
        print_day(Press(engine, var, SECRET), claimed)
        for job in sorted(waiting)
        if (claimed := db.ask(engine, claim, job)) is not None
    ]


@dataclass
class Printed:
    """A planned day, and the means to print it."""

    make: Make
    day: DeliveryDay
    zone: Zone
    clerk: User
    driver: User
    relay: RelayPoint
    round_a: int
    round_b: int
    people: dict[str, Customer]
    # The id of the order of each person, and the one that is on no round.
    orders: dict[str, int]
    products: dict[str, Product]
    press: Press

    def ask(self) -> int:
        """Press the button."""
        return self.make.ask(ask_print, self.day.id, public_url=HERE, by=self.clerk.id)

    def work(self) -> list[bool]:
        """Do all jobs of printing that wait; tell which of them made a new print."""
        return work_off(self.make.engine, self.press.var)

    def print(self) -> DayPrint:
        """Ask, wait, and return the newest print."""
        self.ask()
        self.work()
        return self.prints()[-1]

    def file(self) -> bytes:
        """Return the newest print as it is kept."""
        return paper_file(self.press.var, self.prints()[-1].file).read_bytes()

    def pages(self) -> list[str]:
        """Read the newest print back, page by page."""
        return pages_of(self.file())

    def number(self, name: str) -> str:
        """Return the number of somebody's order as papers write it."""
        return f"{self.orders[name]:04d}"

    def write(self, table: type[Table], row_id: int, **values: object) -> None:
        """Change a row behind the back of the services."""
        with Session(self.make.engine) as session:
            session.exec(update(table).where(col(table.id) == row_id).values(**values))
            session.commit()

    def prints(self) -> list[DayPrint]:
        """Return all prints of the day."""
        with Session(self.make.engine) as session:
            return list(session.exec(select(DayPrint).order_by(col(DayPrint.id))))


def a_day(engine: Engine, make: Make, var: Path) -> Printed:
    """Put the small day in."""
    make.ask(
        lambda session: set_organisation(
            session, name="Les Saules (fictif)", phone="03 53 01 24 60", address="2 rue de Lille, Béthune",
            siret="00000000000000",
        )
    )  # fmt: skip
    depot = make.depot()
    zone = make.zone(depot)
    driver, clerk = make.user(Role.DRIVER, name="Karim B."), make.user(Role.STAFF)
    relay = make.relay_point(zone, name="Café de la Place")
    dairy = make.producer(supply_mode=SupplyMode.ON_THE_ROUND, pickup_hours="06:00-10:00")
    products = {
        "milk": make.product(dairy, name="Lait", temperature=Temperature.CHILLED, crates_hundredths=50),
        "leeks": make.product(name="Poireaux", crates_hundredths=30),
        "ice": make.product(name="Glace", temperature=Temperature.FROZEN, crates_hundredths=5),
        "tomme": make.product(
            name="Tomme", temperature=Temperature.CHILLED, priced_by_weight=True, price_cents=2_000, crates_hundredths=2
        ),
    }
    people = {
        name: make.customer(last_name=name, first_name=first)
        for name, first in (("Carlier", "Roger"), ("Legrand", "Yvette"), ("Wattel", "Rose"), ("Penel", "Lucie"))
    }
    day = driven_today(make, relay)
    bought = {
        "Carlier": {"milk": 2, "leeks": 1, "ice": 1},
        "Legrand": {"milk": 3, "tomme": 2},
        "Wattel": {"leeks": 5},
        "Penel": {"leeks": 2},
    }
    orders = {
        name: make.order(
            people[name], day, relay if name == "Carlier" else None, {products[p].id: n for p, n in lines.items()}
        ).order_id
        for name, lines in bought.items()
    }
    close_and_plan(make, day, left_out=[orders["Penel"]])
    milk = products["milk"]
    vehicles = [make.vehicle(depot, driver=driver) for _ in range(2)]
    halts = [
        Halt(dairy, goods=[(milk.id, milk.code, "Lait", 5)]),
        Halt(relay, [orders["Carlier"]]),
        Halt(people["Legrand"], [orders["Legrand"]]),
    ]
    return Printed(
        make, day, zone, clerk, driver, relay,
        put_round(engine, day, 1, vehicles[0], driver, halts),
        put_round(engine, day, 2, vehicles[1], driver, [Halt(people["Wattel"], [orders["Wattel"]])]),
        people, orders, products, Press(engine, var, SECRET),
    )  # fmt: skip
