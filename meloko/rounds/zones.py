"""The zones of one date, whose rounds are built side by side: how far each is, all asked for at once."""

from dataclasses import dataclass

from sqlalchemy.orm import joinedload
from sqlmodel import Session, col, func, select

from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.delivery_days.services import find_day
from meloko.errors import Refusal
from meloko.rounds.models import BuildState, Round, RoundBuild
from meloko.rounds.services import RUNNING, ask_build, newest_build

_BUILDABLE = (DayState.CLOSED, DayState.PLANNED)


class NothingToBuild(Refusal):
    """No zone of the date can be built now."""

    def __init__(self) -> None:
        super().__init__(
            "Aucun secteur de cette date n’est à calculer : les commandes sont encore ouvertes, ou tout est en cours."
        )


@dataclass(frozen=True, slots=True)
class ZoneBuild:
    """One zone of a date: its day, its newest building, how many rounds it has."""

    day: DeliveryDay
    build: RoundBuild | None
    rounds: int

    @property
    def running(self) -> bool:
        """Tell whether its rounds are being reckoned."""
        return self.build is not None and self.build.state in RUNNING

    @property
    def may_build(self) -> bool:
        """Tell whether asking for its rounds is sensible now."""
        return self.day.state in _BUILDABLE and not self.running

    @property
    def words(self) -> str:
        """Say where it is."""
        build = self.build
        if build is not None and self.running:
            return build.step or "En attente"
        if self.day.state is DayState.OPEN:
            return "commandes encore ouvertes"
        if build is not None and build.state is BuildState.FAILED:
            return build.message or "le calcul s’est arrêté"
        if build is not None and build.stopped_early:
            return "arrêté avant la fin, la meilleure est gardée"
        return "tournées prêtes" if self.rounds else "pas encore calculé"

    @property
    def verb(self) -> str:
        """Say what asking does: begin, go on after a stop or a failure, or adjust."""
        build = self.build
        if build is not None and (build.stopped_early or build.state is BuildState.FAILED):
            return "Reprendre"
        return "Ajuster" if self.rounds else "Calculer"


def zones_of_date(session: Session, day_id: int) -> tuple[ZoneBuild, ...]:
    """Return every zone that is delivered on the date of a day, by its name; nothing when there is one only."""
    day = find_day(session, day_id)
    days = session.exec(
        select(DeliveryDay).where(col(DeliveryDay.date) == day.date).options(joinedload(DeliveryDay.zone))
    ).all()
    if len(days) < 2:
        return ()
    counted = dict(
        session.exec(
            select(Round.delivery_day_id, func.count(col(Round.id)))
            .where(col(Round.current), col(Round.delivery_day_id).in_([each.id for each in days]))
            .group_by(col(Round.delivery_day_id))
        ).all()
    )
    rows = (ZoneBuild(each, newest_build(session, each.id), counted.get(each.id, 0)) for each in days)
    return tuple(sorted(rows, key=lambda row: row.day.zone.name))


def ask_builds(session: Session, day_id: int, *, by: int) -> int:
    """Ask for the rounds of every zone of a date that has none yet or whose search was ended; return how many."""
    wanted = [
        row
        for row in zones_of_date(session, day_id)
        if row.may_build and (row.verb != "Ajuster" or row.day.planned_input_version != row.day.input_version)
    ]
    if not wanted:
        raise NothingToBuild
    for row in wanted:
        ask_build(session, row.day.id, by=by)
    return len(wanted)
