"""Say how a van may pass from one arc of road to the next, what it costs, and what can be reached.

A way through a town is a chain of turns, not of junctions: a banned turn forbids a pair of arcs, and a van does not
turn round in a lane. The graph of turns has an arc of the road as its node.
"""

from dataclasses import dataclass

import numpy as np

from routing.network import E7, Flags, Floats, Ints, Longs
from routing.speeds import SHARP_LEFT_MS, U_TURN_MS

SHARP_LEFT_DEGREES = 60

# The lines of stretches: where each begins, then latitudes and longitudes of all points.
Shapes = tuple[Longs, Ints, Ints]


@dataclass(frozen=True, slots=True)
class Arcs:
    """What turns are made from; bearings in degrees clockwise from north, at the start and the end of each arc."""

    tail: Ints
    head: Ints
    stretch: Ints
    bearing_out: Floats
    bearing_in: Floats


def arcs_of(tail: Longs, head: Longs, stretch: Longs | Ints, backward: Flags, shapes: Shapes) -> Arcs:
    """Make arcs of the ends and the shapes of stretches; `stretch` and `backward` have a row an arc."""
    return Arcs(
        np.where(backward, head[stretch], tail[stretch]).astype(np.int32),
        np.where(backward, tail[stretch], head[stretch]).astype(np.int32),
        stretch.astype(np.int32),
        *bearings(shapes, stretch, backward),
    )


def bearings(shapes: Shapes, stretch: Longs | Ints, backward: Flags) -> tuple[Floats, Floats]:
    """Give the bearings with which arcs leave their first junction and come into their last one."""
    start, lat, lon = shapes
    first, last = start[stretch], start[stretch + 1] - 1
    near = np.where(backward, last, first)
    far = np.where(backward, first, last)
    step = np.where(backward, -1, 1)
    return _bearing(lat, lon, near, near + step), _bearing(lat, lon, far - step, far)


def _bearing(lat: Ints, lon: Ints, a: Longs, b: Longs) -> Floats:
    north = (lat[b].astype(np.int64) - lat[a]).astype(np.float64)
    east = (lon[b].astype(np.int64) - lon[a]) * np.cos(np.radians(lat[a] / E7))
    return np.asarray(np.degrees(np.arctan2(east, north)) % 360, np.float64)


@dataclass(frozen=True, slots=True)
class Turns:
    """The permitted turns: from arc, to arc, milliseconds lost."""

    origin: Ints
    target: Ints
    cost: Ints


def ranges(starts: Longs, counts: Longs) -> Longs:
    """Lay the ranges start, start + 1, … one behind the other."""
    before = np.cumsum(counts) - counts
    laid: Longs = np.arange(int(counts.sum()), dtype=np.int64) + np.repeat(starts - before, counts)
    return laid


def turns_of(arcs: Arcs, node_count: int, banned: Ints, closed: Flags | None = None) -> Turns:
    """Make all permitted turns.

    Parameters: the arcs; how many junctions; `banned` pairs of arcs, shape (n, 2); the arcs that are `closed`. Turning
    round is permitted only where no other turn leads on: at a dead end. Returns: turns sorted by the arc they leave,
    then the one they enter.
    """
    by_tail = np.argsort(arcs.tail, kind="stable").astype(np.int64)
    first = np.searchsorted(arcs.tail[by_tail], np.arange(node_count + 1)).astype(np.int64)
    counts = first[arcs.head + 1] - first[arcs.head]
    origin = np.repeat(np.arange(len(arcs.tail), dtype=np.int64), counts)
    target = by_tail[ranges(first[arcs.head], counts)]
    keep = origin != target
    if closed is not None:
        keep &= ~(closed[origin] | closed[target])
    if len(banned):
        forbidden = np.unique(banned[:, 0].astype(np.int64) * len(arcs.tail) + banned[:, 1])
        keep &= ~np.isin(origin * len(arcs.tail) + target, forbidden)
    origin, target = origin[keep], target[keep]
    # Same stretch: the other direction of the road just driven. (A loop's two arcs leave it by its one end.)
    round_about = arcs.stretch[origin] == arcs.stretch[target]
    # A one-way street out of the map is no way on: only what leads back counts, or its approach would be a trap.
    leads_back = largest_strong_component(origin, target, len(arcs.tail))
    onward = np.bincount(origin[~round_about & leads_back[target]], minlength=len(arcs.tail))
    keep = ~round_about | (onward[origin] == 0)
    origin, target, round_about = origin[keep], target[keep], round_about[keep]
    cost = np.where(round_about, U_TURN_MS, _left_cost(arcs, origin, target, onward))
    return Turns(origin.astype(np.int32), target.astype(np.int32), cost.astype(np.int32))


def _left_cost(arcs: Arcs, origin: Longs, target: Longs, onward: Longs) -> Longs:
    """Price the left turns that wait for oncoming traffic: off a two-way road, where there is another way on."""
    angle = (arcs.bearing_out[target] - arcs.bearing_in[origin] + 180) % 360 - 180
    two_way = np.bincount(arcs.stretch)[arcs.stretch] > 1
    waits = (angle <= -SHARP_LEFT_DEGREES) & two_way[origin] & (onward[origin] > 1)
    return np.where(waits, SHARP_LEFT_MS, 0)


def largest_strong_component(origin: Ints | Longs, target: Ints | Longs, arc_count: int) -> Flags:
    """Mark the arcs from which all others of the same component can be reached and which they reach.

    Of components of one size the first completed. Linear in the turns, whatever the map looks like.
    """
    onward, backward = _neighbours(origin, target, arc_count), _neighbours(target, origin, arc_count)
    # Nearly all arcs of a real map are in one component: whichever holds more than half is the largest.
    for start in (arc_count // 2, arc_count // 3, arc_count // 5):
        if arc_count:
            around = _reached(*onward, start) & _reached(*backward, start)
            if 2 * np.count_nonzero(around) > arc_count:
                return around
    return _by_components(*onward)


def _neighbours(origin: Ints | Longs, target: Ints | Longs, arc_count: int) -> tuple[Longs, Longs]:
    by_origin = np.argsort(origin, kind="stable")
    first = np.searchsorted(origin[by_origin], np.arange(arc_count + 1)).astype(np.int64)
    return first, target[by_origin].astype(np.int64)


def _reached(first: Longs, heads: Longs, start: int) -> Flags:
    """Mark what can be reached from one arc, ring by ring."""
    reached = np.zeros(len(first) - 1, np.bool_)
    ring = np.array([start], np.int64)
    while len(ring):
        reached[ring] = True
        following = heads[ranges(first[ring], first[ring + 1] - first[ring])]
        ring = np.unique(following[~reached[following]])
    return reached


def _by_components(first: Longs, neighbours: Longs) -> Flags:
    """Find all components, for maps in pieces (Tarjan 1972, doi 10.1137/0201010, without recursion)."""
    arc_count = len(first) - 1
    heads, ends = neighbours.tolist(), first[1:].tolist()
    upcoming = [0, *ends[:-1]]
    number, low, place = [0] * arc_count, [0] * arc_count, [0] * arc_count
    waiting: list[int] = []
    best: list[int] = []
    met = 0
    for root in range(arc_count):
        path = [] if number[root] else [root]
        while path:
            arc = path[-1]
            if not number[arc]:
                met += 1
                number[arc] = low[arc] = met
                place[arc] = len(waiting)
                waiting.append(arc)
            if upcoming[arc] < ends[arc]:
                following = heads[upcoming[arc]]
                upcoming[arc] += 1
                if not number[following]:
                    path.append(following)
                elif number[following] < low[arc]:
                    low[arc] = number[following]
                continue
            path.pop()
            if path and low[arc] < low[path[-1]]:
                low[path[-1]] = low[arc]
            if low[arc] == number[arc]:
                component = waiting[place[arc] :]
                del waiting[place[arc] :]
                # Beyond any number: what is settled lowers nobody any more.
                for settled in component:
                    number[settled] = arc_count + 1
                best = max(best, component, key=len)
    strong = np.zeros(arc_count, np.bool_)
    strong[best] = True
    return strong
