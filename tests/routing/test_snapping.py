from itertools import pairwise
from math import hypot
from pathlib import Path

import numpy as np
import pytest

from routing.network import E7, RoadNetwork
from routing.osm import read_osm
from routing.snapping import FARTHEST_M, METRES_PER_DEGREE, CutOff, OffRoad, Snap, snap
from tests.routing.maps import LIECHTENSTEIN, STEP_LAT, Sketch, at


@pytest.fixture(scope="module")
def liechtenstein() -> RoadNetwork:
    return read_osm(LIECHTENSTEIN)


def test_a_place_snaps_to_the_foot_of_the_perpendicular(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (0, 0), (4, 0), (8, 0))
    network = read_osm(sketch.write(tmp_path))

    found = snap(network, *at(2, 1))

    assert (found.lat, found.lon) == pytest.approx(at(2, 0), abs=2e-6)
    assert found.distance_m == pytest.approx(STEP_LAT * METRES_PER_DEGREE, abs=1)
    assert found.along_ppm == pytest.approx(250_000, abs=50)


def test_a_place_beyond_the_end_of_a_road_snaps_to_its_end(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (0, 0), (1, 0))
    network = read_osm(sketch.write(tmp_path))

    assert snap(network, *at(2, 0)).along_ppm == 1_000_000
    assert snap(network, *at(-1, 0)).along_ppm == 0
    assert snap(network, *at(0, 0)).distance_m == 0


def test_a_road_nobody_can_come_back_from_is_not_snapped_to(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (0, 0), (2, 0), (4, 0))
    sketch.way(4, (2, 0), (2, -1))
    sketch.way(2, (2, 1), (3, 1))
    sketch.way(3, (4, 0), (4, 1), oneway="yes")
    network = read_osm(sketch.write(tmp_path))

    assert network.stretch_way[snap(network, *at(2.5, 0.9)).stretch] == 1
    assert network.stretch_way[snap(network, *at(4, 0.9)).stretch] == 1


def test_a_place_far_from_any_road_is_refused_with_the_distance(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (0, 0), (4, 0))
    network = read_osm(sketch.write(tmp_path))

    assert snap(network, *at(2, 2.2)).distance_m <= FARTHEST_M
    with pytest.raises(OffRoad, match="334") as caught:
        snap(network, *at(2, 3))
    assert caught.value.distance_m == pytest.approx(3 * STEP_LAT * METRES_PER_DEGREE, abs=1)
    for lat, lon in [(0.0, 0.0), (-50.0, 120.0), (51.2, 2.6), (90.0, 180.0)]:
        with pytest.raises(OffRoad) as caught:
            snap(network, lat, lon)
        assert caught.value.distance_m is None


def nearest_by_looking_at_all(network: RoadNetwork, lat: float, lon: float) -> float:
    narrow = float(np.cos(np.radians(lat)))
    best = float("inf")
    for stretch in np.unique(network.arc_stretch[network.strong]).tolist():
        points = [
            ((b - lon) * narrow * METRES_PER_DEGREE, (a - lat) * METRES_PER_DEGREE) for a, b in network.shape(stretch)
        ]
        for (x, y), (u, v) in pairwise(points):
            square = (u - x) ** 2 + (v - y) ** 2
            share = 0.0 if square == 0 else min(1.0, max(0.0, -(x * (u - x) + y * (v - y)) / square))
            best = min(best, hypot(x + share * (u - x), y + share * (v - y)))
    return best


@pytest.mark.slow
def test_no_road_is_nearer_than_the_one_found(liechtenstein: RoadNetwork) -> None:
    chance = np.random.default_rng(5)
    box = liechtenstein.bbox
    for _ in range(30):
        lat, lon = chance.uniform(box.south, box.north), chance.uniform(box.west, box.east)
        truth = nearest_by_looking_at_all(liechtenstein, lat, lon)
        found: Snap | OffRoad
        try:
            found = snap(liechtenstein, lat, lon)
        except CutOff:
            assert truth > FARTHEST_M - 1
            continue
        except OffRoad as refusal:
            found = refusal

        if truth <= FARTHEST_M - 1:
            assert found.distance_m == pytest.approx(truth, abs=1)
        elif found.distance_m is not None:
            assert found.distance_m > FARTHEST_M - 1


def test_the_point_found_lies_on_the_stretch(liechtenstein: RoadNetwork) -> None:
    chance = np.random.default_rng(6)
    for _ in range(50):
        row = chance.integers(len(liechtenstein.shape_lat))
        lat, lon = float(liechtenstein.shape_lat[row]) / E7, float(liechtenstein.shape_lon[row]) / E7
        try:
            found = snap(liechtenstein, lat + 0.0003, lon)
        except (CutOff, OffRoad):
            continue
        assert snap(liechtenstein, found.lat, found.lon).distance_m == 0
