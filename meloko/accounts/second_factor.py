"""The second factor of those at work: a code of their telephone after the password; ten codes for the day it is lost.

The secret is sealed before it reaches the database (AES-256-GCM, bound to the user), since it must be read again.
"""

import datetime as dt
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import Session, col, delete, update

from meloko.accounts.codes import digits_of, keyed
from meloko.accounts.models import HalfSignIn, RecoveryCode, User
from meloko.accounts.services import Device, SignedIn, audit, hashed, organisation, sign_in_at_work
from meloko.accounts.totp import SECRET_BYTES, enrolment_uri, in_letters, matching_step
from meloko.clock import now
from meloko.errors import Refusal

HALF_LIVES = dt.timedelta(minutes=5)
TRIES = 5
RECOVERY_CODES = 10
RECOVERY_DIGITS = 10
_NONCE = 12


class WrongSecondFactor(Refusal):
    """The code of the telephone is not the right one, has served, or the page was open for too long."""

    status = 422
    field = "code"

    def __init__(self) -> None:
        super().__init__("Ce code n’est pas le bon, ou il a déjà servi. Attendez le suivant et recommencez.")


class SecretUnreadable(Refusal):
    """A second factor that no key of this installation opens."""

    def __init__(self) -> None:
        super().__init__("Votre second code ne peut pas être vérifié ici. Demandez à l’administrateur de l’enlever.")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What is shown once to set up a telephone: a square code as a picture, and its letters."""

    picture: str
    letters: str


def wants_second_factor(user: User) -> bool:
    """Tell whether a user has set up a telephone."""
    return user.totp_since is not None


def begin_half(session: Session, user: User) -> str:
    """Remember a right password for five minutes; return the token that waits for the second factor."""
    token = secrets.token_urlsafe(32)
    session.add(HalfSignIn(user_id=user.id, token_hash=hashed(token), expires_at=now() + HALF_LIVES))
    return token


def count_half_try(session: Session, token: str) -> int | None:
    """Count one try of a second factor and return the id of what waits, or None; in a transaction of its own."""
    half = session.exec(
        update(HalfSignIn)
        .where(
            col(HalfSignIn.token_hash) == hashed(token),
            col(HalfSignIn.used_at).is_(None),
            col(HalfSignIn.expires_at) > now(),
            col(HalfSignIn.tries) < TRIES,
        )
        .values(tries=HalfSignIn.tries + 1)
        .returning(col(HalfSignIn.id))
    ).first()
    return half[0] if half is not None else None


def finish_half(
    session: Session, half_id: int | None, typed: str, keys: Sequence[bytes], secret: str, device: Device | None = None
) -> SignedIn:
    """Open the session of a right password once its second factor is right too."""
    half = session.get(HalfSignIn, half_id, with_for_update=True) if half_id is not None else None
    user = session.get(User, half.user_id, with_for_update=True) if half is not None else None
    if half is None or user is None or half.used_at is not None or user.disabled_at is not None:
        raise WrongSecondFactor
    if not (_telephone(user, typed, keys) or _recovery(session, user, typed, secret)):
        raise WrongSecondFactor
    half.used_at = now()
    return sign_in_at_work(session, user, device)


def begin_enrolment(session: Session, user_id: int, keys: Sequence[bytes]) -> Enrolment:
    """Make a new secret for a user and keep it sealed; nothing is asked for until its first code has come back."""
    user = session.get_one(User, user_id)
    if wants_second_factor(user):
        raise WrongSecondFactor
    secret = os.urandom(SECRET_BYTES)
    user.totp_sealed = _seal(keys, user_id, secret)
    return _shown(session, user, secret)


def pending_enrolment(session: Session, user_id: int, keys: Sequence[bytes]) -> Enrolment:
    """Return the enrolment under way, or begin one."""
    user = session.get_one(User, user_id)
    if user.totp_sealed is None or wants_second_factor(user):
        return begin_enrolment(session, user_id, keys)
    secret = _open(keys, user_id, user.totp_sealed)
    return _shown(session, user, secret)


def finish_enrolment(session: Session, user_id: int, typed: str, keys: Sequence[bytes], secret: str) -> list[str]:
    """Ask for the second factor from now on; return ten recovery codes, which are shown once."""
    user = session.get_one(User, user_id)
    if wants_second_factor(user) or not _telephone(user, typed, keys):
        raise WrongSecondFactor
    user.totp_since = now()
    audit(session, user_id, "second_factor.set_up", "user", user_id)
    session.exec(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user_id))
    made = [f"{secrets.randbelow(10**RECOVERY_DIGITS):0{RECOVERY_DIGITS}d}" for _ in range(RECOVERY_CODES)]
    for code in made:
        session.add(RecoveryCode(user_id=user_id, code_hmac=_of_user(user_id, code, secret)))
    return made


def remove_second_factor(session: Session, user_id: int, *, by: int) -> None:
    """Ask for the password only: the telephone is lost, or another is to be set up."""
    user = session.get_one(User, user_id)
    user.totp_sealed = user.totp_since = user.totp_step = None
    session.exec(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user_id))
    audit(session, by, "second_factor.removed", "user", user_id)


def _shown(session: Session, user: User, secret: bytes) -> Enrolment:
    uri = enrolment_uri(secret, organisation(session).name, user.email or user.name)
    return Enrolment(segno.make(uri, micro=False).svg_data_uri(scale=5), in_letters(secret))


def _telephone(user: User, typed: str, keys: Sequence[bytes]) -> bool:
    if user.totp_sealed is None:
        return False
    secret = _open(keys, user.id, user.totp_sealed)
    step = matching_step(secret, digits_of(typed), now().timestamp(), user.totp_step)
    if step is None:
        return False
    user.totp_step = step
    return True


def _recovery(session: Session, user: User, typed: str, secret: str) -> bool:
    used = session.exec(
        update(RecoveryCode)
        .where(
            col(RecoveryCode.user_id) == user.id,
            col(RecoveryCode.code_hmac) == _of_user(user.id, digits_of(typed), secret),
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=now())
    )
    if used.rowcount:
        audit(session, user.id, "second_factor.recovered", "user", user.id)
    return bool(used.rowcount)


def _of_user(user_id: int, code: str, secret: str) -> str:
    return keyed(f"recovery {user_id}:{code}", secret)


def _seal(keys: Sequence[bytes], user_id: int, secret: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(keys[0]).encrypt(nonce, secret, _place(user_id))


def _open(keys: Sequence[bytes], user_id: int, sealed: bytes) -> bytes:
    for key in keys:
        try:
            return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], _place(user_id))
        except InvalidTag:
            continue
    raise SecretUnreadable


def _place(user_id: int) -> bytes:
    return f"user:{user_id}:totp".encode()
