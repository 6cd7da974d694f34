from meloko.roads.strokes import SHORTEST_ISLAND, SHORTEST_SPUR, Line, roads_to_show

SIZE = (200, 200)
ACROSS: Line = [(0.0, 100.0), (200.0, 100.0)]


def shown(*ranked: list[Line], most: int = 100) -> list[Line]:
    """Show roads that each weigh 1."""
    found = roads_to_show(dict(enumerate(ranked)), SIZE, lambda rank, line: 1, most)
    return [line for rank in sorted(found) for line in found[rank]]


def test_a_short_road_between_two_others_is_kept_and_a_short_spur_is_not() -> None:
    other: Line = [(0.0, 108.0), (200.0, 108.0)]
    bridge: Line = [(50.0, 100.0), (50.0, 108.0)]
    spur: Line = [(90.0, 100.0), (90.0, 100.5 - SHORTEST_SPUR)]

    assert shown([ACROSS, other], [bridge, spur]) == [ACROSS, other, bridge]


def test_a_spur_behind_a_spur_goes_too() -> None:
    first: Line = [(90.0, 100.0), (90.0, 92.0)]
    second: Line = [(90.0, 92.0), (99.0, 92.0)]

    assert shown([ACROSS], [first], [second]) == [ACROSS]


def test_a_short_road_that_leaves_the_map_is_no_spur() -> None:
    along: Line = [(0.0, 5.0), (200.0, 5.0)]
    leaving: Line = [(30.0, 5.0), (30.0, 0.0)]

    assert shown([along], [leaving]) == [along, leaving]


def test_an_island_is_kept_only_when_it_is_long_enough_to_read() -> None:
    ring = SHORTEST_ISLAND / 4
    small: Line = [(20.0, 20.0), (19.0 + ring, 20.0), (19.0 + ring, 19.0 + ring), (20.0, 19.0 + ring), (20.0, 20.0)]
    large: Line = [(40.0, 40.0), (41.0 + ring, 40.0), (41.0 + ring, 41.0 + ring), (40.0, 41.0 + ring), (40.0, 40.0)]

    assert shown([small, large]) == [large]


def test_of_a_class_that_does_not_fit_only_what_leads_from_one_to_another_is_shown() -> None:
    other: Line = [(0.0, 150.0), (200.0, 150.0)]
    between: Line = [(50.0, 100.0), (50.0, 150.0)]
    dead_end: Line = [(90.0, 100.0), (90.0, 20.0)]
    least: Line = [(20.0, 100.0), (20.0, 150.0)]
    short: Line = [(120.0, 100.0), (120.0, 120.0)]

    assert shown([ACROSS, other], [between, dead_end, short], [least], most=4) == [ACROSS, other, between]
    assert len(shown([ACROSS, other], [between, dead_end, short], [least], most=6)) == 6
