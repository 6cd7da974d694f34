import datetime as dt
import re
import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, select

from meloko.accounts.models import Role
from meloko.catalogue.models import Product
from meloko.clock import local, now
from meloko.customers.models import Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.orders.closing import close_day
from meloko.orders.models import Order, Source
from meloko.relay_points.models import RelayPoint
from tests.make import Make
from tests.questions import how_many, order
from tests.signed_in import SignedIn, plain, sign_in

DESK = "/equipe/saisie"


@pytest.fixture
def staff(client: FlaskClient, make: Make) -> SignedIn:
    return sign_in(client, make.user(Role.STAFF))


@pytest.fixture
def relay(make: Make) -> RelayPoint:
    return make.relay_point(name="Café de la Place")


@pytest.fixture
def day(make: Make, relay: RelayPoint) -> DeliveryDay:
    return make.day(relay, closes_in=dt.timedelta(hours=2))


@pytest.fixture
def customer(make: Make) -> Customer:
    return make.customer(last_name="Carlier", first_name="Roger", phone="", card_number="00100177")


@pytest.fixture
def leeks(make: Make) -> Product:
    return make.product(name="Poireaux", price_cents=320)


@pytest.fixture
def milk(make: Make) -> Product:
    return make.product(name="Lait entier", price_cents=125, deposit_cents=50)


def paper(
    customer: Customer | str,
    day: DeliveryDay,
    place: RelayPoint | None,
    lines: list[tuple[str, str]],
    *,
    received_at: dt.datetime | None = None,
    **fields: object,
) -> dict[str, object]:
    received = local(received_at or now() - dt.timedelta(minutes=5))
    return {
        "act": "save",
        "key": str(uuid.uuid4()),
        "customer": customer if isinstance(customer, str) else customer.card_number,
        "day": day.id,
        "place": place.id if place else "home",
        "source": "paper",
        "received_day": f"{received:%Y-%m-%d}",
        "received_hour": f"{received:%H:%M}",
        "code": [code for code, _ in lines],
        "quantity": [quantity for _, quantity in lines],
        **fields,
    }


def the_order(engine: Engine) -> Order:
    with Session(engine) as session:
        return session.exec(select(Order)).one()


def test_a_paper_is_keyed_and_the_desk_is_ready_for_the_next(
    staff: SignedIn,
    engine: Engine,
    customer: Customer,
    day: DeliveryDay,
    relay: RelayPoint,
    leeks: Product,
    milk: Product,
) -> None:
    lines = [(leeks.code, "2"), (milk.code, "3")]

    answer = staff.post(DESK, **paper(customer, day, relay, lines, articles="5", note="Laisser chez ma fille"))

    assert answer.status_code == 303
    placed = the_order(engine)
    assert (placed.source, placed.total_cents, placed.note) == (Source.PAPER, 640 + 375 + 150, "Laisser chez ma fille")
    page = staff.read(answer.location)
    assert f"Commande n° {placed.number} enregistrée, Mme Carlier Roger" in page
    assert "La suivante" in page
    assert re.search(r'<input class="input" id="customer" name="customer" value=""[^>]* autofocus', page)


def test_a_card_number_is_read_with_spaces_and_a_name_with_its_accents(
    staff: SignedIn, engine: Engine, make: Make, day: DeliveryDay, relay: RelayPoint, leeks: Product
) -> None:
    fievet = make.customer(last_name="Fiévet", first_name="Michel")
    spaced = f"{fievet.card_number[:4]} {fievet.card_number[4:]}"

    first = staff.post(DESK, **paper(spaced, day, relay, [(leeks.code, "1")], articles="1"))
    second = staff.post(DESK, **paper("fievet michel", day, relay, [(leeks.code, "1")], articles="1"))

    assert (first.status_code, second.status_code) == (303, 303)
    assert "s’ajoutent à sa commande déjà ouverte" in staff.read(second.location)
    assert the_order(engine).customer_id == fievet.id


def test_the_same_page_sent_twice_is_one_order(
    staff: SignedIn, engine: Engine, customer: Customer, day: DeliveryDay, relay: RelayPoint, leeks: Product
) -> None:
    sent = paper(customer, day, relay, [(leeks.code, "2")], articles="2")

    first, second = staff.post(DESK, **sent), staff.post(DESK, **sent)

    assert first.location == second.location
    assert the_order(engine).goods_cents == 640


def test_the_back_button_with_other_lines_is_refused_in_words(
    staff: SignedIn, engine: Engine, customer: Customer, day: DeliveryDay, relay: RelayPoint, leeks: Product
) -> None:
    sent = paper(customer, day, relay, [(leeks.code, "2")], articles="2")
    staff.post(DESK, **sent)

    answer = staff.post(DESK, **{**sent, "quantity": ["4"], "articles": "4"})

    assert answer.status_code == 409
    assert "avec un autre contenu" in plain(answer.text)
    assert the_order(engine).goods_cents == 640


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"customer": "0010 017 6"}, "Un chiffre de ce numéro de carte n’est pas le bon."),
        ({"customer": "0010017"}, "Il manque un chiffre : vous avez écrit 7 chiffres sur 8."),
        ({"customer": "Zzyzx"}, "Aucun client ne porte ce nom."),
        ({"customer": ""}, "Dites de qui est ce bon"),
        ({"code": ["999"]}, "Ligne 1 : Aucun produit ne porte le code 999."),
        ({"code": [""]}, "Ligne 1 : Il manque le code du produit."),
        ({"quantity": ["0"]}, "Ligne 1 : Écrivez la quantité en chiffres, de 1 à 500."),
        ({"quantity": ["-1"]}, "Ligne 1 : Écrivez la quantité en chiffres, de 1 à 500."),
        ({"quantity": ["1e9"]}, "Ligne 1 : Écrivez la quantité en chiffres, de 1 à 500."),
        ({"quantity": ["1000000000"]}, "Ligne 1 : Écrivez la quantité en chiffres, de 1 à 500."),
        ({"quantity": ["deux"]}, "Ligne 1 : Écrivez la quantité en chiffres, de 1 à 500."),
        ({"code": [], "quantity": []}, "Il n’y a encore aucune ligne"),
        ({"day": ""}, "Choisissez le jour de livraison."),
        ({"day": "999999999999"}, "Choisissez le jour de livraison."),
        ({"day": "999999"}, "On ne peut plus saisir pour ce jour"),
        ({"place": "987654"}, "Choisissez le lieu"),
        ({"place": ""}, "Choisissez le lieu"),
        ({"received_day": "hier"}, "Écrivez le jour où ce bon a été reçu"),
        ({"received_hour": "midi"}, "Écrivez l’heure à laquelle ce bon a été reçu"),
        ({"received_day": "2999-01-01"}, "Ce bon ne peut pas avoir été reçu demain"),
        ({"received_day": "0001-01-01"}, "ne peut pas être"),
        ({"received_day": "", "received_hour": ""}, "Dites quand ce bon a été reçu"),
        ({"articles": "beaucoup"}, "Écrivez le nombre d’articles en chiffres."),
        ({"total": "cher"}, "Écrivez le total comme sur le bon"),
        ({"articles": "9"}, "Vous avez compté 9 articles sur le papier, il y en a 2 de saisis."),
        ({"total": "7,00"}, "Le client a écrit 7,00 €, la saisie fait 6,40 €."),
        ({"articles": ""}, "Comptez les articles sur le bon"),
    ],
)
def test_what_is_not_clear_is_said_and_all_that_was_typed_is_kept(
    staff: SignedIn,
    engine: Engine,
    customer: Customer,
    day: DeliveryDay,
    relay: RelayPoint,
    leeks: Product,
    change: dict[str, object],
    sentence: str,
) -> None:
    sent = paper(customer, day, relay, [(leeks.code, "2")], articles="2", note="Portail vert") | change

    answer = staff.post(DESK, **sent)

    page = plain(answer.text)
    assert answer.status_code == 422
    assert sentence in page
    assert "Rien n’est enregistré, tout ce que vous avez tapé est gardé." in page
    assert "<title>Erreur : " in page
    assert "Portail vert" in page
    for name, typed in sent.items():
        for words in typed if isinstance(typed, list) else [typed]:
            if name not in ("act", "source", "place", "day"):
                assert f"{words}" in page, name
    assert how_many(engine, Order) == 0


def test_a_control_that_differs_can_be_confirmed(
    staff: SignedIn, engine: Engine, customer: Customer, day: DeliveryDay, relay: RelayPoint, leeks: Product
) -> None:
    sent = paper(customer, day, relay, [(leeks.code, "2")], articles="9")
    refused = plain(staff.post(DESK, **sent).text)

    answer = staff.post(DESK, **sent, confirmed="1")

    assert "J’ai recompté sur le papier" in refused
    assert answer.status_code == 303
    assert how_many(engine, Order) == 1


def test_the_total_of_a_customer_may_leave_the_deposits_out(
    staff: SignedIn, customer: Customer, day: DeliveryDay, relay: RelayPoint, milk: Product
) -> None:
    lines = [(milk.code, "2")]

    without = staff.post(DESK, **paper(customer, day, relay, lines, total="2,50 €"))
    with_them = staff.post(DESK, **paper(customer, day, relay, lines, total="3.50"))

    assert (without.status_code, with_them.status_code) == (303, 303)


def test_a_code_written_twice_is_added_up_and_said(
    staff: SignedIn, engine: Engine, customer: Customer, day: DeliveryDay, relay: RelayPoint, leeks: Product
) -> None:
    sent = paper(customer, day, relay, [(leeks.code, "2"), (leeks.code, "1")], articles="3")

    looked = plain(staff.post(DESK, **{**sent, "act": "look"}).text)
    staff.post(DESK, **sent)

    assert "déjà ligne 1 : les quantités s’ajoutent" in looked
    assert the_order(engine).goods_cents == 3 * 320


def test_looking_shows_names_and_totals_and_writes_nothing(
    staff: SignedIn, engine: Engine, customer: Customer, day: DeliveryDay, relay: RelayPoint, leeks: Product
) -> None:
    sent = paper(customer, day, relay, [(leeks.code, "2")])

    page = plain(staff.post(DESK, **{**sent, "act": "look"}).text)

    assert "Mme Carlier Roger" in page
    assert "pas de téléphone" in page
    assert '<dd data-sum="total">6,40 €</dd>' in page
    assert how_many(engine, Order) == 0


def test_more_lines_are_given_without_losing_those_that_are_there(
    staff: SignedIn, customer: Customer, day: DeliveryDay, relay: RelayPoint, leeks: Product
) -> None:
    sent = paper(customer, day, relay, [(leeks.code, "2")])

    page = staff.post(DESK, **{**sent, "act": "more"}).text

    assert 'id="code-18"' in page
    assert f'name="code" value="{leeks.code}"' in page


def test_several_customers_of_one_name_are_offered(
    staff: SignedIn, engine: Engine, make: Make, day: DeliveryDay, relay: RelayPoint, leeks: Product
) -> None:
    one, other = (
        make.customer(last_name="Dubois", first_name="Anne"),
        make.customer(last_name="Dubois", first_name="Luc"),
    )
    sent = paper("Dubois", day, relay, [(leeks.code, "1")], articles="1")

    page = staff.post(DESK, **sent)
    chosen = staff.post(DESK, **sent, chosen=other.card_number)

    assert page.status_code == 422
    assert f'value="{one.card_number}"' in page.text
    assert f'value="{other.card_number}"' in page.text
    assert chosen.status_code == 303
    assert the_order(engine).customer_id == other.id


def test_a_new_customer_without_telephone_is_added_and_the_lines_stay(
    staff: SignedIn, engine: Engine, day: DeliveryDay, relay: RelayPoint, leeks: Product
) -> None:
    sent = paper("", day, relay, [(leeks.code, "2")], articles="2")
    person = {"title": "Mme", "last_name": "Wattel", "first_name": "Yvonne", "commune": "Robecq"}

    page = plain(staff.post(DESK, **{**sent, "act": "add"}, **person).text)
    with Session(engine) as session:
        added = session.exec(select(Customer)).one()
    answer = staff.post(DESK, **{**sent, "customer": added.card_number})

    assert "Mme Wattel Yvonne" in page
    assert f'name="code" value="{leeks.code}"' in page
    assert answer.status_code == 303


def test_a_new_customer_needs_a_name_and_a_telephone_that_can_be_one(
    staff: SignedIn, engine: Engine, day: DeliveryDay, relay: RelayPoint, leeks: Product
) -> None:
    sent = {**paper("", day, relay, [(leeks.code, "2")]), "act": "add"}

    nameless = staff.post(DESK, **sent)
    wrong = staff.post(DESK, **sent, last_name="Wattel", phone="03 53 01 88 7")

    assert "Écrivez le nom de la personne" in plain(nameless.text)
    assert "Il manque un chiffre : vous avez écrit 9 chiffres sur 10." in plain(wrong.text)
    assert 'value="03 53 01 88 7"' in wrong.text
    assert how_many(engine, Customer) == 0


def test_a_paper_received_in_time_may_be_keyed_after_the_closing_and_the_page_says_so(
    staff: SignedIn, engine: Engine, make: Make, customer: Customer, relay: RelayPoint, leeks: Product
) -> None:
    day = make.day(relay, closes_in=-dt.timedelta(hours=1))
    make.ask(close_day, day.id, now())
    sent = paper(customer, day, relay, [(leeks.code, "2")], articles="2", received_at=now() - dt.timedelta(hours=3))

    answer = staff.post(DESK, **sent)

    assert answer.status_code == 303
    assert "Reçue à temps, saisie après la clôture" in staff.read(answer.location)
    assert order(engine, the_order(engine).id).received_at < day.cut_off_at


def test_a_paper_received_after_the_cut_off_is_refused_with_its_hour(
    staff: SignedIn, engine: Engine, make: Make, customer: Customer, relay: RelayPoint, leeks: Product
) -> None:
    day = make.day(relay, closes_in=-dt.timedelta(hours=1))
    sent = paper(customer, day, relay, [(leeks.code, "2")], articles="2", received_at=now() - dt.timedelta(minutes=10))

    answer = staff.post(DESK, **sent)

    assert answer.status_code == 422
    assert f"Reçue après la clôture ({day.cut_off_local})" in plain(answer.text)
    assert how_many(engine, Order) == 0


def test_a_full_relay_and_a_product_that_has_run_out_are_refused_in_words(
    staff: SignedIn, engine: Engine, make: Make, customer: Customer
) -> None:
    small = make.relay_point(name="Petit Café", crates=1, chilled=1)
    day = make.day(small)
    bulky, rare = make.product(crates_hundredths=90), make.product(name="Maroilles", stock=1)

    full = staff.post(DESK, **paper(customer, day, small, [(bulky.code, "2")], articles="2"))
    short = staff.post(DESK, **paper(customer, day, small, [(rare.code, "2")], articles="2"))

    assert "Petit Café n’a plus assez de place ce jour-là" in plain(full.text)
    assert "il ne reste que 1 × « Maroilles »" in plain(short.text)[:100_000].replace("Il ne", "il ne")
    assert how_many(engine, Order) == 0


def test_nobody_but_staff_keys(client: FlaskClient, make: Make) -> None:
    driver = sign_in(client, make.user(Role.DRIVER))

    assert driver.get(DESK).status_code == 404
    assert driver.post(DESK, act="save").status_code == 404
