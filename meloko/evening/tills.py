"""The till of each driver: what was due and noted, what was found, the difference with its reason."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from sqlalchemy import and_, case
from sqlalchemy.dialects.postgresql import array
from sqlmodel import Session, col, func, select

from meloko.accounts.models import User
from meloko.accounts.services import audit
from meloko.clock import now
from meloko.db import gate
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.driving.models import MONEY, Act, ActKind, DropOutcome
from meloko.driving.outcomes import standing
from meloko.errors import NotFound, Refusal
from meloko.evening.keying import DaySettled
from meloko.evening.lines import GIVEN_OVER
from meloko.evening.models import Till
from meloko.orders.models import Order, OrderState
from meloko.rounds.models import Drop, Round, Stop
from meloko.wording import euros

_TOTAL = col(Order.goods_cents) + col(Order.deposit_cents) + col(Order.fee_cents)


class ReasonMissing(Refusal):
    """A till that does not agree, without a word about why."""

    status = 422
    field = "motif"

    def __init__(self, difference_cents: int, empties: int) -> None:
        said = []
        if difference_cents:
            more = "de plus" if difference_cents > 0 else "de moins"
            said.append(f"{euros(abs(difference_cents))} {more} que prévu")
        if empties:
            said.append(f"{abs(empties)} vides {'de plus' if empties > 0 else 'de moins'} que noté")
        super().__init__(f"La caisse ne tombe pas juste : {', '.join(said)}. Écrivez pourquoi.")


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted on the table, in cents and pieces."""

    cash_cents: int
    cheque_cents: int
    card_cents: int
    empties: int
    reason: str = ""

    @property
    def found_cents(self) -> int:
        """Return the money in all."""
        return self.cash_cents + self.cheque_cents + self.card_cents


@dataclass(frozen=True, slots=True)
class RoundMoney:
    """One round of the day: how many of its orders have an outcome, what is due for what was given over."""

    round: Round
    driver: str
    orders: int
    said: int
    due_cents: int
    till: Till | None = None


@dataclass(frozen=True, slots=True)
class DriverTill:
    """One driver's purse of a day: his rounds, what is due, what was noted, what was counted if it was."""

    driver_id: int | None
    driver: str
    rounds: tuple[Round, ...]
    due_cents: int
    noted: Counter[ActKind] = field(default_factory=Counter)
    till: Till | None = None

    @property
    def stale(self) -> bool:
        """Tell whether outcomes changed what is due after the money was counted."""
        return self.till is not None and (
            self.till.due_cents != self.due_cents or self.till.empties_noted != self.noted[ActKind.EMPTIES]
        )

    @property
    def counted(self) -> bool:
        """Tell whether the money was counted, and for what is due now."""
        return self.till is not None and not self.stale

    @property
    def noted_cents(self) -> int:
        """Return what was noted at the stops, in all."""
        return sum(self.noted[kind] for kind in (ActKind.CASH, ActKind.CHEQUE, ActKind.CARD))


def rounds_with_money(session: Session, day_id: int) -> list[RoundMoney]:
    """Return the current rounds of a day by number, with what is said of their orders and what is due for it."""
    given = case((col(DropOutcome.kind).in_(GIVEN_OVER), _TOTAL), else_=0)
    rows = session.exec(
        select(
            Round,
            func.coalesce(User.name, ""),
            array([func.count(col(Order.id)), func.count(col(DropOutcome.id)), func.coalesce(func.sum(given), 0)]),
            Till,
        )
        .outerjoin(User, col(User.id) == col(Round.driver_id))
        .outerjoin(
            Till,
            and_(
                col(Till.delivery_day_id) == col(Round.delivery_day_id),
                col(Till.driver_id).is_not_distinct_from(col(Round.driver_id)),
            ),
        )
        .outerjoin(Stop, col(Stop.round_id) == col(Round.id))
        .outerjoin(Drop, col(Drop.stop_id) == col(Stop.id))
        .outerjoin(Order, and_(col(Order.id) == col(Drop.order_id), col(Order.state) != OrderState.CANCELLED))
        .outerjoin(
            DropOutcome, and_(col(DropOutcome.order_id) == col(Order.id), col(DropOutcome.delivery_day_id) == day_id)
        )
        .where(col(Round.delivery_day_id) == day_id, col(Round.current))
        .group_by(col(Round.id), col(User.name), col(Till.id))
        .order_by(col(Round.number))
    )
    return [RoundMoney(row, driver, *_three(sums), till=till) for row, driver, sums, till in rows]


def _three(sums: object) -> tuple[int, int, int]:
    orders, said, due = cast(list[int], sums)
    return int(orders), int(said), int(due)


def tills(session: Session, day_id: int, rounds: Sequence[RoundMoney]) -> list[DriverTill]:
    """Return the tills of a day, one a driver, in the order of the rounds."""
    by_driver: dict[int | None, list[RoundMoney]] = {}
    for each in rounds:
        by_driver.setdefault(each.round.driver_id, []).append(each)
    acts = session.exec(
        select(Act).where(
            col(Act.delivery_day_id) == day_id,
            col(Act.kind).in_((*MONEY, ActKind.EMPTIES, ActKind.UNDO)),
        )
    ).all()
    return [
        DriverTill(
            driver_id,
            mine[0].driver,
            tuple(each.round for each in mine),
            sum(each.due_cents for each in mine),
            _noted(acts, {each.round.number for each in mine}),
            mine[0].till,
        )
        for driver_id, mine in by_driver.items()
    ]


def till_of_round(session: Session, round_id: int) -> tuple[DeliveryDay, DriverTill]:
    """Return the day of a round and the till its money goes into, or refuse."""
    day = _day_of(session, round_id)
    return day, _find(session, day.id, round_id)


def count_till(session: Session, round_id: int, counted: Counted, *, by: int) -> DriverTill:
    """Keep what was counted of the till of a round's driver; counting again corrects it, with a trace."""
    day_id = _day_of(session, round_id).id
    gate(session, day_id, shared=False)
    session.expire_all()
    if session.get_one(DeliveryDay, day_id).state is DayState.SETTLED:
        raise DaySettled
    mine = _find(session, day_id, round_id)
    empties = counted.empties - mine.noted[ActKind.EMPTIES]
    if (counted.found_cents != mine.due_cents or empties) and not counted.reason:
        raise ReasonMissing(counted.found_cents - mine.due_cents, empties)
    facts = _facts(mine, counted)
    before = {name: getattr(mine.till, name) for name in facts} if mine.till else None
    till = mine.till or Till(delivery_day_id=day_id, driver_id=mine.driver_id, due_cents=0, counted_by=by)
    for name, value in facts.items():
        setattr(till, name, value)
    till.counted_by, till.counted_at = by, now()
    session.add(till)
    session.flush()
    audit(session, by, "till.counted", "till", till.id, before=before, after=facts)
    return replace(mine, till=till)


def _facts(mine: DriverTill, counted: Counted) -> dict[str, object]:
    return {
        "round_numbers": [row.number for row in mine.rounds],
        "due_cents": mine.due_cents,
        "cash_noted_cents": mine.noted[ActKind.CASH],
        "cheque_noted_cents": mine.noted[ActKind.CHEQUE],
        "card_noted_cents": mine.noted[ActKind.CARD],
        "empties_noted": mine.noted[ActKind.EMPTIES],
        "cash_cents": counted.cash_cents,
        "cheque_cents": counted.cheque_cents,
        "card_cents": counted.card_cents,
        "empties": counted.empties,
        "reason": counted.reason,
    }


def _day_of(session: Session, round_id: int) -> DeliveryDay:
    day = session.exec(
        select(DeliveryDay)
        .join(Round, col(Round.delivery_day_id) == col(DeliveryDay.id))
        .where(col(Round.id) == round_id)
    ).first()
    if day is None:
        raise NotFound("Cette tournée n’existe pas.")
    return day


def _find(session: Session, day_id: int, round_id: int) -> DriverTill:
    for each in tills(session, day_id, rounds_with_money(session, day_id)):
        if round_id in {row.id for row in each.rounds}:
            return each
    raise NotFound("Cette version de la tournée a été remplacée : passez par la page du soir.")


def _noted(acts: Sequence[Act], numbers: set[int]) -> Counter[ActKind]:
    """Add up what was noted at the stops of some rounds: cents in each way, and empties."""
    found: Counter[ActKind] = Counter()
    for act in standing(acts):
        if act.round_number in numbers:
            found[act.kind] += act.count or act.cents or 0
    return found


def words_of(mine: Sequence[Round]) -> str:
    """Name the rounds of a till: "tournée A", "tournées A et B"."""
    letters = [row.letter for row in mine]
    return f"tournée {letters[0]}" if len(letters) == 1 else f"tournées {', '.join(letters[:-1])} et {letters[-1]}"
