import bz2
import gzip
from collections.abc import Mapping
from pathlib import Path

import pytest

from routing.access import cuts, directions, ferry_duration_s, may_drive
from routing.network import BBox, RoadNetwork
from routing.osm import NoRoadsInFile, NotAnOsmFile, OsmFileDamaged, OsmFileError, OsmFileMissing, read_osm
from routing.speeds import GATE_MS, SIGNAL_MS, read_limit, speed_kmh
from tests.routing.maps import LIECHTENSTEIN, Sketch, at, shared


def arcs_of(network: RoadNetwork, way: int) -> int:
    return int((network.stretch_way[network.arc_stretch] == way).sum())


def duration_ms(network: RoadNetwork, way: int, backward: bool = False) -> int:
    on_way = network.stretch_way[network.arc_stretch] == way
    return int(network.arc_duration[on_way & (network.arc_backward == backward)].sum())


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50),
        ("50 km/h", 50),
        ("30 mph", 30 * 1.609344),
        ("30mph", 30 * 1.609344),
        ("walk", 7),
        ("FR:walk", 7),
        ("FR:urban", 50),
        ("FR:rural", 80),
        ("BE-VLG:rural", 70),
        ("DE:rural", 100),
        ("FR:zone30", 30),
        ("FR:30", 30),
        ("DE:zone:20", 20),
        ("70;50", 50),
        ("none", None),
        ("signals", None),
        ("0", None),
        ("vite", None),
        ("", None),
    ],
)
def test_a_speed_limit_is_read_as_mappers_write_it(text: str, kmh: float | None) -> None:
    assert read_limit(text) == kmh


def test_the_lower_of_sign_and_class_rules_less_ten_percent_for_a_van() -> None:
    assert speed_kmh({"highway": "primary"}, "forward") == pytest.approx(65 * 0.9)
    assert speed_kmh({"highway": "primary", "maxspeed": "30"}, "forward") == pytest.approx(27)
    assert speed_kmh({"highway": "residential", "maxspeed": "50"}, "forward") == pytest.approx(25 * 0.9)
    assert speed_kmh({"highway": "primary", "source:maxspeed": "FR:urban"}, "forward") == pytest.approx(45)
    assert speed_kmh({"highway": "primary", "maxspeed:backward": "30"}, "backward") == pytest.approx(27)
    assert speed_kmh({"highway": "primary", "maxspeed": "none"}, "forward") == pytest.approx(65 * 0.9)
    assert speed_kmh({"highway": "service", "maxspeed": "2"}, "forward") == 5


@pytest.mark.parametrize(
    ("tags", "open_to_us"),
    [
        ({"highway": "residential"}, True),
        ({"highway": "residential", "access": "private"}, False),
        ({"highway": "residential", "access": "destination"}, True),
        ({"highway": "residential", "motor_vehicle": "delivery"}, True),
        ({"highway": "residential", "access": "no", "motor_vehicle": "yes"}, True),
        ({"highway": "residential", "access": "yes", "motor_vehicle": "no"}, False),
        ({"highway": "residential", "vehicle": "no"}, False),
        ({"highway": "unclassified", "motor_vehicle": "agricultural"}, False),
        ({"highway": "unclassified", "motor_vehicle": "forestry"}, False),
        ({"highway": "track"}, False),
        ({"highway": "footway"}, False),
        ({"highway": "service", "area": "yes"}, False),
        ({"highway": "construction"}, False),
        ({"waterway": "river"}, False),
    ],
)
def test_only_ways_open_to_a_van_are_kept(tags: Mapping[str, str], open_to_us: bool) -> None:
    assert may_drive(tags) is open_to_us


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, (True, True)),
        ({"oneway": "yes"}, (True, False)),
        ({"oneway": "-1"}, (False, True)),
        ({"oneway": "no"}, (True, True)),
        ({"oneway": "reversible"}, (False, False)),
        ({"junction": "roundabout"}, (True, False)),
        ({"junction": "roundabout", "oneway": "-1"}, (False, True)),
        ({"highway": "motorway"}, (True, False)),
        ({"highway": "motorway_link", "oneway": "no"}, (True, True)),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, (True, True)),
        ({"motor_vehicle:backward": "no"}, (True, False)),
    ],
)
def test_the_directions_of_a_way_follow_its_tags(tags: Mapping[str, str], expected: tuple[bool, bool]) -> None:
    assert directions({"highway": "tertiary", **tags}) == expected


def test_bollards_cut_and_gates_do_not() -> None:
    assert cuts({"barrier": "bollard"})
    assert not cuts({"barrier": "bollard", "motor_vehicle": "yes"})
    assert not cuts({"barrier": "gate"})
    assert cuts({"barrier": "gate", "access": "private"})
    assert not cuts({"barrier": "cattle_grid"})
    assert not cuts({"highway": "crossing"})


def test_a_ferry_takes_the_time_it_says(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (0, 0), (1, 0))
    sketch.way(2, (1, 0), (9, 0), highway="", route="ferry", motor_vehicle="yes", duration="00:25")
    sketch.way(3, (1, 0), (9, 1), highway="", route="ferry", foot="yes", duration="00:25")

    network = read_osm(sketch.write(tmp_path))

    assert duration_ms(network, 2) == pytest.approx(25 * 60_000, abs=10)
    assert arcs_of(network, 3) == 0
    assert [ferry_duration_s({"duration": text}) for text in ("20", "1:05", "00:20:30", "P1D")] == [1200, 3900, 1230, 0]


def test_ways_are_cut_at_junctions_only(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (0, 0), (1, 0), (2, 0), (3, 0), name="Grand-Rue")
    sketch.way(2, (2, 0), (2, 1), oneway="yes")

    network = read_osm(sketch.write(tmp_path))

    assert len(network.node_id) == 4
    assert arcs_of(network, 1) == 4
    assert arcs_of(network, 2) == 1
    assert network.stretch_length.tolist() == pytest.approx([222, 111, 111], abs=1)
    assert network.name_list[network.stretch_name[0]] == "Grand-Rue"
    assert network.shape(0) == (at(0, 0), at(1, 0), at(2, 0))


def test_a_bollard_parts_the_road_on_both_sides(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.node(1, 0, barrier="bollard")
    sketch.way(1, (0, 0), (1, 0), (2, 0))
    sketch.node(5, 0, barrier="bollard")
    sketch.way(2, (4, 0), (5, 0))
    sketch.way(3, (5, 0), (6, 0))

    network = read_osm(sketch.write(tmp_path))

    assert len(network.node_id) == 8
    assert len(network.stretch_way) == 4


def test_gates_and_signals_cost_time_once_in_each_direction(tmp_path: Path) -> None:
    plain, signed = Sketch(), Sketch()
    signed.node(1, 0, highway="traffic_signals")
    signed.node(2, 0, barrier="gate")
    for sketch in (plain, signed):
        sketch.way(1, (0, 0), (1, 0))
        sketch.way(2, (1, 0), (2, 0), (3, 0))
    (tmp_path / "plain").mkdir()

    before, after = read_osm(plain.write(tmp_path / "plain")), read_osm(signed.write(tmp_path))

    # The signal stands at the end of way 1: met by who comes from there, and by who comes back along way 2.
    assert duration_ms(after, 1) - duration_ms(before, 1) == SIGNAL_MS
    assert duration_ms(after, 1, backward=True) == duration_ms(before, 1, backward=True)
    assert duration_ms(after, 2) - duration_ms(before, 2) == GATE_MS
    assert duration_ms(after, 2, backward=True) - duration_ms(before, 2, backward=True) == GATE_MS + SIGNAL_MS


def test_towns_and_villages_are_kept_for_the_map(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (0, 0), (1, 0))
    sketch.node(0, 1, place="village", name="Verquin")
    sketch.node(0, 2, place="sea", name="Manche")

    (place,) = read_osm(sketch.write(tmp_path)).places

    assert (place.name, place.kind, (place.lat, place.lon)) == ("Verquin", "village", at(0, 1))


def test_a_box_keeps_the_ways_that_touch_it(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (0, 0), (3, 0))
    sketch.way(2, (3, 0), (6, 0))
    path = sketch.write(tmp_path)
    (lat, lon), (_, east) = at(0, 0), at(1, 0)

    network = read_osm(path, BBox(lon - 0.001, lat - 0.001, east, lat + 0.001))

    assert set(network.stretch_way.tolist()) == {1}
    assert network.bbox.holds(*at(3, 0))
    assert not network.bbox.holds(*at(4, 0))
    with pytest.raises(NoRoadsInFile, match="territoire"):
        read_osm(path, BBox(-60, 40, -59, 41))


def test_the_format_is_known_by_the_contents_not_by_the_name(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (0, 0), (1, 0))
    text = sketch.text().encode()
    for name, data in {"a.pbf": text, "b": gzip.compress(text), "c.osm": bz2.compress(text)}.items():
        (tmp_path / name).write_bytes(data)

        assert len(read_osm(tmp_path / name).arc_tail) == 2

    (tmp_path / "d.osm").write_bytes(LIECHTENSTEIN.read_bytes())
    assert len(read_osm(tmp_path / "d.osm").arc_tail) > 10_000


def test_a_map_whose_nodes_stand_in_no_order_is_read_whole(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, *((step, 0) for step in range(9)))
    head, *nodes = sketch.text().split("<node ")
    last, end = nodes[-1].split("</node>")
    shuffled = [*nodes[4:-1], last + "</node>", *nodes[:4]]
    (tmp_path / "shuffled.osm").write_text("<node ".join([head, *shuffled]) + end)

    assert int(read_osm(tmp_path / "shuffled.osm").stretch_length.sum()) == pytest.approx(8 * 111.3, abs=2)


def test_turn_rules_that_cannot_be_kept_are_counted(tmp_path: Path) -> None:
    sketch = Sketch()
    for number, arm in enumerate([(-1, 0), (0, 1), (1, 0)], start=1):
        sketch.way(number, arm, (0, 0))
    sketch.rule("", 1, (0, 0), 2, restriction__conditional="no_left_turn @ (07:00-09:00)")
    sketch.rule("no_right_turn", 3, (0, 0), 2)
    text = sketch.text().replace("</osm>", "")
    over = "".join(
        f'<member type="way" ref="{way}" role="{role}"/>' for way, role in ((1, "from"), (2, "via"), (3, "to"))
    )
    rule = f'<relation id="99">{over}<tag k="type" v="restriction"/><tag k="restriction" v="no_u_turn"/></relation>'
    path = tmp_path / "rules.osm"
    path.write_text(text + rule + "</osm>")
    told: list[tuple[str, int]] = []

    network = read_osm(path, progress=lambda step, count: told.append((step, count)))

    assert ("Interdictions de tourner non reprises\u00a0: 1 à certaines heures, 1 par une rue", 2) in told
    assert len(network.banned_turns) == 1


def test_progress_is_heard_in_french() -> None:
    heard: list[tuple[str, int]] = []

    read_osm(LIECHTENSTEIN, progress=lambda step, count: heard.append((step, count)))

    steps = list(dict.fromkeys(step for step, _ in heard))
    assert steps[:2] == ["Lecture des routes", "Lecture des points"]
    assert all(count > 0 for _, count in heard)


def refused(path: Path) -> OsmFileError:
    with pytest.raises(OsmFileError) as caught:
        read_osm(path)
    return caught.value


def test_what_is_no_map_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "nord.osm.pbf"
    for data, words in {
        b"": "est vide",
        b"%PDF-1.7 rubbish": "un PDF",
        b"<!DOCTYPE html><html>404</html>": "n’est pas une carte",
        b"\x89PNG\r\n": "n’est pas une carte",
        gzip.compress(b"name;phone"): "ne contient pas",
    }.items():
        path.write_bytes(data)
        error = refused(path)
        assert isinstance(error, NotAnOsmFile)
        assert words in str(error)

    assert isinstance(refused(tmp_path / "absent.osm"), OsmFileMissing)
    assert isinstance(refused(tmp_path), OsmFileMissing)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_map_is_refused_whole(share: float, tmp_path: Path) -> None:
    data = LIECHTENSTEIN.read_bytes()
    (tmp_path / "cut.osm.pbf").write_bytes(data[: int(len(data) * share)])
    assert isinstance(refused(tmp_path / "cut.osm.pbf"), OsmFileDamaged)

    sketch = Sketch()
    for number in range(300):
        sketch.way(number + 1, (number, 0), (number + 1, 0))
    for name, whole in {"cut.osm": sketch.text().encode(), "cut.osm.gz": gzip.compress(sketch.text().encode())}.items():
        (tmp_path / name).write_bytes(whole[: max(80, int(len(whole) * share))])
        assert isinstance(refused(tmp_path / name), OsmFileDamaged)


def test_a_garbled_map_is_refused(tmp_path: Path) -> None:
    data = bytearray(LIECHTENSTEIN.read_bytes())
    data[1_000_000:1_000_400] = bytes(400)
    (tmp_path / "garbled.osm.pbf").write_bytes(data)

    assert isinstance(refused(tmp_path / "garbled.osm.pbf"), OsmFileDamaged)


def test_a_map_without_roads_or_without_positions_is_refused(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (0, 0), (1, 0), highway="footway")
    assert isinstance(refused(sketch.write(tmp_path)), NoRoadsInFile)

    (tmp_path / "empty.osm").write_text('<?xml version="1.0"?><osm version="0.6"></osm>')
    assert isinstance(refused(tmp_path / "empty.osm"), NoRoadsInFile)

    sketch = Sketch()
    sketch.way(1, (0, 0), (1, 0))
    (tmp_path / "bare.osm").write_text(sketch.text().replace("<node ", "<nod ").replace("</node>", "</nod>"))
    assert isinstance(refused(tmp_path / "bare.osm"), OsmFileDamaged)


def test_a_map_with_one_road_is_a_network(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (0, 0), (1, 0))

    network = read_osm(sketch.write(tmp_path))

    assert network.strong.all()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["porto-north.osm.pbf", "north-bayreuth.osm.gz", "artois-synthetic.osm.pbf"])
def test_maps_of_other_regions_are_read(name: str) -> None:
    network = read_osm(shared(name))

    assert network.strong.mean() > 0.9
    assert network.arc_duration.min() > 0


def test_a_way_is_parted_where_the_map_lacks_its_node(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, *((step, 0) for step in range(7)))
    text = sketch.text()
    first, last = text.index('<node id="4"'), text.index('<node id="5"')
    (tmp_path / "cut.osm").write_text(text[:first] + text[last:])

    network = read_osm(tmp_path / "cut.osm")

    assert network.stretch_length.tolist() == pytest.approx([222, 222], abs=2)
    assert len(network.node_id) == 4
