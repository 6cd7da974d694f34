"""Draw the best way between two places, point by point and road by road."""

from dataclasses import dataclass

import numpy as np

from routing.matrix import Leg, best_leg
from routing.network import RoadNetwork
from routing.snapping import Snap, steps_m
from routing.speeds import ROAD_CLASSES, WHOLE_PPM

Point = tuple[float, float]


class NoWay(Exception):
    """No road leads from the one place to the other."""

    def __init__(self) -> None:
        super().__init__("Aucune route ne mène d’un lieu à l’autre.")


@dataclass(frozen=True, slots=True)
class Way:
    """The drawn way: points (lat, lon), metres, seconds, and the roads it takes, in order, by name.

    `class_s` shares the seconds out by class of road, to the last one.
    """

    points: tuple[Point, ...]
    distance_m: int
    duration_s: int
    names: tuple[str, ...]
    class_s: dict[str, int]


def way(network: RoadNetwork, a: Snap, b: Snap) -> Way:
    """Draw the best way from one snap to another.

    Returns: the way, with the metres and seconds (rounded up) that `travel_matrix` has for the pair.
    Raises: NoWay; StrangeSnap for a snap of another network.
    """
    leg = best_leg(network, a, b)
    if leg is None:
        raise NoWay
    points = _line(network, leg, a, b)
    stretches = network.arc_stretch[list(leg.arcs)]
    names = [network.name_list[number] for number in network.stretch_name[stretches].tolist()]
    named = [name for name, before in zip(names, [None, *names], strict=False) if name and name != before]
    return Way(points, leg.distance_m, -(-leg.duration_ms // 1000), tuple(named), _class_s(network, leg, a, b))


def _class_s(network: RoadNetwork, leg: Leg, a: Snap, b: Snap) -> dict[str, int]:
    """Share the seconds of a way out by class of road, in proportion to the arcs it drives."""
    classes = network.stretch_class[network.arc_stretch[list(leg.arcs)]]
    # Shares of an arc below count in millionths; what turns cost is shared out among all.
    arcs_ms = network.arc_duration[list(leg.arcs)].astype(np.int64) * WHOLE_PPM
    if len(leg.arcs) > 1:
        arcs_ms[0] = arcs_ms[0] // WHOLE_PPM * (WHOLE_PPM - _travelled(network, leg.arcs[0], a)) + 1
        arcs_ms[-1] = arcs_ms[-1] // WHOLE_PPM * _travelled(network, leg.arcs[-1], b) + 1
    whole_s = -(-leg.duration_ms // 1000)
    seconds, so_far, before_s = {}, 0, 0
    for number in np.unique(classes).tolist():
        # Rounded at the running sum, the parts add up to the whole.
        so_far += int(arcs_ms[classes == number].sum())
        until_s = whole_s * so_far // int(arcs_ms.sum())
        seconds[ROAD_CLASSES[number]] = until_s - before_s
        before_s = until_s
    return seconds


def _line(network: RoadNetwork, leg: Leg, a: Snap, b: Snap) -> tuple[Point, ...]:
    """Join the shapes of the arcs, the first and the last cut at the snaps."""
    parts: list[list[Point]] = []
    for nth, arc in enumerate(leg.arcs):
        first, last = nth == 0, nth == len(leg.arcs) - 1
        parts.append(_part(network, arc, a if first else None, b if last else None))
    line = [(a.lat, a.lon), *(point for part in parts for point in part), (b.lat, b.lon)]
    return tuple(point for nth, point in enumerate(line) if nth == 0 or point != line[nth - 1])


def _part(network: RoadNetwork, arc: int, after: Snap | None, before: Snap | None) -> list[Point]:
    """Give the points of an arc in the direction of travel, those between the two snaps where given."""
    stretch = int(network.arc_stretch[arc])
    shape = list(network.shape(stretch))
    start, end = network.shape_start[stretch : stretch + 2].tolist()
    steps = steps_m(network.shape_lat[start:end], network.shape_lon[start:end]).tolist()
    along = [0.0]
    for step in steps:
        along.append(along[-1] + step)
    whole = along[-1] or 1.0
    share = [length / whole * WHOLE_PPM for length in along]
    if network.arc_backward[arc]:
        shape.reverse()
        share = [WHOLE_PPM - value for value in reversed(share)]
    low = _travelled(network, arc, after) if after else -1
    high = _travelled(network, arc, before) if before else WHOLE_PPM + 1
    return [point for point, value in zip(shape, share, strict=True) if low < value < high]


def _travelled(network: RoadNetwork, arc: int, snap: Snap) -> int:
    return WHOLE_PPM - snap.along_ppm if network.arc_backward[arc] else snap.along_ppm
