"""Close streets for some days: the same network without what cannot be driven on a date."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np

from routing.network import RoadNetwork
from routing.turns import Arcs, bearings, largest_strong_component, turns_of


class BadClosure(ValueError):
    """Refuse a closure that ends before it begins."""


@dataclass(frozen=True, slots=True)
class Closure:
    """A street that cannot be driven from one day until another, both included."""

    way_ids: frozenset[int]
    from_day: dt.date
    until_day: dt.date

    def __post_init__(self) -> None:
        if self.until_day < self.from_day:
            raise BadClosure(f"A closure from {self.from_day} until {self.until_day} ends before it begins.")


def closed_on(closures: Iterable[Closure], day: dt.date) -> frozenset[int]:
    """Give the ways that are closed on a day, by their OpenStreetMap numbers."""
    return frozenset(
        way for closure in closures if closure.from_day <= day <= closure.until_day for way in closure.way_ids
    )


def close(network: RoadNetwork, way_ids: Collection[int]) -> RoadNetwork:
    """Give the network without some more ways; the order of its arcs stays, so that its hierarchy is soon made.

    A van may turn round where it now stands before a barrier. The largest strong component is found anew: places on
    a closed street are snapped to the nearest open one, and what can no longer be reached is CutOff.
    Parameters: OpenStreetMap way numbers; those the network does not have change nothing, and then the same network
    comes back.
    """
    wanted = network.closed_ways | frozenset(way_ids).intersection(network.stretch_way.tolist())
    if wanted == network.closed_ways:
        return network
    closed = np.isin(network.stretch_way, list(wanted))[network.arc_stretch]
    shapes = (network.shape_start, network.shape_lat, network.shape_lon)
    drawn = bearings(shapes, network.arc_stretch, network.arc_backward)
    arcs = Arcs(network.arc_tail, network.arc_head, network.arc_stretch, *drawn)
    turns = turns_of(arcs, len(network.node_id), network.banned_turns, closed)
    return replace(
        network,
        turn_from=turns.origin,
        turn_to=turns.target,
        turn_cost=turns.cost,
        closed_ways=wanted,
        strong=largest_strong_component(turns.origin, turns.target, len(closed)) & ~closed,
    )
