"""What was asked on the screen of a round, turned into a gesture on the rounds as they are."""

from dataclasses import dataclass

from sqlmodel import Session

from meloko.accounts.models import Role
from meloko.errors import NotFound, Refusal
from meloko.rounds.effects import least_detour
from meloko.rounds.grounds import Ground, place_of, split_place
from meloko.rounds.models import Round, Stop, StopKind
from meloko.rounds.services import NotADriver, RoundLocked
from meloko.rounds.shapes import Add, Gesture, Give, Line, Move, NowhereElse, TakeOff
from meloko.rounds.versions import check_current

# Nobody leaves in the night; the two nights when the clocks change have no such hour, or have it twice.
FIRST_DEPARTURE_S, LAST_DEPARTURE_S = 4 * 3600, 21 * 3600


class NoSuchHour(Refusal):
    """A departure in the night."""

    status = 422
    field = "depart"

    def __init__(self) -> None:
        super().__init__("Un départ se fait entre 4 h et 21 h : écrivez par exemple 7h30.")


class NotAVehicleOfTheDay(Refusal):
    """A vehicle that does not serve this zone, or is out of service."""

    status = 422
    field = "vehicule"

    def __init__(self) -> None:
        super().__init__("Choisissez un véhicule en service dans ce secteur.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked on the screen of one round, by the ids that it shows; one kind of gesture at a time."""

    kind: str
    stop_id: int | None = None
    order_id: int | None = None
    place: str = ""
    # The version of the other round as the screen knew it.
    to_round_id: int | None = None
    before_stop_id: int | None = None
    at_best: bool = False
    vehicle_id: int | None = None
    driver_id: int | None = None
    departure_s: int | None = None

    def fields(self) -> dict[str, str]:
        """Return the fields of a form or an address that ask for it."""
        hour = "" if self.departure_s is None else f"{self.departure_s // 3600}h{self.departure_s % 3600 // 60:02d}"
        named = {
            "geste": self.kind,
            "arret": self.stop_id,
            "commande": self.order_id,
            "lieu": self.place,
            "vers": self.to_round_id,
            "avant": "mieux" if self.at_best else self.before_stop_id,
            "vehicule": self.vehicle_id,
            "livreur": self.driver_id,
            "depart": hour,
        }
        return {name: str(value) for name, value in named.items() if value not in (None, "")}


def gesture_of(session: Session, ground: Ground, number: int, asked: Asked) -> Gesture:
    """Turn what was asked on the screen of a round into a gesture; what is not of this day is not there."""
    line = ground.shape.lines.get(number)
    if line is None:
        raise RoundLocked
    match asked.kind:
        case "deplacer":
            place = place_of(stop_here(session, ground.rounds[number].id, asked.stop_id))
            to = _target(session, ground, asked.to_round_id, number)
            return Move(place, number, to, _before(session, ground, to, asked, place))
        case "retirer":
            return TakeOff(place_of(stop_here(session, ground.rounds[number].id, asked.stop_id)), number)
        case "ajouter":
            return _addition(session, ground, number, asked)
        case _:
            return _given(ground, line, asked)


def stop_here(session: Session, round_id: int, stop_id: int | None) -> Stop:
    """Find a stop of this very version; a stop of another round is not there."""
    stop = session.get(Stop, stop_id) if stop_id is not None else None
    if stop is None or stop.round_id != round_id:
        raise NotFound("Cet arrêt n’est pas sur cette tournée.")
    return stop


def _given(ground: Ground, line: Line, asked: Asked) -> Give:
    match asked.kind:
        case "vehicule":
            if asked.vehicle_id is None or asked.vehicle_id not in ground.vehicles:
                raise NotAVehicleOfTheDay
            return Give(line.number, asked.vehicle_id, line.driver_id, line.departure_s)
        case "livreur":
            driver = ground.drivers.get(asked.driver_id or 0)
            if asked.driver_id is not None and (driver is None or Role.DRIVER not in driver.roles):
                raise NotADriver
            return Give(line.number, line.vehicle_id, asked.driver_id, line.departure_s)
        case "depart":
            if asked.departure_s is not None and not FIRST_DEPARTURE_S <= asked.departure_s <= LAST_DEPARTURE_S:
                raise NoSuchHour
            return Give(line.number, line.vehicle_id, line.driver_id, asked.departure_s)
    raise NotFound("Ce geste n’existe pas.")


def _addition(session: Session, ground: Ground, number: int, asked: Asked) -> Add:
    to = _target(session, ground, asked.to_round_id, number)
    place, orders = asked.place, tuple[int, ...]()
    if asked.order_id is not None:
        place, orders = ground.place_of_order(asked.order_id), _waiting(ground, asked.order_id)
    if place not in ground.calls or split_place(place)[0] is StopKind.FARM:
        raise NotFound("Ce lieu n’existe pas.")
    return Add(place, to, orders, _before(session, ground, to, asked, place))


def _waiting(ground: Ground, order_id: int) -> tuple[int, ...]:
    """Return an order that is on no round; one that is on a round already is moved with its stop."""
    if any(order_id in ids for ids in ground.shape.drops.values()):
        raise NowhereElse
    return (order_id,)


def _target(session: Session, ground: Ground, round_id: int | None, number: int) -> int:
    """Return the number of the round to put something on; the version that the screen knew must still be the one."""
    if round_id is None:
        return number
    row = session.get(Round, round_id)
    if row is None or row.delivery_day_id != ground.day.day.id:
        raise NotFound("Cette tournée n’est pas de ce jour.")
    return check_current(session, round_id).number


def _before(session: Session, ground: Ground, to: int, asked: Asked, place: str) -> str | None:
    if asked.at_best:
        line = ground.shape.lines[to]
        return least_detour(ground, line, place) if place not in line.places else None
    if asked.before_stop_id is None:
        return None
    return place_of(stop_here(session, ground.rounds[to].id, asked.before_stop_id))
