"""What was learnt from reported hours, in words: roads by class and hour, halts by kind of place."""

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session

from meloko.rounds.learnt import factors_of, newest_learning, times_of
from meloko.rounds.models import SpeedFactor, StopKind, StopTime
from routing.learning import FEWEST
from routing.speeds import WHOLE_PPM

ROADS = {
    "motorway": "autoroutes",
    "trunk": "voies rapides",
    "primary": "grandes routes",
    "secondary": "routes départementales",
    "tertiary": "routes entre villages",
    "unclassified": "petites routes",
    "residential": "rues d’habitation",
    "living_street": "zones de rencontre",
    "service": "chemins d’accès",
    "road": "routes sans classe",
    "ferry": "bacs",
}
_KINDS = {StopKind.HOME: "à domicile", StopKind.RELAY: "aux points relais", StopKind.FARM: "dans les fermes"}
# A factor nearer to the table than that is no news.
_SAME_PERCENT = 2


@dataclass(frozen=True, slots=True)
class Taught:
    """One line: what, when, what was learnt of it, from how many reports, and whether they are enough."""

    what: str
    when: str
    learnt: str
    reports: int
    enough: bool


@dataclass(frozen=True, slots=True)
class TaughtPage:
    """All that was learnt, and on which day; None before the first time."""

    on_day: dt.date | None
    legs: int
    stops: int
    roads: tuple[Taught, ...]
    places: tuple[Taught, ...]


def taught_page(session: Session) -> TaughtPage:
    """Gather what the newest learning found."""
    newest = newest_learning(session)
    if newest is None:
        return TaughtPage(None, 0, 0, (), ())
    return TaughtPage(
        newest.on_day,
        newest.legs,
        newest.stops,
        tuple(_road(row) for row in factors_of(session, newest.id)),
        tuple(_place(row) for row in times_of(session, newest.id)),
    )


def factor_words(ppm: int) -> str:
    """Say a factor of time: "25 % de temps en plus que prévu"."""
    percent = round(abs(ppm - WHOLE_PPM) * 100 / WHOLE_PPM)
    if percent < _SAME_PERCENT:
        return "comme prévu"
    return f"{percent} % de temps en {'plus' if ppm > WHOLE_PPM else 'moins'} que prévu"


def _road(row: SpeedFactor) -> Taught:
    name = row.road_class.removesuffix("_link")
    words = ROADS.get(name, name)
    return Taught(
        f"Bretelles des {words}" if name != row.road_class else words.capitalize(),
        f"de {row.from_hour} h à {row.until_hour} h",
        factor_words(row.ppm) if row.legs >= FEWEST else _not_enough("trajets", row.legs),
        row.legs,
        row.legs >= FEWEST,
    )


def _place(row: StopTime) -> Taught:
    minutes, seconds = divmod(row.base_s, 60)
    words = f"{minutes} min {seconds:02d}" if seconds else f"{minutes} min"
    if row.per_crate_s:
        words += f", et {row.per_crate_s} s par caisse"
    enough = row.stops >= FEWEST
    return Taught(
        f"Arrêts {_KINDS[row.kind]}",
        "",
        words if enough else _not_enough("arrêts", row.stops),
        row.stops,
        enough,
    )


def _not_enough(what: str, number: int) -> str:
    return f"pas encore assez de {what} ({number} sur {FEWEST})"
