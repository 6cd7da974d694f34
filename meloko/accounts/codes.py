"""One-time codes: six digits, ten minutes, one browser, five tries."""

import datetime as dt
import hashlib
import hmac
import secrets

from sqlmodel import Session, col, func, select, update

from meloko.accounts.models import SignInCode, User
from meloko.accounts.services import CUSTOMER_ENDS, CUSTOMER_IDLE, SignedIn, open_sign_in
from meloko.clock import now
from meloko.errors import Refusal

LIVES = dt.timedelta(minutes=10)
_TRIES = 5
_AN_HOUR = 3
_A_DAY = 10


class WrongCode(Refusal):
    """The code is not the one that was sent to this browser, or it is too old."""

    status = 422
    field = "code"

    def __init__(self) -> None:
        super().__init__("Ce code n’est pas le bon, ou il a plus de dix minutes. Vérifiez les 6 chiffres.")


def issue_code(session: Session, user: User, browser: str, secret: str) -> str | None:
    """Make a code for one user and one browser, or None when too many were asked for.

    Returns the six digits; what is stored is their HMAC under the server's key.
    """
    at = now()
    for most, within in ((_AN_HOUR, dt.timedelta(hours=1)), (_A_DAY, dt.timedelta(days=1))):
        asked = session.exec(
            select(func.count(col(SignInCode.id))).where(
                col(SignInCode.user_id) == user.id, col(SignInCode.created_at) > at - within
            )
        ).one()
        if asked >= most:
            return None
    code = f"{secrets.randbelow(10**6):06d}"
    session.add(
        SignInCode(
            user_id=user.id,
            browser_hash=_sealed(browser, secret),
            code_hmac=_sealed(code, secret),
            expires_at=at + LIVES,
        )
    )
    return code


def count_code_try(session: Session, browser: str, secret: str) -> int | None:
    """Count one try for this browser's newest code and return the id of that code, or None.

    Asked in a transaction of its own: a wrong code is refused, but its try stays counted.
    """
    newest = session.exec(
        select(SignInCode.id)
        .where(
            col(SignInCode.browser_hash) == _sealed(browser, secret),
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
        .where(col(SignInCode.id) == newest, col(SignInCode.tries) < _TRIES)
        .values(tries=SignInCode.tries + 1)
    )
    return newest if counted.rowcount == 1 else None


def sign_in_with_code(session: Session, code_id: int | None, code: str, secret: str) -> SignedIn:
    """Open a customer's session when the digits are those that were sent; they serve once."""
    row = session.get(SignInCode, code_id) if code_id is not None else None
    digits = "".join(sign for sign in code if sign.isdigit())
    if row is None or not hmac.compare_digest(row.code_hmac, _sealed(digits, secret)):
        raise WrongCode
    used = session.exec(
        update(SignInCode).where(col(SignInCode.id) == row.id, col(SignInCode.used_at).is_(None)).values(used_at=now())
    )
    user = session.get(User, row.user_id)
    if used.rowcount != 1 or user is None or user.disabled_at is not None:
        raise WrongCode
    return open_sign_in(session, user, CUSTOMER_IDLE, CUSTOMER_ENDS)


def _sealed(words: str, secret: str) -> str:
    return hmac.new(secret.encode(), words.encode(), hashlib.sha256).hexdigest()
