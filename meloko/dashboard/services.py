"""The figures of the morning page: doors, money, stock, what comes next, whether the clockwork runs."""

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from meloko.catalogue.models import Product
from meloko.clock import local, now
from meloko.delivery_days.closing import last_tick
from meloko.delivery_days.services import orderable_days
from meloko.orders.models import Order, OrderLine, Source
from meloko.orders.services import ALIVE, SOURCE_WORDS, OrderFilter, Sum, sum_orders
from meloko.outbox import backlog
from meloko.rounds.showing import DayRounds, ShownRound
from meloko.wording import day_words

# Beat looks every minute: two missed looks are worth a word.
_SILENT_AFTER = dt.timedelta(minutes=3)
_NEARLY_OUT = 5
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure with its words."""

    words: str
    orders: int
    cents: int


@dataclass(frozen=True, slots=True)
class Low:
    """A product of which little is left."""

    product: Product
    asked: int


@dataclass(frozen=True, slots=True)
class Coming:
    """The cut-off of a day, and what was ordered for it so far."""

    when: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The rounds of the day as lines from hour to hour."""

    first_hour: int
    last_hour: int
    now_s: int | None
    rows: tuple[ShownRound, ...]


@dataclass(frozen=True, slots=True)
class Clockwork:
    """Whether the workers look at what is due and get through what waits."""

    holds: bool
    sentence: str


def clockwork(session: Session) -> Clockwork:
    """Say when the workers last looked, and what waits for them."""
    seen, waiting = last_tick(session), backlog(session)
    if seen is None:
        return Clockwork(
            False,
            "Les tâches de fond n’ont pas encore tourné : leur premier passage vient dans la minute,"
            " sinon démarrez-les.",
        )
    silence = now() - seen
    if silence > _SILENT_AFTER:
        return Clockwork(
            False,
            f"Les tâches de fond ne passent plus depuis {_ago(silence)} : {waiting.waiting} attendent."
            " Les commandes, elles, sont gardées.",
        )
    late = f" {waiting.waiting} tâches attendent." if waiting.oldest_s > _SILENT_AFTER.seconds else ""
    return Clockwork(not late, f"Dernier passage des tâches de fond il y a {_ago(silence)}.{late}")


def days_left_behind(session: Session, at: dt.datetime) -> bool:
    """Tell whether nobody has looked at what is due for a while, so that this page should."""
    seen = last_tick(session)
    return seen is None or at - seen > _SILENT_AFTER


def _ago(length: dt.timedelta) -> str:
    seconds = max(0, int(length.total_seconds()))
    if seconds < 100:
        return f"{seconds} s"
    if seconds < 6_000:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h"


def summed(words: str, total: Sum) -> Shown:
    """Put words to a sum."""
    return Shown(words, total.orders, total.cents)


def doors(session: Session, day_id: int) -> tuple[Shown, ...]:
    """Add up the orders of a day by the door they came through."""
    rows = (
        summed(SOURCE_WORDS[source].capitalize(), sum_orders(session, OrderFilter(day_id=day_id, source=source)))
        for source in Source
    )
    return tuple(row for row in rows if row.orders)


def low(session: Session, day_id: int) -> tuple[Low, ...]:
    """Find what was ordered for a day and is nearly out of stock."""
    rows = session.exec(
        select(Product, func.sum(col(OrderLine.ordered)))
        .join(OrderLine, col(OrderLine.product_id) == col(Product.id))
        .join(Order, col(Order.id) == col(OrderLine.order_id))
        .where(
            col(Order.delivery_day_id) == day_id,
            col(Order.state).in_(ALIVE),
            col(Product.active),
            col(Product.stock) <= _NEARLY_OUT,
        )
        .group_by(col(Product.id))
        .order_by(col(Product.stock), col(Product.code))
        .limit(12)
    )
    return tuple(Low(product, int(asked)) for product, asked in rows)


def coming(session: Session) -> tuple[Coming, ...]:
    """Say which cut-offs come next, and what was ordered so far."""
    ahead = []
    for day in orderable_days(session, now()):
        total = sum_orders(session, OrderFilter(day_id=day.id))
        so_far = f"{total.orders} commande{'s' if total.orders > 1 else ''} à cette heure"
        ahead.append(Coming(day.cut_off_local, f"Livraison {day_words(day.date)}, {day.zone.name}", so_far))
    return tuple(ahead)


def chart(shown: DayRounds) -> Chart | None:
    """Lay the rounds of a day out from hour to hour; nothing without a round."""
    if not shown.rounds:
        return None
    first = min(row.round.departure_s for row in shown.rounds) // 3600
    last = -(-max(row.round.return_s for row in shown.rounds) // 3600)
    wall = local(now())
    now_s = wall.hour * 3600 + wall.minute * 60
    here = wall.date() == shown.day.date and first * 3600 <= now_s <= max(last, first + 1) * 3600
    return Chart(first, max(last, first + 1), now_s if here else None, shown.rounds)


def due(session: Session, day_id: int) -> tuple[Shown, ...]:
    """Add up what is to be collected, at the doors and at the relay points."""
    return (
        summed("À la porte", sum_orders(session, OrderFilter(day_id=day_id, home=True))),
        summed("Aux points relais", sum_orders(session, OrderFilter(day_id=day_id, home=False))),
    )
