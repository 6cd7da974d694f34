import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from meloko.db import ask
from meloko.roads.drawing import Mark, MarkKind, Mode
from meloko.roads.drawn import Square, pack, unpack
from meloko.roads.importing import DataFolderFull, ImportedRoads, MapOfElsewhere, UnusableMap, import_roads
from meloko.roads.models import DrawnMap, RoadNetwork
from meloko.roads.networks import RoadsUnreadable, network_path, open_network
from meloko.roads.served import Served
from meloko.roads.services import NoRoads, active_network, drawn_lines, named_places, places_map, round_map
from tests.questions import how_many

ROOT = Path(__file__).parents[2]
LIECHTENSTEIN = ROOT / "tests" / "data" / "liechtenstein.osm.pbf"
BETHUNE = (50.53, 2.64)
VADUZ = (47.14, 9.52)
DEPOT = Served("Dépôt de Béthune", 50.5186, 2.6539)


def a_map(
    folder: Path, middle: tuple[float, float] = BETHUNE, *, place: str = "Béthune", name: str = "carte.osm"
) -> Path:
    """Write a small map: a square of streets crossed by a main road, and a town."""
    lat, lon = middle
    corners = {(row, column): 1 + row * 5 + column for row in range(5) for column in range(5)}
    nodes = [
        f'<node id="{number}" version="1" lat="{lat + row * 0.004}" lon="{lon + column * 0.006}"/>'
        for (row, column), number in corners.items()
    ]
    nodes.append(
        f'<node id="99" version="1" lat="{lat}" lon="{lon}"><tag k="place" v="town"/><tag k="name" v="{place}"/></node>'
    )
    lines = [[corners[row, column] for column in range(5)] for row in range(5)]
    lines += [[corners[row, column] for row in range(5)] for column in range(5)]
    ways = [_way(number, refs) for number, refs in enumerate(lines, 100)]
    path = folder / name
    path.write_text(f'<?xml version="1.0"?><osm version="0.6">{"".join(nodes)}{"".join(ways)}</osm>', "utf-8")
    return path


def _way(number: int, refs: list[int]) -> str:
    road_class = "secondary" if number == 102 else "residential"
    points = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return f'<way id="{number}" version="1">{points}<tag k="highway" v="{road_class}"/></way>'


def nowhere(session: Session) -> Sequence[Served]:
    return ()


def at(*places: Served) -> Callable[[Session], Sequence[Served]]:
    return lambda session: places


def networks(engine: Engine) -> list[RoadNetwork]:
    with Session(engine) as session:
        return list(session.exec(select(RoadNetwork).order_by(col(RoadNetwork.id))))


def imported(
    engine: Engine, path: Path, var: Path, served: Callable[[Session], Sequence[Served]] = nowhere
) -> ImportedRoads:
    return import_roads(engine, path, var, served=served)


def test_a_map_becomes_the_network_in_use(engine: Engine, tmp_path: Path) -> None:
    told: list[str] = []

    import_roads(engine, a_map(tmp_path), tmp_path, served=nowhere, progress=lambda step, count: told.append(step))

    row = ask(engine, active_network)
    assert (row.name, row.nodes, row.edges) == ("carte.osm", 25, 80)
    assert (row.south, row.west) == pytest.approx(BETHUNE)
    assert open_network(tmp_path, row.digest).digest == row.digest
    assert [(place.name, place.lat) for place in ask(engine, named_places)] == [("Béthune", 50.53)]
    assert {road_class for road_class, _ in ask(engine, drawn_lines)} == {"secondary", "residential"}
    assert "Lecture des routes" in told
    assert "Dessin de la carte" in told


def test_the_same_map_twice_is_the_same_network(engine: Engine, tmp_path: Path) -> None:
    first = imported(engine, a_map(tmp_path), tmp_path)
    again = imported(engine, a_map(tmp_path, name="copie.osm"), tmp_path)

    assert (first.again, again.again) == (False, True)
    assert (again.network_id, again.digest, again.name) == (first.network_id, first.digest, "carte.osm")
    assert how_many(engine, RoadNetwork) == how_many(engine, DrawnMap) == 1
    assert [path.name for path in (tmp_path / "roads").iterdir()] == [f"{first.digest}.network"]


def test_a_file_that_was_lost_comes_back_with_its_map(engine: Engine, tmp_path: Path) -> None:
    lost = network_path(tmp_path, imported(engine, a_map(tmp_path), tmp_path).digest)
    lost.unlink()

    imported(engine, a_map(tmp_path), tmp_path)

    assert lost.is_file()


def test_the_newest_map_is_in_use_and_an_older_one_can_come_back(engine: Engine, tmp_path: Path) -> None:
    old = imported(engine, a_map(tmp_path), tmp_path)
    new = imported(engine, a_map(tmp_path, (50.6, 2.7)), tmp_path)
    assert [(row.id, row.active) for row in networks(engine)] == [(old.network_id, False), (new.network_id, True)]

    imported(engine, a_map(tmp_path), tmp_path)

    assert ask(engine, active_network).id == old.network_id


def test_a_map_of_elsewhere_is_refused_and_both_places_named(engine: Engine, tmp_path: Path) -> None:
    in_use = imported(engine, a_map(tmp_path), tmp_path)

    with pytest.raises(MapOfElsewhere) as refused:
        imported(engine, a_map(tmp_path, (-1.28, 36.82), place="Nairobi"), tmp_path, at(DEPOT))

    assert "les environs de Nairobi" in refused.value.sentence
    assert "Dépôt de Béthune" in refused.value.sentence
    assert "km" in refused.value.sentence
    assert ask(engine, active_network).id == in_use.network_id
    assert len(list((tmp_path / "roads").iterdir())) == 1


def test_a_map_that_holds_or_neighbours_one_of_our_places_is_ours(engine: Engine, tmp_path: Path) -> None:
    far = Served("Relais du bout du monde", -54.8, -68.3)
    neighbour = Served("Relais de Lille", 50.63, 3.05)

    assert imported(engine, a_map(tmp_path), tmp_path, at(far, DEPOT)).nodes == 25
    assert imported(engine, a_map(tmp_path), tmp_path, at(far, neighbour)).nodes == 25
    with pytest.raises(MapOfElsewhere):
        imported(engine, a_map(tmp_path), tmp_path, at(far))


def test_the_other_side_of_the_date_line_is_near(engine: Engine, tmp_path: Path) -> None:
    taveuni = Served("Relais de Taveuni", -16.8, 179.99)

    assert imported(engine, a_map(tmp_path, (-16.8, -179.99)), tmp_path, at(taveuni)).nodes == 25


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "vide"),
        (b"%PDF-1.7\n", "PDF"),
        (b"<?xml version='1.0'?><osm version='0.6'></osm>", "aucune route"),
        (LIECHTENSTEIN.read_bytes()[:400_000], "incomplète ou abîmée"),
    ],
)
def test_what_is_no_whole_map_is_refused_and_nothing_lost(
    engine: Engine, tmp_path: Path, data: bytes, words: str
) -> None:
    in_use = imported(engine, a_map(tmp_path), tmp_path)
    path = tmp_path / "autre.osm.pbf"
    path.write_bytes(data)

    with pytest.raises(UnusableMap) as refused:
        imported(engine, path, tmp_path)

    assert words in refused.value.sentence
    assert [row.id for row in networks(engine) if row.active] == [in_use.network_id]


def test_a_data_folder_that_cannot_be_written_is_named(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "roads").write_text("un fichier, pas un dossier")

    with pytest.raises(DataFolderFull) as refused:
        imported(engine, a_map(tmp_path), tmp_path)

    assert str(tmp_path) in refused.value.sentence
    assert how_many(engine, RoadNetwork) == 0


def test_a_network_is_opened_once_a_process(engine: Engine, tmp_path: Path) -> None:
    digest = imported(engine, a_map(tmp_path), tmp_path).digest

    assert open_network(tmp_path, digest) is open_network(tmp_path, digest)


def test_a_network_that_is_missing_or_damaged_is_refused_in_words(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(RoadsUnreadable) as missing:
        open_network(tmp_path, "0" * 64)
    digest = imported(engine, a_map(tmp_path), tmp_path).digest
    path = network_path(tmp_path, digest)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(RoadsUnreadable) as damaged:
        open_network(tmp_path, digest)

    assert "importé" in missing.value.sentence
    assert "abîmé" in damaged.value.sentence


def test_without_a_network_rounds_are_refused_and_maps_still_show_their_places(engine: Engine) -> None:
    with pytest.raises(NoRoads) as refused:
        ask(engine, active_network)

    assert refused.value.sentence.startswith("Aucun réseau routier")
    assert ask(engine, drawn_lines) == ()
    svg = ask(engine, places_map, [Mark(MarkKind.RELAY, "1", *BETHUNE)], title="Points relais")
    assert ">1</text>" in svg
    assert ask(engine, places_map, [], title="Points relais") == ""


def test_the_map_of_a_day_shows_our_roads_and_the_names_of_places(engine: Engine, tmp_path: Path) -> None:
    marks = [Mark(MarkKind.RELAY, "1", 50.532, 2.645), Mark(MarkKind.RELAY, "2", 50.54, 2.66, now=True)]
    without_roads = ask(engine, places_map, marks, title="Deux points relais", width=400, height=300)
    imported(engine, a_map(tmp_path), tmp_path)

    svg = ask(engine, places_map, marks, title="Deux points relais", width=400, height=300)

    drawing = ET.fromstring(svg)  # noqa: S314
    assert (drawing.get("width"), drawing.get("aria-label")) == ("400", "Deux points relais")
    assert "Béthune" in svg
    assert "Béthune" not in without_roads
    assert svg.count("<path") > without_roads.count("<path")


def test_a_drawing_asked_again_is_the_same_until_the_network_changes(engine: Engine, tmp_path: Path) -> None:
    marks = [Mark(MarkKind.RELAY, "1", 50.532, 2.645), Mark(MarkKind.RELAY, "2", 50.54, 2.66)]
    before = ask(engine, places_map, marks, title="Points")
    imported(engine, a_map(tmp_path), tmp_path)

    first, second = (ask(engine, places_map, marks, title="Points") for _ in range(2))

    assert first is second
    assert first != before
    assert ask(engine, places_map, marks[:1], title="Points") != first


def test_the_map_of_a_round_shows_its_way_on_paper(engine: Engine, tmp_path: Path) -> None:
    imported(engine, a_map(tmp_path), tmp_path)
    marks = [Mark(MarkKind.DEPOT, "D", 50.53, 2.64), Mark(MarkKind.HOME, "1", 50.546, 2.664)]
    way = [[50.53, 2.64], [50.53, 2.664], [50.546, 2.664]]

    with_way = ask(engine, round_map, way, marks, Mode.PAPER, title="Tournée A", width=340, height=326)
    without = ask(engine, round_map, [], marks, Mode.PAPER, title="Tournée A", width=340, height=326)

    assert with_way.count('stroke="#000000" stroke-width="5.2"') == 1
    assert 'stroke-width="5.2"' not in without
    assert ask(engine, round_map, [], [], Mode.PAPER, title="Tournée A") == ""


def test_the_drawing_is_unpacked_where_it_is_shown_only() -> None:
    west, east = Square(50, 2, 51, 3), Square(50, 3, 51, 4)
    road = ("primary", ((50.5, 2.5), (50.5, 3.5), (50.9, 3.5)))

    packed = pack([(west, [road]), (east, [road]), (Square(51, 2, 52, 3), [road])])

    assert unpack(packed, Square(50.1, 2.1, 50.2, 2.2)) == (("primary", [(50.5, 2.5), (50.5, 3.0)]),)
    assert unpack(packed) == (
        ("primary", [(50.5, 2.5), (50.5, 3.0)]),
        ("primary", [(50.5, 3.0), (50.5, 3.5), (50.9, 3.5)]),
    )
    assert unpack(packed, Square(10, 10, 11, 11)) == ()
    assert unpack(pack([])) == ()


def test_small_roads_are_left_out_of_a_wide_view(engine: Engine, tmp_path: Path) -> None:
    imported(engine, a_map(tmp_path), tmp_path)

    near = ask(engine, drawn_lines, Square(50.5, 2.6, 50.6, 2.7))
    wide = ask(engine, drawn_lines, Square(50.0, 2.0, 51.5, 3.5))

    assert {road_class for road_class, _ in near} == {"secondary", "residential"}
    assert {road_class for road_class, _ in wide} == {"secondary"}


@pytest.mark.slow
def test_the_web_never_loads_the_map_reader_nor_the_network() -> None:
    look = (
        "import meloko.app, sys;"
        "print([name for name in ('osmium', 'routingkit_cch', 'networkx', 'numba', 'routing.network', 'routing.search',"
        " 'meloko.roads.importing', 'meloko.roads.networks') if name in sys.modules])"
    )

    said = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"


@pytest.mark.slow
def test_a_real_country_is_imported_and_drawn(engine: Engine, tmp_path: Path) -> None:
    depot = Served("Vaduz", *VADUZ)

    real = imported(engine, LIECHTENSTEIN, tmp_path, at(depot))

    assert real.nodes > 5_000
    assert real.places > 10
    svg = ask(engine, places_map, [Mark(MarkKind.RELAY, "1", *VADUZ)], title="Vaduz")
    assert "Vaduz" in svg.split("</title>")[1]
    assert "<path" in svg
    with pytest.raises(MapOfElsewhere) as refused:
        imported(engine, LIECHTENSTEIN, tmp_path, at(DEPOT))
    assert "Béthune" in refused.value.sentence
