"""A customer signs in: her card number is a name, the code that is sent to her is the secret.

The page only writes down a wish, the same for every well-written number; the workers find out whether it is known.
So neither the words, nor the status, nor the time of the answer tell who is a customer.
"""

import datetime as dt

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, or_, select

from meloko.accounts.codes import A_DAY, AN_HOUR, issue_code, wish_code
from meloko.accounts.models import CardWish, Role, SignInCode, User
from meloko.accounts.services import NotAnEmail, organisation
from meloko.clock import now
from meloko.customers.cards import card_words, read_card_number
from meloko.customers.models import Customer
from meloko.customers.services import read_phone
from meloko.errors import Refusal
from meloko.jobs import SendCard, SendCode
from meloko.languages import say, speaking
from meloko.notices.models import Channel
from meloko.notices.services import Addressee, post
from meloko.outbox import enqueue


class NothingToFindHer(Refusal):
    """Neither an e-mail nor a telephone was given to find a card by."""

    status = 422
    field = "contact"

    def __init__(self) -> None:
        super().__init__(say("Écrivez votre adresse e-mail ou votre numéro de téléphone."))


class WrongContact(Refusal):
    """What was given is neither an e-mail nor a telephone number."""

    status = 422
    field = "contact"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


def ask_code(session: Session, card_number: str, browser: str, secret: str) -> int:
    """Write down that this browser wants a code for a card; return the wish's id."""
    wish_id = wish_code(session, read_card_number(card_number), browser, secret)
    enqueue(session, SendCode(wish_id=wish_id))
    return wish_id


def send_code(session: Session, job: SendCode, secret: str, public_url: str) -> None:
    """Answer a wish: send a code to the customer of the card, if there is one who can be written to."""
    wish = session.get(SignInCode, job.wish_id)
    if wish is None:
        return
    customer = session.exec(
        select(Customer).where(col(Customer.card_number) == wish.card_number).with_for_update()
    ).first()
    if customer is None or not (customer.email or customer.phone):
        return
    made = issue_code(session, wish, user_of(session, customer), secret)
    if made is None:
        return
    name = organisation(session).name
    link = f"{public_url}/connexion/lien/{made.link}" if public_url and customer.email else ""
    with speaking(customer.language):
        words = [
            say("{code} est votre code pour {name}. Il sert une fois, pendant dix minutes.", code=made.code, name=name)
        ]
        if link:
            words += [say("Ou ouvrez ce lien sur l’appareil où vous voulez vous connecter :"), link]
        words.append(say("Vous n’avez rien demandé ? Ne donnez ce code à personne."))
        subject = say("Votre code {name}", name=name)
    tell(session, customer, key=f"code:{wish.id}", subject=subject, body="\n".join(words))


def ask_card(session: Session, contact: str) -> None:
    """Write down that somebody has forgotten her card number; known or not is found out by the workers."""
    email, phone = read_contact(contact)
    wish = CardWish(email=email, phone=phone)
    session.add(wish)
    session.flush()
    enqueue(session, SendCard(wish_id=wish.id))


def send_card(session: Session, job: SendCard) -> None:
    """Send the numbers of their cards to those who can be reached at this very e-mail or telephone."""
    wish = session.get(CardWish, job.wish_id)
    if wish is None or wish.answered_at is not None or _asked_too_often(session, wish):
        return
    where = _reached_at(wish)
    found = session.exec(select(Customer).where(where, col(Customer.guest).is_(False)).order_by(col(Customer.id))).all()
    if not found:
        return
    wish.answered_at = now()
    name = organisation(session).name
    cards = "\n".join(f"{customer.full_name} : {card_words(customer.card_number)}" for customer in found)
    post(
        session,
        key=f"card:{wish.id}",
        to=Addressee(Channel.EMAIL if wish.email else Channel.SMS, wish.email or wish.phone),
        subject=f"Votre numéro de carte {name}",
        body=f"{name}, numéro de carte.\n{cards}\nVous n’avez rien demandé ? Vous n’avez rien à faire.",
    )


def read_contact(words: str) -> tuple[str, str]:
    """Read what somebody can be reached at: (e-mail, "") or ("", telephone), or refuse in words."""
    words = words.strip()
    if not words:
        raise NothingToFindHer
    if "@" in words:
        if not is_email(words):
            raise WrongContact(NotAnEmail().sentence)
        return words.lower(), ""
    try:
        return "", read_phone(words)
    except Refusal as refusal:
        raise WrongContact(refusal.sentence) from None


def is_email(words: str) -> bool:
    """Tell whether words look like an e-mail address."""
    name, at, host = words.rpartition("@")
    plain = words.isprintable() and not any(sign.isspace() or sign in "<>,;\"'\\" for sign in words)
    return bool(name and at and "." in host.strip(".") and ".." not in words and plain and len(words) <= 160)


def user_of(session: Session, customer: Customer) -> User:
    """Return the user as whom a customer signs in, made when she does it for the first time."""
    if customer.user_id is not None:
        return session.get_one(User, customer.user_id)
    user = User(name=customer.full_name, roles=[Role.CUSTOMER])
    session.add(user)
    session.flush()
    customer.user_id = user.id
    return user


def tell(session: Session, customer: Customer, *, key: str, subject: str, body: str) -> None:
    """Write to a customer where she can be reached: by e-mail, else by SMS."""
    post(
        session,
        key=key,
        to=Addressee(Channel.EMAIL if customer.email else Channel.SMS, customer.email or customer.phone, customer.id),
        subject=subject,
        body=body,
    )


def _reached_at(wish: CardWish) -> ColumnElement[bool]:
    if wish.email:
        return func.lower(col(Customer.email)) == wish.email
    return or_(col(Customer.phone) == wish.phone, col(Customer.other_phone) == wish.phone)


def _asked_too_often(session: Session, wish: CardWish) -> bool:
    for most, within in ((AN_HOUR, dt.timedelta(hours=1)), (A_DAY, dt.timedelta(days=1))):
        answered = session.exec(
            select(func.count(col(CardWish.id))).where(
                col(CardWish.email) == wish.email,
                col(CardWish.phone) == wish.phone,
                col(CardWish.answered_at) > now() - within,
            )
        ).one()
        if answered >= most:
            return True
    return False
