"""Customers: found by card or by name, added by staff or by themselves as guests."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import phonenumbers
from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, func, or_, select

from meloko.accounts.services import audit
from meloko.customers.cards import read_card_number, with_check_digit
from meloko.customers.models import ContactPerson, Customer, CustomerKind
from meloko.db import Page
from meloko.errors import NotFound, Refusal
from meloko.folding import fold
from meloko.jobs import LocateCustomer
from meloko.outbox import enqueue
from meloko.roads.models import Precision


class NoSuchCard(Refusal):
    """A card number that is well written but belongs to nobody."""

    status = 422
    field = "card_number"

    def __init__(self) -> None:
        super().__init__("Aucun client ne porte ce numéro de carte. Relisez-le, ou cherchez par le nom.")


class NameMissing(Refusal):
    """A customer without a name."""

    status = 422
    field = "last_name"

    def __init__(self) -> None:
        super().__init__("Écrivez le nom de la personne, ou celui de la société.")


class WrongPhone(Refusal):
    """A telephone number that cannot be one."""

    status = 422
    field = "phone"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What is known of a customer; everything but a name may be empty."""

    last_name: str = ""
    first_name: str = ""
    title: str = ""
    company: str = ""
    siret: str = ""
    phone: str = ""
    other_phone: str = ""
    email: str = ""
    address: str = ""
    postcode: str = ""
    commune: str = ""
    doorstep_notes: str = ""
    preferred_relay_point_id: int | None = None
    large_print: bool = False
    paper_form_wanted: bool = False
    guest: bool = False
    language: str = "fr"
    contacts: tuple[tuple[str, str], ...] = ()
    # Where the address lies, when whoever brings the customer in knows it already.
    point: tuple[float, float, Precision] | None = None


def read_phone(words: str) -> str:
    """Read a French telephone number as typed, and write it as "03 53 01 24 60"; empty stays empty."""
    if not words.strip():
        return ""
    try:
        number = phonenumbers.parse(words, "FR")
    except phonenumbers.NumberParseException:
        raise WrongPhone("Écrivez un numéro de téléphone à 10 chiffres, par exemple 03 53 01 24 60.") from None
    national = number.country_code == 33
    # The library finds eight digits possible; in France there are nine after the 0.
    short = national and len(str(number.national_number)) != 9
    if short or not phonenumbers.is_possible_number(number):
        count = sum(sign.isdigit() for sign in words)
        if count == 9:
            raise WrongPhone("Il manque un chiffre : vous avez écrit 9 chiffres sur 10.")
        raise WrongPhone(f"Un numéro de téléphone a 10 chiffres : vous en avez écrit {count}.")
    kind = phonenumbers.PhoneNumberFormat.NATIONAL if national else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, kind)


def add_customer(session: Session, facts: CustomerFacts, *, by: int | None, card_number: str | None = None) -> Customer:
    """Add a customer, with a card number of her own; her address is placed on the map by the workers."""
    if not (facts.last_name.strip() or facts.company.strip()):
        raise NameMissing
    customer = Customer(card_number=card_number or free_card_number(session), last_name="-")
    _write(session, customer, facts)
    session.add(customer)
    session.flush()
    _write_contacts(session, customer, facts.contacts)
    audit(session, by, "customer.added", "customer", customer.id)
    return customer


def change_customer(session: Session, customer_id: int, facts: CustomerFacts, *, by: int) -> Customer:
    """Change what is known of a customer; an address that changed is placed anew, unless a hand placed it."""
    customer = find_customer(session, customer_id)
    if not (facts.last_name.strip() or facts.company.strip()):
        raise NameMissing
    _write(session, customer, facts)
    _write_contacts(session, customer, facts.contacts)
    session.flush()
    audit(session, by, "customer.changed", "customer", customer.id)
    return customer


def write_details(session: Session, customer: Customer, details: Mapping[str, str]) -> None:
    """Write where a customer lives and can be reached.

    Who has moved is looked for anew, even if a hand had placed her: that was the door of another house.
    """
    facts = CustomerFacts(address=details["address"], postcode=details["postcode"], commune=details["commune"])
    moved = (facts.address, facts.postcode, facts.commune) != (customer.address, customer.postcode, customer.commune)
    if moved and customer.precision is Precision.HAND:
        customer.precision = Precision.NONE
    customer.phone, customer.other_phone = details["phone"], details["other_phone"]
    customer.email = details["email"]
    _write_address(session, customer, facts)
    session.flush()


def place_by_hand(session: Session, customer_id: int, lat: float, lon: float, *, by: int) -> None:
    """Place a customer's door on the map; what a hand placed wins for ever."""
    customer = find_customer(session, customer_id)
    customer.lat, customer.lon, customer.precision = lat, lon, Precision.HAND
    session.flush()
    audit(session, by, "customer.placed", "customer", customer.id)


def guest(session: Session, facts: CustomerFacts) -> Customer:
    """Find the guest of this name, telephone and address, or add her; a customer with a card is never found this way.

    Another address is another guest: whoever knows a name and a number must not move somebody's delivery.
    """
    phone = read_phone(facts.phone)
    key = fold(f"{facts.last_name} {facts.first_name}")
    alike = session.exec(
        select(Customer)
        .where(col(Customer.guest), col(Customer.phone) == phone, col(Customer.name_key) == key)
        .order_by(col(Customer.id))
    ).all()
    asked = fold(f"{facts.address} {facts.commune}")
    for known in alike:
        if not facts.address or asked == fold(f"{known.address} {known.commune}"):
            return known
    return add_customer(session, facts, by=None)


def find_customer(session: Session, customer_id: int) -> Customer:
    """Find one customer with the persons to call, or refuse."""
    customer = session.exec(
        select(Customer).where(col(Customer.id) == customer_id).options(selectinload(Customer.contacts))
    ).first()
    if customer is None:
        raise NotFound("Ce client n’existe pas.")
    return customer


def find_by_card(session: Session, words: str) -> Customer:
    """Find a customer by the card number as typed, or refuse in words."""
    number = read_card_number(words)
    customer = session.exec(
        select(Customer).where(col(Customer.card_number) == number).options(selectinload(Customer.contacts))
    ).first()
    if customer is None:
        raise NoSuchCard
    return customer


def customer_of_user(session: Session, user_id: int) -> Customer | None:
    """Return the customer who signed in as this user, or None for staff and others."""
    return session.exec(select(Customer).where(col(Customer.user_id) == user_id)).first()


def language_of_user(session: Session, user_id: int) -> str:
    """Return the language of the customer who signed in as this user; French for anybody else."""
    return session.exec(select(Customer.language).where(col(Customer.user_id) == user_id)).first() or "fr"


def search_customers(session: Session, words: str, *, after: int = 0, size: int = 50) -> Page[Customer]:
    """Search by name, card number, telephone or commune; without words, all of them."""
    query = select(Customer).where(col(Customer.id) > after).order_by(col(Customer.id)).limit(size + 1)
    for word in fold(words).split():
        digits = "".join(sign for sign in word if sign.isdigit())
        ways = [
            col(Customer.name_key).contains(word, autoescape=True),
            func.lower(col(Customer.commune)).startswith(word),
        ]
        if digits:
            plain_phone = func.replace(col(Customer.phone), " ", "")
            ways += [col(Customer.card_number).contains(digits), plain_phone.contains(digits)]
        query = query.where(or_(*ways))
    return Page.cut(session.exec(query).all(), size)


def alike_customers(session: Session, words: str, most: int = 12) -> list[Customer]:
    """Return the customers whose name is nearest to what was typed, spelling mistakes forgiven."""
    key = fold(words)
    if not key:
        return []
    near = func.word_similarity(key, col(Customer.name_key))
    query = (
        select(Customer)
        .where(or_(near > 0.4, col(Customer.name_key).contains(key, autoescape=True)))
        .order_by(near.desc(), col(Customer.name_key))
        .limit(most)
    )
    return list(session.exec(query))


def free_card_number(session: Session) -> str:
    """Draw a card number that nobody has."""
    while True:
        number = with_check_digit(1_000_000 + secrets.randbelow(9_000_000))
        if session.exec(select(Customer.id).where(col(Customer.card_number) == number)).first() is None:
            return number


def _write(session: Session, customer: Customer, facts: CustomerFacts) -> None:
    customer.kind = CustomerKind.COMPANY if facts.company else CustomerKind.PERSON
    for name in ("last_name", "first_name", "title", "company", "siret", "email", "doorstep_notes", "language"):
        setattr(customer, name, getattr(facts, name).strip())
    customer.phone, customer.other_phone = read_phone(facts.phone), read_phone(facts.other_phone)
    customer.large_print, customer.paper_form_wanted = facts.large_print, facts.paper_form_wanted
    customer.guest = facts.guest
    customer.preferred_relay_point_id = facts.preferred_relay_point_id
    customer.name_key = fold(facts.company or f"{facts.last_name} {facts.first_name}")
    _write_address(session, customer, facts)


def _write_address(session: Session, customer: Customer, facts: CustomerFacts) -> None:
    new = (facts.address.strip(), facts.postcode.strip(), facts.commune.strip())
    if new == (customer.address, customer.postcode, customer.commune):
        return
    customer.address, customer.postcode, customer.commune = new
    if customer.precision is not Precision.HAND:
        customer.lat, customer.lon, customer.precision = facts.point or (None, None, Precision.NONE)
    if new[0] and customer.precision is Precision.NONE:
        session.add(customer)
        session.flush()
        enqueue(session, LocateCustomer(customer_id=customer.id))


def _write_contacts(session: Session, customer: Customer, contacts: tuple[tuple[str, str], ...]) -> None:
    for old in session.exec(select(ContactPerson).where(col(ContactPerson.customer_id) == customer.id)):
        session.delete(old)
    session.flush()
    for position, (name, phone) in enumerate(contacts, 1):
        session.add(ContactPerson(customer_id=customer.id, position=position, name=name, phone=read_phone(phone)))
