"""Say how fast a van drives on each kind of road.

Sources: the class table starts from the car profile of OSRM (Project-OSRM/osrm-backend, `profiles/car.lua`, BSD-2),
except `unclassified`, which means a hamlet street there and an open lane (limit 80) in the French country side.
Limits of zones: French Code de la route, articles R413-2 and R413-3; other countries: OpenStreetMap wiki, page
"Default speed limits".
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

# km/h really driven on an ordinary day. Links count as the road that they lead to, less a bend.
CLASS_SPEED_KMH = {
    "motorway": 90,
    "motorway_link": 45,
    "trunk": 85,
    "trunk_link": 40,
    "primary": 65,
    "primary_link": 30,
    "secondary": 55,
    "secondary_link": 25,
    "tertiary": 40,
    "tertiary_link": 20,
    "unclassified": 45,
    "residential": 25,
    "living_street": 10,
    "service": 15,
    "road": 25,
    "ferry": 10,
}
ROAD_CLASSES = tuple(CLASS_SPEED_KMH)

# A van in lanes stays below what the sign allows: it brakes for each bend, gate and tractor.
VAN_PERCENT = 90
SLOWEST_KMH = 5

MPH_KMH = 1.609344
KNOT_KMH = 1.852
WALK_KMH = 7

ZONE_LIMIT_KMH = {
    "urban": 50,
    "rural": 80,
    "trunk": 110,
    "motorway": 130,
    "living_street": 20,
    "zone30": 30,
    "zone20": 20,
}
# Where a country says otherwise than France.
COUNTRY_LIMIT_KMH = {
    "at:rural": 100,
    "be-vlg:rural": 70,
    "be:rural": 90,
    "ch:trunk": 100,
    "de:rural": 100,
    "gb:nsl_dual": 112,
    "gb:nsl_single": 96,
    "lu:rural": 90,
    "pt:rural": 90,
}
# What else may state the limit when `maxspeed` is absent.
LIMIT_KEYS = ("maxspeed", "maxspeed:type", "source:maxspeed", "zone:maxspeed", "zone:traffic")

# Milliseconds lost at a point of the road or in a turn: start values, to be calibrated by the hours drivers report.
SIGNAL_MS = 8_000
LEVEL_CROSSING_MS = 10_000
GATE_MS = 20_000
SHARP_LEFT_MS = 8_000
U_TURN_MS = 20_000

WHOLE_PPM = 1_000_000


class HourBand(NamedTuple):
    """A part of the day in which traffic is alike: local hours, the last one excluded."""

    from_hour: int
    until_hour: int

    def seconds_of(self, start_s: int, end_s: int) -> int:
        """Count the seconds that a time of work has in this band; a round past midnight begins the day anew."""
        day = 86_400
        spans = [(start_s, min(end_s, day)), (0, max(end_s - day, 0))]
        low, high = self.from_hour * 3600, self.until_hour * 3600
        return sum(max(0, min(high, end) - max(low, start)) for start, end in spans)


HOUR_BANDS = (HourBand(0, 7), HourBand(7, 9), HourBand(9, 16), HourBand(16, 19), HourBand(19, 24))

# How much longer a class of road takes in a part of the day than its table says, in millionths; absent = as it says.
SpeedFactors = Mapping[tuple[str, HourBand], int]


class BadSpeedFactor(ValueError):
    """Refuse a factor for a road that is none, or one that no van could have driven."""


def day_factors(factors: SpeedFactors, hours: Iterable[tuple[int, int]]) -> dict[str, int]:
    """Give the one factor a class of road has on a day: the mean of its bands, weighted by the hours worked in each.

    A day has one travel matrix: legs are short beside the bands, and which leg falls into which band is known only
    when the round is. Parameters: millionths; `hours` are (start, end) of the vehicles in seconds since midnight,
    without any all bands weigh the same. Returns: millionths by class, only where they differ from the table.
    """
    spans = list(hours) or [(0, 86_400)]
    weights = [sum(band.seconds_of(start, end) for start, end in spans) for band in HOUR_BANDS]
    whole = sum(weights) or 1
    means = {}
    for road_class in sorted({road_class for road_class, _ in factors}):
        of_bands = [factors.get((road_class, band), WHOLE_PPM) for band in HOUR_BANDS]
        mean = sum(factor * weight for factor, weight in zip(of_bands, weights, strict=True)) // whole
        if sum(weights) and mean != WHOLE_PPM:
            means[road_class] = mean
    return means


_NUMBER = re.compile(r"^(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?$")
_ZONE_NUMBER = re.compile(r"^[a-z-]+:(?:zone:?)?(\d+)$")


def read_limit(text: str) -> float | None:
    """Read a speed limit as mappers write it; None when it states no number (`none`, `signals`, nonsense).

    Parameters: the value of a `maxspeed` tag, in any of its forms (`50`, `30 mph`, `walk`, `FR:urban`, `FR:zone30`,
    `50;70`). Returns: km/h; of several values the lowest.
    """
    limits = [_one_limit(part.strip().lower()) for part in re.split(r"[;|,]", text)]
    return min((limit for limit in limits if limit is not None), default=None)


def _one_limit(text: str) -> float | None:
    number = _NUMBER.match(text)
    if number:
        value = float(number[1]) * {"mph": MPH_KMH, "knots": KNOT_KMH}.get(number[2] or "", 1.0)
        return value if value > 0 else None
    if text.endswith("walk"):
        return WALK_KMH
    zone_number = _ZONE_NUMBER.match(text)
    if zone_number and int(zone_number[1]) > 0:
        return float(zone_number[1])
    if text in COUNTRY_LIMIT_KMH:
        return COUNTRY_LIMIT_KMH[text]
    return ZONE_LIMIT_KMH.get(text.rpartition(":")[2])


def speed_kmh(tags: Mapping[str, str], direction: str) -> float:
    """Say the speed of a van on a way in one direction.

    Parameters: the tags of a way whose `highway` is in `CLASS_SPEED_KMH`; direction `forward` or `backward`.
    Returns: km/h, never below `SLOWEST_KMH`: the lower of the class speed and the signed limit, times `VAN_PERCENT`.
    """
    limit = _limit(tags, direction)
    usual = CLASS_SPEED_KMH[tags["highway"]]
    return max(SLOWEST_KMH, min(usual, limit if limit is not None else usual) * VAN_PERCENT / 100)


def _limit(tags: Mapping[str, str], direction: str) -> float | None:
    for key in (f"maxspeed:{direction}", *LIMIT_KEYS):
        if key in tags:
            limit = read_limit(tags[key])
            if limit is not None:
                return limit
    return None
