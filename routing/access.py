"""Say where a delivery van may drive: which ways, in which directions, past which barriers."""

from collections.abc import Mapping

from routing.speeds import CLASS_SPEED_KMH

# From the general to the particular: the last key that a way carries decides (OpenStreetMap wiki, "Key:access").
ACCESS_KEYS = ("access", "vehicle", "motor_vehicle", "motorcar")
# `destination`, `delivery`, `customers`, `permit` stay: to deliver is our reason to be there.
FORBIDDEN = frozenset({"no", "private", "agricultural", "forestry", "military", "emergency", "psv", "bus", "bicycle"})

# What a van cannot pass unless the barrier itself says that motor vehicles may.
CUTTING_BARRIERS = frozenset(
    {"block", "bollard", "bus_trap", "chain", "cycle_barrier", "debris", "full-height_turnstile", "horse_stile"}
    | {"jersey_barrier", "kissing_gate", "log", "motorcycle_barrier", "planter", "rope", "stile", "sump_buster"}
    | {"turnstile", "wall", "fence", "hedge", "ditch"}
)
SLOW_BARRIERS = frozenset({"gate", "lift_gate", "swing_gate", "sliding_gate", "cattle_grid", "toll_booth"})

RESTRICTION_KEYS = ("restriction:motorcar", "restriction:motor_vehicle", "restriction")
# Rules for some hours only: a round is planned for a day, so they are counted and left out.
HOURLY_KEYS = tuple(f"{key}:conditional" for key in RESTRICTION_KEYS)

_FORWARD_ONLY = frozenset({"yes", "true", "1"})
_BACKWARD_ONLY = frozenset({"-1", "reverse"})


def may_drive(tags: Mapping[str, str]) -> bool:
    """Say whether a way carries cars at all: a road or ferry that is not closed to them."""
    if tags.get("highway") not in CLASS_SPEED_KMH or tags.get("area") == "yes":
        return False
    if tags["highway"] == "service" and tags.get("service") == "emergency_access":
        return False
    return _value(tags) not in FORBIDDEN


def directions(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Say whether a way may be driven as drawn and against it: (forward, backward)."""
    oneway = tags.get("oneway:motor_vehicle", tags.get("oneway", ""))
    if oneway in _BACKWARD_ONLY:
        return False, True
    # Reversible lanes change by the hour: nobody can plan on them.
    if oneway in {"reversible", "alternating"}:
        return False, False
    implied = tags.get("junction") in {"roundabout", "circular"} or tags["highway"] in {"motorway", "motorway_link"}
    if oneway in _FORWARD_ONLY or (implied and oneway != "no"):
        return True, False
    return _direction_open(tags, "forward"), _direction_open(tags, "backward")


def _direction_open(tags: Mapping[str, str], direction: str) -> bool:
    value = _value({key: tags[f"{key}:{direction}"] for key in ACCESS_KEYS if f"{key}:{direction}" in tags})
    return value not in FORBIDDEN


def cuts(tags: Mapping[str, str]) -> bool:
    """Say whether a node of a way stops a van."""
    value = _value(tags)
    if value:
        return value in FORBIDDEN
    return tags.get("barrier") in CUTTING_BARRIERS


def _value(tags: Mapping[str, str]) -> str:
    stated = [tags[key] for key in ACCESS_KEYS if key in tags]
    return stated[-1] if stated else ""


def ferry_carries_cars(tags: Mapping[str, str]) -> bool:
    """Say whether a ferry takes motor vehicles: only when the map says so."""
    stated = [tags[key] for key in ("motor_vehicle", "motorcar") if key in tags]
    return bool(stated) and stated[-1] not in FORBIDDEN


def ferry_duration_s(tags: Mapping[str, str]) -> int:
    """Read how long a crossing takes (`00:20`, `1:05`, `20`): seconds, 0 when the map does not say."""
    parts = tags.get("duration", "").split(":")
    if not all(part.isdigit() for part in parts):
        return 0
    minutes = 0
    for part in parts[:2]:
        minutes = minutes * 60 + int(part)
    return minutes * 60 + (int(parts[2]) if len(parts) > 2 else 0)
