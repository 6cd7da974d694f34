"""A printed sheet of ten one-time codes, for who has neither e-mail nor telephone at hand.

Ten digits each, written by twos like a telephone number: with 20 tries a day a card, ten valid codes add 2 · 10⁻⁸ a day
to what can be guessed.
"""

import datetime as dt
import hmac
import secrets
from collections.abc import Sequence

from sqlmodel import Session, col, select, update

from meloko.accounts.codes import WrongCode, digits_of, keyed
from meloko.accounts.models import CodeSheet, SheetCode, SignInCode, User
from meloko.accounts.services import Device, SignedIn, audit, count_attempt, sign_in_customer
from meloko.clock import now

CODES = 10
DIGITS = 10
TRIES_A_DAY = 20


def make_sheet(session: Session, user: User, card_number: str, secret: str, *, by: int) -> list[str]:
    """Make ten codes for a customer and void those she had; they are on the paper and nowhere else."""
    at = now()
    session.exec(
        update(CodeSheet)
        .where(col(CodeSheet.user_id) == user.id, col(CodeSheet.voided_at).is_(None))
        .values(voided_at=at)
    )
    sheet = CodeSheet(user_id=user.id, made_at=at, made_by=by)
    session.add(sheet)
    session.flush()
    made: list[str] = []
    while len(made) < CODES:
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        if code not in made:
            made.append(code)
    for position, code in enumerate(made, 1):
        session.add(SheetCode(sheet_id=sheet.id, position=position, code_hmac=_of_card(card_number, code, secret)))
    session.flush()
    audit(session, by, "code_sheet.made", "user", user.id)
    return made


def is_sheet_code(typed: str) -> bool:
    """Tell whether what was typed has the length of a code on paper."""
    return len(digits_of(typed)) == DIGITS


def count_sheet_try(session: Session, wish_id: int | None) -> None:
    """Count one try of a code on paper for the card of a wish, known or not; refuse when there were too many today."""
    wish = session.get(SignInCode, wish_id) if wish_id is not None else None
    count_attempt(session, f"sheet:{wish.card_number if wish else ''}", TRIES_A_DAY, dt.timedelta(days=1))


def sign_in_with_sheet(
    session: Session, wish_id: int | None, typed: str, secret: str, device: Device | None = None
) -> SignedIn:
    """Open a customer's session for a code on her paper; each serves once."""
    wish = session.get(SignInCode, wish_id) if wish_id is not None else None
    user = spend_sheet_code(session, wish.card_number if wish else "", typed, secret)
    return sign_in_customer(session, user, device)


def spend_sheet_code(session: Session, card_number: str, typed: str, secret: str) -> User:
    """Use up a code on paper and return whose it is, or refuse as for any wrong code."""
    sealed = _of_card(card_number, digits_of(typed), secret)
    found = session.exec(
        select(SheetCode, User)
        .join(CodeSheet, col(CodeSheet.id) == col(SheetCode.sheet_id))
        .join(User, col(User.id) == col(CodeSheet.user_id))
        .where(
            col(SheetCode.code_hmac) == sealed,
            col(SheetCode.used_at).is_(None),
            col(CodeSheet.voided_at).is_(None),
            col(User.disabled_at).is_(None),
        )
    ).first()
    if found is None or not hmac.compare_digest(found[0].code_hmac, sealed):
        raise WrongCode
    code, user = found
    used = session.exec(
        update(SheetCode).where(col(SheetCode.id) == code.id, col(SheetCode.used_at).is_(None)).values(used_at=now())
    )
    if used.rowcount != 1:
        raise WrongCode
    return user


def codes_left(session: Session, user_id: int) -> Sequence[int]:
    """Return the numbers of the codes that still serve on a customer's sheet; none without a sheet."""
    return session.exec(
        select(SheetCode.position)
        .join(CodeSheet, col(CodeSheet.id) == col(SheetCode.sheet_id))
        .where(col(CodeSheet.user_id) == user_id, col(CodeSheet.voided_at).is_(None), col(SheetCode.used_at).is_(None))
        .order_by(col(SheetCode.position))
    ).all()


def _of_card(card_number: str, code: str, secret: str) -> str:
    return keyed(f"{card_number}:{code}", secret)
