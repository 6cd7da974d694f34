"""What everybody may read: producers, relay points, days by commune, the search, the paper form, the legal pages."""

import datetime as dt
import re
from collections.abc import Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlmodel import Session, select
from werkzeug.test import TestResponse

from meloko.accounts.models import Role
from meloko.accounts.services import set_organisation
from meloko.catalogue.models import Producer
from meloko.clock import today
from meloko.customers.paper_wishes import PaperFormWish
from meloko.relay_points.models import RelayPoint
from meloko.site import public_views
from tests.make import PASSWORD, Make
from tests.visitor import Visitor, words

BAD = (
    "", " ", "w" * 10_000, "🥕", "مرحبا", "<script>alert(1)</script>", "a\x00b", "'; DROP TABLE product; --",
    "%", "62 400", "_",
)  # fmt: skip


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    return Visitor(client)


def _change(engine: Engine, row: Producer | RelayPoint, **facts: object) -> None:
    with Session(engine) as session:
        found = session.get_one(type(row), row.id)
        for name, value in facts.items():
            setattr(found, name, value)
        session.commit()


def _ask_for_paper(visitor: Visitor, asked: Mapping[str, object]) -> TestResponse:
    return visitor.send("/bon-de-commande", follow=True, headers=None, **asked)


def test_a_producer_shows_its_labels_with_their_end(visitor: Visitor, make: Make, engine: Engine) -> None:
    farm = make.producer()
    make.product(farm, name="Poireaux, la botte")
    _change(engine, farm, code="FAB", labels="AB", labels_until=dt.date(2099, 3, 31), about="Trois générations ici.")

    page = words(visitor.open("/producteurs/FAB"))

    assert "agriculture biologique" in page
    assert "Certificat valable jusqu’au mardi 31 mars 2099" in page
    assert "Trois générations ici." in page
    assert "Poireaux" in page


def test_a_label_whose_certificate_has_ended_is_not_shown(visitor: Visitor, make: Make, engine: Engine) -> None:
    farm = make.producer()
    _change(engine, farm, code="FAB", labels="AB", labels_until=today() - dt.timedelta(days=1))

    assert "biologique" not in words(visitor.open("/producteurs/FAB"))


def test_a_relay_point_says_its_hours_its_closures_and_its_days(visitor: Visitor, make: Make, engine: Engine) -> None:
    cafe = make.relay_point(name="Café du Canal", public_hours="Mo-Fr 09:00-12:00; Sa 10:00-12:00")
    _change(engine, cafe, code="R01", wheelchair=True)
    make.closure(cafe, today() + dt.timedelta(days=20))
    make.closure(cafe, today() - dt.timedelta(days=20))

    page = words(visitor.open("/points-relais/R01"))

    assert "Lundi au vendredi : de 9 h à 12 h" in page
    assert page.count("congés") == 1
    assert "de plain-pied" in page
    assert "openstreetmap.org" in visitor.open("/points-relais/R01").text


@pytest.mark.parametrize("path", ["/producteurs/rien", "/points-relais/rien", "/producteurs/%00", "/points-relais/é€"])
def test_an_unknown_producer_or_place_is_not_found_in_words(visitor: Visitor, path: str) -> None:
    page = visitor.open(path)

    assert page.status_code == 404
    assert "n’existe pas" in words(page)


@pytest.mark.parametrize("typed", ["Béthune", "bethune", "BETHUNE", "béthunne", "62400", "62 400"])
def test_a_commune_is_known_in_any_spelling(visitor: Visitor, make: Make, typed: str) -> None:
    make.day(make.relay_point(name="Café du Canal"), in_days=2)

    page = words(visitor.open(f"/jours?commune={typed}"))

    assert "Café du Canal" in page
    assert "Nous livrons à la maison" in page


def test_an_unknown_commune_is_told_what_to_do(visitor: Visitor, make: Make) -> None:
    make.ask(lambda session: set_organisation(session, name="Les Saules", phone="03 53 01 24 60"))
    make.day(make.relay_point(), in_days=2)

    page = words(visitor.open("/jours?commune=Marseille"))

    assert "Nous ne connaissons pas cette commune" in page
    assert "03 53 01 24 60" in page


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("poirau", "Poireaux"),
        ("FERME SAULES", "Ferme des Saules"),
        ("canal", "Café du Canal"),
        ("betune", "Béthune"),
    ],
)
def test_the_search_forgives_accents_and_spelling(visitor: Visitor, make: Make, typed: str, found: str) -> None:
    make.product(name="Poireaux, la botte")
    make.relay_point(name="Café du Canal")

    page = words(visitor.open(f"/chercher?q={typed}"))

    assert found in page
    assert "Rien sous ce nom" not in page


@pytest.mark.parametrize("path", ["/jours", "/chercher", "/en/chercher"])
def test_nothing_that_is_typed_breaks_a_search(visitor: Visitor, make: Make, path: str) -> None:
    make.product()
    for typed in BAD:
        answer = visitor.client.get(path, query_string={"q": typed, "commune": typed})

        assert answer.status_code == 200, typed
        assert "<script>alert" not in answer.text


def test_a_wish_for_the_paper_form_reaches_the_team_once_and_is_crossed_off(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    make.day()
    asked = {"name": "Mme Legrand", "address": "3 rue du Moulin", "commune": "Locon", "postcode": "62 400"}
    for _ in range(2):
        assert "C’est noté" in words(_ask_for_paper(visitor, asked | {"phone": "03.53.01.24.60"}))
    with Session(engine) as session:
        (wish,) = session.exec(select(PaperFormWish)).all()
    nadia = make.user(Role.STAFF)
    visitor.send("/equipe/connexion", email=nadia.email, password=PASSWORD)

    assert (wish.postcode, wish.commune) == ("62400", "Locon")
    assert "Un bon de commande à envoyer" in words(visitor.open("/equipe/"))
    assert "3 rue du Moulin" in words(visitor.open("/equipe/bons-a-envoyer"))
    visitor.send(f"/equipe/bons-a-envoyer/{wish.id}/parti")
    assert "Aucune lettre à poster" in words(visitor.open("/equipe/bons-a-envoyer"))


@pytest.mark.parametrize("field", ["name", "address", "commune", "postcode", "phone"])
def test_the_paper_form_keeps_what_was_typed_and_says_what_lacks(
    visitor: Visitor, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_views, "_LETTERS", 100)
    asked = {"name": "Mme Legrand", "address": "3 rue du Moulin", "commune": "Locon", "postcode": "", "phone": ""}
    for typed in BAD:
        answer = _ask_for_paper(visitor, asked | {field: typed})

        assert answer.status_code in (200, 422), typed
        assert "<script>alert" not in answer.text
        if answer.status_code == 422:
            assert "Erreur :" in words(answer)
            assert "3 rue du Moulin" in answer.text or field == "address"


def test_a_program_that_fills_what_nobody_sees_writes_nothing(visitor: Visitor, engine: Engine) -> None:
    asked = {"name": "Robot", "address": "1", "commune": "X", "site_web": "http://spam.example"}

    assert "C’est noté" in words(_ask_for_paper(visitor, asked))
    with Session(engine) as session:
        assert session.exec(select(PaperFormWish)).all() == []


def test_only_an_administrator_is_told_what_the_legal_notice_lacks(visitor: Visitor, make: Make) -> None:
    make.ask(lambda session: set_organisation(session, name="Les Saules", siret="99000200800011"))
    before = words(visitor.open("/mentions-legales"))
    admin = make.user(Role.ADMIN)
    visitor.send("/equipe/connexion", email=admin.email, password=PASSWORD)

    page = words(visitor.open("/mentions-legales"))

    assert "99000200800011" in before
    assert "le médiateur de la consommation" not in before
    assert "le médiateur de la consommation" in page
    assert "le numéro SIRET" not in page


def test_a_page_for_everybody_may_be_kept_until_somebody_signs_in(visitor: Visitor, make: Make, engine: Engine) -> None:
    first = visitor.client.get("/points-relais")
    again = visitor.client.get("/points-relais", headers={"If-None-Match": first.headers["ETag"]})
    make.relay_point(name="Un nouveau café")
    changed = visitor.client.get("/points-relais", headers={"If-None-Match": first.headers["ETag"]})
    visitor.sign_in(engine, make.customer(email="yvette@meloko.example"))
    own = visitor.client.get("/points-relais")

    assert first.headers["Cache-Control"] == "public, max-age=60"
    assert "Cookie" in first.headers["Vary"]
    assert (again.status_code, again.data) == (304, b"")
    assert changed.status_code == 200
    assert own.headers["Cache-Control"] == "no-store"
    assert "ETag" not in own.headers


@pytest.mark.parametrize("path", ["/bon-de-commande", "/commander", "/connexion"])
def test_a_page_with_the_token_of_one_browser_is_never_kept(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Cache-Control"] == "no-store"


def test_a_page_names_itself_in_both_languages(client: FlaskClient) -> None:
    french, english = client.get("/points-relais").text, client.get("/en/points-relais").text

    for page in (french, english):
        assert '<link rel="alternate" hreflang="fr" href="http://localhost/points-relais">' in page
        assert '<link rel="alternate" hreflang="en" href="http://localhost/en/points-relais">' in page
    assert '<html lang="en">' in english
    assert '<link rel="canonical" href="http://localhost/en/points-relais">' in english
    assert "Our relay points" in english
    assert 'href="/en/contact"' in english
    assert '"/en/static' not in english


def test_an_english_page_leads_on_in_english_and_who_works_here_reads_french(client: FlaskClient) -> None:
    assert client.get("/en/mon-compte").headers["Location"].startswith("/en/connexion?next=/en/mon-compte")
    assert client.get("/en/equipe/clients").headers["Location"] == "/equipe/clients"
    assert client.get("/en").status_code == 200
    assert client.get("/english").status_code == 404
    assert "There is nothing at this address" in client.get("/en/rien").text


def test_the_map_of_the_site_names_pages_that_open(client: FlaskClient, make: Make, engine: Engine) -> None:
    _change(engine, make.producer(), code="FAB")
    _change(engine, make.relay_point(), code="R01")

    addresses = re.findall(r"<loc>http://localhost([^<]*)</loc>", client.get("/sitemap.xml").text)

    assert "/en/producteurs/FAB" in addresses
    assert "/points-relais/R01" in addresses
    assert {client.get(address).status_code for address in addresses} == {200}
    assert "Sitemap: http://localhost/sitemap.xml" in client.get("/robots.txt").text


_PAGES = ("/", "/produits", "/producteurs", "/points-relais", "/jours?commune=Bethune", "/chercher?q=lait")


@pytest.mark.parametrize("path", _PAGES)
def test_a_page_asks_six_questions_at_most_whatever_is_sold(app: Flask, make: Make, engine: Engine, path: str) -> None:
    shelf, farm = make.category(), make.producer()
    make.day(make.relay_point(), in_days=2)
    for _ in range(30):
        make.product(farm, category=shelf, name="Lait entier")
    client = app.test_client()
    client.get(path)
    asked: list[str] = []

    def note(*given: object) -> None:
        asked.append(str(given[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)

    assert len(asked) <= 6, "\n".join(asked)
