from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from benchmarks.generated_network import generated_network
from routing.matrix import StrangeSnap, best_leg, travel_matrix
from routing.network import E7, RoadNetwork
from routing.osm import read_osm
from routing.refusals import TwiceTheSameId
from routing.snapping import CutOff, OffRoad, Snap, snap
from routing.speeds import WHOLE_PPM
from routing.travel import TravelMatrix
from tests.routing.maps import LIECHTENSTEIN, Sketch, at, shared


@pytest.fixture(scope="module")
def liechtenstein() -> RoadNetwork:
    return read_osm(LIECHTENSTEIN)


def places_on(network: RoadNetwork, count: int, seed: int) -> list[tuple[str, Snap]]:
    chance = np.random.default_rng(seed)
    places: list[tuple[str, Snap]] = []
    while len(places) < count:
        row = chance.integers(len(network.shape_lat))
        lat, lon = float(network.shape_lat[row]) / E7, float(network.shape_lon[row]) / E7
        try:
            where = snap(network, lat + chance.uniform(-0.001, 0.001), lon + chance.uniform(-0.001, 0.001))
        except (CutOff, OffRoad):
            continue
        places.append((f"P{len(places)}", where))
    return places


class Dijkstra:
    """Milliseconds by networkx on the graph of turns; what was searched from an arc once is kept."""

    def __init__(self, network: RoadNetwork) -> None:
        self._network = network
        self._graph = network.arc_graph()
        self._from: dict[int, dict[int, float]] = {}

    def duration_ms(self, a: Snap, b: Snap) -> int:
        best = []
        for origin, left in halves(self._network, a):
            for target, target_left in halves(self._network, b):
                if origin != target:
                    best.append(left + self._between(origin, target) - target_left)
                elif left >= target_left:
                    best.append(left - target_left)
                else:
                    for start in self._graph.successors(origin):
                        begun = self._graph.edges[origin, start]["duration_ms"]
                        best.append(left + begun + self._between(start, target) - target_left)
        return min(best)

    def _between(self, origin: int, target: int) -> int:
        if origin not in self._from:
            self._from[origin] = nx.single_source_dijkstra_path_length(self._graph, origin, weight="duration_ms")
        return int(self._from[origin][target])


def halves(network: RoadNetwork, place: Snap) -> list[tuple[int, int]]:
    """Give the arcs a van may stand on, with the milliseconds left of each."""
    forward, backward = network.stretch_arcs[place.stretch].tolist()
    ahead = {forward: WHOLE_PPM - place.along_ppm, backward: place.along_ppm}
    return [
        (arc, int(network.arc_duration[arc]) * share // WHOLE_PPM)
        for arc, share in ahead.items()
        if arc >= 0 and network.strong[arc]
    ]


def assert_equal_to_networkx(network: RoadNetwork, pairs: int) -> None:
    places = places_on(network, 60, seed=11)
    matrix, dijkstra, chance = travel_matrix(network, places), Dijkstra(network), np.random.default_rng(12)
    for _ in range(pairs):
        (a_id, a), (b_id, b) = (places[nth] for nth in chance.choice(len(places), 2, replace=False))
        assert matrix.duration_s(a_id, b_id) == -(-dijkstra.duration_ms(a, b) // 1000)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_matrix_of_a_generated_network_equals_networkx(seed: int) -> None:
    network = generated_network(600, seed)

    assert len(network.banned_turns) > 5
    assert_equal_to_networkx(network, 200)


@pytest.mark.slow
def test_the_matrix_of_a_real_map_equals_networkx(liechtenstein: RoadNetwork) -> None:
    assert_equal_to_networkx(liechtenstein, 200)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "pairs"), [("porto-north.osm.pbf", 200), ("artois-synthetic.osm.pbf", 200), ("north-bayreuth.osm.gz", 50)]
)
def test_the_matrix_of_other_regions_equals_networkx(name: str, pairs: int) -> None:
    assert_equal_to_networkx(read_osm(shared(name)), pairs)


def test_the_matrix_is_the_sum_of_the_ways_driven(liechtenstein: RoadNetwork) -> None:
    places = places_on(liechtenstein, 50, seed=13)
    matrix = travel_matrix(liechtenstein, places)
    for a_id, a in places[:12]:
        for b_id, b in places:
            leg = best_leg(liechtenstein, a, b)
            assert leg is not None
            if a_id != b_id:
                assert matrix.duration_s(a_id, b_id) == -(-leg.duration_ms // 1000)
                assert matrix.distance_m(a_id, b_id) == leg.distance_m


@pytest.mark.parametrize(("slower_ms", "steps"), [(0, 6), (1, 8), (-1, 6)])
def test_the_fastest_way_wins_and_of_equally_fast_ones_the_shortest(slower_ms: int, steps: int, tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (-1, 0), (0, 0))
    sketch.way(2, (0, 0), (2, 0), (4, 0), oneway="yes")
    sketch.way(3, (0, 0), (0, 1), (4, 1), (4, 0), oneway="yes")
    sketch.way(4, (4, 0), (5, 0))
    sketch.way(5, (4, 0), (4, -1), (0, -1), (0, 0))
    network = read_osm(sketch.write(tmp_path))
    a, b = snap(network, *at(-1, 0)), snap(network, *at(5, 0))
    # The straight street takes as long as the one around, to the millisecond, or differs by a single one.
    ways = network.stretch_way[network.arc_stretch]
    turns = {way: network.turn_cost[(ways[network.turn_from] == 1) & (ways[network.turn_to] == way)] for way in (2, 3)}
    out = {way: network.turn_cost[(ways[network.turn_from] == way) & (ways[network.turn_to] == 4)] for way in (2, 3)}
    durations = network.arc_duration.copy()
    for way in (2, 3):
        durations[ways == way] = 90_000 - turns[way].max() - out[way].max()
    durations[ways == 2] += slower_ms
    network = replace(network, arc_duration=durations)

    matrix, leg = travel_matrix(network, [("a", a), ("b", b)]), best_leg(network, a, b)

    assert matrix.distance_m("a", "b") == pytest.approx(steps * 111.3, abs=3)
    assert leg is not None
    assert leg.distance_m == matrix.distance_m("a", "b")


def test_the_triangle_holds_but_for_turning_round_at_the_stop(liechtenstein: RoadNetwork) -> None:
    # On a one-way stretch the van has one way on: no turn is saved by stopping there.
    places = places_on(liechtenstein, 60, seed=14)
    matrix = travel_matrix(liechtenstein, places).durations_s
    one_way = [nth for nth, (_, place) in enumerate(places) if len(halves(liechtenstein, place)) == 1]
    assert one_way
    for middle in one_way:
        through = matrix[:, middle][:, None] + matrix[middle][None, :]
        off_diagonal = ~np.eye(len(places), dtype=bool)
        assert (matrix <= through)[off_diagonal].all()
    assert (matrix >= 0).all()
    assert (np.diagonal(matrix) == 0).all()


def test_behind_on_a_one_way_street_the_way_leads_round(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (0, 0), (4, 0), oneway="yes")
    sketch.way(2, (4, 0), (4, 1), (0, 1), (0, 0), oneway="yes")
    network = read_osm(sketch.write(tmp_path))
    a, b = snap(network, *at(1, 0)), snap(network, *at(3, 0))

    matrix = travel_matrix(network, [("a", a), ("b", b)])

    assert matrix.distance_m("a", "b") == pytest.approx(2 * 111.3, abs=2)
    assert matrix.distance_m("b", "a") == pytest.approx(8 * 111.3, abs=3)


def test_a_forbidden_turn_makes_the_way_longer(tmp_path: Path) -> None:
    free, bound = Sketch(), Sketch()
    for sketch in (free, bound):
        sketch.way(1, (-1, 0), (0, 0))
        sketch.way(2, (0, 0), (0, 1))
        sketch.way(3, (0, 0), (3, 0))
    bound.rule("no_left_turn", 1, (0, 0), 2)
    (tmp_path / "free").mkdir()
    metres = []
    for network in (read_osm(free.write(tmp_path / "free")), read_osm(bound.write(tmp_path))):
        places = [("a", snap(network, *at(-1, 0))), ("b", snap(network, *at(0, 1)))]
        metres.append(travel_matrix(network, places).distance_m("a", "b"))

    assert metres == pytest.approx([2 * 111.3, 8 * 111.3], abs=3)


def test_the_same_place_twice_is_no_way_apart(liechtenstein: RoadNetwork) -> None:
    ((_, place),) = places_on(liechtenstein, 1, seed=15)

    matrix = travel_matrix(liechtenstein, [("a", place), ("b", place)])

    assert matrix.durations_s.tolist() == [[0, 0], [0, 0]]


def test_a_day_without_places_has_an_empty_matrix(liechtenstein: RoadNetwork) -> None:
    assert travel_matrix(liechtenstein, []).durations_s.shape == (0, 0)


def test_a_snap_of_another_network_is_refused(liechtenstein: RoadNetwork) -> None:
    with pytest.raises(StrangeSnap):
        travel_matrix(liechtenstein, [("a", Snap(10**6, 0, 0.0, 0.0, 0))])
    with pytest.raises(StrangeSnap):
        best_leg(liechtenstein, Snap(0, 2 * WHOLE_PPM, 0.0, 0.0, 0), Snap(0, 0, 0.0, 0.0, 0))


def test_a_loaded_network_gives_the_same_matrix(liechtenstein: RoadNetwork, tmp_path: Path) -> None:
    places = places_on(liechtenstein, 20, seed=16)
    liechtenstein.save(tmp_path / "roads")

    again = travel_matrix(RoadNetwork.load(tmp_path / "roads"), places)

    assert (again.durations_s == travel_matrix(liechtenstein, places).durations_s).all()


def test_the_triangle_holds_less_the_turn_at_the_middle(liechtenstein: RoadNetwork) -> None:
    # Stopping in the middle lets a van turn round there, at the most sparing it the next dead end and one wait.
    places = places_on(liechtenstein, 80, seed=21)
    index = {place: halves(liechtenstein, place) for _, place in places}
    matrix = travel_matrix(liechtenstein, places).durations_s.astype(np.int64)
    graph = liechtenstein.arc_graph()
    for middle, (_, place) in enumerate(places):
        round_ms = [round_ms_of(liechtenstein, graph, arc) for arc, _ in index[place]]
        gap = matrix - (matrix[:, middle][:, None] + matrix[middle][None, :])
        assert gap.max() <= max(round_ms) / 1000 + 1


def round_ms_of(network: RoadNetwork, graph: "nx.DiGraph[int]", arc: int) -> float:
    """Give the milliseconds from the end of an arc to the end of the same stretch driven the other way."""
    twin = [other for other in network.stretch_arcs[network.arc_stretch[arc]].tolist() if other not in {arc, -1}]
    if not twin:
        return 0
    return float(nx.dijkstra_path_length(graph, arc, twin[0], weight="duration_ms"))


def test_places_without_a_way_are_added_to_a_table() -> None:
    table = TravelMatrix(("a", "b"), np.array([[0, 5], [6, 0]], np.int32), np.array([[0, 50], [60, 0]], np.int32))
    grown = table.with_unreachable(["island"])

    assert [grown.duration_s("a", "b"), grown.duration_s("b", "a"), grown.distance_m("b", "a")] == [5, 6, 60]
    assert {grown.duration_s(*pair) for pair in (("a", "island"), ("island", "b"))} == {-1}
    assert grown.distance_m("island", "island") == 0
    with pytest.raises(TwiceTheSameId, match="a"):
        table.with_unreachable(["a"])
