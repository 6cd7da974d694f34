"""Why an order is on no round, in a sentence that says what to do about it."""

from collections.abc import Mapping

from meloko.wording import hour_words
from routing.plan import LeftOut, Nearest, Reason, Why
from routing.problem import Before, First, Last, OnVehicle, Pin

# Beyond that nobody looked for a road: the point lies in the sea, or in another country.
_SIGHT_M = 2_000


def sentence(left_out: LeftOut, names: Mapping[str, str]) -> str:
    """Say why a stop was left out; `names` has the names of places and vehicles by their ids in the problem."""
    return _SENTENCES[left_out.reason](left_out, names)


def minutes_words(seconds: int) -> str:
    """Say a lapse of time, rounded up to a minute."""
    minutes = max(1, -(-seconds // 60))
    return f"{minutes} min" if minutes < 60 else hour_words(minutes * 60)


def crates_words(hundredths: int) -> str:
    """Say a number of crates, rounded up."""
    count = max(1, -(-hundredths // 100))
    return f"{count} caisse" if count == 1 else f"{count} caisses"


def _day_full(left_out: LeftOut, names: Mapping[str, str]) -> str:
    words = "la journée est pleine"
    if left_out.nearest is not None:
        words += f" : {_granted(left_out.nearest, names) or _miss(left_out.nearest, names)}"
    if left_out.instead_id is not None and left_out.instead_id in names:
        words += f" ; tiendrait à la place de {names[left_out.instead_id]}"
    return words


def _granted(miss: Nearest, names: Mapping[str, str]) -> str:
    """Say the one thing that would be enough: it was tried out; nothing when no one thing is."""
    if not miss.fits:
        return ""
    at = names.get(miss.at_id or "", "")
    until = hour_words(-(-miss.end_s // 60) * 60) if miss.end_s is not None else ""
    missing = {
        Why.LATE: f"le créneau {f'de {at} ' if at else ''}finissait à {until}",
        Why.BACK_LATE: f"son retour était permis jusqu’à {until}",
        Why.TOO_LONG: f"sa journée durait {minutes_words(miss.by_s)} de plus",
        Why.AMBIENT_OVER: f"il prenait {crates_words(miss.by_load)} de plus",
        Why.CHILLED_OVER: f"il prenait {crates_words(miss.by_load)} de froid de plus",
    }.get(miss.why, "")
    return f"tiendrait sur {names.get(miss.vehicle_id, miss.vehicle_id)} si {missing}" if missing else ""


def _pins(left_out: LeftOut, names: Mapping[str, str]) -> str:
    if not left_out.pins:
        return "les arrêts épinglés se contredisent"
    return "les arrêts épinglés se contredisent : " + " ; ".join(_pin(pin, names) for pin in left_out.pins)


def _no_vehicle(left_out: LeftOut, names: Mapping[str, str]) -> str:
    words = "aucun véhicule ne peut y aller"
    return words + "".join(f", {_pin(pin, names)}" for pin in left_out.pins)


def _pin(pin: Pin, names: Mapping[str, str]) -> str:
    def name(of: str) -> str:
        return names.get(of, of)

    if isinstance(pin, First):
        return f"{name(pin.stop_id)} en premier"
    if isinstance(pin, Last):
        return f"{name(pin.stop_id)} en dernier"
    if isinstance(pin, Before):
        return f"{name(pin.stop_id)} avant {name(pin.then_id)}"
    if isinstance(pin, OnVehicle):
        return f"{name(pin.stop_id)} sur {name(pin.vehicle_id)}"
    return f"le début verrouillé de {name(pin.vehicle_id)}"


def _too_far(left_out: LeftOut, names: Mapping[str, str]) -> str:
    return f"trop loin pour les heures prévues : il manque {minutes_words(left_out.by)}"


def _far(metres: int) -> str:
    return f"à {metres} m" if metres < _SIGHT_M else f"à plus de {_SIGHT_M // 1_000} km"


def _miss(miss: Nearest, names: Mapping[str, str]) -> str:
    vehicle = names.get(miss.vehicle_id, miss.vehicle_id)
    at = names.get(miss.at_id or "", "")
    where = f" ({at})" if at else ""
    words = {
        Why.LATE: f"en retard de {minutes_words(miss.by_s)}{where}",
        Why.BACK_LATE: f"retour trop tard de {minutes_words(miss.by_s)}",
        Why.TOO_LONG: f"journée trop longue de {minutes_words(miss.by_s)}",
        Why.AMBIENT_OVER: f"{crates_words(miss.by_load)} de trop",
        Why.CHILLED_OVER: f"{crates_words(miss.by_load)} de froid de trop",
        Why.NO_REST: "sans temps pour la pause",
        Why.PINNED: "les arrêts épinglés ne laissent pas de place",
        Why.NO_WAY: "aucune route",
    }
    return f"{vehicle}, {words[miss.why]}"


_SENTENCES = {
    Reason.NO_POINT: lambda left_out, names: "adresse non placée sur la carte",
    Reason.OFF_ROAD: lambda left_out, names: (
        f"{_far(left_out.by)} de la première route : vérifier le point sur la carte"
    ),
    Reason.CUT_OFF: lambda left_out, names: "aucune route n’y mène, ou n’en revient",
    Reason.CLOSED: lambda left_out, names: "fermé ce jour-là",
    Reason.NO_VEHICLE: _no_vehicle,
    Reason.TOO_BIG: lambda left_out, names: f"{crates_words(left_out.by)} de trop pour le plus grand véhicule",
    Reason.FARM_CLOSED: lambda left_out, names: (
        f"{names.get(left_out.at_id or '', 'la ferme')} ne peut pas être passée prendre à temps"
    ),
    Reason.TOO_FAR_ALONE: _too_far,
    Reason.PIN_CONFLICT: _pins,
    Reason.DAY_FULL: _day_full,
}
