"""The administrator's pages: people and roles, invitations, the organisation and what the law wants of it."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlmodel import Session, col, select

from meloko.accounts.legal import WrongSiret, read_siret
from meloko.accounts.models import AuditEntry, Role, User
from meloko.accounts.people import LastAdministrator, PersonFacts, change_person, disable_person
from meloko.notices.models import Notice
from tests import questions
from tests.make import Make
from tests.signed_in import SignedIn, plain, sign_in
from tests.visitor import Visitor, value_of, words


@pytest.fixture
def chief(make: Make) -> User:
    return make.user(Role.ADMIN, name="Claire D.")


@pytest.fixture
def admin(client: FlaskClient, chief: User) -> SignedIn:
    return sign_in(client, chief)


def _link(engine: Engine) -> str:
    with Session(engine) as session:
        body = session.exec(select(Notice.body).order_by(col(Notice.id).desc())).first()
    found = re.search(r"http://localhost(/invitation/\S+)", body or "")
    assert found is not None, body
    return found[1]


def test_a_new_person_chooses_her_password_by_a_link_that_serves_once(
    admin: SignedIn, engine: Engine, app: Flask
) -> None:
    admin.post("/equipe/personnes/nouvelle", name="Paul V.", email="Paul@meloko.example", roles=["driver", "staff"])
    link = _link(engine)
    paul = Visitor(app.test_client())

    shown = words(paul.open(link))
    weak = paul.send(link, password="court", again="court")
    other = paul.send(link, password="une phrase assez longue", again="une autre phrase")
    chosen = words(paul.send(link, password="une phrase assez longue", again="une phrase assez longue"))
    spent = paul.open(link)
    entered = paul.send("/equipe/connexion", email="paul@meloko.example", password="une phrase assez longue")

    assert "Bienvenue, Paul V." in shown
    assert weak.status_code == other.status_code == 422
    assert "12 signes" in words(weak)
    assert "ne sont pas les mêmes" in words(other)
    assert "Équipe, livreurs et partenaires" in chosen
    assert spent.status_code == 404
    assert entered.status_code == 200


def test_a_link_that_is_sent_again_voids_the_one_before(admin: SignedIn, engine: Engine, app: Flask) -> None:
    admin.post("/equipe/personnes/nouvelle", name="Paul V.", email="paul@meloko.example", roles="driver")
    first = _link(engine)
    with engine.connect() as connection:
        paul = connection.execute(text("SELECT id FROM \"user\" WHERE name = 'Paul V.'")).scalar_one()

    admin.post(f"/equipe/personnes/{paul}/inviter")

    assert app.test_client().get(first).status_code == 404
    assert app.test_client().get(_link(engine)).status_code == 200
    assert app.test_client().get("/invitation/forged").status_code == 404


def test_nobody_takes_the_last_administrator_away(admin: SignedIn, chief: User, engine: Engine, make: Make) -> None:
    demoted = admin.post(f"/equipe/personnes/{chief.id}", name="Claire D.", email=chief.email, roles="staff")
    disabled = admin.post(f"/equipe/personnes/{chief.id}/desactiver")

    for answer in (demoted, disabled):
        assert answer.status_code == 422
        assert "dernière personne qui administre" in plain(answer.text)
    other = make.user(Role.ADMIN)
    make.ask(disable_person, other.id, by=chief.id)
    with pytest.raises(LastAdministrator):
        make.ask(change_person, chief.id, PersonFacts("C", "c@x.fr", "", frozenset({Role.STAFF})), by=chief.id)


def test_a_disabled_person_is_out_everywhere_and_may_come_back(
    admin: SignedIn, app: Flask, make: Make, engine: Engine
) -> None:
    nadia = make.user(Role.STAFF)
    at_work = sign_in(app.test_client(), nadia)
    assert at_work.get("/equipe/").status_code == 200

    admin.post(f"/equipe/personnes/{nadia.id}/desactiver")
    out = at_work.get("/equipe/").status_code
    admin.post(f"/equipe/personnes/{nadia.id}/reactiver")

    assert out == 303
    assert sign_in(app.test_client(), nadia).get("/equipe/").status_code == 200
    with Session(engine) as session:
        acts = [entry.act for entry in session.exec(select(AuditEntry).where(col(AuditEntry.subject_id) == nadia.id))]
    assert "user.disabled" in acts
    assert "user.enabled" in acts


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "Écrivez le nom"),
        ({"name": "a" * 10_000}, "80 signes au plus"),
        ({"email": "paul"}, "prenom@exemple.fr"),
        ({"email": "p\u00a0v@meloko.example"}, "prenom@exemple.fr"),
        ({"roles": []}, "Cochez au moins un rôle"),
    ],
)
def test_odd_people_are_refused_in_words_and_kept(
    admin: SignedIn, engine: Engine, changed: dict[str, object], sentence: str
) -> None:
    typed: dict[str, object] = {"name": "Paul V.", "email": "paul@meloko.example", "roles": ["driver"], **changed}

    answer = admin.post("/equipe/personnes/nouvelle", **typed)

    assert answer.status_code == 422
    assert sentence in plain(answer.text)
    assert questions.how_many(engine, User) == 1
    if "email" not in changed:
        assert value_of(answer, "email") == "paul@meloko.example"


def test_a_role_that_does_not_exist_or_is_no_work_is_refused(admin: SignedIn, engine: Engine) -> None:
    for role in ("customer", "roi", "visitor"):
        answer = admin.post("/equipe/personnes/nouvelle", name="P", email="p@meloko.example", roles=[role])
        assert answer.status_code == 422
    assert questions.how_many(engine, User) == 1


def test_staff_see_neither_people_nor_settings(client: FlaskClient, make: Make) -> None:
    nadia = sign_in(client, make.user(Role.STAFF))

    assert nadia.get("/equipe/personnes").status_code == 404
    assert nadia.get("/equipe/organisation").status_code == 404


def test_the_organisation_is_written_down_and_what_the_law_lacks_is_said(admin: SignedIn, engine: Engine) -> None:
    before = admin.read("/equipe/organisation")
    typed = {
        "name": "Le Panier", "siret": "732 829 320 00074", "legal_form": "SCIC", "vat_regime": "Réel normal",
        "host": "Chez nous, 1 rue Haute", "mediator": "<script>x</script>",
    }  # fmt: skip

    answer = admin.post("/equipe/organisation", **typed)
    after = admin.read("/equipe/organisation")

    assert "le numéro SIRET" in before
    assert answer.status_code == 303
    assert "le numéro SIRET" not in after
    assert "le responsable de la publication" in after
    assert "<script>x" not in after
    with Session(engine) as session:
        entry = session.exec(select(AuditEntry).where(col(AuditEntry.act) == "organisation.changed")).one()
    assert entry.after is not None
    assert entry.after["siret"] == "73282932000074"


@pytest.mark.parametrize(
    ("typed", "kept"), [("", ""), ("732 829 320 00074", "73282932000074"), ("35600000000048", "35600000000048")]
)
def test_a_siret_is_read_with_spaces(typed: str, kept: str) -> None:
    assert read_siret(typed) == kept


@pytest.mark.parametrize("typed", ["732 829 320 00075", "7328293200007", "73282932O00074", "٧٣٢٨٢٩٣٢٠٠٠٠٧٤"])
def test_a_wrong_siret_is_refused(typed: str) -> None:
    with pytest.raises(WrongSiret):
        read_siret(typed)
