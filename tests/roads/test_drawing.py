import gzip
import itertools
import math
import re
from xml.etree import ElementTree as ET

import pytest
from fontTools.ttLib import TTFont

from meloko.documents import FONTS
from meloko.roads.drawing import MOST_ROAD_BYTES, Mark, MarkKind, Mode, RoadLine, draw_map
from meloko.roads.labels import MOST_NAMES, Place, room_for_names, text_width
from meloko.roads.view import Point, View, cut, joined, thinned

SVG = "{http://www.w3.org/2000/svg}"
MARKS = (
    Mark(MarkKind.DEPOT, "D", 50.5187, 2.6539),
    Mark(MarkKind.FARM, "1", 50.5660, 2.6662),
    Mark(MarkKind.HOME, "2", 50.5500, 2.7300),
    Mark(MarkKind.RELAY, "3", 50.5060, 2.7000),
)
WAY: list[Point] = [(mark.lat, mark.lon) for mark in (*MARKS, MARKS[0])]
PLACES = (
    Place("Béthune", 50.5303, 2.6408, 24_895),
    Place("Locon", 50.5690, 2.6680, 2_300),
    Place("Essars", 50.5480, 2.6670, 1_700),
    Place("Saint-Venant-sur-la-Lys-Basse", 50.5900, 2.7390, 500),
)


def a_view(width: int = 360, height: int = 340) -> View:
    return View.around([(mark.lat, mark.lon) for mark in MARKS], width, height)


def a_grid_of_roads(lines: int = 40) -> list[RoadLine]:
    """Make wavy roads across the land, of every class."""
    classes = ("motorway", "primary", "secondary", "tertiary", "unclassified", "residential")
    return [
        (
            classes[index % 6],
            [(50.44 + index * 0.005 + 0.002 * math.sin(step), 2.5 + step * 0.004) for step in range(100)],
        )
        for index in range(lines)
    ]


def drawn(**changes: object) -> ET.Element:
    given: dict[str, object] = {
        "view": a_view(),
        "roads": a_grid_of_roads(),
        "way": WAY,
        "places": PLACES,
        "title": "Carte",
    }
    return ET.fromstring(draw_map(MARKS, **(given | changes)))  # type: ignore[arg-type]  # noqa: S314


def test_each_kind_of_stop_has_its_own_shape_and_its_number() -> None:
    marks = drawn().findall(f"{SVG}g")[-1]

    shapes = [child.tag.removeprefix(SVG) for child in marks]
    # The first stop lies on top, so it is drawn last.
    assert shapes == ["rect", "text", "circle", "text", "path", "text", "path", "text"]
    assert [text.text for text in marks.findall(f"{SVG}text")] == ["3", "2", "1", "D"]


def test_a_map_on_paper_is_black_and_grey() -> None:
    colours = {
        value
        for element in drawn(mode=Mode.PAPER).iter()
        for name, value in element.attrib.items()
        if name in {"fill", "stroke"} and value != "none"
    }

    assert colours
    assert all(colour[1:3] == colour[3:5] == colour[5:7] for colour in colours)


def test_the_one_that_is_meant_is_honey_on_screen() -> None:
    marks = [Mark(MarkKind.RELAY, "1", 50.55, 2.65, now=True), Mark(MarkKind.RELAY, "2", 50.57, 2.69)]
    svg = draw_map(marks, view=View.around([(50.55, 2.65), (50.57, 2.69)], 270, 290), title="Points relais")

    assert svg.count('fill="#FFC93C"') == 1


@pytest.mark.parametrize("mode", list(Mode))
def test_a_map_stands_under_a_strict_policy_beside_other_maps(mode: Mode) -> None:
    for element in drawn(mode=mode).iter():
        assert element.tag not in {f"{SVG}style", f"{SVG}script", f"{SVG}image"}
        assert not set(element.attrib) & {"style", "id", "href"}


def test_names_are_escaped() -> None:
    nasty = '"><script>alert(1)</script>&'
    root = drawn(title=nasty, places=[Place(nasty, 50.55, 2.65, 100)], way=())

    assert root.get("aria-label") == nasty
    assert nasty in {text.text for text in root.iter(f"{SVG}text")}
    assert not list(root.iter(f"{SVG}script"))

    odd = draw_map([Mark(MarkKind.HOME, "<&", 50.55, 2.65)], view=a_view(), title="Carte")
    assert [text.text for text in ET.fromstring(odd).iter(f"{SVG}text")] == ["<&"]  # noqa: S314


def test_no_mark_hides_another_and_none_leaves_the_drawing() -> None:
    marks = [Mark(MarkKind.HOME, str(number), 50.55 + number * 1e-5, 2.65) for number in range(60)]
    view = View.around([(50.50, 2.60), (50.60, 2.70)], 360, 340)
    root = ET.fromstring(draw_map(marks, view=view, title="Carte"))  # noqa: S314

    circles = root.findall(f"{SVG}g")[-1].findall(f"{SVG}circle")
    spots = [(float(circle.attrib["cx"]), float(circle.attrib["cy"])) for circle in circles]
    radius = float(circles[0].attrib["r"])
    assert len(spots) == 60
    assert min(math.dist(one, other) for one, other in itertools.combinations(spots, 2)) > 1.8 * radius
    assert all(radius < right < 360 - radius and radius < down < 340 - radius for right, down in spots)


def test_no_name_covers_another_or_a_mark_or_is_cut_by_the_edge() -> None:
    view = a_view()
    places = [
        Place(f"Village-sur-Lys {number}", 50.49 + number * 7 % 31 / 300, 2.63 + number * 11 % 37 / 300, number * 400)
        for number in range(60)
    ]
    spots = [view.spot((mark.lat, mark.lon)) for mark in MARKS]
    labels = room_for_names(places, view, spots, 11.5, [])

    assert 5 < len(labels) <= MOST_NAMES
    for label in labels:
        left, top, right, bottom = label.box
        assert left >= 0
        assert top >= 0
        assert right <= view.width
        assert bottom <= view.height
        assert not any(left - 8 < spot[0] < right + 8 and top - 8 < spot[1] < bottom + 8 for spot in spots)
        assert label.size >= 11
    for one, other in itertools.combinations(labels, 2):
        assert (
            one.box[2] <= other.box[0]
            or other.box[2] <= one.box[0]
            or one.box[3] <= other.box[1]
            or other.box[3] <= one.box[1]
        )


def test_a_name_keeps_beside_the_way_where_it_can() -> None:
    view = a_view()
    spot = view.spot((50.54, 2.69))
    below = [[(0.0, spot[1] + 12), (360.0, spot[1] + 12)]]

    assert room_for_names([Place("Essars", 50.54, 2.69)], view, [], 11.5, [])[0].box[1] > spot[1]
    assert room_for_names([Place("Essars", 50.54, 2.69)], view, [], 11.5, below)[0].box[3] < spot[1]


def test_a_village_without_a_stop_is_not_named_across_the_way_and_one_with_a_stop_is() -> None:
    view = a_view()
    spot = view.spot((50.54, 2.69))
    # Ways on all sides, closer than the name is long.
    around = [[(0.0, spot[1] + down), (360.0, spot[1] + down)] for down in range(-30, 31, 6)]

    assert room_for_names([Place("Essars", 50.54, 2.69)], view, [], 11.5, around) == []
    assert len(room_for_names([Place("Essars", 50.54, 2.69)], view, [spot], 11.5, around)) == 1


def test_arrows_on_the_way_point_where_it_goes_and_keep_clear_of_marks() -> None:
    eastward = [(50.55, 2.60 + step / 100) for step in range(16)]
    marks = [Mark(MarkKind.HOME, "1", 50.55, 2.60), Mark(MarkKind.HOME, "2", 50.55, 2.75)]
    view = View.around(eastward, 360, 340)
    for way, sign in ((eastward, 1), (eastward[::-1], -1)):
        root = ET.fromstring(draw_map(marks, view=view, way=way, title="Carte"))  # noqa: S314
        data = next(path.attrib["d"] for path in root.findall(f"{SVG}path"))
        arrows = [[float(word) for word in re.findall(r"-?[\d.]+", arrow)] for arrow in data.split("M")[1:]]
        assert len(arrows) >= 3
        for arrow in arrows:
            tip, tail = arrow[0::2][0], arrow[0::2][1:]
            assert all(sign * (tip - right) > 5 for right in tail)
            assert all(abs(tip - view.spot((mark.lat, mark.lon))[0]) > 11.5 for mark in marks)


@pytest.mark.parametrize("style", ["Regular", "Bold"])
def test_names_are_never_wider_than_the_room_kept_for_them(style: str) -> None:
    font = TTFont(FONTS / f"MelokoTexte-{style}.ttf")
    letters, widths = font.getBestCmap(), font["hmtx"]
    for name in ("Béthune", "Nœux-les-Mines", "Bruay-la-Buissière", "WAMBRECHIES", "Œuf-en-Ternois", "Mont-Bernanchon"):
        true = sum(widths[letters[ord(letter)]][0] for letter in name) / 1000 * 12
        assert true <= text_width(name, 12) <= 1.35 * true


def test_small_roads_are_left_out_before_a_map_grows_heavy() -> None:
    light = drawn(roads=a_grid_of_roads(400))

    roads = light.findall(f"{SVG}g")[0]
    assert sum(len(path.attrib["d"]) for path in roads) <= MOST_ROAD_BYTES * 1.5
    whole = draw_map(MARKS, view=a_view(), roads=a_grid_of_roads(400), way=WAY, places=PLACES, title="Carte")
    assert len(whole) < 2 * MOST_ROAD_BYTES
    assert len(gzip.compress(whole.encode())) < 8_000
    # What is left is of the great roads.
    assert "#FFE9AE" in {path.attrib["stroke"] for path in roads}


def test_a_map_without_roads_or_way_still_shows_its_marks() -> None:
    root = drawn(roads=(), way=(), places=())

    assert len(list(root.iter(f"{SVG}text"))) == len(MARKS)


def test_a_degree_east_is_narrower_than_a_degree_north() -> None:
    view = a_view()
    north = view.spot((50.53, 2.65))[1] - view.spot((50.54, 2.65))[1]
    east = view.spot((50.53, 2.66))[0] - view.spot((50.53, 2.65))[0]

    assert east / north == pytest.approx(math.cos(math.radians(50.536)), rel=1e-3)


def test_a_view_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a point"):
        View.around([], 360, 340)
    with pytest.raises(ValueError, match="room between"):
        View.around([(50.5, 2.6)], 60, 340)


def test_a_line_that_leaves_and_comes_back_is_cut_in_two() -> None:
    assert cut([(-10, 5), (5, 5), (5, 20), (8, 20), (8, 5)], 10, 10) == [
        [(0, 5), (5, 5), (5, 10)],
        [(8, 10), (8, 5)],
    ]
    assert cut([(-5, -5), (-1, 20)], 10, 10) == []


def test_points_that_a_pixel_does_not_show_are_left_out() -> None:
    assert thinned([(0, 0), (5, 0.2), (10, 0), (10, 10)], 0.6) == [(0, 0), (10, 0), (10, 10)]


def test_roads_that_meet_become_one_stroke_whichever_way_they_were_drawn() -> None:
    pieces = [[(0.0, 0.0), (1.0, 0.0)], [(2.0, 0.0), (1.0, 0.0)], [(9.0, 9.0), (9.0, 8.0)], [(3.0, 0.0), (2.0, 0.0)]]
    strokes = joined(pieces)

    assert sorted(len(stroke) for stroke in strokes) == [2, 4]
    assert [(3.0, 0.0), (2.0, 0.0), (1.0, 0.0), (0.0, 0.0)] in (
        strokes[0],
        strokes[0][::-1],
        strokes[1],
        strokes[1][::-1],
    )


def test_paths_are_relative_whole_numbers() -> None:
    for path in drawn().findall(f"{SVG}g")[0]:
        assert re.fullmatch(r"(M-?\d+[ -]\d+l[-\d ]+)+", path.attrib["d"])


def test_a_map_says_whose_roads_it_draws_and_no_name_stands_there() -> None:
    view = View.around([(50.5, 2.6), (50.6, 2.7)], 400, 300)
    marks = [Mark(MarkKind.RELAY, "1", 50.55, 2.65)]
    corner = [Place("Village du coin", lat, 2.72, 1_000) for lat in (50.489, 50.49, 50.491)]

    svg = draw_map(marks, view=view, places=corner, title="Carte", credit="© les contributeurs d’OpenStreetMap")

    drawing = ET.fromstring(svg)  # noqa: S314
    words = {text.text: text for text in drawing.iter("{http://www.w3.org/2000/svg}text")}
    assert "© les contributeurs d’OpenStreetMap" in words
    for name in (text for text in words.values() if (text.text or "").startswith("Village")):
        assert float(name.get("y") or 0) < 300 - 18
    assert "©" not in draw_map(marks, view=view, title="Carte")
