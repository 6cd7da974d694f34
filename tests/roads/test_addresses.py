import codecs
import gzip
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from meloko.db import ask
from meloko.roads.address_file import (
    AddressFileDamaged,
    AddressFileRefused,
    ColumnsMissing,
    NoAddressFile,
    NotATable,
    read_addresses,
)
from meloko.roads.addresses import ImportedAddresses, LatLonSwapped, NoUsableAddress, count_addresses, import_addresses
from meloko.roads.models import KnownAddress, RoadNetwork
from tests.questions import how_many

DEMO = Path(__file__).parents[2] / "demo" / "adresses.csv"
LIECHTENSTEIN = Path(__file__).parents[1] / "data" / "addresses_osm_liechtenstein.csv"

SIMPLE = "number,street,postcode,city,lat,lon\n12,Rue de l’Église,62400,Béthune,50.53,2.64\n"


def written(folder: Path, text: str | bytes, name: str = "adresses.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def brought_in(engine: Engine, path: Path, source: str = "essai") -> ImportedAddresses:
    return ask(engine, import_addresses, path, source)


def all_known(engine: Engine) -> list[KnownAddress]:
    with Session(engine) as session:
        return list(session.exec(select(KnownAddress).order_by(col(KnownAddress.id))))


def test_the_national_file_is_taken_as_published(engine: Engine) -> None:
    told: list[tuple[str, int]] = []

    imported = ask(engine, import_addresses, DEMO, "BAN", lambda step, count: told.append((step, count)))

    assert imported.kept == imported.total == 3_486
    assert imported.passed_over == ()
    assert ask(engine, count_addresses) == 3_486
    assert told[-1] == ("Lecture des adresses", 3_486)
    first = all_known(engine)[0]
    assert (first.number, first.street, first.postcode, first.commune) == (
        "1",
        "Chemin des Dames",
        "62157",
        "Allouagne",
    )
    assert (first.lat, first.lon) == (50.535, 2.508717)
    assert (first.number_key, first.street_key, first.commune_key) == ("1", "chemin des dames", "allouagne")


def test_a_file_of_another_country_with_empty_cells_is_taken_whole(engine: Engine) -> None:
    imported = brought_in(engine, LIECHTENSTEIN)

    assert imported.kept == imported.total == 3_555
    assert any(row.postcode == "" and row.commune == "" for row in all_known(engine))


def test_columns_are_found_by_name_whatever_their_order_and_others_ignored(engine: Engine, tmp_path: Path) -> None:
    path = written(tmp_path, "LON ; Latitude;note;Ville;CP;Voie;Numéro\n2,64;50,53;x;Béthune;62400;rue Neuve;3\n")

    brought_in(engine, path)

    (row,) = all_known(engine)
    assert (row.number, row.street, row.postcode, row.commune) == ("3", "rue Neuve", "62400", "Béthune")
    assert (row.lat, row.lon) == (50.53, 2.64)


def test_a_suffix_belongs_to_its_number(engine: Engine, tmp_path: Path) -> None:
    path = written(
        tmp_path, "numero;rep;nom_voie;code_postal;nom_commune;lon;lat\n12;bis;Rue Neuve;62400;Béthune;2.64;50.53\n"
    )

    brought_in(engine, path)

    (row,) = all_known(engine)
    assert (row.number, row.number_key) == ("12 bis", "12bis")


@pytest.mark.parametrize(
    "data",
    [
        SIMPLE.encode("utf-8-sig"),
        SIMPLE.encode("cp1252"),
        SIMPLE.encode("utf-16"),
        codecs.BOM_UTF16_BE + SIMPLE.encode("utf-16-be"),
        SIMPLE.encode("utf-16-le"),
        SIMPLE.replace("\n", "\r\n").encode(),
        SIMPLE.replace(",", ";").encode(),
        SIMPLE.replace(",", "\t").encode(),
        b"sep=;\r\n" + SIMPLE.replace(",", ";").encode(),
        SIMPLE.replace(",", ";").replace("50.53", "50,53").replace("2.64", " 2,64\u00a0").encode(),
        SIMPLE.replace("Rue de l’Église", '"Rue de\nl’Église"').encode(),
        SIMPLE.encode() + b"\n,,,,,\n",
        gzip.compress(SIMPLE.encode(), mtime=0),
        gzip.compress(SIMPLE.encode("cp1252"), mtime=0),
    ],
)
def test_a_table_is_read_however_it_was_saved(engine: Engine, tmp_path: Path, data: bytes) -> None:
    imported = brought_in(engine, written(tmp_path, data))

    (row,) = all_known(engine)
    assert row.street == "Rue de l’Église"
    assert (row.commune, row.lat, row.lon) == ("Béthune", 50.53, 2.64)
    assert imported.kept == 1


def test_one_accent_of_another_encoding_far_down_the_file_is_read_too(engine: Engine, tmp_path: Path) -> None:
    far = b"number,street,postcode,city,lat,lon\n"
    far += b"12,Rue Neuve,62400,Lille,50.63,3.05\n" * 5_000 + "12,Rue Neuve,62400,Béthune,50.53,2.64\n".encode("cp1252")

    brought_in(engine, written(tmp_path, far))

    assert all_known(engine)[-1].commune == "Béthune"


def test_lines_that_are_no_address_are_passed_over_and_told(engine: Engine, tmp_path: Path) -> None:
    lines = ["12,,62400,Béthune,50.53,2.64", "12,Rue Neuve,62400,Béthune,,", "12,Rue Neuve,62400,Béthune,ici,2.64"]
    lines += ["12,Rue Neuve,62400,Béthune,2.64,50.53", "12,Rue Neuve,62400,Béthune,95.0,200", "12,Rue Neuve,62400"]
    lines += [f"12,{'rue' * 100},62400,Béthune,50.53,2.64", "12,Rue Neuve,62400,Béthune,nan,inf"]

    imported = brought_in(engine, written(tmp_path, SIMPLE + "\n".join(lines)))

    assert (imported.kept, imported.total) == (1, 9)
    assert dict(imported.passed_over) == {
        3: "pas de nom de voie",
        4: "pas de position",
        5: "« ici » n’est pas une position en degrés",
        6: "latitude et longitude semblent échangées",
        7: "la position n’est pas sur la Terre",
        8: "pas de position",
        9: "un texte trop long pour une adresse",
        10: "la position n’est pas un nombre",
    }


def test_only_the_first_lines_passed_over_are_told(engine: Engine, tmp_path: Path) -> None:
    imported = brought_in(engine, written(tmp_path, SIMPLE + "12,,62400,Béthune,50.53,2.64\n" * 500))

    assert (imported.kept, imported.total, len(imported.passed_over)) == (1, 501, 50)


def test_a_formula_stays_text(engine: Engine, tmp_path: Path) -> None:
    brought_in(engine, written(tmp_path, SIMPLE + "12,=1+1 rue Neuve,62400,<b>Béthune</b>,50.53,2.64\n"))

    assert all_known(engine)[1].street == "=1+1 rue Neuve"
    assert all_known(engine)[1].commune == "<b>Béthune</b>"


def test_a_file_with_latitudes_for_longitudes_is_refused(engine: Engine, tmp_path: Path) -> None:
    path = written(tmp_path, SIMPLE.replace("lat,lon", "lon,lat"))

    with pytest.raises(LatLonSwapped) as refused:
        brought_in(engine, path)

    assert "échangées" in refused.value.sentence
    assert how_many(engine, KnownAddress) == 0


def test_where_the_roads_lie_tells_what_is_swapped(engine: Engine, tmp_path: Path) -> None:
    """The middle of Africa is the swapped middle of Europe: only the roads know which is meant."""
    with Session(engine) as session:
        session.add(
            RoadNetwork(name="Kampala", digest="k", nodes=1, edges=1, south=9, west=46, north=10, east=48, active=True)
        )
        session.commit()

    imported = brought_in(engine, written(tmp_path, SIMPLE.replace("50.53,2.64", "9.5,47.1")))

    assert imported.kept == 1


@pytest.mark.parametrize(
    ("data", "refusal", "words"),
    [
        (b"", NotATable, "vide"),
        (b"  \n \n", NotATable, "vide"),
        (b"%PDF-1.7\n%\xe2\xe3", NotATable, "PDF"),
        (b"PK\x03\x04....", NotATable, "classeur"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", NotATable, "pas du texte"),
        (SIMPLE.encode() + b"\x00" * 9_000, NotATable, "pas du texte"),
        (b"a" * 70_000, NotATable, "n’en finit pas"),
        (b"number,street,postcode,city,lat,lon\n" + b"\x81" * 20 + b"\xe9\n", NotATable, "pas du texte"),
        (gzip.compress(SIMPLE.encode() * 900, mtime=0)[:-40], AddressFileDamaged, "abîmé"),
        (gzip.compress(b"", mtime=0), NotATable, "vide"),
        (SIMPLE.encode() + b"12,Rue de l\xe2\x80", AddressFileDamaged, "abîmé"),
        (b"number,street,postcode,city,lat,lon\n", NoUsableAddress, "Aucune adresse utilisable"),
        (b"number,street,postcode,city,lat,lon\n1,,,,,\n", NoUsableAddress, "ligne 2"),
    ],
)
def test_what_is_no_table_of_addresses_is_refused_and_nothing_lost(
    engine: Engine, tmp_path: Path, data: bytes, refusal: type[AddressFileRefused], words: str
) -> None:
    brought_in(engine, written(tmp_path, SIMPLE))

    with pytest.raises(refusal) as refused:
        brought_in(engine, written(tmp_path, data))

    assert words in refused.value.sentence
    assert how_many(engine, KnownAddress) == 1


def test_missing_columns_are_named_beside_those_found(tmp_path: Path) -> None:
    with pytest.raises(ColumnsMissing) as refused:
        list(read_addresses(written(tmp_path, "id;numero;rue;x;y\n1;12;rue Neuve;650000;7000000\n")))

    assert refused.value.sentence == (
        "Colonnes qui manquent : lat, lon, code_postal (ou postcode) ou nom_commune (ou city)."
        " Colonnes trouvées : id, numero, rue, x, y."
    )


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(NoAddressFile):
            list(read_addresses(path))


def test_the_same_source_again_replaces_itself_and_nothing_else(engine: Engine, tmp_path: Path) -> None:
    brought_in(engine, written(tmp_path, SIMPLE), "mairie")
    brought_in(engine, written(tmp_path, SIMPLE + SIMPLE.splitlines()[1].replace("12", "14")), "BAN")

    brought_in(engine, written(tmp_path, SIMPLE.replace("12", "16")), "BAN")

    assert [(row.source, row.number) for row in all_known(engine)] == [("mairie", "12"), ("BAN", "16")]


def test_a_file_that_breaks_in_the_middle_leaves_what_was_there(engine: Engine, tmp_path: Path) -> None:
    brought_in(engine, written(tmp_path, SIMPLE), "BAN")
    many = SIMPLE + "\n".join(f"{n},Rue Neuve,62400,Béthune,50.5,2.6" for n in range(30_000)) + "\n" + "x" * 70_000

    with pytest.raises(NotATable):
        brought_in(engine, written(tmp_path, many), "BAN")

    assert [row.number for row in all_known(engine)] == ["12"]
