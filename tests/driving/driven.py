"""A round of today, in the middle of being driven: two homes and a relay point with two orders."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from meloko.accounts.models import Role, User
from meloko.clock import now, today
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.driving.acting import Answer, Said, record_acts
from meloko.driving.models import Act, ActKind, ActSource, DropOutcome
from meloko.orders.models import Order, OrderState
from meloko.rounds.models import Round, RoundState, Stop
from tests.make import Make
from tests.rounds.rounds import Halt, close_and_plan, put_round


@dataclass
class Driven:
    """One locked round; `stops` and `orders` in the order of the sheet."""

    make: Make
    day: DeliveryDay
    round_id: int
    driver: User
    stops: list[int]
    orders: list[int]

    @property
    def engine(self) -> Engine:
        return self.make.engine

    def record(
        self, *acts: Said, sent_at: dt.datetime | None = None, by: User | None = None, keyed: bool = False
    ) -> list[str]:
        """Record acts and return what became of each: its state, or why it was refused."""
        return [each.reason or each.state for each in self.answers(*acts, sent_at=sent_at, by=by, keyed=keyed)]

    def answers(
        self, *acts: Said, sent_at: dt.datetime | None = None, by: User | None = None, keyed: bool = False
    ) -> tuple[Answer, ...]:
        source = ActSource.PAPER if keyed else ActSource.PHONE
        who = (by or self.driver).id
        return self.make.ask(record_acts, self.round_id, acts, by=who, sent_at=sent_at, source=source)

    def outcomes(self) -> dict[int, str]:
        with Session(self.engine) as session:
            rows = session.exec(select(DropOutcome).where(col(DropOutcome.delivery_day_id) == self.day.id))
            return {row.order_id: row.kind.value for row in rows}

    def states(self) -> list[str]:
        """Return the states of the orders, in the order of the sheet."""
        with Session(self.engine) as session:
            return [session.get_one(Order, order_id).state.value for order_id in self.orders]

    def acts(self) -> list[Act]:
        with Session(self.engine) as session:
            return list(session.exec(select(Act).where(col(Act.delivery_day_id) == self.day.id).order_by(col(Act.id))))

    def round_state(self) -> RoundState:
        with Session(self.engine) as session:
            return session.get_one(Round, self.round_id).state

    def day_state(self) -> DayState:
        with Session(self.engine) as session:
            return session.get_one(DeliveryDay, self.day.id).state

    def set_order(self, order_id: int, state: OrderState) -> None:
        with Session(self.engine) as session:
            session.get_one(Order, order_id).state = state
            session.commit()


def drive(make: Make, *, in_days: int = 0) -> Driven:
    """Make a round of three stops and four orders, closed and planned."""
    depot, driver = make.depot(), make.user(Role.DRIVER, name="Karim B.")
    zone = make.zone(depot)
    cafe, leeks = make.relay_point(zone, name="Café de la Place"), make.product()
    day = make.day(cafe, zone=zone, in_days=1, grace_minutes=0)
    carlier, legrand, wattel, penel = (
        make.customer(last_name=name) for name in ("Carlier", "Legrand", "Wattel", "Penel")
    )
    at_home = [make.order(each, day, None, {leeks.id: 2}).order_id for each in (carlier, legrand)]
    at_relay = [make.order(each, day, cafe, {leeks.id: 3}).order_id for each in (wattel, penel)]
    halts = [Halt(carlier, at_home[:1]), Halt(cafe, at_relay), Halt(legrand, at_home[1:])]
    round_id = put_round(make.engine, day, 1, make.vehicle(depot), driver, halts)
    close_and_plan(make, day)
    with Session(make.engine) as session:
        session.get_one(DeliveryDay, day.id).date = today() + dt.timedelta(days=in_days)
        session.commit()
        stops = list(session.exec(select(Stop.id).where(col(Stop.round_id) == round_id).order_by(col(Stop.position))))
    return Driven(make, day, round_id, driver, stops, [at_home[0], *at_relay, at_home[1]])


def said(kind: ActKind, order: int | None = None, *, ago_s: float = 60, **more: Any) -> Said:
    """Say an act some seconds ago."""
    facts = {"uuid": uuid.uuid4(), "said_at": now() - dt.timedelta(seconds=ago_s), **more}
    return Said(kind=kind, order_id=order, **facts)
