import re

import pytest
from flask.testing import FlaskClient

from tests.make import Make
from tests.rounds.shaped import Shaped, shaped_day
from tests.signed_in import SignedIn, plain, sign_in

ROUNDS = "/equipe/tournees"


@pytest.fixture
def day(make: Make) -> Shaped:
    return shaped_day(make)


@pytest.fixture
def staff(client: FlaskClient, day: Shaped) -> SignedIn:
    return sign_in(client, day.staff)


def test_the_effect_is_shown_and_saving_it_shows_the_new_version(staff: SignedIn, day: Shaped) -> None:
    row = day.round(1)
    stop, before = day.stop(1, "Wattel").id, day.stop(1, "Carlier").id

    seen = staff.read(f"{ROUNDS}/{row.id}?geste=deplacer&arret={stop}&avant={before}")
    answer = staff.post(f"{ROUNDS}/{row.id}/geste", geste="deplacer", arret=stop, avant=before)

    assert "Si vous placez Mme Wattel Yvette avant Mme Carlier Yvette" in seen
    assert "proposition, rien n’est enregistré" in seen
    assert re.search(r"retour \d+ h \d\d au lieu de 12 h 00", seen)
    assert answer.status_code == 303
    page = staff.read(answer.headers["Location"])
    assert "Mme Wattel Yvette, arrêt placé avant Mme Carlier Yvette." in page
    assert page.index("Mme Wattel Yvette, Essars") < page.index("Mme Carlier Yvette, Essars")


def test_the_second_person_is_told_and_nothing_is_overwritten(staff: SignedIn, day: Shaped) -> None:
    row = day.round(1)
    stops = {name: day.stop(1, name).id for name in ("Carlier", "Legrand", "Wattel")}
    staff.post(f"{ROUNDS}/{row.id}/geste", geste="deplacer", arret=stops["Wattel"], avant=stops["Carlier"])

    answer = staff.post(f"{ROUNDS}/{row.id}/geste", geste="deplacer", arret=stops["Carlier"])

    page = plain(answer.text)
    assert answer.status_code == 409
    assert "Cette tournée a été changée par Nadia L." in page
    assert "Rien n’a été écrasé" in page
    assert day.names(1) == ["Wattel", "Carlier", "Legrand"]
    assert f"/{day.round(1).id}?geste=deplacer&amp;arret={day.stop(1, 'Carlier').id}" in page


def test_a_stop_goes_to_another_round_where_it_is_the_least_detour(staff: SignedIn, day: Shaped) -> None:
    first, second = day.round(1), day.round(2)
    stop = day.stop(1, "Legrand").id

    seen = staff.read(f"{ROUNDS}/{first.id}?geste=deplacer&arret={stop}&vers={second.id}&avant=mieux")
    answer = staff.post(f"{ROUNDS}/{first.id}/geste", geste="deplacer", arret=stop, vers=second.id, avant="mieux")

    assert "Tournée A : " in seen
    assert "Tournée B : " in seen
    assert answer.status_code == 303
    assert day.names(1) == ["Carlier", "Wattel"]
    assert sorted(day.names(2)) == ["Bar", "Legrand", "Penel"]
