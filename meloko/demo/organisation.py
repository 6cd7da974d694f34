"""Bring the fictional organisation in, through the services: idempotent, in a few transactions."""

import datetime as dt
import itertools
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, select

from meloko.accounts.models import Organisation, Role, User
from meloko.accounts.services import add_user, set_organisation
from meloko.catalogue.models import Category, Product, PurchasePrice
from meloko.catalogue.services import in_season
from meloko.clock import from_local, now, today
from meloko.customers.models import AccessNote, Customer
from meloko.customers.sealing import write_access_note
from meloko.customers.services import add_customer
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.opening import DayDraft, open_day
from meloko.delivery_days.services import find_day
from meloko.demo import rows
from meloko.demo.fiction import Fiction
from meloko.orders.drafting import Draft
from meloko.orders.models import Source
from meloko.relay_points.models import RelayClosure, RelayPoint, Zone
from meloko.relay_points.services import why_closed

WITH_CLOSURES = selectinload(RelayPoint.closures)
_WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_RUNS_AHEAD = 4
# The same order is the same order at every start.
_ORDERS = uuid.UUID("6d1c5a0e-6f0c-4c39-9d52-3c9d0b7a4e11")


def bring_organisation(session: Session, fiction: Fiction) -> None:
    """Bring in who the organisation is, its people, places, vehicles, farms and goods, unless they are there."""
    if session.get(Organisation, 1) is not None:
        return
    set_organisation(session, **fiction.organisation["organisation"])
    users = _bring_users(session, fiction)
    depots = {row["code"]: rows.depot(row) for row in fiction.depots}
    session.add_all(depots.values())
    session.flush()
    zone = fiction.organisation["zone"]
    session.add(Zone(name=zone["name"], depot_id=depots[zone["depot"]].id))
    session.flush()
    session.add_all(rows.vehicle(row, depots, users) for row in fiction.vehicles)
    _bring_relay_points(session, fiction)
    _bring_goods(session, fiction)


def bring_customers(session: Session, fiction: Fiction) -> None:
    """Bring in the customers without their e-mail addresses, unless they are there."""
    if session.exec(select(Customer.id).limit(1)).first() is not None:
        return
    points = {point.code: point.id for point in session.exec(select(RelayPoint))}
    for row in fiction.customers:
        add_customer(session, rows.facts(row, points), by=None, card_number=row["card_number"])


def bring_access_notes(session: Session, fiction: Fiction, keys: Sequence[bytes]) -> None:
    """Seal the door codes, unless there are some."""
    if session.exec(select(AccessNote.id).limit(1)).first() is not None:
        return
    notes = {row["card_number"]: row["access_notes"] for row in fiction.customers if row["access_notes"]}
    staff = next(user.id for user in session.exec(select(User).order_by(col(User.id))) if Role.STAFF in user.roles)
    for customer in session.exec(select(Customer).where(col(Customer.card_number).in_(notes))).all():
        write_access_note(session, customer.id, notes[customer.card_number], keys, by=staff)


def bring_emails(session: Session, fiction: Fiction) -> None:
    """Write down the e-mail addresses: after the past, or people would be told today of last week's orders."""
    emails = {row["card_number"]: row["email"] for row in fiction.customers if row["email"]}
    for customer in session.exec(select(Customer).where(col(Customer.card_number).in_(emails))):
        customer.email = emails[customer.card_number]


def open_past(session: Session, fiction: Fiction) -> list[int]:
    """Open the run of today and the one before, both past their cut-off, in an organisation that has no day yet.

    Returns the ids of the days.
    """
    if session.exec(select(DeliveryDay.id).limit(1)).first() is not None:
        return []
    runs = fiction.organisation["runs"]
    before = next(day for day in _days_from(today() - dt.timedelta(days=1), -1) if _run_of(day, runs))
    opened = []
    for date in (today(), before):
        cut_off_at = from_local(date - dt.timedelta(days=1), dt.time(20))
        opens_at = cut_off_at - dt.timedelta(days=14)
        opened.append(_open(session, date, cut_off_at, opens_at=opens_at, homes=(dt.time(9), dt.time(13))).id)
    return opened


def past_drafts(session: Session, fiction: Fiction, run: int, day_id: int) -> list[list[Draft]]:
    """Return the orders of a run of the past; each with the places it may go to, best first."""
    day = find_day(session, day_id)
    customers = {customer.card_number: customer for customer in session.exec(select(Customer))}
    products = {product.code: product for product in session.exec(select(Product))}
    points = points_open_on(session, day.date)
    orders = [row for row in fiction.history if row["run"] == str(run)]
    drafts = []
    for number, group in itertools.groupby(orders, key=lambda row: row["order"]):
        lines = list(group)
        customer = customers[lines[0]["card_number"]]
        sold = {
            products[row["product_code"]].id: int(row["quantity"])
            for row in lines
            if in_season(products[row["product_code"]], day.date)
        }
        draft = Draft(
            key=uuid.uuid5(_ORDERS, f"{day.date}/{number}"),
            customer_id=customer.id,
            day_id=day.id,
            relay_point_id=None,
            quantities=sold,
            source=Source(lines[0]["source"]),
            received_at=day.cut_off_at - dt.timedelta(minutes=int(lines[0]["minutes_before_cut_off"])),
            adult_declared=True,
        )
        places = _places(lines[0]["place"], customer, points)
        drafts.append([replace(draft, relay_point_id=place) for place in places if sold])
    return drafts


def open_runs(session: Session, fiction: Fiction) -> None:
    """Open the next runs, so that there is always something to order for."""
    runs = fiction.organisation["runs"]
    ahead = (day for day in _days_from(today() + dt.timedelta(days=1), 1) if _run_of(day, runs))
    opened = 0
    for date in ahead:
        run = _run_of(date, runs)
        if run is None or opened == _RUNS_AHEAD:
            return
        cut_off_date = date - dt.timedelta(days=run["cut_off_days_before"])
        cut_off_at = from_local(cut_off_date, dt.time.fromisoformat(run["cut_off_hour"]))
        if cut_off_at <= now() + dt.timedelta(hours=1):
            continue
        opened += 1
        if session.exec(select(DeliveryDay.id).where(col(DeliveryDay.date) == date)).first() is None:
            homes = dt.time.fromisoformat(run["homes_from"]), dt.time.fromisoformat(run["homes_until"])
            _open(session, date, cut_off_at, opens_at=None, homes=homes)


def next_run(fiction: Fiction) -> dt.date:
    """Return the next day of the week on which rounds are driven."""
    runs = fiction.organisation["runs"]
    return next(day for day in _days_from(today() + dt.timedelta(days=1), 1) if _run_of(day, runs))


def points_open_on(session: Session, date: dt.date) -> list[RelayPoint]:
    """Return the relay points that can serve a day."""
    points = session.exec(select(RelayPoint).options(WITH_CLOSURES).order_by(col(RelayPoint.code)))
    return [point for point in points if why_closed(point, date) is None]


def _open(
    session: Session,
    date: dt.date,
    cut_off_at: dt.datetime,
    *,
    opens_at: dt.datetime | None,
    homes: tuple[dt.time, dt.time],
) -> DeliveryDay:
    draft = DayDraft(
        date=date,
        zone_id=session.exec(select(Zone.id)).one(),
        cut_off_at=cut_off_at,
        relay_point_ids=tuple(point.id for point in points_open_on(session, date)),
        opens_at=opens_at,
        homes_from=homes[0],
        homes_until=homes[1],
    )
    return open_day(session, draft, by=None)


def _places(place: str, customer: Customer, points: list[RelayPoint]) -> Iterator[int | None]:
    """Give the places an order may go to, best first; None is the customer's home."""
    if place == "home":
        yield None
        return
    by_code = {point.code: point for point in points}
    if place in by_code:
        yield by_code[place].id
    lat, lon = customer.lat or 0.0, customer.lon or 0.0
    nearest = sorted(points, key=lambda p: ((p.lat or 0.0) - lat) ** 2 + ((p.lon or 0.0) - lon) ** 2)
    yield from (point.id for point in nearest[:3])


def _bring_users(session: Session, fiction: Fiction) -> dict[str, User]:
    sign_ins = fiction.organisation["sign_ins"]
    users = {}
    for row in sign_ins["users"]:
        roles = frozenset(Role(role) for role in row["roles"])
        user = add_user(session, name=row["name"], email=row["email"], password=sign_ins["password"], roles=roles)
        user.phone = row["phone"]
        users[row["email"]] = user
    return users


def _bring_relay_points(session: Session, fiction: Fiction) -> None:
    zone_id = session.exec(select(Zone.id)).one()
    for row in fiction.relay_points:
        point = rows.relay_point(row, zone_id)
        session.add(point)
        session.flush()
        for closure in filter(None, row["closures"].split(";")):
            first, last = rows.next_closure(closure, today())
            session.add(
                RelayClosure(relay_point_id=point.id, first_day=first, last_day=last, reason=row["closure_reason"])
            )


def _bring_goods(session: Session, fiction: Fiction) -> None:
    producers = {row["code"]: rows.producer(row) for row in fiction.producers}
    names = dict.fromkeys(row["category"] for row in fiction.catalogue)
    categories = {name: Category(name=name, position=position) for position, name in enumerate(names, 1)}
    session.add_all([*producers.values(), *categories.values()])
    session.flush()
    for position, row in enumerate(fiction.catalogue, 1):
        product = rows.product(row, position, categories[row["category"]].id, producers[row["producer_code"]].id)
        session.add(product)
        session.flush()
        price = PurchasePrice(
            product_id=product.id,
            from_day=today() - dt.timedelta(days=60),
            price_cents=int(row["purchase_price_cents"]),
        )
        session.add(price)


def _run_of(day: dt.date, runs: list[dict[str, Any]]) -> dict[str, Any] | None:
    return next((run for run in runs if run["weekday"] == _WEEKDAYS[day.weekday()]), None)


def _days_from(day: dt.date, step: int) -> Iterator[dt.date]:
    while True:
        yield day
        day += dt.timedelta(days=step)
