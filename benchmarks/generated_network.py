"""Generate road networks of any size: bent lanes between junctions, main roads, one-way streets and turn bans."""

import math
from array import array

import numpy as np

from routing.network import E7, Floats, Ints, Longs, RoadNetwork
from routing.order import with_order
from routing.speeds import CLASS_SPEED_KMH, ROAD_CLASSES, VAN_PERCENT
from routing.stretches import Restriction, RoadRecords, build_network

SOUTH, WEST = 49.0, 1.0
# Junctions stand 250 m apart, moved by up to a third: in the country side as on a map of it.
STEP_M = 250.0
MOVED = 0.33
_METRES_PER_DEGREE = 111_195.0
# Of the lanes between neighbours so many are there: what is left has dead ends and two ways round.
KEPT = 0.58
ONE_WAY = 0.05
BANS_A_JUNCTION = 0.02
# Every so many-th line of lanes is a through road.
PRIMARY, SECONDARY, TERTIARY = 48, 16, 6


def generated_network(nodes: int, seed: int, *, ordered: bool = True) -> RoadNetwork:
    """Make a network of about so many junctions; the same for the same seed."""
    chance = np.random.default_rng(seed)
    side = math.isqrt(nodes - 1) + 1
    tails, heads, classes = _lanes(side, chance)
    records = RoadRecords(names=("", "Chemin vert"))
    records.node_ids = np.arange(1, side * side + 1, dtype=np.int64)
    records.node_lat, records.node_lon = _positions(side, chance)
    one_way = (chance.random(len(tails)) < ONE_WAY) & (classes >= ROAD_CLASSES.index("tertiary"))
    kmh = np.array([CLASS_SPEED_KMH[name] * VAN_PERCENT / 100 for name in ROAD_CLASSES])[classes]
    records.ways = array("q", np.arange(1, len(tails) + 1, dtype=np.int64).tobytes())
    records.refs = array("q", np.stack([tails, heads], axis=1).astype(np.int64).tobytes())
    records.ends = array("q", (2 * np.arange(1, len(tails) + 1, dtype=np.int64)).tobytes())
    records.road_class = array("B", classes.astype(np.uint8).tobytes())
    records.name = array("i", (classes % 2).astype(np.int32).tobytes())
    records.forward_kmh = array("d", kmh.tobytes())
    records.backward_kmh = array("d", np.where(one_way, 0, kmh).tobytes())
    records.crossing_s = array("i", np.zeros(len(tails), np.int32).tobytes())
    records.restrictions = _bans(tails, heads, int(nodes * BANS_A_JUNCTION), chance)
    network = build_network(records, None)
    if network is None:
        raise ValueError(f"No network has {nodes} junctions.")
    return with_order(network) if ordered else network


def _positions(side: int, chance: np.random.Generator) -> tuple[Ints, Ints]:
    rows, columns = np.divmod(np.arange(side * side), side)
    north = (rows + chance.uniform(-MOVED, MOVED, side * side)) * STEP_M
    east = (columns + chance.uniform(-MOVED, MOVED, side * side)) * STEP_M
    lat = SOUTH + north / _METRES_PER_DEGREE
    # One scale for all: a square of lanes need not be square on the globe.
    lon = WEST + east / (_METRES_PER_DEGREE * math.cos(math.radians(SOUTH)))
    return _e7(lat), _e7(lon)


def _e7(degrees: Floats) -> Ints:
    return np.rint(degrees * E7).astype(np.int32)


def _lanes(side: int, chance: np.random.Generator) -> tuple[Longs, Longs, Longs]:
    """Join neighbours: (tails, heads, classes), nodes counted from 1; through roads have no gaps."""
    number = np.arange(1, side * side + 1, dtype=np.int64).reshape(side, side)
    line = np.arange(side)
    across = (number[:, :-1].ravel(), number[:, 1:].ravel(), np.repeat(line, side - 1))
    along = (number[:-1, :].ravel(), number[1:, :].ravel(), np.tile(line, side - 1))
    tails, heads, lines = (np.concatenate(both) for both in zip(across, along, strict=True))
    classes = np.full(len(tails), ROAD_CLASSES.index("unclassified"), np.int64)
    for every, name in ((TERTIARY, "tertiary"), (SECONDARY, "secondary"), (PRIMARY, "primary")):
        classes[lines % every == 0] = ROAD_CLASSES.index(name)
    through = classes < ROAD_CLASSES.index("tertiary")
    kept = through | (chance.random(len(tails)) < KEPT)
    return tails[kept], heads[kept], classes[kept]


def _bans(tails: Longs, heads: Longs, count: int, chance: np.random.Generator) -> list[Restriction]:
    """Forbid turns from one lane into another that begins where it ends."""
    first = np.searchsorted(tails, heads)
    follows = (first < len(tails)) & (tails[np.minimum(first, len(tails) - 1)] == heads)
    chosen = chance.choice(np.flatnonzero(follows), min(count, int(follows.sum())), replace=False)
    return [Restriction(False, int(lane) + 1, int(heads[lane]), int(first[lane]) + 1) for lane in np.sort(chosen)]
