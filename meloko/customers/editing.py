"""What a customer changes by herself and at once: how pages speak to her, and whom to call when nobody answers."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from meloko.accounts.services import audit
from meloko.customers.models import ContactPerson, Customer
from meloko.customers.services import find_customer, read_phone
from meloko.errors import NotFound, Refusal
from meloko.languages import Language, say

MOST_PERSONS = 5


class UnknownLanguage(Refusal):
    """A language in which no page is written."""

    status = 422
    field = "language"

    def __init__(self) -> None:
        super().__init__(say("Choisissez dans la liste."))


class PersonNameless(Refusal):
    """A person to call without a name or without a telephone."""

    status = 422
    field = "name"

    def __init__(self) -> None:
        super().__init__(say("Écrivez le nom de la personne."))


class PersonWithoutPhone(Refusal):
    """A person to call who cannot be called."""

    status = 422
    field = "phone"

    def __init__(self) -> None:
        super().__init__(say("Écrivez son téléphone : c’est pour l’appeler."))


class EnoughPersons(Refusal):
    """More persons to call than a driver can call in front of a closed door."""

    status = 422
    field = "name"

    def __init__(self) -> None:
        super().__init__(say("Cinq personnes au plus. Enlevez-en une d’abord."))


@dataclass(frozen=True, slots=True)
class Wishes:
    """How pages and papers should be for one customer."""

    language: str
    large_print: bool
    paper_form_wanted: bool


def write_wishes(session: Session, customer_id: int, wishes: Wishes) -> None:
    """Remember in which language, in which size and on what a customer wants to read."""
    if wishes.language not in list(Language):
        raise UnknownLanguage
    customer = find_customer(session, customer_id)
    customer.language = wishes.language
    customer.large_print, customer.paper_form_wanted = wishes.large_print, wishes.paper_form_wanted
    audit(session, customer.user_id, "customer.wishes", "customer", customer_id)


def write_person(session: Session, customer_id: int, person_id: int | None, name: str, phone: str) -> None:
    """Add a person to call, last in order, or change one of hers."""
    customer = find_customer(session, customer_id)
    if not name.strip():
        raise PersonNameless
    if not phone.strip():
        raise PersonWithoutPhone
    read = read_phone(phone)
    if person_id is None:
        if len(customer.contacts) >= MOST_PERSONS:
            raise EnoughPersons
        last = max((person.position for person in customer.contacts), default=0)
        session.add(ContactPerson(customer_id=customer_id, position=last + 1, name=name.strip(), phone=read))
    else:
        person = _own(session, customer_id, person_id)
        person.name, person.phone = name.strip(), read
    audit(session, customer.user_id, "contact_person.written", "customer", customer_id)


def remove_person(session: Session, customer_id: int, person_id: int) -> None:
    """Take a person off the list of those to call."""
    session.delete(_own(session, customer_id, person_id))
    audit(session, _user_of(session, customer_id), "contact_person.removed", "customer", customer_id)


def raise_person(session: Session, customer_id: int, person_id: int) -> None:
    """Call a person before the one who stands above her."""
    person = _own(session, customer_id, person_id)
    above = session.exec(
        select(ContactPerson)
        .where(col(ContactPerson.customer_id) == customer_id, col(ContactPerson.position) < person.position)
        .order_by(col(ContactPerson.position).desc())
    ).first()
    if above is not None:
        person.position, above.position = above.position, person.position


def _own(session: Session, customer_id: int, person_id: int) -> ContactPerson:
    person = session.exec(
        select(ContactPerson).where(col(ContactPerson.id) == person_id, col(ContactPerson.customer_id) == customer_id)
    ).first()
    if person is None:
        raise NotFound(say("Cette personne n’est plus dans votre liste."))
    return person


def _user_of(session: Session, customer_id: int) -> int | None:
    return session.get_one(Customer, customer_id).user_id
