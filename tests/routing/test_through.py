from pathlib import Path

import pytest

from routing.osm import read_osm
from routing.speeds import ROAD_CLASSES
from routing.through import FARTHEST_M, through_roads
from tests.routing.maps import Sketch


def drawn_by_way(sketch: Sketch, folder: Path) -> dict[int, set[str]]:
    network = read_osm(sketch.write(folder))
    found: dict[int, set[str]] = {}
    for way, drawn in zip(network.stretch_way.tolist(), through_roads(network).tolist(), strict=True):
        found.setdefault(way, set()).add(ROAD_CLASSES[drawn])
    return found


def a_village() -> Sketch:
    """Let a secondary and a tertiary road stop at a village of small streets."""
    sketch = Sketch()
    sketch.way(1, (-20, 0), (0, 0), highway="secondary")
    sketch.way(2, (0, 0), (2, 0), (2, 3), highway="residential")
    sketch.way(3, (0, 0), (0, 3), (2, 3), (2, 9), highway="residential")
    sketch.way(4, (2, 0), (4, 0), highway="residential")
    sketch.way(5, (4, 0), (30, 0), highway="tertiary")
    return sketch


def test_a_main_road_goes_on_through_a_village_by_the_shortest_streets(tmp_path: Path) -> None:
    drawn = drawn_by_way(a_village(), tmp_path)

    assert drawn[1] == {"secondary"}
    assert drawn[2] == {"secondary", "residential"}
    assert drawn[4] == {"secondary"}
    assert drawn[3] == {"residential"}
    assert drawn[5] == {"tertiary"}


def test_a_shortcut_beside_main_roads_stays_small(tmp_path: Path) -> None:
    sketch = a_village()
    sketch.way(6, (0, 0), (2, 1), (4, 0), highway="tertiary")
    drawn = drawn_by_way(sketch, tmp_path)

    assert drawn[2] == drawn[3] == drawn[4] == {"residential"}


@pytest.mark.parametrize(("north", "drawn_as"), [(1, "residential"), (4, "secondary")])
def test_a_road_that_ends_is_led_on_only_where_main_roads_are_a_long_way_round(
    tmp_path: Path, north: int, drawn_as: str
) -> None:
    sketch = Sketch()
    sketch.way(1, (-20, 0), (-1, 0), (0, 0), highway="secondary")
    sketch.way(2, (0, 0), (3, 0), highway="residential")
    sketch.way(3, (-1, 0), (-1, north), (3, north), (3, 0), (20, 0), highway="tertiary")

    # Three steps by the street; 7, or 13, by the tertiary road.
    assert drawn_by_way(sketch, tmp_path)[2] == {drawn_as}


@pytest.mark.parametrize(("metres", "drawn_as"), [(FARTHEST_M - 120, "secondary"), (FARTHEST_M + 120, "residential")])
def test_only_so_far_is_a_main_road_led_on(tmp_path: Path, metres: int, drawn_as: str) -> None:
    sketch = Sketch()
    gap = metres / 111
    sketch.way(1, (-20, 0), (0, 0), highway="secondary")
    sketch.way(2, (0, 0), (0, gap), highway="residential")
    sketch.way(3, (0, gap), (0, gap + 70), highway="secondary")

    assert drawn_by_way(sketch, tmp_path)[2] == {drawn_as}
