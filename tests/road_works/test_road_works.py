import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from meloko.accounts.models import Role
from meloko.clock import today
from meloko.db import ask
from meloko.orders.closing import close_day
from meloko.roads.closures import closed_ways, find_streets
from meloko.roads.importing import import_roads
from meloko.roads.models import RoadClosure, RoadStreet
from meloko.roads.networks import network_of, open_network
from meloko.roads.served import Served
from routing.snapping import snap
from routing.ways import way
from tests.make import Make
from tests.questions import day as the_day
from tests.questions import how_many, jobs, only
from tests.routing.maps import Sketch, at
from tests.signed_in import SignedIn, plain, sign_in

ROADS = "/equipe/routes"
TODAY = today()


def in_days(days: int) -> dt.date:
    return TODAY + dt.timedelta(days=days)


@pytest.fixture
def staff(client: FlaskClient, make: Make) -> SignedIn:
    return sign_in(client, make.user(Role.STAFF))


@pytest.fixture
def digest(engine: Engine, tmp_path: Path) -> str:
    """Bring in two villages, each with a rue de l'Église, and two bridges between their quays."""
    sketch = Sketch()
    sketch.way(1, (0, 0), (4, 0), (20, 0), name="Quai Sud")
    sketch.way(2, (0, 3), (4, 3), (20, 3), name="Quai Nord")
    sketch.way(3, (4, 0), (4, 3), name="Pont du Moulin")
    sketch.way(4, (20, 0), (20, 3), name="Pont d’Aval")
    sketch.way(5, (0, 0), (0, -1), name="Rue de l’Église")
    sketch.way(6, (20, 0), (20, -1), name="Rue de l’Église")
    sketch.way(7, (20, -1), (19, -1), name="Rue de l’Église")
    sketch.node(0, 5, place="village", name="Essars")
    sketch.node(20, 5, place="village", name="Locon")
    return import_roads(engine, sketch.write(tmp_path), tmp_path, served=_nowhere).digest


def _nowhere(session: Session) -> Sequence[Served]:
    return ()


def street(engine: Engine, words: str) -> RoadStreet:
    (found,) = ask(engine, find_streets, words)
    return found


def close(staff: SignedIn, street_id: int, first: dt.date, last: dt.date) -> str:
    answer = staff.post(f"{ROADS}/rue/{street_id}", first_day=first, last_day=last, reason="Travaux")
    return plain(answer.text) if answer.status_code != 303 else staff.read(answer.location)


def test_a_street_is_found_by_its_words_and_by_its_village(engine: Engine, digest: str, staff: SignedIn) -> None:
    assert [(found.near, found.way_ids) for found in ask(engine, find_streets, "eglise rue")] == [
        ("Essars", [5]),
        ("Locon", [6, 7]),
    ]
    assert street(engine, "ÉGLISE locon").way_ids == [6, 7]
    assert ask(engine, find_streets, " ") == []
    assert ask(engine, find_streets, "100 %") == []
    page = staff.read(f"{ROADS}?q=eglise")
    assert "2 rues trouvées" in page
    assert "Aucune rue de ce nom" in staff.read(f"{ROADS}?q=boulevard")


def test_a_closed_bridge_is_driven_round_on_its_days_only(
    engine: Engine, digest: str, staff: SignedIn, tmp_path: Path
) -> None:
    page = close(staff, street(engine, "moulin").id, in_days(1), in_days(2))
    assert "Pont du Moulin est barrée" in page
    assert "Travaux" in page

    metres = []
    for days in range(4):
        network = network_of(tmp_path, digest, ask(engine, closed_ways, in_days(days)), {})
        a, b = snap(network, *at(2, 0)), snap(network, *at(2, 3))
        metres.append(way(network, a, b).distance_m)

    assert metres == pytest.approx([7 * 111.3, 39 * 111.3, 39 * 111.3, 7 * 111.3], abs=4)
    assert network_of(tmp_path, digest, frozenset(), {}) is open_network(tmp_path, digest)


def test_a_new_map_keeps_what_is_closed_and_forgets_the_streets_of_before(
    engine: Engine, digest: str, staff: SignedIn, tmp_path: Path
) -> None:
    old = street(engine, "moulin")
    close(staff, old.id, TODAY, in_days(3))
    sketch = Sketch()
    sketch.way(3, (4, 0), (4, 3), (4, 5), name="Pont Neuf")
    (tmp_path / "new").mkdir()
    import_roads(engine, sketch.write(tmp_path / "new"), tmp_path, served=_nowhere)

    assert ask(engine, find_streets, "moulin") == []
    assert street(engine, "pont neuf").way_ids == [3]
    assert ask(engine, closed_ways, TODAY) == {3}
    assert staff.get(f"{ROADS}/rue/999999").status_code == 404


def test_a_closure_asks_for_the_rounds_of_its_days_again_until_they_are_locked(
    engine: Engine, digest: str, staff: SignedIn, make: Make
) -> None:
    zone = make.zone()
    before, during, locked = (make.day(zone=zone, in_days=days) for days in (1, 2, 3))
    make.day(zone=zone, in_days=4)
    for day in (before, during, locked):
        make.ask(close_day, day.id, day.cut_off_at + dt.timedelta(hours=1))
    _lock(engine, locked.id)
    versions = {day.id: the_day(engine, day.id).input_version for day in (before, during, locked)}
    asked = len(jobs(engine, "rounds.build"))

    page = close(staff, street(engine, "moulin").id, in_days(2), in_days(9))

    assert "Les tournées de 1 jour sont recalculées" in page
    changed = {day: the_day(engine, day).input_version - version for day, version in versions.items()}
    assert changed == {before.id: 0, during.id: 1, locked.id: 0}
    assert [job.payload for job in jobs(engine, "rounds.build")[asked:]] == [{"day_id": during.id}]


def _lock(engine: Engine, day_id: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE delivery_day SET rounds_locked = true WHERE id = :id"), {"id": day_id})


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        (5, 4, "Le dernier jour vient avant le premier"),
        (-9, -2, "Ces jours sont passés"),
        (0, 900, "plus de deux ans"),
    ],
)
def test_days_that_make_no_sense_are_refused(
    first: int, last: int, sentence: str, engine: Engine, digest: str, staff: SignedIn
) -> None:
    page = close(staff, street(engine, "moulin").id, in_days(first), in_days(last))

    assert sentence in page
    assert "Travaux" in page
    assert how_many(engine, RoadClosure) == 0


def test_a_day_that_is_none_is_refused_in_a_sentence(engine: Engine, digest: str, staff: SignedIn) -> None:
    answer = staff.post(f"{ROADS}/rue/{street(engine, 'moulin').id}", first_day="demain", last_day="0001-01-01")

    assert answer.status_code == 422
    assert "Écrivez un jour" in plain(answer.text)
    assert "L’année ne peut pas être la bonne" in plain(answer.text)


def test_a_closure_ends_early_and_one_to_come_is_taken_back(engine: Engine, digest: str, staff: SignedIn) -> None:
    close(staff, street(engine, "moulin").id, TODAY, in_days(5))
    closure = only(engine, RoadClosure)
    with engine.begin() as connection:
        connection.execute(text("UPDATE road_closure SET first_day = first_day - 3"))

    answer = staff.post(f"{ROADS}/{closure.id}/rouvrir")

    assert "La route est rouverte" in staff.read(answer.location)
    assert only(engine, RoadClosure).last_day == in_days(-1)
    assert staff.post(f"{ROADS}/{closure.id}/rouvrir").status_code == 404

    close(staff, street(engine, "aval").id, in_days(2), in_days(3))
    with Session(engine) as session:
        to_come = session.exec(select(RoadClosure.id).where(col(RoadClosure.first_day) > TODAY)).one()
    staff.post(f"{ROADS}/{to_come}/rouvrir")
    assert how_many(engine, RoadClosure) == 1
    assert ask(engine, closed_ways, in_days(2)) == frozenset()


def test_the_database_keeps_no_closure_that_ends_before_it_begins(engine: Engine) -> None:
    row = RoadClosure(name="Pont", way_ids=[1], first_day=in_days(1), last_day=TODAY)
    with Session(engine) as session:
        session.add(row)
        with pytest.raises(IntegrityError, match="days_in_order"):
            session.commit()
