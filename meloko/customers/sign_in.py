"""A customer signs in: her card number is a name, the code that is sent to her is the secret."""

from sqlmodel import Session, col, select

from meloko.accounts.codes import issue_code
from meloko.accounts.models import Role, User
from meloko.accounts.services import organisation
from meloko.customers.cards import read_card_number
from meloko.customers.models import Customer
from meloko.notices.models import Channel
from meloko.notices.services import post


def ask_code(session: Session, card_number: str, browser: str, secret: str) -> None:
    """Send a one-time code to the customer of a card, if there is one who can be written to.

    Says nothing about whether the card exists: the page is the same for every well-written number.
    """
    number = read_card_number(card_number)
    customer = session.exec(select(Customer).where(col(Customer.card_number) == number).with_for_update()).first()
    if customer is None or not (customer.email or customer.phone):
        return
    user = _user_of(session, customer)
    code = issue_code(session, user, browser, secret)
    if code is None:
        return
    session.flush()
    by_mail = bool(customer.email)
    name = organisation(session).name
    post(
        session,
        key=f"code:{browser[:16]}:{code}:{user.id}",
        channel=Channel.EMAIL if by_mail else Channel.SMS,
        recipient=customer.email if by_mail else customer.phone,
        subject=f"Votre code {name}",
        body=f"{code} est votre code pour {name}. Il sert une fois, pendant dix minutes.\n"
        "Vous n’avez rien demandé ? Ne donnez ce code à personne.",
    )


def _user_of(session: Session, customer: Customer) -> User:
    if customer.user_id is not None:
        return session.get_one(User, customer.user_id)
    user = User(name=customer.full_name, roles=[Role.CUSTOMER])
    session.add(user)
    session.flush()
    customer.user_id = user.id
    return user
