"""New details of a customer: nothing changes before a fresh code comes back from where she could be reached so far.

A session that somebody else holds must not be enough to send her codes, or her bread, elsewhere. The old contact is
told at once and once more when it is done, each time with a link that says "it was not me" and puts everything back.
"""

import datetime as dt
import hmac
import secrets
from collections.abc import Mapping

from sqlmodel import Session, col, func, select, update
from sqlmodel.sql.expression import SelectOfScalar

from meloko.accounts.codes import A_DAY, AN_HOUR, DIGITS, LIVES, TRIES, WrongCode, digits_of, keyed
from meloko.accounts.devices import sign_out_others
from meloko.accounts.services import audit, hashed, organisation
from meloko.accounts.sheets import is_sheet_code, spend_sheet_code
from meloko.clock import now
from meloko.customers.models import ContactChange, Customer
from meloko.customers.services import find_customer, write_details
from meloko.errors import NotFound, Refusal
from meloko.languages import say, speaking
from meloko.notices.models import Channel
from meloko.notices.services import Addressee, post

DETAILS = ("phone", "other_phone", "email", "address", "postcode", "commune")
UNDO_WITHIN = dt.timedelta(days=7)


class NothingChanged(Refusal):
    """Details that are those we know."""

    def __init__(self) -> None:
        super().__init__(say("Ce sont déjà les coordonnées que nous connaissons : rien n’a changé."))


class ChangedTooOften(Refusal):
    """Too many changes asked for in a short time."""

    status = 429

    def __init__(self) -> None:
        super().__init__(say("C’est beaucoup de changements de suite. Attendez une heure, ou appelez-nous."))


class NotTheCode(Refusal):
    """One of the codes that confirm new details is not the one that was sent, or too old."""

    status = 422

    def __init__(self, field: str) -> None:
        super().__init__(say("Ce code n’est pas le bon, ou il a plus de dix minutes. Vérifiez les chiffres."))
        self.field = field


class NoChangeWaits(Refusal):
    """A code for a change that was never asked for, is too old, or was tried five times."""

    status = 422
    field = "old_code"

    def __init__(self) -> None:
        super().__init__(say("Ce changement n’attend plus de code. Recommencez avec vos nouvelles coordonnées."))


def details_of(customer: Customer) -> dict[str, str]:
    """Return where a customer lives and can be reached."""
    return {name: getattr(customer, name) for name in DETAILS}


def ask_change(session: Session, customer_id: int, details: Mapping[str, str], secret: str, public_url: str) -> int:
    """Write down new details that wait for their codes, and send these; an older change that waits is dropped."""
    customer = find_customer(session, customer_id)
    before = details_of(customer)
    after = {name: details[name] for name in DETAILS}
    if before == after:
        raise NothingChanged
    _not_too_often(session, customer_id)
    _drop_waiting(session, customer_id)
    change = ContactChange(customer_id=customer_id, before=before, after=after, expires_at=now() + LIVES)
    session.add(change)
    session.flush()
    change.undo_hash = hashed(_undo_token(change, secret))
    _send_codes(session, customer, change, secret, public_url)
    audit(session, customer.user_id, "customer.change_asked", "customer", customer_id)
    return change.id


def waiting_change(session: Session, customer_id: int) -> ContactChange:
    """Return the change that waits for its codes, or refuse."""
    change = session.exec(_waiting(customer_id)).first()
    if change is None:
        raise NoChangeWaits
    return change


def count_change_try(session: Session, customer_id: int) -> int | None:
    """Count one try of the codes of a waiting change and return its id, or None when none waits.

    Asked in a transaction of its own: a wrong code is refused, but its try stays counted.
    """
    change = session.exec(_waiting(customer_id)).first()
    if change is None:
        return None
    counted = session.exec(
        update(ContactChange)
        .where(col(ContactChange.id) == change.id, col(ContactChange.tries) < TRIES)
        .values(tries=ContactChange.tries + 1)
    )
    return change.id if counted.rowcount == 1 else None


def confirm_change(
    session: Session, change_id: int | None, codes: tuple[str, str], secret: str, public_url: str, *, token: str
) -> None:
    """Change the details once the codes of the old and of the new contact are right; other devices are signed out."""
    change = session.get(ContactChange, change_id, with_for_update=True) if change_id is not None else None
    if change is None or change.confirmed_at is not None:
        raise NoChangeWaits
    customer = find_customer(session, change.customer_id)
    old_code, new_code = codes
    _judge_old(session, customer, change, old_code, secret)
    if change.new_hmac and not hmac.compare_digest(change.new_hmac, keyed(digits_of(new_code), secret)):
        raise NotTheCode("new_code")
    change.confirmed_at = now()
    write_details(session, customer, change.after)
    if customer.user_id is not None:
        sign_out_others(session, customer.user_id, token)
    _tell_done(session, customer, change, secret, public_url)
    audit(session, customer.user_id, "customer.changed_herself", "customer", customer.id, after=_named(change))


def find_undo(session: Session, undo: str) -> ContactChange:
    """Return the change of a link "it was not me", or refuse when it has served or is too old."""
    change = session.exec(
        select(ContactChange).where(
            col(ContactChange.undo_hash) == hashed(undo),
            col(ContactChange.created_at) > now() - UNDO_WITHIN,
            col(ContactChange.undone_at).is_(None),
        )
    ).first()
    if change is None:
        raise NotFound(say("Ce lien ne sert plus. Si quelque chose vous inquiète, appelez-nous."))
    return change


def undo_change(session: Session, undo: str) -> None:
    """Put the old details back, or drop what waits, and sign out every device: it was not her."""
    change = find_undo(session, undo)
    customer = find_customer(session, change.customer_id)
    if change.confirmed_at is None:
        change.dropped_at = now()
    else:
        change.undone_at = now()
        write_details(session, customer, change.before)
    _drop_waiting(session, customer.id)
    if customer.user_id is not None:
        sign_out_others(session, customer.user_id)
    audit(session, None, "customer.change_undone", "customer", customer.id, after=_named(change))


def reached_at(details: Mapping[str, str]) -> tuple[Channel, str]:
    """Return how codes travel to somebody with these details: by e-mail, else by SMS; nowhere is an empty address."""
    return (Channel.EMAIL, details["email"]) if details["email"] else (Channel.SMS, details["phone"])


def _judge_old(session: Session, customer: Customer, change: ContactChange, typed: str, secret: str) -> None:
    if is_sheet_code(typed):
        try:
            spend_sheet_code(session, customer.card_number, typed, secret)
        except WrongCode:
            raise NotTheCode("old_code") from None
    elif not change.old_hmac or not hmac.compare_digest(change.old_hmac, keyed(digits_of(typed), secret)):
        raise NotTheCode("old_code")


def _send_codes(session: Session, customer: Customer, change: ContactChange, secret: str, public_url: str) -> None:
    (old_channel, old), (new_channel, new) = reached_at(change.before), reached_at(change.after)
    name = organisation(session).name
    with speaking(customer.language):
        subject = say("Changement de vos coordonnées, {name}", name=name)
        if old:
            code = _new_code()
            change.old_hmac = keyed(code, secret)
            words = say("{code} est votre code pour changer vos coordonnées. Il sert pendant dix minutes.", code=code)
            body = f"{words}\n{_not_me(session, change, secret, public_url)}"
            post(
                session,
                key=f"change-old:{change.id}",
                to=Addressee(old_channel, old, customer.id),
                subject=subject,
                body=body,
            )
        if new and (new_channel, new) != (old_channel, old):
            code = _new_code()
            change.new_hmac = keyed(code, secret)
            words = say("{code} est le code qui confirme que {name} peut vous écrire ici.", code=code, name=name)
            post(
                session,
                key=f"change-new:{change.id}",
                to=Addressee(new_channel, new, customer.id),
                subject=subject,
                body=words,
            )


def _tell_done(session: Session, customer: Customer, change: ContactChange, secret: str, public_url: str) -> None:
    channel, old = reached_at(change.before)
    if not old:
        return
    with speaking(customer.language):
        name = organisation(session).name
        done = say("Vos coordonnées chez {name} viennent de changer.", name=name)
        body = f"{done}\n{_not_me(session, change, secret, public_url)}"
        subject = say("Vos coordonnées ont changé, {name}", name=name)
        post(
            session, key=f"change-done:{change.id}", to=Addressee(channel, old, customer.id), subject=subject, body=body
        )


def _not_me(session: Session, change: ContactChange, secret: str, public_url: str) -> str:
    if public_url:
        link = f"{public_url}/mon-compte/pas-moi/{_undo_token(change, secret)}"
        return say("Ce n’est pas vous ? Ouvrez ce lien dans les sept jours, nous remettons tout : {link}", link=link)
    return say("Ce n’est pas vous ? Appelez-nous tout de suite : {phone}.", phone=organisation(session).phone)


def _undo_token(change: ContactChange, secret: str) -> str:
    # Reckoned, not stored: both messages carry the same link.
    return keyed(f"undo contact change {change.id}", secret)


def _new_code() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def _named(change: ContactChange) -> dict[str, object]:
    # Which details changed is written down, never what they say.
    return {"fields": [name for name in DETAILS if change.before[name] != change.after[name]]}


def _waiting(customer_id: int) -> SelectOfScalar[ContactChange]:
    return (
        select(ContactChange)
        .where(
            col(ContactChange.customer_id) == customer_id,
            col(ContactChange.confirmed_at).is_(None),
            col(ContactChange.dropped_at).is_(None),
            col(ContactChange.expires_at) > now(),
        )
        .order_by(col(ContactChange.id).desc())
        .limit(1)
    )


def _drop_waiting(session: Session, customer_id: int) -> None:
    session.exec(
        update(ContactChange)
        .where(
            col(ContactChange.customer_id) == customer_id,
            col(ContactChange.confirmed_at).is_(None),
            col(ContactChange.dropped_at).is_(None),
        )
        .values(dropped_at=now())
    )


def _not_too_often(session: Session, customer_id: int) -> None:
    for most, within in ((AN_HOUR, dt.timedelta(hours=1)), (A_DAY, dt.timedelta(days=1))):
        asked = session.exec(
            select(func.count(col(ContactChange.id))).where(
                col(ContactChange.customer_id) == customer_id, col(ContactChange.created_at) > now() - within
            )
        ).one()
        if asked >= most:
            raise ChangedTooOften
