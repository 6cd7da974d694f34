from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from routing.mapping import map_lines
from routing.matrix import travel_matrix
from routing.network import BBox, RoadNetwork, metres_between
from routing.osm import read_osm
from routing.snapping import snap
from routing.ways import Point, Way, way
from tests.routing.maps import LIECHTENSTEIN, Sketch, at
from tests.routing.test_matrix import places_on


@pytest.fixture(scope="module")
def liechtenstein() -> RoadNetwork:
    return read_osm(LIECHTENSTEIN)


def assert_line(points: Sequence[Point], *expected: Point) -> None:
    """A snap is a foot of a perpendicular: within 0.2 m of the corner."""
    assert np.array(points) == pytest.approx(np.array(expected), abs=2e-6)


def drawn_length_m(drawn: Way) -> float:
    lat, lon = np.array(drawn.points).T
    return float(metres_between(lat[:-1], lon[:-1], lat[1:], lon[1:]).sum())


def test_a_way_follows_the_road_between_its_two_places(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (0, 0), (2, 0), (2, 1), (3, 1), name="Rue de Lille")
    sketch.way(2, (3, 1), (5, 1), name="Rue d’Aire")
    network = read_osm(sketch.write(tmp_path))

    drawn = way(network, snap(network, *at(1, 0)), snap(network, *at(4, 1)))

    assert_line(drawn.points, at(1, 0), at(2, 0), at(2, 1), at(3, 1), at(4, 1))
    assert drawn.names == ("Rue de Lille", "Rue d’Aire")
    back = way(network, snap(network, *at(4, 1)), snap(network, *at(1, 0)))
    assert back.points == tuple(reversed(drawn.points))
    assert back.names == ("Rue d’Aire", "Rue de Lille")


def test_a_way_within_one_stretch_draws_only_its_part(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (0, 0), (2, 0), (4, 0), (6, 0))
    network = read_osm(sketch.write(tmp_path))

    drawn = way(network, snap(network, *at(5, 0)), snap(network, *at(3, 0)))

    assert_line(drawn.points, at(5, 0), at(4, 0), at(3, 0))


def test_the_line_is_as_long_as_the_way_says_and_as_the_matrix(liechtenstein: RoadNetwork) -> None:
    places = places_on(liechtenstein, 30, seed=21)
    matrix = travel_matrix(liechtenstein, places)
    for (a_id, a), (b_id, b) in pairwise(places):
        drawn = way(liechtenstein, a, b)

        assert (drawn.duration_s, drawn.distance_m) == (matrix.duration_s(a_id, b_id), matrix.distance_m(a_id, b_id))
        assert drawn_length_m(drawn) == pytest.approx(drawn.distance_m, rel=0.01, abs=10)
        assert drawn.points[0] == (a.lat, a.lon)
        assert drawn.points[-1] == (b.lat, b.lon)


def test_the_map_is_bounded_and_shows_main_roads_first(liechtenstein: RoadNetwork) -> None:
    sizes = []
    for most in (0, 200, 1000, 5000):
        lines = map_lines(liechtenstein, liechtenstein.bbox, most)
        points = sum(len(line.points) for line in lines)
        assert points <= most
        sizes.append(points)
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[1] > 0
    classes = list(dict.fromkeys(line.road_class for line in map_lines(liechtenstein, liechtenstein.bbox, 1000)))
    assert classes[0] in {"motorway", "trunk", "primary"}
    assert classes == sorted(classes, key=classes.index)
    assert "service" not in classes


def test_the_map_joins_stretches_and_leaves_out_points_on_a_line(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (0, 0), (3, 0), (6, 0), (9, 0), highway="primary")
    sketch.way(2, (9, 0), (20, 0), (20, 9), highway="primary")
    sketch.way(3, (3, 0), (3, 5), highway="tertiary")
    network = read_osm(sketch.write(tmp_path))

    main, side = map_lines(network, network.bbox, 100)

    assert main.road_class == "primary"
    assert_line(sorted(main.points), at(0, 0), at(20, 0), at(20, 9))
    assert (side.road_class, len(side.points)) == ("tertiary", 2)


def test_a_map_of_nowhere_has_no_lines(liechtenstein: RoadNetwork) -> None:
    assert map_lines(liechtenstein, BBox(2.0, 50.0, 2.1, 50.1), 1000) == ()
