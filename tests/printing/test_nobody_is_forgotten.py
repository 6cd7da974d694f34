"""Forty random days, printed and read back: every order is on one round sheet, or among the exceptions of all."""

import random
import re
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlmodel import Session, col, select

from meloko.accounts.models import Role
from meloko.catalogue.models import Temperature
from meloko.customers.models import Customer
from meloko.db import Table
from meloko.delivery_days.models import DeliveryDay
from meloko.orders.models import Order, OrderState
from meloko.printing.services import ask_print
from meloko.relay_points.models import RelayPoint
from tests.make import Make
from tests.papers.sheets import pages_of
from tests.printing.days import HERE, work_off
from tests.rounds.rounds import Halt, close_and_plan, put_round

DAYS_A_SEED = 10
ORDER = Table.metadata.tables["order"]
NUMBER = re.compile(r"(?<!\d)\d{4}(?!\d)")


class Village:
    """People, relay points, vehicles and goods that random days are drawn from."""

    def __init__(self, engine: Engine, make: Make, var: Path, seed: int) -> None:
        self.draw = random.Random(seed)  # noqa: S311
        self.make, self.engine, self.var = make, engine, var
        depot = make.depot()
        self.zone = make.zone(depot)
        self.clerk, self.driver = make.user(Role.STAFF), make.user(Role.DRIVER)
        self.relays = [make.relay_point(self.zone, crates=500, chilled=500) for _ in range(2)]
        self.vehicles = [make.vehicle(depot, driver=self.driver) for _ in range(3)]
        self.people = [make.customer(last_name=f"Client {n}", first_name="Aline") for n in range(9)]
        self.goods = [
            make.product(temperature=temperature, crates_hundredths=self.draw.randrange(0, 140))
            for temperature in Temperature
        ]

    def day(self, in_days: int) -> tuple[DeliveryDay, set[str], set[str], set[str]]:
        """Live a day; return it with the numbers of its orders on rounds, on none, and cancelled."""
        day = self.make.day(*self.relays, zone=self.zone, in_days=in_days)
        placed: dict[int, tuple[RelayPoint | Customer, list[int]]] = {}
        for person in self.draw.sample(self.people, self.draw.randrange(1, len(self.people))):
            relay = self.draw.choice([*self.relays, None])
            chosen = self.draw.sample(self.goods, self.draw.randrange(1, 3))
            basket = {one.id: self.draw.randrange(1, 4) for one in chosen}
            order = self.make.order(person, day, relay, basket).order_id
            place = relay or person
            placed.setdefault(id(place), (place, []))[1].append(order)
        all_orders = [order for _, orders in placed.values() for order in orders]
        off = set(self.draw.sample(all_orders, self.draw.randrange(0, len(all_orders))))
        # Of those on no round, only some have been given a reason: the others are still listed.
        close_and_plan(self.make, day, left_out=[order for order in off if self.draw.random() < 0.5])
        halts = [Halt(place, [o for o in orders if o not in off]) for place, orders in placed.values()]
        halts = [halt for halt in halts if halt.orders]
        self.draw.shuffle(halts)
        rounds = self.draw.randrange(1, 4)
        for number, vehicle in enumerate(self.vehicles[:rounds], 1):
            put_round(self.engine, day, number, vehicle, self.driver, halts[number - 1 :: rounds])
        driven = [order for order in all_orders if order not in off]
        gone = set(self.draw.sample(driven, self.draw.randrange(0, min(2, len(driven)) + 1)))
        with self.engine.begin() as connection:
            connection.execute(update(ORDER).where(ORDER.c.id.in_(gone)).values(state=OrderState.CANCELLED))
        return day, named({*driven} - gone), named(off), named(gone)

    def print(self, day: DeliveryDay) -> list[str]:
        """Print a day and read it back, a text a page."""
        self.make.ask(ask_print, day.id, public_url=HERE, by=self.clerk.id)
        [made] = work_off(self.engine, self.var)
        assert made
        [file] = (self.var / "papers").iterdir()
        pages = pages_of(file.read_bytes())
        file.unlink()
        return pages


def named(orders: set[int]) -> set[str]:
    return {f"{order:04d}" for order in orders}


def papers(pages: list[str]) -> list[str]:
    """Put the pages of each paper together; white backs are no paper."""
    found: list[str] = []
    for page in pages:
        if re.search(r"page 1/\d", page):
            found.append(page)
        elif page:
            found[-1] += f" {page}"
    return found


def numbers(words: str) -> list[str]:
    return NUMBER.findall(re.sub(r"20\d\d\b", "", words))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_forgotten(engine: Engine, make: Make, tmp_path: Path, seed: int) -> None:
    village = Village(engine, make, tmp_path, seed)
    for in_days in range(1, DAYS_A_SEED + 1):
        day, driven, off, gone = village.day(in_days)
        with Session(engine) as session:
            living = session.exec(
                select(Order.id).where(col(Order.delivery_day_id) == day.id, col(Order.state) != OrderState.CANCELLED)
            ).all()
        printed = papers(village.print(day))

        sheets = [paper for paper in printed if "Feuille de route" in paper]
        ends = [paper.split("Le compte de la tournée", 1)[1].split("Ajouté en route", 1)[0] for paper in sheets]
        stops = [paper.split("Les arrêts", 1)[1].split("À rendre au dépôt", 1)[0] for paper in sheets]
        on_sheets = Counter(number for words in stops for number in set(numbers(words)) - gone)
        assert on_sheets == Counter(driven)
        for words in ends:
            assert Counter(numbers(words)) == Counter(off)
            assert f"{len(living)} commande" in words
            assert "Le compte est bon." in words
        assert named({*living}) == driven | off
        _check_the_other_papers(printed, driven)


def _check_the_other_papers(printed: list[str], driven: set[str]) -> None:
    """Every driven order is packed, labelled and noted once, and no other is."""
    notes = [paper for paper in printed if paper.startswith("Bon de livraison")]
    assert Counter(numbers(paper.split("tournée", 1)[0])[0] for paper in notes) == Counter(driven)
    labels = " ".join(paper for paper in printed if paper.startswith("Étiquettes"))
    bags = re.findall(r"(?<!\d)(\d{4}) sac (\d+)/(\d+)", labels)
    assert {number for number, _, _ in bags} == driven
    for number in driven:
        mine = [(int(bag), int(of)) for other, bag, of in bags if other == number]
        assert mine == [(bag, len(mine)) for bag in range(1, len(mine) + 1)]
    packed = [paper for paper in printed if "Préparation par commande" in paper]
    assert {number for paper in packed for number in numbers(paper)} >= driven
