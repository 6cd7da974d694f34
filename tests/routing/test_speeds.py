from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from routing import speeds
from routing.matrix import travel_matrix
from routing.network import RoadNetwork
from routing.osm import read_osm
from routing.snapping import snap
from routing.speeds import HOUR_BANDS, WHOLE_PPM, BadSpeedFactor, day_factors
from routing.ways import way
from tests.routing.maps import LIECHTENSTEIN, Sketch, at
from tests.routing.test_matrix import places_on


@pytest.fixture(scope="module")
def liechtenstein() -> RoadNetwork:
    return read_osm(LIECHTENSTEIN)


NIGHT, MORNING, DAY, EVENING, LATE = HOUR_BANDS


def two_roads() -> Sketch:
    sketch = Sketch()
    sketch.way(1, (-1, 0), (0, 0))
    sketch.way(2, (0, 0), (8, 0), highway="residential", name="Rue droite")
    sketch.way(3, (0, 0), (0, 4), (8, 4), (8, 0), highway="primary", name="Rocade")
    sketch.way(4, (8, 0), (9, 0))
    return sketch


def test_a_new_table_equals_a_network_imported_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = two_roads().write(tmp_path)
    network = read_osm(path)
    table = {**speeds.CLASS_SPEED_KMH, "residential": 50}
    monkeypatch.setattr(speeds, "CLASS_SPEED_KMH", table)
    imported = read_osm(path)

    changed = network.with_speeds({"residential": 500_000})

    assert np.abs(changed.arc_duration - imported.arc_duration).max() <= 1
    ends = [("a", snap(network, *at(-1, 0))), ("b", snap(network, *at(9, 0)))]
    assert way(network, ends[0][1], ends[1][1]).names == ("Rocade",)
    assert way(changed, ends[0][1], ends[1][1]).names == ("Rue droite",)
    again, expected = travel_matrix(changed, ends), travel_matrix(imported, ends)
    assert np.abs(again.durations_s - expected.durations_s).max() <= 1
    assert (again.distances_m == expected.distances_m).all()


def test_new_speeds_keep_turns_and_order_and_no_change_is_the_same_network(liechtenstein: RoadNetwork) -> None:
    network = liechtenstein
    places = places_on(network, 20, seed=5)

    slower = network.with_speeds(dict.fromkeys(speeds.ROAD_CLASSES, 1_500_000))

    assert network.with_speeds({"primary": WHOLE_PPM}) is network
    assert slower.turns_digest == network.turns_digest
    before, after = travel_matrix(network, places).durations_s, travel_matrix(slower, places).durations_s
    # Turns cost what they cost: no way takes half as long again, none less than before.
    assert (after >= before).all()
    assert (after <= before * 1.5 + 1).all()
    assert after.sum() > 1.3 * before.sum()


@pytest.mark.parametrize("factors", [{"boulevard": WHOLE_PPM}, {"primary": 0}, {"primary": -5}, {"primary": 10**9}])
def test_a_factor_that_no_van_could_have_driven_is_refused(factors: dict[str, int], liechtenstein: RoadNetwork) -> None:
    with pytest.raises(BadSpeedFactor):
        liechtenstein.with_speeds(factors)


def test_the_factor_of_a_day_is_the_mean_of_the_hours_worked() -> None:
    factors = {("primary", MORNING): 2_000_000, ("service", LATE): 3_000_000}

    assert day_factors(factors, [(8 * 3600, 12 * 3600)]) == {"primary": 1_250_000}
    assert day_factors(factors, [(7 * 3600, 9 * 3600), (9 * 3600, 11 * 3600)]) == {"primary": 1_500_000}
    assert day_factors(factors, [(20 * 3600, 28 * 3600)]) == {"service": 2_000_000}
    assert day_factors({}, [(0, 86_400)]) == {}
    assert set(day_factors(factors, [])) == {"primary", "service"}


def test_the_bands_make_a_whole_day() -> None:
    assert [band.until_hour for band in HOUR_BANDS[:-1]] == [band.from_hour for band in HOUR_BANDS[1:]]
    assert sum(band.seconds_of(0, 86_400) for band in HOUR_BANDS) == 86_400


def test_a_lane_of_the_country_side_is_no_hamlet_street() -> None:
    assert speeds.speed_kmh({"highway": "unclassified"}, "forward") == pytest.approx(45 * 0.9)
    assert (speeds.SIGNAL_MS, speeds.LEVEL_CROSSING_MS, speeds.SHARP_LEFT_MS) == (8_000, 10_000, 8_000)


def test_the_seconds_of_a_way_are_shared_out_among_its_classes(liechtenstein: RoadNetwork) -> None:
    network = liechtenstein
    places = places_on(network, 12, seed=6)
    for (_, a), (_, b) in pairwise(places):
        driven = way(network, a, b)
        assert sum(driven.class_s.values()) == driven.duration_s
        assert min(driven.class_s.values()) >= 0
        classes = {speeds.ROAD_CLASSES[number] for number in network.stretch_class[[a.stretch, b.stretch]]}
        assert classes <= set(driven.class_s)
