"""Say how a van may pass from one arc of road to the next, what it costs, and what can be reached.

A way through a town is a chain of turns, not of junctions: a banned turn forbids a pair of arcs, and a van does not
turn round in a lane. The graph of turns has an arc of the road as its node.
"""

from dataclasses import dataclass

import numpy as np

from routing.network import Flags, Floats, Ints, Longs
from routing.speeds import SHARP_LEFT_MS, U_TURN_MS

SHARP_LEFT_DEGREES = 60


@dataclass(frozen=True, slots=True)
class Arcs:
    """What turns are made from; bearings in degrees clockwise from north, at the start and the end of each arc."""

    tail: Ints
    head: Ints
    stretch: Ints
    bearing_out: Floats
    bearing_in: Floats


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


def turns_of(arcs: Arcs, node_count: int, banned: Ints) -> Turns:
    """Make all permitted turns.

    Parameters: the arcs; how many junctions; `banned` pairs of arcs, shape (n, 2). Turning round is permitted only
    where no other turn leads on: at a dead end. Returns: turns sorted by the arc they leave, then the one they enter.
    """
    by_tail = np.argsort(arcs.tail, kind="stable").astype(np.int64)
    first = np.searchsorted(arcs.tail[by_tail], np.arange(node_count + 1)).astype(np.int64)
    counts = first[arcs.head + 1] - first[arcs.head]
    origin = np.repeat(np.arange(len(arcs.tail), dtype=np.int64), counts)
    target = by_tail[ranges(first[arcs.head], counts)]
    keep = origin != target
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

    Of components of one size the first completed. Linear in the turns, whatever the map looks like: many islands,
    or streets that only lead away (Tarjan 1972, doi 10.1137/0201010, without recursion).
    """
    by_origin = np.argsort(origin, kind="stable")
    heads = target[by_origin].tolist()
    ends = np.searchsorted(origin[by_origin], np.arange(1, arc_count + 1)).tolist()
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
