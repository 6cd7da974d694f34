"""What the page of papers shows: the print of the day, each paper of it, the sheets of door codes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import find_day
from meloko.printing.access_sheets import ListedSheet, sheets_of_day
from meloko.printing.models import DayPrint
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
    return PapersPage(find_day(session, day_id), rounds, newest, printed, sheets_of_day(session, day_id))
