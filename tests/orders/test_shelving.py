"""A large catalogue is shown by parts: every product has its place, and a change leads back to it."""

import html
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from meloko.orders import shelving
from tests import questions
from tests.make import Make
from tests.visitor import Visitor, words


@pytest.fixture(autouse=True)
def _few_on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelving, "MOST_SHOWN", 3)


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    return Visitor(client)


def fill(make: Make) -> None:
    roots, dairy = make.category("Racines"), make.category("Laiterie")
    for name in ("Ail", "Betterave", "Carotte", "Navet", "Radis"):
        make.product(name=name, category=roots)
    for name in ("Beurre", "Lait"):
        make.product(name=name, category=dairy)


def names(page: str) -> list[str]:
    return re.findall(r'<h3 id="n-[^"]+"[^>]*>([^<]+)</h3>', page)


def link(page: str, words: str) -> str:
    found = re.search(rf'<a href="([^"]+)"[^>]*>{words}</a>', page)
    assert found is not None, words
    return html.unescape(found[1])


def test_every_product_is_reached_by_links_alone(visitor: Visitor, make: Make) -> None:
    fill(make)

    first = visitor.open("/commander").text
    more = visitor.open(link(first, "La suite du rayon")).text
    back = visitor.open(link(more, "Les produits d’avant")).text
    dairy = visitor.open(link(first, "Laiterie")).text

    assert names(first) == names(back) == ["Ail", "Betterave", "Carotte"]
    assert names(more) == ["Navet", "Radis"]
    assert names(dairy) == ["Beurre", "Lait"]
    assert "La suite du rayon" not in more + dairy


def test_a_small_catalogue_stands_on_one_page(visitor: Visitor, make: Make) -> None:
    roots, dairy = make.category("Racines"), make.category("Laiterie")
    make.product(name="Ail", category=roots)
    make.product(name="Lait", category=dairy)

    page = visitor.open("/commander").text

    assert names(page) == ["Ail", "Lait"]
    assert link(page, "Laiterie").startswith("#rayon-")


def test_a_change_without_a_script_leads_back_to_the_product(visitor: Visitor, make: Make, engine: Engine) -> None:
    fill(make)
    radish = make.product(name="Raifort", category=None)

    changed = visitor.order(radish.code, 2)
    wrong = visitor.order(radish.code, "deux")
    found = visitor.open(f"/commander/produits/{radish.code}")

    for page in (changed, wrong, found):
        assert names(page.text) == ["Raifort"]
    assert "Ajouté" in words(changed)
    assert "vous avez écrit « deux »" in words(wrong)
    assert questions.quantities(engine) == {radish.id: 2}


def test_favourites_stand_first_and_only_there(visitor: Visitor, make: Make, engine: Engine) -> None:
    fill(make)
    honey = make.product(name="Miel")
    yvette, cafe = make.customer(email="yvette@meloko.example"), make.relay_point()
    for ahead in (2, 3):
        make.order(yvette, make.day(cafe, in_days=ahead), cafe, {honey.id: 1})
    visitor.sign_in(engine, yvette)

    first = visitor.open("/commander").text
    changed = visitor.order(honey.code, 4).text

    assert names(first) == names(changed) == ["Miel", "Ail", "Betterave", "Carotte"]


@pytest.mark.parametrize(
    "asked", ["rayon=999999", "rayon=abc&suite=-4", "suite=99999999", "produit=%00🙂", "produit=" + "x" * 10_000]
)
def test_what_leads_nowhere_leads_to_the_beginning(visitor: Visitor, make: Make, asked: str) -> None:
    fill(make)

    page = visitor.open(f"/commander?{asked}")

    assert page.status_code == 200
    assert names(page.text) == ["Ail", "Betterave", "Carotte"]
