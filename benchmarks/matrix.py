"""Measure the travel matrix: equal to networkx and to the ways driven, how fast, how big.

Equality is shown on a map of real roads, speed on a generated network when the map has fewer than `--nodes` junctions;
memory on a generated network of a million junctions, in a process of its own.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

import igraph
import networkx as nx
import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from benchmarks.generated_network import generated_network
from benchmarks.table import Row
from routing.closing import close
from routing.matrix import best_leg, travel_matrix
from routing.network import E7, RoadNetwork
from routing.order import with_order
from routing.osm import read_osm
from routing.snapping import CutOff, OffRoad, Snap, snap
from routing.speeds import ROAD_CLASSES, WHOLE_PPM
from routing.travel import TravelMatrix

REAL_MAP = Path(__file__).resolve().parents[1] / "tests" / "data" / "liechtenstein.osm.pbf"
PAIRS = 200
REPEATS = 5
MEMORY_NODES = 1_000_000
MOST_MEMORY_MB = 3_000
# igraph is slower than scipy: it answers a part of the rows, and its time is scaled.
IGRAPH_ROWS = 30
# The two places as nodes of the graph of turns, beside the numbers of the arcs.
FROM, TO = -1, -2

T = TypeVar("T")
Places = list[tuple[str, Snap]]


def measure(arguments: list[str]) -> list[Row]:
    """Measure; answer the rows of the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks matrix")
    parser.add_argument("--roads", type=Path, default=REAL_MAP, metavar="FILE", help="an OpenStreetMap extract")
    parser.add_argument("--places", type=int, default=300, metavar="N", help="how many places a matrix has")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--nodes", type=int, default=104_000, metavar="N", help="junctions of the generated network")
    parser.add_argument("--only", choices=list(PARTS), metavar="NAME", help="one of: " + ", ".join(PARTS))
    options = parser.parse_args(arguments)
    parts = [PARTS[options.only]] if options.only else list(PARTS.values())
    return [row for part in parts for row in part(options)]


def _equality(options: argparse.Namespace) -> Iterator[Row]:
    """Compare with networkx and with the ways driven, on the map and after a change of speeds and closed streets."""
    chance = np.random.default_rng(options.seed)
    network, read_s = _timed(lambda: read_osm(options.roads))
    slower = network.with_speeds({name: WHOLE_PPM + 50_000 * nth for nth, name in enumerate(ROAD_CLASSES)})
    closed = close(network, frozenset(chance.choice(network.stretch_way, 20).tolist()))
    for what, roads in (("", network), (", other speeds", slower), (", 20 streets closed", closed)):
        places = _places(roads, options.places, chance)
        matrix = travel_matrix(roads, places)
        wrong, ways_wrong = _unlike_networkx(roads, places, matrix, chance), _unlike_ways(roads, places, matrix, chance)
        yield Row(f"pairs of {PAIRS} unlike networkx{what}", wrong, "= 0", wrong == 0)
        yield Row(f"pairs of {PAIRS} unlike the way driven{what}", ways_wrong, "= 0", ways_wrong == 0)
        lost = int((matrix.durations_s < 0).sum())
        yield Row(f"pairs without a way{what}", lost, "= 0", lost == 0)
    opening_s = _opening_s(network)
    yield Row("reading the map, s", read_s, "reported", True)
    yield Row("junctions of the map", len(network.node_id), "reported", True)
    yield Row("opening the saved map, s", opening_s, "≤ 1", opening_s <= 1)


def _speed(options: argparse.Namespace) -> Iterator[Row]:
    """Race scipy and igraph, which know no turns, on a network of at least `--nodes` junctions."""
    network, order_s = _large(options)
    places = _places(network, options.places, np.random.default_rng(options.seed))
    # Compiled once, then read from its cache: neither belongs to a matrix.
    travel_matrix(network, places[:2])
    ours_s = min(_timed(lambda: travel_matrix(network, places))[1] for _ in range(REPEATS))
    sources = network.arc_head[[_halves(network, place)[0][0] for _, place in places]]
    junctions = _by_junctions(network)
    scipy_s = _timed(lambda: dijkstra(junctions, indices=sources))[1]
    graph = igraph.Graph(
        len(network.node_id), list(zip(network.arc_tail, network.arc_head, strict=True)), directed=True
    )
    some, durations = sources[:IGRAPH_ROWS].tolist(), network.arc_duration.tolist()
    igraph_s = _timed(lambda: graph.distances(some, sources.tolist(), weights=durations))[1] * len(sources) / len(some)
    slower = network.with_speeds(dict.fromkeys(ROAD_CLASSES, WHOLE_PPM * 11 // 10))
    again_s = min(_timed(lambda: travel_matrix(slower.with_speeds({"road": 900_000}), []))[1] for _ in range(2))
    rounds = f"{len(places)}×{len(places)}"
    yield Row("junctions", len(network.node_id), "≥ 100000", len(network.node_id) >= 100_000)
    yield Row("arcs", len(network.arc_tail), "reported", True)
    yield Row("turns", len(network.turn_to), "reported", True)
    yield Row(f"ours, {rounds} with turns, CPU s", ours_s, "reported", True)
    yield Row(f"scipy, {rounds} without turns, CPU s", scipy_s, "reported", True)
    yield Row(f"igraph, {rounds} without turns, CPU s", igraph_s, "reported", True)
    yield Row("ours / scipy", ours_s / scipy_s, "≤ 0.02", ours_s <= scipy_s / 50)
    yield Row("ours / igraph", ours_s / igraph_s, "reported", True)
    yield Row("other speeds, CPU s", again_s, "reported", True)
    per_arc = order_s * 250_000 / len(network.arc_tail)
    yield Row("order, CPU s for 250,000 arcs", per_arc, "≤ 5", per_arc <= 5)
    opening_s = _opening_s(network)
    yield Row("opening it saved, s", opening_s, "≤ 1", opening_s <= 1)


def _large(options: argparse.Namespace) -> tuple[RoadNetwork, float]:
    network = read_osm(options.roads)
    if len(network.node_id) < options.nodes:
        network = generated_network(options.nodes, options.seed, ordered=False)
    return _timed(lambda: with_order(network))


def _memory(options: argparse.Namespace) -> Iterator[Row]:
    """Make a great network, its order and one matrix in a process of their own, and ask what it took."""
    asked = [sys.executable, "-m", "benchmarks.matrix", str(MEMORY_NODES), str(options.places), str(options.seed)]
    answer = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    nodes, arcs, megabytes = (int(word) for word in answer)
    yield Row("junctions of the great network", nodes, "reported", True)
    yield Row("its arcs", arcs, "reported", True)
    yield Row("its most memory, MB", megabytes, f"≤ {MOST_MEMORY_MB}", megabytes <= MOST_MEMORY_MB)


def _great(nodes: int, count: int, seed: int) -> str:
    """Do what `_memory` asks for."""
    # What lies outside the largest component is kept, and so are a few more than asked for.
    network = generated_network(nodes + nodes // 25, seed)
    travel_matrix(network, _places(network, count, np.random.default_rng(seed)))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return f"{len(network.node_id)} {len(network.arc_tail)} {most}"


PARTS: dict[str, Callable[[argparse.Namespace], Iterator[Row]]] = {
    "equality": _equality,
    "speed": _speed,
    "memory": _memory,
}


def _timed(what: Callable[[], T]) -> tuple[T, float]:
    started = time.process_time()
    answer = what()
    return answer, time.process_time() - started


def _by_junctions(network: RoadNetwork) -> csr_matrix:
    """Give scipy's graph: junctions, and arcs with their milliseconds; of two arcs between the same the faster."""
    order = np.lexsort((network.arc_duration, network.arc_head, network.arc_tail))
    pairs = np.stack([network.arc_tail[order], network.arc_head[order]], axis=1)
    first = np.append(True, (np.diff(pairs, axis=0) != 0).any(axis=1))
    size = len(network.node_id)
    values = network.arc_duration[order][first].astype(np.float64)
    return csr_matrix((values, (pairs[first, 0], pairs[first, 1])), shape=(size, size))


def _places(network: RoadNetwork, count: int, chance: np.random.Generator) -> Places:
    """Draw places beside the roads of a network."""
    places: Places = []
    for _ in range(count * 20):
        row = chance.integers(len(network.shape_lat))
        lat, lon = float(network.shape_lat[row]) / E7, float(network.shape_lon[row]) / E7
        north, east = chance.uniform(-5e-4, 5e-4, 2).tolist()
        try:
            places.append((f"P{len(places)}", snap(network, lat + north, lon + east)))
        except (CutOff, OffRoad):
            continue
        if len(places) == count:
            break
    return places


def _pairs(places: Places, chance: np.random.Generator) -> list[tuple[tuple[str, Snap], tuple[str, Snap]]]:
    """Draw pairs on different stretches: within one, the graph of turns has no two nodes to search between."""
    drawn = ([places[nth] for nth in chance.choice(len(places), 2, replace=False)] for _ in range(100 * PAIRS))
    apart = ((a, b) for a, b in drawn if a[1].stretch != b[1].stretch)
    return list(islice(apart, PAIRS))


def _unlike_networkx(network: RoadNetwork, places: Places, matrix: TravelMatrix, chance: np.random.Generator) -> int:
    """Count the pairs that Dijkstra's search on the graph of turns answers otherwise."""
    graph = network.arc_graph()
    return sum(
        matrix.duration_s(a_id, b_id) != -(-_dijkstra_ms(graph, network, a, b) // 1000)
        for (a_id, a), (b_id, b) in _pairs(places, chance)
    )


def _dijkstra_ms(graph: "nx.DiGraph[int]", network: RoadNetwork, a: Snap, b: Snap) -> int:
    """Search one pair in a graph where the two places are nodes beside the arcs they lie on."""
    for arc, left in _halves(network, a):
        graph.add_edge(FROM, arc, duration_ms=left)
    aims = dict(_halves(network, b))
    farthest = max(int(network.arc_duration[arc]) for arc in aims)
    for arc, left in aims.items():
        graph.add_edge(arc, TO, duration_ms=farthest - left)
    try:
        length = int(nx.dijkstra_path_length(graph, FROM, TO, weight="duration_ms")) - farthest
    finally:
        graph.remove_nodes_from([FROM, TO])
    return length


def _halves(network: RoadNetwork, place: Snap) -> list[tuple[int, int]]:
    forward, backward = network.stretch_arcs[place.stretch].tolist()
    left = {forward: WHOLE_PPM - place.along_ppm, backward: place.along_ppm}
    usable = [arc for arc in left if arc >= 0 and network.strong[arc]]
    return [(arc, int(network.arc_duration[arc]) * left[arc] // WHOLE_PPM) for arc in usable]


def _unlike_ways(network: RoadNetwork, places: Places, matrix: TravelMatrix, chance: np.random.Generator) -> int:
    wrong = 0
    for (a_id, a), (b_id, b) in _pairs(places, chance):
        leg = best_leg(network, a, b)
        expected = (-(-leg.duration_ms // 1000), leg.distance_m) if leg else (-1, -1)
        wrong += (matrix.duration_s(a_id, b_id), matrix.distance_m(a_id, b_id)) != expected
    return wrong


def _opening_s(network: RoadNetwork) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roads"
        network.save(path)
        return _timed(lambda: RoadNetwork.load(path))[1]


if __name__ == "__main__":
    sys.stdout.write(_great(*map(int, sys.argv[1:])) + "\n")
