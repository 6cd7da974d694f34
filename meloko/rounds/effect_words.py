"""The words of the effect panel: what is broken, and who would be in two places at once."""

from collections.abc import Iterator, Mapping

from meloko.accounts.models import User
from meloko.relay_points.models import Depot
from meloko.rounds.models import Round, Vehicle
from meloko.rounds.reasons import crates_words, minutes_words
from meloko.wording import hours_between
from routing.by_hand import Fault, FaultKind


def fault_words(fault: Fault, names: Mapping[str, str]) -> str:
    """Say one broken rule; `names` has the names of places and of rounds, by their ids in the problem."""
    at = names.get(fault.at_id or "", "le dépôt")
    other = names.get(fault.other_id or "", "la ferme")
    van = names.get(fault.vehicle_id or "", "la tournée")
    late, over = minutes_words(fault.by_s), crates_words(fault.by_load)
    return {
        FaultKind.LATE: f"{at} : {late} après la fin du créneau",
        FaultKind.TIGHT: f"{at} : dans le créneau, mais de justesse",
        FaultKind.CLOSED: f"{at} : fermé ce jour-là",
        FaultKind.LEAVES_EARLY: f"départ de {van} {late} avant les heures du véhicule",
        FaultKind.BACK_LATE: f"retour de {van} {late} après les heures du véhicule",
        FaultKind.TOO_LONG: f"journée de {van} trop longue de {late}",
        FaultKind.NO_REST: f"pas de pause à temps avant {at}",
        FaultKind.AMBIENT_OVER: f"{over} de trop dans {van}",
        FaultKind.CHILLED_OVER: f"{over} de froid de trop dans {van}",
        FaultKind.FARM_MISSING: f"{at} passe avant {other}, où l’on prend ses produits",
        FaultKind.FARM_FOR_NOBODY: f"{at} : plus rien à y prendre",
        FaultKind.WRONG_VEHICLE: f"{at} : pas avec ce véhicule",
        FaultKind.TWICE: f"{at} serait servi deux fois",
        FaultKind.NO_WAY: f"aucune route mesurée vers {at}",
        FaultKind.PIN: "une place fixée ne tient plus",
    }[fault.kind]


def busy_words(
    row: Round,
    other: Round,
    zone: str,
    vehicles: Mapping[int, tuple[Vehicle, Depot]],
    drivers: Mapping[int, User],
) -> Iterator[str]:
    """Say which vehicle or driver of a round is on another one at the same hours."""
    where = f"la tournée {other.letter}{f' de {zone}' if zone else ''}"
    hours = hours_between(other.departure_s, other.return_s)
    if row.vehicle_id == other.vehicle_id:
        name = vehicles[row.vehicle_id][0].name if row.vehicle_id in vehicles else "Ce véhicule"
        yield f"{name} est déjà sur {where} {hours}"
    if row.driver_id is not None and row.driver_id == other.driver_id:
        name = drivers[row.driver_id].name if row.driver_id in drivers else "Cette personne"
        yield f"{name} est déjà sur {where} {hours}"
