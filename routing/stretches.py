"""Cut the ways of a map into stretches between junctions, and make a road network of them."""

from array import array
from dataclasses import dataclass, field

import numpy as np

from routing.network import (
    E7,
    SHORTEST_ARC_MS,
    BBox,
    Flags,
    Floats,
    Ints,
    Longs,
    PlaceName,
    RoadNetwork,
    metres_between,
)
from routing.turns import Arcs, arcs_of, largest_strong_component, ranges, turns_of

# A box cut out of a map loses a few nodes at its edge; a map that has lost most of them is no map.
MOST_MISSING = 0.5


class RoadsIncomplete(Exception):
    """Most of the nodes that the ways need are not in the file."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """A turn rule of the map: from a way, over a node, into a way; `only` permits nothing else."""

    only: bool
    origin: int
    via: int
    target: int


@dataclass(slots=True)
class RoadRecords:
    """What was read from a map file: a column a fact, a row a way; nodes sorted by id."""

    ways: "array[int]" = field(default_factory=lambda: array("q"))
    refs: "array[int]" = field(default_factory=lambda: array("q"))
    ends: "array[int]" = field(default_factory=lambda: array("q"))
    road_class: "array[int]" = field(default_factory=lambda: array("B"))
    name: "array[int]" = field(default_factory=lambda: array("i"))
    forward_kmh: "array[float]" = field(default_factory=lambda: array("d"))
    backward_kmh: "array[float]" = field(default_factory=lambda: array("d"))
    crossing_s: "array[int]" = field(default_factory=lambda: array("i"))
    restrictions: list[Restriction] = field(default_factory=list)
    hourly_rules: int = 0
    rules_over_ways: int = 0
    places: list[PlaceName] = field(default_factory=list)
    names: tuple[str, ...] = ("",)
    signs: dict[int, int] = field(default_factory=dict)
    cuts: Longs = field(default_factory=lambda: np.empty(0, np.int64))
    node_ids: Longs = field(default_factory=lambda: np.empty(0, np.int64))
    node_lat: Ints = field(default_factory=lambda: np.empty(0, np.int32))
    node_lon: Ints = field(default_factory=lambda: np.empty(0, np.int32))


@dataclass(frozen=True, slots=True)
class _Trail:
    """All ways laid one behind the other: a row for each node that a way passes.

    `key` tells nodes apart as junctions, `place` as positions: a barrier is one position and, for a van, two ends.
    """

    way: Longs
    place: Longs
    key: Longs
    begins: Flags


@dataclass(frozen=True, slots=True)
class _Stretches:
    """The pieces of the trail between junctions: first and last row, metres, milliseconds lost each way."""

    first: Longs
    last: Longs
    metres: Floats
    lost_forward: Longs
    lost_backward: Longs


def build_network(records: RoadRecords, bbox: BBox | None) -> RoadNetwork | None:
    """Make the network of the ways read, without its order; None when no way touches the box.

    Raises: RoadsIncomplete.
    """
    trail = _lay_out(records, bbox)
    if not len(trail.way):
        return None
    pieces = _cut(trail, records)
    if not len(pieces.first):
        return None
    keys, ends = np.unique(np.concatenate([trail.key[pieces.first], trail.key[pieces.last]]), return_inverse=True)
    tail, head = ends[: len(pieces.first)], ends[len(pieces.first) :]
    node_place = np.empty(len(keys), np.int64)
    node_place[ends] = trail.place[np.concatenate([pieces.first, pieces.last])]
    way = trail.way[pieces.first]
    stretch, backward, duration = _driven(records, way, pieces)
    shape_start, shape_rows = _shapes(pieces)
    lat, lon = records.node_lat[trail.place[shape_rows]], records.node_lon[trail.place[shape_rows]]
    arcs = arcs_of(tail, head, stretch, backward, (shape_start, lat, lon))
    way_ids = np.frombuffer(records.ways, np.int64)[way]
    banned = _banned_turns(records.restrictions, arcs, way_ids, records.node_ids[node_place])
    turns = turns_of(arcs, len(keys), banned)
    return RoadNetwork(
        node_id=records.node_ids[node_place],
        node_lat=records.node_lat[node_place],
        node_lon=records.node_lon[node_place],
        stretch_way=way_ids,
        stretch_class=np.frombuffer(records.road_class, np.uint8)[way],
        stretch_name=np.frombuffer(records.name, np.int32)[way],
        stretch_length=np.rint(pieces.metres).astype(np.int32),
        shape_start=shape_start,
        shape_lat=lat,
        shape_lon=lon,
        arc_tail=arcs.tail,
        arc_head=arcs.head,
        arc_stretch=arcs.stretch,
        arc_backward=backward,
        arc_duration=duration,
        banned_turns=banned,
        turn_from=turns.origin,
        turn_to=turns.target,
        turn_cost=turns.cost,
        strong=largest_strong_component(turns.origin, turns.target, len(arcs.tail)),
        arc_order=np.arange(len(arcs.tail), dtype=np.int32),
        name_list=records.names,
        places=_places(records.places, bbox),
    )


def _places(places: list[PlaceName], bbox: BBox | None) -> tuple[PlaceName, ...]:
    kept = [place for place in places if bbox is None or bbox.holds(place.lat, place.lon)]
    return tuple(sorted(kept, key=lambda place: (place.name, place.lat, place.lon)))


def _lay_out(records: RoadRecords, bbox: BBox | None) -> _Trail:
    refs = np.frombuffer(records.refs, np.int64)
    ends = np.frombuffer(records.ends, np.int64)
    starts = np.concatenate([[0], ends[:-1]])
    way = np.repeat(np.arange(len(ends), dtype=np.int64), ends - starts)
    place = np.minimum(np.searchsorted(records.node_ids, refs), max(len(records.node_ids) - 1, 0))
    found = records.node_ids[place] == refs if len(records.node_ids) else np.zeros(len(refs), np.bool_)
    if np.count_nonzero(found) < len(refs) * MOST_MISSING:
        raise RoadsIncomplete
    begins = np.zeros(len(refs), np.bool_)
    begins[starts] = True
    begins[1:] |= ~found[:-1]
    kept = found
    if bbox is not None:
        lat, lon = records.node_lat[place] / E7, records.node_lon[place] / E7
        inside = found & (lat >= bbox.south) & (lat <= bbox.north) & (lon >= bbox.west) & (lon <= bbox.east)
        kept = found & np.logical_or.reduceat(inside, starts)[way]
    cut = kept & np.isin(refs, records.cuts)
    rows = np.repeat(np.arange(len(refs), dtype=np.int64), kept.astype(np.int64) + cut)
    second = np.concatenate([[False], rows[1:] == rows[:-1]])
    key = place[rows].astype(np.int64)
    severed = cut[rows]
    key[severed] = len(records.node_ids) + np.arange(np.count_nonzero(severed))
    return _Trail(way[rows], place[rows].astype(np.int64), key, begins[rows] | second)


def _cut(trail: _Trail, records: RoadRecords) -> _Stretches:
    begins = trail.begins | (np.diff(trail.way, prepend=-1) != 0)
    uses = np.bincount(trail.key)
    is_end = begins | np.append(begins[1:], True) | (uses[trail.key] > 1)
    ends = np.flatnonzero(is_end).astype(np.int64)
    joined = ~begins[ends[1:]]
    first, last = ends[:-1][joined], ends[1:][joined]
    lat, lon = records.node_lat[trail.place] / E7, records.node_lon[trail.place] / E7
    step = np.concatenate([[0.0], metres_between(lat[:-1], lon[:-1], lat[1:], lon[1:])])
    step[begins] = 0
    along = np.cumsum(step)
    lost = np.zeros(len(records.node_ids), np.int64)
    if records.signs:
        lost[np.searchsorted(records.node_ids, list(records.signs))] = list(records.signs.values())
    lost_here = lost[trail.place]
    so_far = np.cumsum(lost_here)
    # What stands at the far end is met on arrival, what stands at the near end was met by who came before.
    forward = so_far[last] - so_far[first]
    backward = forward - lost_here[last] + lost_here[first]
    return _Stretches(first, last, along[last] - along[first], forward, backward)


def _driven(records: RoadRecords, way: Longs, pieces: _Stretches) -> tuple[Longs, Flags, Ints]:
    """Give the arcs that may be driven: stretch, whether against its drawing, milliseconds."""
    # Two columns, forward and backward; 0 km/h is closed.
    kmh = np.stack([np.frombuffer(records.forward_kmh), np.frombuffer(records.backward_kmh)], axis=1)[way]
    crossing_s = np.frombuffer(records.crossing_s, np.int32)[way]
    whole = np.bincount(way, pieces.metres, len(records.ways))[way]
    ferry = crossing_s > 0
    kmh[ferry] = np.where(kmh[ferry] > 0, (np.maximum(whole, 1)[ferry] / crossing_s[ferry] * 3.6)[:, None], 0)
    lost = np.stack([pieces.lost_forward, pieces.lost_backward], axis=1)
    stretch, backward = np.nonzero(kmh)
    duration = pieces.metres[stretch] / kmh[stretch, backward] * 3600 + lost[stretch, backward]
    return stretch, backward.astype(np.bool_), np.maximum(SHORTEST_ARC_MS, np.rint(duration)).astype(np.int32)


def _shapes(pieces: _Stretches) -> tuple[Longs, Longs]:
    counts = pieces.last - pieces.first + 1
    return np.concatenate([[0], np.cumsum(counts)]), ranges(pieces.first, counts)


def _banned_turns(restrictions: list[Restriction], arcs: Arcs, way_ids: Longs, node_ids: Longs) -> Ints:
    """Translate the turn rules of the map to pairs of arcs; a rule that fits no single pair is left out."""
    wanted = np.unique(np.array([rule.origin for rule in restrictions] + [r.target for r in restrictions], np.int64))
    rows = np.flatnonzero(np.isin(way_ids[arcs.stretch], wanted))
    into: dict[tuple[int, int], list[int]] = {}
    out_of: dict[tuple[int, int], list[int]] = {}
    for arc, way in zip(rows.tolist(), way_ids[arcs.stretch[rows]].tolist(), strict=True):
        into.setdefault((way, int(node_ids[arcs.head[arc]])), []).append(arc)
        out_of.setdefault((way, int(node_ids[arcs.tail[arc]])), []).append(arc)
    pairs: set[tuple[int, int]] = set()
    for rule in restrictions:
        origins, targets = into.get((rule.origin, rule.via), []), out_of.get((rule.target, rule.via), [])
        # A way that passes through the node instead of ending there leaves open which half is meant.
        if len(origins) != 1 or len(targets) != 1:
            continue
        if rule.only:
            at_node = np.flatnonzero(arcs.tail == arcs.head[origins[0]]).tolist()
            pairs.update((origins[0], other) for other in at_node if other != targets[0])
        else:
            pairs.add((origins[0], targets[0]))
    return np.array(sorted(pairs), np.int32).reshape(-1, 2)
