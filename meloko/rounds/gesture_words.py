"""Say a gesture: before it is saved ("Si vous placez …"), and once it is done."""

from meloko.rounds.grounds import Ground
from meloko.rounds.models import Round
from meloko.rounds.shapes import Add, Gesture, Give, Move, TakeOff
from meloko.wording import hour_words


def if_words(gesture: Gesture, ground: Ground) -> str:
    """Say what is asked, as a condition."""
    match gesture:
        case Move():
            return f"Si vous placez {_name(ground, gesture.place)} {_where(gesture, ground)}"
        case TakeOff():
            return f"Si vous retirez {_name(ground, gesture.place)} de la tournée {Round.letter_of(gesture.of)}"
        case Add():
            return f"Si vous ajoutez {_name(ground, gesture.place)} {_where(gesture, ground)}"
        case Give():
            return f"Si la tournée {Round.letter_of(gesture.number)} {_given(gesture, ground)}"


def done_words(gesture: Gesture, ground: Ground) -> str:
    """Say what was done."""
    match gesture:
        case Move():
            return f"{_name(ground, gesture.place)}, arrêt placé {_where(gesture, ground)}"
        case TakeOff():
            return f"{_name(ground, gesture.place)}, arrêt retiré de la tournée {Round.letter_of(gesture.of)}"
        case Add():
            return f"{_name(ground, gesture.place)}, arrêt ajouté {_where(gesture, ground)}"
        case Give():
            return f"La tournée {Round.letter_of(gesture.number)} {_given(gesture, ground)}"


def _where(gesture: Move | Add, ground: Ground) -> str:
    letter = Round.letter_of(gesture.to)
    elsewhere = isinstance(gesture, Add) or gesture.of != gesture.to
    on = f" sur la tournée {letter}" if elsewhere else ""
    if gesture.before is None:
        return f"à la fin de la tournée {letter}"
    return f"avant {_name(ground, gesture.before)}{on}"


def _given(gesture: Give, ground: Ground) -> str:
    """Say what of the round is new."""
    old = ground.shape.lines[gesture.number]
    said = []
    if gesture.vehicle_id != old.vehicle_id:
        said.append(f"prend {ground.vehicles[gesture.vehicle_id][0].name}")
    if gesture.driver_id != old.driver_id:
        driver = ground.drivers.get(gesture.driver_id or 0)
        said.append(f"est conduite par {driver.name}" if driver else "n’a plus de livreur")
    if gesture.departure_s != old.departure_s:
        at = gesture.departure_s
        said.append("part à l’heure la plus tardive possible" if at is None else f"part à {hour_words(at)}")
    return " et ".join(said) or "ne change pas"


def _name(ground: Ground, place: str) -> str:
    return ground.names.get(place, "cet arrêt")
