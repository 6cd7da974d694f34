import dataclasses

import pytest
from sqlalchemy import Engine

from meloko.customers.cards import read_card_number, with_check_digit
from meloko.customers.models import Customer
from meloko.customers.services import (
    CustomerFacts,
    NameMissing,
    NoSuchCard,
    WrongPhone,
    add_customer,
    alike_customers,
    change_customer,
    find_by_card,
    find_customer,
    guest,
    place_by_hand,
    search_customers,
)
from meloko.jobs import LocateCustomer
from meloko.roads.models import Precision
from tests import questions
from tests.make import Make

JEANNE = CustomerFacts(last_name="Dubrulle", first_name="Jeanne", phone="03 53 01 88 77", guest=True)


def test_a_new_customer_gets_a_valid_card_of_her_own(make: Make) -> None:
    one, other = make.ask(add_customer, JEANNE, by=None), make.ask(add_customer, JEANNE, by=None)

    assert read_card_number(one.card_number) == one.card_number
    assert one.card_number != other.card_number


def test_a_customer_may_have_neither_e_mail_nor_telephone(make: Make) -> None:
    customer = make.ask(add_customer, CustomerFacts(last_name="Legrand"), by=None)

    assert make.ask(find_customer, customer.id).full_name == "Legrand"


def test_a_customer_without_a_name_is_refused(make: Make) -> None:
    with pytest.raises(NameMissing):
        make.ask(add_customer, CustomerFacts(first_name="Yvette"), by=None)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("0353012460", "03 53 01 24 60"), ("03.53.01.24.60", "03 53 01 24 60"), ("+33 6 39 98 08 72", "06 39 98 08 72")],
)
def test_a_telephone_is_taken_with_dots_and_spaces(make: Make, typed: str, kept: str) -> None:
    assert make.ask(add_customer, CustomerFacts(last_name="A", phone=typed), by=None).phone == kept


def test_a_telephone_with_a_missing_digit_is_refused_with_the_count(make: Make, engine: Engine) -> None:
    with pytest.raises(WrongPhone, match="9 chiffres sur 10"):
        make.ask(add_customer, CustomerFacts(last_name="A", phone="03 53 01 88 7"), by=None)

    assert questions.how_many(engine, Customer) == 0


def test_a_guest_is_found_again_by_name_and_telephone(make: Make, engine: Engine) -> None:
    first = make.ask(guest, JEANNE)
    again = make.ask(guest, CustomerFacts(last_name="DUBRULLE", first_name="jeanne", phone="0353018877", guest=True))

    assert again.id == first.id
    assert questions.how_many(engine, Customer) == 1


def test_a_guest_with_another_address_is_another_guest(make: Make, engine: Engine) -> None:
    at_home = CustomerFacts(
        last_name="Dubrulle",
        first_name="Jeanne",
        phone="03 53 01 88 77",
        address="3 rue Basse",
        commune="Locon",
        guest=True,
    )
    first = make.ask(guest, at_home)

    other = make.ask(guest, dataclasses.replace(at_home, address="9 rue Haute"))

    assert other.id != first.id
    assert make.ask(find_customer, first.id).address == "3 rue Basse"
    assert make.ask(guest, dataclasses.replace(at_home, address="3, RUE BASSE".replace(",", ""))).id == first.id
    assert make.ask(guest, JEANNE).id == first.id


def test_a_customer_with_a_card_is_never_taken_for_a_guest(make: Make, engine: Engine) -> None:
    make.ask(add_customer, CustomerFacts(last_name="Dubrulle", first_name="Jeanne", phone="03 53 01 88 77"), by=None)

    make.ask(guest, JEANNE)

    assert questions.how_many(engine, Customer) == 2


def test_a_customer_is_found_by_card_and_refused_in_words_otherwise(make: Make) -> None:
    customer = make.customer(card_number="00100014")

    assert make.ask(find_by_card, "0010 001 4").id == customer.id
    with pytest.raises(NoSuchCard):
        make.ask(find_by_card, with_check_digit(20002))


def test_names_are_found_without_accents_and_with_spelling_mistakes(make: Make) -> None:
    make.customer(last_name="Fiévet", first_name="Michel")
    make.customer(last_name="Carlier", first_name="Roger")

    assert [c.last_name for c in make.ask(search_customers, "fievet").rows] == ["Fiévet"]
    assert [c.last_name for c in make.ask(alike_customers, "fievé")] == ["Fiévet"]
    assert [c.last_name for c in make.ask(alike_customers, "Carlié roger")] == ["Carlier"]


def test_signs_that_mean_something_to_the_database_are_only_signs(make: Make) -> None:
    make.customer()

    assert make.ask(search_customers, "100%_").rows == []


def test_an_address_that_changed_is_placed_anew_unless_a_hand_placed_it(make: Make, engine: Engine) -> None:
    staff, customer = make.user(), make.customer()
    facts = CustomerFacts(last_name="Legrand", address="1 rue Neuve", postcode="62400", commune="Béthune")
    before = len(questions.jobs(engine, LocateCustomer.name))

    make.ask(change_customer, customer.id, facts, by=staff.id)
    moved = make.ask(find_customer, customer.id)
    assert (moved.lat, moved.precision) == (None, Precision.NONE)
    assert len(questions.jobs(engine, LocateCustomer.name)) == before + 1

    make.ask(place_by_hand, customer.id, 50.5, 2.6, by=staff.id)
    make.ask(
        change_customer, customer.id, CustomerFacts(last_name="Legrand", address="2 rue Neuve", commune="Béthune"),
        by=staff.id,
    )  # fmt: skip
    kept = make.ask(find_customer, customer.id)
    assert (kept.lat, kept.lon, kept.precision) == (50.5, 2.6, Precision.HAND)
