"""Measure the travel matrix: equal to networkx, equal to the ways driven, how fast, how big."""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import networkx as nx
import numpy as np

from benchmarks.table import Row
from routing.matrix import best_leg, travel_matrix
from routing.network import E7, RoadNetwork
from routing.osm import read_osm
from routing.snapping import OffRoad, Snap, snap
from routing.speeds import WHOLE_PPM
from routing.travel import TravelMatrix

REAL_MAP = Path(__file__).resolve().parents[1] / "tests" / "data" / "liechtenstein.osm.pbf"
PAIRS = 200
REPEATS = 5
# The two places as nodes of the graph of turns, beside the numbers of the arcs.
FROM, TO = -1, -2

Places = list[tuple[str, Snap]]


def measure(arguments: list[str]) -> list[Row]:
    """Measure on one road map; answer the rows of the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks matrix")
    parser.add_argument("--roads", type=Path, default=REAL_MAP, metavar="FILE", help="an OpenStreetMap extract")
    parser.add_argument("--places", type=int, default=300, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    network = read_osm(options.roads)
    read_s = time.perf_counter() - started
    chance = np.random.default_rng(options.seed)
    places = _places(network, options.places, chance)
    first_s, _ = _timed(lambda: travel_matrix(network, places[:2]))
    seconds, matrix = min((_timed(lambda: travel_matrix(network, places)) for _ in range(REPEATS)), key=lambda t: t[0])
    dijkstra_s, wrong = _against_networkx(network, places, matrix, chance)
    ways_wrong = _against_ways(network, places, matrix, chance)
    size, opening_s = len(places), _opening_s(network)
    return [
        Row(f"pairs of {PAIRS} unlike networkx", wrong, "= 0", wrong == 0),
        Row(f"pairs of {PAIRS} unlike the way driven", ways_wrong, "= 0", ways_wrong == 0),
        Row("pairs without a way", int((matrix.durations_s < 0).sum()), "= 0", bool((matrix.durations_s >= 0).all())),
        _faster(dijkstra_s, seconds / size**2, size),
        Row(f"matrix {size}×{size}, s", round(seconds, 4), "reported", True),
        Row("hierarchy from its order, s", round(first_s, 3), "reported", True),
        Row("arcs", len(network.arc_tail), "reported", True),
        Row("turns", len(network.turn_to), "reported", True),
        Row("reading the map, s", round(read_s, 2), "reported", True),
        Row("opening the saved network, s", round(opening_s, 4), "≤ 1", opening_s <= 1),
        Row("most memory, MB", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "reported", True),
    ]


def _faster(dijkstra_s: float, ours_s: float, size: int) -> Row:
    ratio = dijkstra_s / ours_s
    return Row(f"networkx / ours, time a pair, {size}×{size}", round(ratio, 1), "≥ 50", ratio >= 50)


def _timed(what: Callable[[], TravelMatrix]) -> tuple[float, TravelMatrix]:
    started = time.perf_counter()
    answer = what()
    return time.perf_counter() - started, answer


def _places(network: RoadNetwork, count: int, chance: np.random.Generator) -> Places:
    """Draw places beside the roads of a network."""
    places: Places = []
    for _ in range(count * 20):
        row = chance.integers(len(network.shape_lat))
        lat, lon = float(network.shape_lat[row]) / E7, float(network.shape_lon[row]) / E7
        north, east = chance.uniform(-5e-4, 5e-4, 2).tolist()
        try:
            places.append((f"P{len(places)}", snap(network, lat + north, lon + east)))
        except OffRoad:
            continue
        if len(places) == count:
            break
    return places


def _pairs(places: Places, chance: np.random.Generator) -> list[tuple[tuple[str, Snap], tuple[str, Snap]]]:
    """Draw pairs on different stretches: within one, the graph of turns has no two nodes to search between."""
    drawn = ([places[nth] for nth in chance.choice(len(places), 2, replace=False)] for _ in range(100 * PAIRS))
    apart = ((a, b) for a, b in drawn if a[1].stretch != b[1].stretch)
    return list(islice(apart, PAIRS))


def _against_networkx(
    network: RoadNetwork, places: Places, matrix: TravelMatrix, chance: np.random.Generator
) -> tuple[float, int]:
    """Compare with Dijkstra's search on the graph of turns: (median seconds a pair, how many pairs differ)."""
    graph = network.arc_graph()
    wrong, times = 0, []
    for (a_id, a), (b_id, b) in _pairs(places, chance):
        started = time.perf_counter()
        expected = _dijkstra_ms(graph, network, a, b)
        times.append(time.perf_counter() - started)
        wrong += matrix.duration_s(a_id, b_id) != -(-expected // 1000)
    return statistics.median(times), wrong


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


def _against_ways(network: RoadNetwork, places: Places, matrix: TravelMatrix, chance: np.random.Generator) -> int:
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
        started = time.perf_counter()
        RoadNetwork.load(path)
        return time.perf_counter() - started
