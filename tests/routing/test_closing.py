import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from routing.closing import BadClosure, Closure, close, closed_on
from routing.matrix import travel_matrix
from routing.network import RoadNetwork
from routing.osm import read_osm
from routing.snapping import CutOff, OffRoad, snap
from routing.ways import way
from tests.routing.maps import LIECHTENSTEIN, Sketch, at
from tests.routing.test_matrix import assert_equal_to_networkx

BRIDGE, QUAY, MILL = 5, 1, 3
MONDAY, TUESDAY, WEDNESDAY = (dt.date(2026, 3, day) for day in (2, 3, 4))


@pytest.fixture
def river(tmp_path: Path) -> RoadNetwork:
    """Draw two banks, a bridge between them, and another one far away."""
    sketch = Sketch()
    sketch.way(QUAY, (0, 0), (4, 0), (20, 0))
    sketch.way(2, (0, 3), (4, 3), (20, 3))
    sketch.way(MILL, (0, 0), (0, 1))
    sketch.way(4, (20, 0), (20, 3), name="Pont du bas")
    sketch.way(BRIDGE, (4, 0), (4, 3), name="Pont du haut")
    return read_osm(sketch.write(tmp_path))


def metres(network: RoadNetwork) -> int:
    a, b = snap(network, *at(2, 0)), snap(network, *at(2, 3))
    distance = travel_matrix(network, [("a", a), ("b", b)]).distance_m("a", "b")
    assert way(network, a, b).distance_m == distance
    return distance


def test_a_closed_bridge_leads_round_and_is_open_again_the_day_after(river: RoadNetwork) -> None:
    works = [Closure(frozenset({BRIDGE}), MONDAY, TUESDAY)]
    by_day = [metres(close(river, closed_on(works, day))) for day in (MONDAY, TUESDAY, WEDNESDAY)]

    assert by_day == pytest.approx([39 * 111.3, 39 * 111.3, 7 * 111.3], abs=4)


def test_a_network_without_a_closed_street_is_the_very_same(river: RoadNetwork) -> None:
    assert close(river, frozenset()) is river
    assert close(river, {999}) is river


def test_a_place_on_a_closed_street_is_reached_from_the_next_open_one(river: RoadNetwork) -> None:
    closed = close(river, {BRIDGE})

    there = snap(closed, *at(4, 1))

    assert closed.stretch_way[there.stretch] == QUAY
    assert there.distance_m == pytest.approx(111, abs=1)


def test_a_van_turns_round_before_a_barrier(river: RoadNetwork) -> None:
    closed = close(river, {BRIDGE, 4, 2})

    matrix = travel_matrix(closed, [("a", snap(closed, *at(18, 0))), ("b", snap(closed, *at(0, 1)))])

    assert (matrix.distances_m >= 0).all()
    assert not closed.strong[np.isin(closed.stretch_way[closed.arc_stretch], [BRIDGE, 4, 2])].any()


def test_what_a_closed_bridge_cuts_off_is_said_to_be_cut_off_and_not_far_from_every_road(river: RoadNetwork) -> None:
    cut = close(river, {BRIDGE, 4})

    assert snap(cut, *at(2, 0)).distance_m == 0
    with pytest.raises(CutOff):
        snap(cut, *at(2, 3))
    with pytest.raises(OffRoad, match="plus près que"):
        snap(cut, *at(2, -4))


def test_every_street_closed_is_no_crash(river: RoadNetwork) -> None:
    for network in (close(river, {1, 2, 3, 4, 5}), close(close(river, {BRIDGE, 4}), {QUAY, MILL})):
        with pytest.raises(CutOff):
            snap(network, *at(2, 0))
        with pytest.raises(OffRoad):
            snap(network, *at(2, -9))


def test_the_order_is_kept_and_the_ways_are_still_the_best(tmp_path: Path) -> None:
    network = read_osm(LIECHTENSTEIN)
    busiest = np.unique(network.stretch_way[network.stretch_class == 2])[:8]

    closed = close(network, frozenset(busiest.tolist()))

    assert closed.arc_order is network.arc_order
    assert not closed.strong[np.isin(network.stretch_way[network.arc_stretch], busiest)].any()
    assert_equal_to_networkx(closed, 20)


def test_a_closure_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(BadClosure, match="2026-03-03"):
        Closure(frozenset({1}), TUESDAY, MONDAY)
