"""What is typed about rounds: the hours of a round, line by line, and vehicles."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wtforms import BooleanField
from wtforms.validators import ValidationError

from meloko.errors import Refusal
from meloko.rounds.exceptions import NARROWEST_M, WIDEST_M, Spot
from meloko.rounds.models import Stop, Vehicle, VehicleKind
from meloko.rounds.reporting import DEPARTURE, RETURN, Hours, Reported, arrival_field, departure_field
from meloko.rounds.vehicles import VehicleFacts
from meloko.web.forms import Choice, MelokoForm, Words, amount, number, read_hundredths, text

OTHER_ORDER = "autre-ordre"
_LONGEST = 40
_HOUR = re.compile(r"(\d{1,2})(?:[h:.](\d{2})?|(\d{2}))?")
_UNREADABLE = "Écrivez l’heure ainsi : 9h05, 9:05 ou 0905."


def read_hour(words: str) -> int | None:
    """Read "9h05", "9:05", "9 h 05", "0905" or "9h" as seconds since midnight; None when empty; ValueError."""
    plain = re.sub(r"\s", "", words).lower()
    if not plain:
        return None
    match = _HOUR.fullmatch(plain) if plain.isascii() else None
    if match is None:
        raise ValueError(words)
    hour, minute = int(match[1]), int(match[2] or match[3] or 0)
    if hour > 23 or minute > 59:
        raise ValueError(words)
    return hour * 3600 + minute * 60


class UnreadableHour(Refusal):
    """An hour that nobody can read."""

    status = 422
    field = "depart"

    def __init__(self) -> None:
        super().__init__(_UNREADABLE)


def read_departure(words: str) -> int | None:
    """Read an hour of departure; None when it is left open, a refusal when it is none."""
    try:
        return read_hour(words.replace("\x00", "")[:_LONGEST])
    except ValueError:
        raise UnreadableHour from None


# Width and height in pixels: a click says where in its own drawing it fell.
MAP_SIZES = {"grand": (640, 460), "petit": (320, 360)}


def read_spot(sent: Mapping[str, str]) -> Spot | None:
    """Read a point of the map and its width; None when it is none."""
    try:
        lat, lon, metres = float(sent["lat"]), float(sent["lon"]), int(sent.get("m", NARROWEST_M))
    except (KeyError, ValueError):
        return None
    if not (-85 <= lat <= 85 and -180 <= lon <= 180):
        return None
    return Spot(lat, lon, min(WIDEST_M, max(NARROWEST_M, metres)))


def clicked(sent: Mapping[str, str], spot: Spot) -> Spot:
    """Return the spot that a click on the map means, nearer by; the same spot when nobody clicked."""
    for size, (width, height) in MAP_SIZES.items():
        try:
            right, down = int(sent[f"{size}.x"]), int(sent[f"{size}.y"])
        except (KeyError, ValueError):
            continue
        # A press of Enter on the map is a click in its corner: it comes nearer, and stays where it is.
        if (right, down) != (0, 0) and 0 <= right <= width and 0 <= down <= height:
            lat, lon = spot.view(width, height).point((right, down))
            return Spot(round(lat, 6), round(lon, 6), max(NARROWEST_M, spot.metres // 3))
        return Spot(spot.lat, spot.lon, max(NARROWEST_M, spot.metres // 3))
    return spot


def written(seconds: int | None) -> str:
    """Write an hour as it is typed: "9h05"."""
    return "" if seconds is None else f"{seconds // 3600}h{seconds % 3600 // 60:02d}"


@dataclass(slots=True)
class TypedHours:
    """The page of hours as typed, word for word, and what could be read of it."""

    words: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    other_order: bool = False

    def read(self, name: str, sent: Mapping[str, str]) -> int | None:
        """Read one field; what cannot be read is kept and blamed."""
        self.words[name] = sent.get(name, "").replace("\x00", "").strip()[:_LONGEST]
        try:
            return read_hour(self.words[name])
        except ValueError:
            self.errors[name] = _UNREADABLE
            return None


def typed_hours(sent: Mapping[str, str], stops: Iterable[Stop], known: Reported) -> tuple[TypedHours, Reported]:
    """Read the page: what was typed, and the lines of it that are readable; the others stay as they were known."""
    typed = TypedHours(other_order=OTHER_ORDER in sent)
    departure_s, return_s = typed.read(DEPARTURE, sent), typed.read(RETURN, sent)
    read = {}
    for stop in stops:
        arrival, departure = arrival_field(stop.id), departure_field(stop.id)
        if not {arrival, departure} & sent.keys():
            continue
        hours = Hours(typed.read(arrival, sent), typed.read(departure, sent))
        if not {arrival, departure} & typed.errors.keys():
            read[stop.id] = hours
    return typed, Reported(
        known.departure_s if DEPARTURE in typed.errors else departure_s,
        known.return_s if RETURN in typed.errors else return_s,
        read,
        typed.other_order,
    )


def shown_hours(known: Reported) -> TypedHours:
    """Write what is known into the fields."""
    words = {DEPARTURE: written(known.departure_s), RETURN: written(known.return_s)}
    for stop_id, hours in known.stops.items():
        words[arrival_field(stop_id)] = written(hours.arrival_s)
        words[departure_field(stop_id)] = written(hours.departure_s)
    return TypedHours(words)


KINDS = ((VehicleKind.VAN, "camionnette de l’organisation"), (VehicleKind.VOLUNTEER_CAR, "voiture d’un bénévole"))
_CRATES = "Écrivez un nombre de caisses, par exemple 14 ou 2,5."
_SPEED = "Écrivez un nombre de 10 à 150 ; 100 pour une camionnette."
_COST = "Écrivez le coût d’un kilomètre, par exemple 0,32."


class Hour:
    """A validator: an hour as people write it."""

    def __call__(self, form: MelokoForm, part: Any) -> None:
        """Refuse what cannot be read, and nothing at all."""
        try:
            read = read_hour(part.data or "")
        except ValueError:
            read = None
        if read is None:
            raise ValidationError(_UNREADABLE)


class VehicleForm(MelokoForm):
    """One vehicle."""

    code = text("Code", 12, "Donnez un code au véhicule.")
    name = text("Nom", 80, "Donnez un nom au véhicule.")
    plate = text("Immatriculation", 20)
    kind = Choice("À qui il est", KINDS)
    depot_id = Choice("Dépôt")
    driver_id = Choice("Conduit d’habitude")
    works_from = Words("Part au plus tôt", validators=[Hour()])
    works_until = Words("Rentré au plus tard", validators=[Hour()])
    crates = amount("Caisses en tout temps", 0, 1_000_000, _CRATES)
    chilled = amount("Caisses au frais", 0, 1_000_000, _CRATES)
    cost = amount("Coût d’un kilomètre, en euros", 0, 1_000, _COST)
    speed = number(
        "Vitesse, en % d’une camionnette", 10, 150, "Écrivez un nombre de 10 à 150 ; 100 pour une camionnette."
    )
    active = BooleanField("En service")

    @classmethod
    def of(cls, vehicle: Vehicle | None) -> "VehicleForm":
        """Make the form of a vehicle as it is, or an empty one."""
        if vehicle is None:
            return cls(
                crates="0", chilled="0", cost="0", works_from="7h00", works_until="16h00", speed="100", active=True
            )
        return cls(
            code=vehicle.code,
            name=vehicle.name,
            plate=vehicle.plate,
            depot_id=str(vehicle.depot_id),
            active=vehicle.active,
            crates=_plain(vehicle.crates_hundredths),
            chilled=_plain(vehicle.chilled_hundredths),
            cost=_plain(vehicle.cost_cents_per_km),
            works_from=f"{vehicle.works_from:%-Hh%M}",
            works_until=f"{vehicle.works_until:%-Hh%M}",
            speed=str(vehicle.speed_percent),
            driver_id=str(vehicle.driver_id or ""),
            kind=vehicle.kind.value,
        )

    def facts(self, other_zones: Iterable[int]) -> VehicleFacts:
        """Return what was typed, once it is well formed."""
        return VehicleFacts(
            code=self.code.said,
            name=self.name.said,
            plate=self.plate.said,
            kind=VehicleKind(self.kind.data),
            depot_id=self.depot_id.id_chosen or 0,
            driver_id=self.driver_id.id_chosen,
            works_from=_time(self.works_from.said),
            works_until=_time(self.works_until.said),
            crates_hundredths=read_hundredths(self.crates.said),
            chilled_hundredths=read_hundredths(self.chilled.said),
            cost_cents_per_km=read_hundredths(self.cost.said),
            speed_percent=int(self.speed.said),
            active=bool(self.active.data),
            other_zones=frozenset(other_zones),
        )


def _time(words: str) -> dt.time:
    seconds = read_hour(words) or 0
    return dt.time(seconds // 3600, seconds % 3600 // 60)


def _plain(hundredths: int) -> str:
    return f"{hundredths // 100}" if hundredths % 100 == 0 else f"{hundredths // 100},{hundredths % 100:02d}"
