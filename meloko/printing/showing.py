"""What the page of papers shows: the print of the day, each paper of it, the sheets of door codes."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import joinedload
from sqlmodel import Session, col, select

from meloko.clock import today
from meloko.delivery_days.models import DeliveryDay
from meloko.errors import NotFound
from meloko.printing.access_sheets import ListedSheet, sheets_of_day
from meloko.printing.models import AccessSheetState, DayPrint
from meloko.printing.services import RUNNING, newest_print
from meloko.rounds.models import Round


@dataclass(frozen=True, slots=True)
class PapersPage:
    """The papers of one day."""

    day: DeliveryDay
    rounds: Sequence[Round]
    # The newest asking, and the newest print that is there: they differ while one is being set or has failed.
    newest: DayPrint | None
    printed: DayPrint | None
    access_sheets: Sequence[ListedSheet]

    @property
    def someone_takes(self) -> bool:
        """Tell whether a sheet of door codes waits for the driver who takes it."""
        return any(row.sheet.state is AccessSheetState.PRINTED for row in self.access_sheets)

    @property
    def running(self) -> bool:
        """Tell whether a print is being made."""
        return self.newest is not None and self.newest.state in RUNNING


def papers_page(session: Session, day_id: int) -> PapersPage:
    """Read the page of papers of one day."""
    newest = newest_print(session, day_id)
    printed = newest if newest is None or newest.number else newest_print(session, day_id, printed=True)
    rounds = session.exec(
        select(Round).where(col(Round.delivery_day_id) == day_id, col(Round.current)).order_by(col(Round.number))
    ).all()
    # The zone at once, and none of the places served: this page names neither.
    day = session.exec(
        select(DeliveryDay).where(col(DeliveryDay.id) == day_id).options(joinedload(DeliveryDay.zone))
    ).first()
    if day is None:
        raise NotFound("Ce jour de livraison n’existe pas.")
    return PapersPage(day, rounds, newest, printed, sheets_of_day(session, day_id))


def days_around(session: Session, most: int = 5) -> Sequence[DeliveryDay]:
    """Return the days around today with their zones, soonest first."""
    return session.exec(
        select(DeliveryDay)
        .where(col(DeliveryDay.date) >= today() - dt.timedelta(days=7))
        .options(joinedload(DeliveryDay.zone))
        .order_by(col(DeliveryDay.date), col(DeliveryDay.id))
        .limit(most)
    ).all()
