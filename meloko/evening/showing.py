"""What the pages of the evening show: the day whole, one sheet to key, what is to be decided, one till."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_
from sqlalchemy.orm import joinedload
from sqlmodel import Session, col, select

from meloko.clock import today
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.delivery_days.services import find_day
from meloko.driving.models import Act, ActKind, OtherWay
from meloko.errors import NotFound
from meloko.evening.deciding import ToDecide, decisions, next_days_for, undecided
from meloko.evening.lines import Line, lines_of
from meloko.evening.models import DecisionKind, OrderDecision
from meloko.evening.reading import Sheet, read_sheet
from meloko.evening.settling import LOOKED_BACK, Lacking, lacking
from meloko.evening.tills import DriverTill, RoundMoney, rounds_with_money, till_of_round, tills
from meloko.orders.models import Order

_HOWEVER = {
    OtherWay.NEIGHBOUR: "chez un voisin",
    OtherWay.AT_THE_DOOR: "devant la porte",
    OtherWay.RELAY_POINT: "au point relais",
    OtherWay.OTHER: "autrement",
}
OUTCOME_WORDS = {
    ActKind.DELIVERED: "livrée",
    ActKind.OTHERWISE: "livrée autrement",
    ActKind.NO_ANSWER: "pas de réponse",
    ActKind.REFUSED: "refusée",
    ActKind.MISSING: "manquait à l’arrêt",
    ActKind.TAKEN_BACK: "non retirée au point relais",
    ActKind.COLLECTED: "retirée",
}
DECISION_WORDS = {
    DecisionKind.RESCHEDULED: "reportée",
    DecisionKind.RETURNED: "annulée, produits revenus",
    DecisionKind.GIVEN: "donnée",
}


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided of an order, and what its driver says since, when that is something else."""

    decision: OrderDecision
    order: Order
    to_day: DeliveryDay | None
    contradicted: str


@dataclass(frozen=True, slots=True)
class EveningPage:
    """The evening of one day; no day when none was ever driven."""

    day: DeliveryDay | None
    others: Sequence[DeliveryDay]
    rounds: tuple[RoundMoney, ...] = ()
    tills: tuple[DriverTill, ...] = ()
    lack: Lacking | None = None
    decided: tuple[Decided, ...] = ()

    @property
    def settled(self) -> bool:
        """Tell whether the day is settled."""
        return self.day is not None and self.day.state is DayState.SETTLED


@dataclass(frozen=True, slots=True)
class SheetPage:
    """One sheet to key: lines in its order."""

    sheet: Sheet
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class DecidePage:
    """The orders of a day that wait for a decision, and the days they may be moved to."""

    day: DeliveryDay
    orders: tuple[ToDecide, ...]
    days: Sequence[DeliveryDay]


@dataclass(frozen=True, slots=True)
class TillPage:
    """One till of a day."""

    day: DeliveryDay
    mine: DriverTill


def evening_page(session: Session, day_id: int | None = None) -> EveningPage:
    """Gather the evening of a day: the latest that was driven when none is named."""
    near = _near_days(session, day_id)
    if day_id is None:
        day = next((day for day in near if day.state is not DayState.SETTLED), near[0] if near else None)
    else:
        day = next((day for day in near if day.id == day_id), None)
        if day is None:
            raise NotFound("Ce jour de livraison n’existe pas.")
    if day is None:
        return EveningPage(None, ())
    rounds = rounds_with_money(session, day.id)
    purses = tills(session, day.id, rounds)
    return EveningPage(
        day,
        [other for other in near if other.id != day.id],
        tuple(rounds),
        tuple(purses),
        lacking(day, undecided(session, day.id), purses),
        tuple(_decided(session, day.id)),
    )


def sheet_page(session: Session, round_id: int) -> SheetPage:
    """Gather the page where a sheet is keyed."""
    sheet = read_sheet(session, round_id)
    return SheetPage(sheet, lines_of(sheet))


def decide_page(session: Session, day_id: int) -> DecidePage:
    """Gather the page where orders that came back are decided on."""
    day = find_day(session, day_id)
    waiting = [each for each in undecided(session, day_id) if not each.waits_for_outcome]
    return DecidePage(day, tuple(waiting), next_days_for(session, day))


def till_page(session: Session, round_id: int) -> TillPage:
    """Gather the page where the till of a round's driver is counted."""
    return TillPage(*till_of_round(session, round_id))


def why_words(each: ToDecide) -> str:
    """Say why an order waits for a decision."""
    if each.act is None:
        return "sur aucune tournée"
    words = OUTCOME_WORDS.get(each.act.kind, "")
    return f"{words} : {each.act.words}" if each.act.words else words


def outcome_words(act: Act) -> str:
    """Say an outcome: "livrée chez un voisin"."""
    return f"livrée {_HOWEVER[act.how]}" if act.how is not None else OUTCOME_WORDS.get(act.kind, "")


def _near_days(session: Session, day_id: int | None) -> Sequence[DeliveryDay]:
    """Return the day that is asked for and the days lately driven, latest first."""
    driven = and_(
        col(DeliveryDay.date) <= today(),
        col(DeliveryDay.date) > today() - LOOKED_BACK,
        col(DeliveryDay.state).in_((DayState.PLANNED, DayState.DELIVERED, DayState.SETTLED)),
    )
    asked = col(DeliveryDay.id) == day_id
    return session.exec(
        select(DeliveryDay)
        .where(driven | asked)
        .options(joinedload(DeliveryDay.zone))
        # What is asked for is never cut off.
        .order_by(asked.desc().nulls_last(), col(DeliveryDay.date).desc(), col(DeliveryDay.id).desc())
        .limit(8)
    ).all()


def _decided(session: Session, day_id: int) -> list[Decided]:
    found = []
    for decision, order, to_day, act in decisions(session, day_id):
        gone = act is not None and act.kind in (ActKind.DELIVERED, ActKind.OTHERWISE)
        found.append(Decided(decision, order, to_day, outcome_words(act) if gone and act is not None else ""))
    return found
