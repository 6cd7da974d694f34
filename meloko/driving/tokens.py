"""A telephone opens one round of one day: the token of the sheet, the driver’s PIN, few tries, a token of its own."""

import datetime as dt
import hmac
import re
import secrets
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select, update

from meloko.accounts.models import User
from meloko.accounts.services import audit, hashed
from meloko.clock import from_local, now
from meloko.db import Table
from meloko.delivery_days.models import DeliveryDay
from meloko.driving.phone_models import DriverPin, PhonePass, PhoneSession
from meloko.errors import Refusal
from meloko.rounds.models import Round
from meloko.rounds.phone_address import phone_token

PASS = Table.metadata.tables["phone_pass"]
PIN = Table.metadata.tables["driver_pin"]

TRIES = 5
_AFTER_RETURN = dt.timedelta(hours=4)
_STILL_SENDS = dt.timedelta(days=1)
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_hasher = PasswordHasher()
# Compared with when a driver has no PIN, so that both refusals take the same time.
_NOBODY = _hasher.hash(secrets.token_hex(8))


class NotThisCode(Refusal):
    """A token that is forged, or of a round that is not there, or no longer in these hands."""

    status = 404

    def __init__(self) -> None:
        super().__init__("Ce code n’ouvre aucune tournée. Prenez celui de la dernière feuille, ou appelez le dépôt.")


class NotItsDay(Refusal):
    """A token before its day, or after it."""

    status = 410

    def __init__(self, past: bool) -> None:
        super().__init__(
            "Ce code n’ouvre plus rien : sa tournée est passée."
            if past
            else "Ce code n’ouvre pas encore : revenez le jour de la tournée."
        )


class WrongPin(Refusal):
    """The PIN is not this driver's."""

    status = 422
    field = "pin"

    def __init__(self, left: int) -> None:
        tries = f"Il reste {left} essai{'s' if left > 1 else ''}."
        super().__init__(f"Ces six chiffres ne sont pas les vôtres. {tries}")


class PassShut(Refusal):
    """Five wrong PINs: only the driver's own sign-in opens again."""

    status = 429

    def __init__(self) -> None:
        super().__init__("Cinq essais : ce code est fermé. Connectez-vous avec votre mot de passe pour le rouvrir.")


class NotSixDigits(Refusal):
    """A new PIN that is none, or one that is guessed first."""

    status = 422
    field = "pin"

    def __init__(self) -> None:
        super().__init__("Choisissez six chiffres, pas tous les mêmes ni 123456.")


class PhoneEnded(Refusal):
    """A telephone whose round has ended, or that was shut out."""

    status = 401

    def __init__(self) -> None:
        super().__init__("Cette tournée n’est plus ouverte sur ce téléphone.")


@dataclass(frozen=True, slots=True)
class Opened:
    """What a telephone needs to go on: the token that sends acts, and until when it shows the round."""

    token: str
    round_id: int
    driver_id: int
    reads_until: dt.datetime


@dataclass(frozen=True, slots=True)
class Phone:
    """The telephone that asks: its round today, its driver, and whether it may still show the round."""

    session_id: int
    round_id: int
    driver_id: int
    reads: bool


def write_pin(session: Session, user_id: int, digits: str) -> None:
    """Keep the PIN that a driver chose, and open again what wrong ones had shut."""
    digits = digits.strip()
    if _SIX_DIGITS.fullmatch(digits) is None or len(set(digits)) == 1 or digits in ("123456", "654321"):
        raise NotSixDigits
    kept = {"user_id": user_id, "pin_hash": _hasher.hash(digits), "changed_at": now()}
    session.execute(insert(PIN).values(kept).on_conflict_do_update(index_elements=["user_id"], set_=kept))
    session.execute(update(PhonePass).where(col(PhonePass.driver_id) == user_id).values(tries=0))
    audit(session, user_id, "driver.pin", "user", user_id)


def has_pin(session: Session, user_id: int) -> bool:
    """Tell whether a driver has chosen his PIN."""
    return session.exec(select(DriverPin.id).where(col(DriverPin.user_id) == user_id)).first() is not None


def reopen(session: Session, user_id: int) -> None:
    """Open again what wrong PINs had shut: asked by the driver, signed in with his password."""
    session.execute(update(PhonePass).where(col(PhonePass.driver_id) == user_id).values(tries=0))


def count_pin_try(session: Session, round_id: int, token: str, secret_key: str) -> int:
    """Check the token, count one try of its PIN and return how many are left.

    Asked in a transaction of its own: a wrong PIN is refused, but its try stays counted. A forged token counts
    nothing, so that nobody shuts a round whose sheet he has never seen.
    """
    row, _ = _round_of_token(session, round_id, token, secret_key)
    key = {"delivery_day_id": row.delivery_day_id, "round_number": row.number, "driver_id": row.driver_id}
    session.execute(insert(PASS).values(**key, tries=0).on_conflict_do_nothing())
    counted = (
        session.connection()
        .execute(
            PASS.update()
            .where(*(PASS.c[name] == value for name, value in key.items()), PASS.c.tries < TRIES)
            .values(tries=PASS.c.tries + 1)
            .returning(PASS.c.tries)
        )
        .scalar_one_or_none()
    )
    if counted is None:
        raise PassShut
    return TRIES - int(counted)


def open_round(session: Session, round_id: int, token: str, pin: str, secret_key: str, left: int) -> Opened:
    """Open a round on a telephone for the token of its sheet and the PIN of its driver; `left`: more tries."""
    row, day = _round_of_token(session, round_id, token, secret_key)
    known = session.exec(select(DriverPin.pin_hash).where(col(DriverPin.user_id) == row.driver_id)).first()
    try:
        _hasher.verify(known or _NOBODY, pin)
    except (VerifyMismatchError, InvalidHashError):
        raise (WrongPin(left) if left else PassShut()) from None
    if known is None or row.driver_id is None:
        raise WrongPin(left)
    kept = session.exec(
        select(PhonePass).where(
            col(PhonePass.delivery_day_id) == day.id,
            col(PhonePass.round_number) == row.number,
            col(PhonePass.driver_id) == row.driver_id,
        )
    ).one()
    kept.tries = 0
    ends, made = _ends(row, day), secrets.token_urlsafe(32)
    session.add(
        PhoneSession(pass_id=kept.id, token_hash=hashed(made), reads_until=ends, sends_until=ends + _STILL_SENDS)
    )
    audit(session, row.driver_id, "round.on_phone", "round", row.id)
    return Opened(made, row.id, row.driver_id, ends)


def who_sends(session: Session, token: str) -> Phone:
    """Return the telephone behind a token, while it may still send; its round is the newest version."""
    at = now()
    found = session.exec(
        select(PhoneSession, PhonePass, Round)
        .join(PhonePass, col(PhonePass.id) == col(PhoneSession.pass_id))
        .join(
            Round,
            (col(Round.delivery_day_id) == col(PhonePass.delivery_day_id))
            & (col(Round.number) == col(PhonePass.round_number)),
        )
        .join(User, col(User.id) == col(PhonePass.driver_id))
        .where(
            col(PhoneSession.token_hash) == hashed(token),
            col(PhoneSession.ended_at).is_(None),
            col(PhoneSession.sends_until) > at,
            col(User.disabled_at).is_(None),
        )
        .order_by(col(Round.current).desc(), col(Round.version).desc())
        .limit(1)
    ).first()
    if found is None:
        raise PhoneEnded
    kept, opened, row = found
    kept.seen_at = at
    mine = row.current and row.driver_id == opened.driver_id
    return Phone(kept.id, row.id, opened.driver_id, mine and kept.reads_until > at)


def end_phone(session: Session, session_id: int) -> None:
    """End what a telephone may do: its round is over and wiped there."""
    session.execute(update(PhoneSession).where(col(PhoneSession.id) == session_id).values(ended_at=now()))


def _round_of_token(session: Session, round_id: int, token: str, secret_key: str) -> tuple[Round, DeliveryDay]:
    """Find the newest version of the round that a token opens today."""
    named = session.get(Round, round_id)
    row = (
        named
        and session.exec(
            select(Round).where(
                col(Round.delivery_day_id) == named.delivery_day_id,
                col(Round.number) == named.number,
                col(Round.current),
            )
        ).first()
    )
    if row is None or row.driver_id is None:
        raise NotThisCode
    if not hmac.compare_digest(phone_token(secret_key, row).encode(), token.encode()):
        raise NotThisCode
    day = session.get_one(DeliveryDay, row.delivery_day_id)
    at = now()
    if at < from_local(day.date, dt.time()):
        raise NotItsDay(past=False)
    if at >= _ends(row, day):
        raise NotItsDay(past=True)
    return row, day


def _ends(row: Round, day: DeliveryDay) -> dt.datetime:
    """Return when a round ends on a telephone: with its day, or four hours after a return by night."""
    midnight = from_local(day.date, dt.time())
    home = midnight + dt.timedelta(seconds=row.return_s) + _AFTER_RETURN
    return max(home, from_local(day.date + dt.timedelta(days=1), dt.time()))
