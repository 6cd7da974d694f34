"""One-time codes: six digits, ten minutes, one browser, five tries; and the link of the same message.

Ten codes a day and five tries each: whoever knows a card finds a code once in 20,000 days of trying, 5 · 10⁻⁵ a day.
"""

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlmodel import Session, col, delete, func, select, update

from meloko.accounts.models import CardWish, HalfSignIn, SignIn, SignInAttempt, SignInCode, User
from meloko.accounts.services import Device, SignedIn, hashed, sign_in_customer
from meloko.clock import now
from meloko.errors import Refusal
from meloko.languages import say

LIVES = dt.timedelta(minutes=10)
TRIES = 5
AN_HOUR = 3
A_DAY = 10
DIGITS = 6
# So many wrong codes in an hour, of all cards together, are no slips of fingers: somebody is told.
ALARM = 100
_WRONG = "wrong code, whatever the card"
_KEPT = dt.timedelta(days=2)


class WrongCode(Refusal):
    """The code is not the one that was sent to this browser, or it is too old."""

    status = 422
    field = "code"

    def __init__(self) -> None:
        super().__init__(say("Ce code n’est pas le bon, ou il a plus de dix minutes. Vérifiez les 6 chiffres."))


class LinkSpent(Refusal):
    """A link that has served, is too old, or was never ours."""

    status = 422

    def __init__(self) -> None:
        super().__init__(say("Ce lien a déjà servi, ou il a plus de dix minutes. Demandez-en un autre."))


@dataclass(frozen=True, slots=True)
class Issued:
    """What goes into the message and is stored nowhere: six digits, and the secret of the link."""

    code: str
    link: str


def wish_code(session: Session, card_number: str, browser: str, secret: str) -> int:
    """Write down that a browser wants a code for a card, whether anybody has that card or not; return the wish's id."""
    wish = SignInCode(card_number=card_number, browser_hash=keyed(browser, secret), expires_at=now() + LIVES)
    session.add(wish)
    session.flush()
    return wish.id


def issue_code(session: Session, wish: SignInCode, user: User, secret: str) -> Issued | None:
    """Answer a wish with a code, or with None when too many were asked for or the wish is too old.

    What is stored is the HMAC of the digits under the server's key, and the hash of the link.
    """
    at = now()
    if wish.expires_at <= at or wish.user_id is not None:
        return None
    for most, within in ((AN_HOUR, dt.timedelta(hours=1)), (A_DAY, dt.timedelta(days=1))):
        issued = session.exec(
            select(func.count(col(SignInCode.id))).where(
                col(SignInCode.user_id) == user.id, col(SignInCode.created_at) > at - within
            )
        ).one()
        if issued >= most:
            return None
    made = Issued(f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}", secrets.token_urlsafe(32))
    wish.user_id, wish.expires_at = user.id, at + LIVES
    wish.code_hmac, wish.link_hash = keyed(made.code, secret), hashed(made.link)
    session.flush()
    return made


def count_code_try(session: Session, browser: str, secret: str) -> int | None:
    """Count one try for this browser's newest wish and return its id, or None.

    Asked in a transaction of its own: a wrong code is refused, but its try stays counted.
    """
    newest = session.exec(
        select(SignInCode.id)
        .where(
            col(SignInCode.browser_hash) == keyed(browser, secret),
            col(SignInCode.used_at).is_(None),
            col(SignInCode.expires_at) > now(),
        )
        .order_by(col(SignInCode.id).desc())
        .limit(1)
    ).first()
    if newest is None:
        return None
    counted = session.exec(
        update(SignInCode)
        .where(col(SignInCode.id) == newest, col(SignInCode.tries) < TRIES)
        .values(tries=SignInCode.tries + 1)
    )
    return newest if counted.rowcount == 1 else None


def sign_in_with_code(
    session: Session, wish_id: int | None, code: str, secret: str, device: Device | None = None
) -> SignedIn:
    """Open a customer's session when the digits are those that were sent; they serve once."""
    wish = session.get(SignInCode, wish_id) if wish_id is not None else None
    if wish is None or not hmac.compare_digest(wish.code_hmac or "", keyed(digits_of(code), secret)):
        raise WrongCode
    user = _spend(session, wish)
    if user is None:
        raise WrongCode
    return sign_in_customer(session, user, device)


def sign_in_with_link(session: Session, link: str, device: Device | None = None) -> SignedIn:
    """Open a customer's session for the link of a message; it serves once, and its code no more."""
    wish = session.exec(
        select(SignInCode).where(col(SignInCode.link_hash) == hashed(link), col(SignInCode.expires_at) > now())
    ).first()
    user = _spend(session, wish) if wish is not None else None
    if user is None:
        raise LinkSpent
    return sign_in_customer(session, user, device)


def note_wrong_code(session: Session) -> None:
    """Count a wrong code for the alarm of the whole site."""
    session.add(SignInAttempt(counted=hashed(_WRONG)))


def wrong_codes(session: Session) -> int:
    """Return how many wrong codes were typed in the last hour, whatever the card."""
    return session.exec(
        select(func.count(col(SignInAttempt.id))).where(
            col(SignInAttempt.counted) == hashed(_WRONG), col(SignInAttempt.at) > now() - dt.timedelta(hours=1)
        )
    ).one()


def forget_spent(session: Session, at: dt.datetime) -> None:
    """Erase sessions that have ended, and tries and wishes that no limit counts any more."""
    before = at - _KEPT
    session.exec(delete(SignIn).where((col(SignIn.ends_at) < at) | (col(SignIn.idle_until) < at)))
    session.exec(delete(HalfSignIn).where(col(HalfSignIn.expires_at) < before))
    session.exec(delete(SignInAttempt).where(col(SignInAttempt.at) < before))
    session.exec(delete(SignInCode).where(col(SignInCode.created_at) < before))
    session.exec(delete(CardWish).where(col(CardWish.asked_at) < before))


def digits_of(typed: str) -> str:
    """Return the digits of what was typed, with whatever spaces."""
    return "".join(sign for sign in typed if sign.isascii() and sign.isdigit())


def keyed(words: str, secret: str) -> str:
    """Return the HMAC of a code under the server's key: a stolen table tells no code."""
    return hmac.new(secret.encode(), words.encode(), hashlib.sha256).hexdigest()


def _spend(session: Session, wish: SignInCode) -> User | None:
    used = session.exec(
        update(SignInCode).where(col(SignInCode.id) == wish.id, col(SignInCode.used_at).is_(None)).values(used_at=now())
    )
    user = session.get(User, wish.user_id)
    return user if used.rowcount == 1 and user is not None and user.disabled_at is None else None
