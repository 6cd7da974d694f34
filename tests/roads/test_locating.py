from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from meloko.db import ask
from meloko.geocoding import Geocoder, ServiceAway
from meloko.roads.addresses import import_addresses
from meloko.roads.comparing import commune_key, likeness, number_key, readings, street_key
from meloko.roads.locating import Point, locate
from meloko.roads.models import GeocodingAnswer, Precision, RoadNetwork
from tests.geocoders import FakeGeocoder, an_answer
from tests.questions import how_many

HEAD = "number,street,postcode,city,lat,lon\n"
KNOWN = """
12,Rue de Lille,62400,Béthune,50.5300,2.6400
14,Rue de Lille,62400,Béthune,50.5301,2.6402
12 bis,Rue de Lille,62400,Béthune,50.5302,2.6404
21,Rue de Lille,62400,Béthune,50.5310,2.6410
1,Rue du Stade,62400,Locon,50.5700,2.6600
3,Rue du Stade,62400,Locon,50.5701,2.6602
5,Rue du Stade,62400,Locon,50.5702,2.6604
7,Avenue du Général Leclerc,62290,Nœux-les-Mines,50.4800,2.6650
9,Rue du 8 Mai 1945,62290,Nœux-les-Mines,50.4810,2.6660
4,Rue de l’Église,62130,Framecourt,50.3700,2.3000
24,Dorfstrasse,9495,Triesen,47.1081,9.5261
24,Dorfstrasse,9498,Planken,47.1850,9.5440
2,Lindenweg,,,47.1400,9.5100
6,Rue des Lilas,62400,Béthune,50.5340,2.6440
6,Avenue des Lilas,62400,Béthune,50.5380,2.6480
2,Place du Marché,62190,Lillers,50.5600,2.4800
2,Place du Marché,62190,Ecquedecques,50.5650,2.4700
8,Grand’Place,62330,Isbergues,50.6200,2.4500
8,Grand’Place,62120,Isbergues,50.6100,2.4300
"""


@pytest.fixture
def known(engine: Engine, tmp_path: Path) -> Engine:
    path = tmp_path / "connues.csv"
    path.write_text(HEAD + KNOWN.strip(), "utf-8")
    ask(engine, import_addresses, path, "essai")
    return engine


def found(
    engine: Engine, address: str, postcode: str = "62400", commune: str = "Béthune", geocoder: Geocoder | None = None
) -> Point | None:
    return ask(engine, locate, address=address, postcode=postcode, commune=commune, geocoder=geocoder)


@pytest.mark.parametrize(
    "address",
    [
        "12 Rue de Lille",
        "12, r. de lille",
        "12 RUE DE LILLE 62400 BÉTHUNE",
        "Appt 3, 12 rue de Lille",
        "n° 12 rue de Lille",
    ],
)
def test_a_known_door_is_found_however_it_is_written(known: Engine, address: str) -> None:
    assert found(known, address) == Point(50.53, 2.64, Precision.HOUSENUMBER)


@pytest.mark.parametrize("address", ["12 bis rue de Lille", "12B rue de Lille", "12 b, rue de Lille"])
def test_a_suffix_is_part_of_the_number(known: Engine, address: str) -> None:
    assert found(known, address) == Point(50.5302, 2.6404, Precision.HOUSENUMBER)


def test_a_number_may_stand_behind_its_street(known: Engine) -> None:
    assert found(known, "Dorfstrasse 24", "9495", "Triesen") == Point(47.1081, 9.5261, Precision.HOUSENUMBER)


def test_a_number_in_the_name_is_no_house_number(known: Engine) -> None:
    assert found(known, "9 rue du 8 mai 1945", "62290", "Nœux-les-Mines") == Point(50.481, 2.666, Precision.HOUSENUMBER)
    assert found(known, "rue du 8 mai 1945", "62290", "Nœux-les-Mines") == Point(50.481, 2.666, Precision.STREET)
    assert found(known, "9 rue du 8 mai 1954", "62290", "Nœux-les-Mines") is None


def test_a_number_that_is_missing_takes_the_nearest_and_rather_its_own_side(known: Engine) -> None:
    assert found(known, "16 rue de Lille") == Point(50.5301, 2.6402, Precision.STREET)
    assert found(known, "17 rue de Lille") == Point(50.531, 2.641, Precision.STREET)
    assert found(known, "2 rue du Stade", "62400", "Locon") == Point(50.57, 2.66, Precision.STREET)


def test_a_street_that_may_be_two_is_not_guessed(known: Engine) -> None:
    assert found(known, "6 allée des Lilas") is None
    assert found(known, "4 place du Marché", "62190", "") is None
    assert found(known, "4 place du Marché", "62190", "Lillers") == Point(50.56, 2.48, Precision.STREET)


def test_the_postcode_tells_two_streets_of_a_merged_commune_apart(known: Engine) -> None:
    assert found(known, "8 Grand'Place", "62120", "Isbergues") == Point(50.61, 2.43, Precision.HOUSENUMBER)
    assert found(known, "8 Grand'Place", "", "Isbergues") is None


def test_a_street_without_number_is_found_in_its_middle(known: Engine) -> None:
    assert found(known, "rue du Stade", "62400", "Locon") == Point(50.5701, 2.6602, Precision.STREET)


def test_the_same_street_of_the_next_village_is_not_meant(known: Engine) -> None:
    assert found(known, "3 rue du Stade", "62400", "Béthune") is None
    assert found(known, "4 rue de l'église", "62130", "Ramecourt") == Point(50.37, 2.3, Precision.HOUSENUMBER)


def test_a_commune_that_exists_is_never_taken_for_a_slip_of_the_pen(known: Engine, tmp_path: Path) -> None:
    path = tmp_path / "ramecourt.csv"
    path.write_text(HEAD + "1,Rue Haute,62130,Ramecourt,50.38,2.31\n", "utf-8")
    ask(known, import_addresses, path, "Ramecourt")

    assert found(known, "4 rue de l'église", "62130", "Ramecourt") is None


@pytest.mark.parametrize("commune", ["Noeux", "NOEUX LES MINES", "Neux-les-Mines", "Noeux-les-Mines Cedex", ""])
def test_a_commune_may_be_written_short_wrong_or_not_at_all(known: Engine, commune: str) -> None:
    assert found(known, "7 av du Gal Leclerc", "62290", commune) == Point(50.48, 2.665, Precision.HOUSENUMBER)


def test_a_wrong_postcode_of_the_same_department_does_not_hide_a_door(known: Engine) -> None:
    assert found(known, "7 avenue du Général Leclerc", "62000", "Nœux-les-Mines") is not None
    assert found(known, "7 avenue du Général Leclerc", "59000", "Nœux-les-Mines") is None


def test_a_street_is_found_by_likeness_and_is_then_no_better_than_a_street(known: Engine) -> None:
    assert found(known, "12 rue de Lile") == Point(50.53, 2.64, Precision.STREET)
    assert found(known, "7 rue du Général Leclerc", "62290", "Nœux-les-Mines") == Point(50.48, 2.665, Precision.STREET)


def test_a_street_that_is_another_one_is_not_found_by_likeness(known: Engine) -> None:
    assert found(known, "12 rue de Lillers") is None
    assert found(known, "12 rue de Lile", "62400", "Locon") is None


def test_without_postcode_and_commune_only_what_is_not_in_doubt_is_found(known: Engine) -> None:
    assert found(known, "2 Lindenweg", "", "") == Point(47.14, 9.51, Precision.HOUSENUMBER)
    assert found(known, "24 Dorfstrasse", "", "") is None
    assert found(known, "12 rue de Lile", "", "") is None


@pytest.mark.parametrize("address", ["", "  ", "???", "12", ",;,", "0" * 5_000, "rue " * 2_000, "a\u0301" * 50])
def test_nonsense_is_nowhere(known: Engine, address: str) -> None:
    assert found(known, address, "62400", "Béthune") is None


def test_what_is_known_is_not_asked_of_the_service(known: Engine) -> None:
    service = FakeGeocoder(an_answer(1, 1))

    assert found(known, "12 rue de Lille", geocoder=service) == Point(50.53, 2.64, Precision.HOUSENUMBER)
    assert service.asked == []


def test_the_service_is_asked_once_and_remembered(engine: Engine) -> None:
    service = FakeGeocoder(an_answer(50.53, 2.64))

    first = found(engine, "12 Rue du Stade", geocoder=service)
    again = found(engine, "12  rue du stade", geocoder=service)
    offline = found(engine, "12 Rue du Stade")

    assert first == again == offline == Point(50.53, 2.64, Precision.HOUSENUMBER)
    assert service.asked == [("12 Rue du Stade", "62400", "Béthune")]
    with Session(engine) as session:
        answer = session.exec(select(GeocodingAnswer)).one()
    assert (answer.label, answer.service) == ("12 Rue du Stade 62400 Béthune", "essai")


def test_what_the_service_does_not_know_is_not_asked_again(engine: Engine) -> None:
    service = FakeGeocoder(None)

    assert found(engine, "12 Rue du Stade", geocoder=service) is None
    assert found(engine, "12 Rue du Stade", geocoder=service) is None
    assert len(service.asked) == 1


def test_an_answer_in_another_commune_is_not_taken(engine: Engine) -> None:
    service = FakeGeocoder(an_answer(commune="Locon"))

    assert found(engine, "12 Rue du Stade", geocoder=service) is None
    assert how_many(engine, GeocodingAnswer) == 1


def test_a_whole_commune_is_no_more_than_a_locality(engine: Engine) -> None:
    service = FakeGeocoder(an_answer(precision="locality"))

    point = found(engine, "Le Grand Marais", geocoder=service)

    assert point is not None
    assert point.precision is Precision.LOCALITY


def test_the_service_looks_around_our_roads_first(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(
            RoadNetwork(name="Artois", digest="a", nodes=1, edges=1, south=50, west=2, north=51, east=3, active=True)
        )
        session.commit()
    service = FakeGeocoder(None)

    found(engine, "12 Rue du Stade", geocoder=service)

    assert service.near == (50.5, 2.5)


def test_a_service_that_is_away_is_not_remembered_as_knowing_nothing(engine: Engine) -> None:
    with pytest.raises(ServiceAway):
        found(engine, "12 Rue du Stade", geocoder=FakeGeocoder(away=True))

    assert how_many(engine, GeocodingAnswer) == 0


def test_addresses_brought_in_later_win_over_what_the_service_did_not_know(engine: Engine, tmp_path: Path) -> None:
    assert found(engine, "12 rue de Lille", geocoder=FakeGeocoder(None)) is None
    path = tmp_path / "plus_tard.csv"
    path.write_text(HEAD + KNOWN.strip(), "utf-8")

    ask(engine, import_addresses, path, "essai")

    assert found(engine, "12 rue de Lille") == Point(50.53, 2.64, Precision.HOUSENUMBER)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("R. de l’Église", "rue de l eglise"),
        ("Av. du Gal-Leclerc", "avenue du general leclerc"),
        ("bd  St-Pol", "boulevard saint pol"),
        ("Pl. du Dr Roux", "place du docteur roux"),
        ("CHE DES DAMES", "chemin des dames"),
        ("Imp Ste Anne", "impasse sainte anne"),
        ("Rue Œillets", "rue oeillets"),
        ("Ch", "ch"),
    ],
)
def test_streets_are_compared_without_the_ways_of_writing_them(written: str, key: str) -> None:
    assert street_key(written) == key


def test_numbers_and_communes_are_compared_without_the_ways_of_writing_them() -> None:
    assert number_key("12 B") == number_key("012bis") == number_key("12 BIS") == "12bis"
    assert number_key("12-14") == number_key("12/14") == "12"
    assert number_key("") == ""
    assert commune_key("ST-OMER CEDEX 2") == commune_key("Saint-Omer") == "saint omer"


def test_a_letter_behind_a_number_may_be_the_kind_of_street() -> None:
    assert ("12", "rue de lille") in readings("12 r de Lille")
    assert ("12", "chemin des dames") in readings("12 ch. des Dames")


def test_streets_that_differ_in_a_number_or_a_word_are_not_alike() -> None:
    assert likeness("rue du 8 mai 1945", "rue du 8 mai 1954") == 0
    assert likeness("rue de lille", "rue de lillers") == 0
    assert likeness("rue charles de gaule", "rue charles de gaulle") > 0.9
    assert likeness("rue des lilas", "rue des lilas") > likeness("rue des lilas", "allee des lilas") > 0.9
