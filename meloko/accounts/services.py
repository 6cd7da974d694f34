"""Who may sign in: users, their browsers, and what was done."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import insert
from sqlmodel import Session, col, delete, func, select

from meloko.accounts.models import AuditEntry, Organisation, Role, SignIn, SignInAttempt, User
from meloko.clock import now
from meloko.db import Table
from meloko.errors import Refusal
from meloko.languages import say

_AUDIT = insert(Table.metadata.tables["audit_entry"])
_hasher = PasswordHasher()
# Compared with when nobody has that e-mail, so that both refusals take the same time.
_NOBODY = _hasher.hash(secrets.token_hex(16))

OWN_DEVICE_IDLE = dt.timedelta(days=180)
OWN_DEVICE_ENDS = dt.timedelta(days=400)
OTHER_DEVICE_IDLE = dt.timedelta(minutes=30)
WORK_ENDS = dt.timedelta(hours=12)
SHORTEST_PASSWORD = 12


class WrongPassword(Refusal):
    """No user has this e-mail and this password."""

    status = 422

    def __init__(self) -> None:
        super().__init__("L’adresse ou le mot de passe n’est pas le bon. Vérifiez les deux, puis recommencez.")


class TooManyTries(Refusal):
    """Too many tries at one door in a short time."""

    status = 429

    def __init__(self) -> None:
        super().__init__(say("Trop d’essais de suite. Attendez un quart d’heure, ou appelez-nous."))


class WeakPassword(Refusal):
    """A password that is too short."""

    status = 422
    field = "password"

    def __init__(self) -> None:
        super().__init__(f"Le mot de passe doit compter au moins {SHORTEST_PASSWORD} signes.")


class EmailTaken(Refusal):
    """Another user has this e-mail."""

    status = 422
    field = "email"

    def __init__(self, email: str) -> None:
        super().__init__(f"Quelqu’un se connecte déjà avec l’adresse {email}.")


class NotAnEmail(Refusal):
    """What was given as an e-mail is none."""

    status = 422
    field = "email"

    def __init__(self) -> None:
        super().__init__(say("L’adresse e-mail doit ressembler à prenom@exemple.fr."))


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: never more than a page needs."""

    user_id: int
    name: str
    roles: frozenset[Role]
    second_factor: bool = False

    @property
    def works(self) -> bool:
        """Tell whether she is more than a customer."""
        return bool(self.roles - {Role.CUSTOMER})


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser that has just signed in; the token goes into its cookie and nowhere else."""

    token: str
    person: Person
    ends_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Device:
    """What somebody signs in with: in words, and whether it is her own."""

    browser: str = ""
    own: bool = False


def add_user(session: Session, *, name: str, email: str, password: str, roles: frozenset[Role]) -> User:
    """Add a user who signs in with an e-mail and a password."""
    email = email.strip().lower()
    if "@" not in email or " " in email:
        raise NotAnEmail
    password_hash = hash_password(password)
    if session.exec(select(User.id).where(func.lower(col(User.email)) == email)).first() is not None:
        raise EmailTaken(email)
    user = User(name=name, email=email, password_hash=password_hash, roles=sorted(roles))
    session.add(user)
    session.flush()
    audit(session, None, "user.added", "user", user.id, after={"roles": sorted(roles)})
    return user


def hash_password(password: str) -> str:
    """Return what is kept of a password, or refuse a short one."""
    if len(password) < SHORTEST_PASSWORD:
        raise WeakPassword
    return _hasher.hash(password)


def sign_in_with_password(session: Session, email: str, password: str, device: Device | None = None) -> SignedIn:
    """Open a session for staff, drivers and partners who have no second factor."""
    user = check_password(session, email, password)
    return sign_in_at_work(session, user, device)


def check_password(session: Session, email: str, password: str) -> User:
    """Find the user of an e-mail and a password; an unknown e-mail takes as long as a wrong password."""
    user = session.exec(
        select(User).where(func.lower(col(User.email)) == email.strip().lower(), col(User.disabled_at).is_(None))
    ).first()
    known = user.password_hash if user is not None and user.password_hash else _NOBODY
    try:
        _hasher.verify(known, password)
    except (VerifyMismatchError, InvalidHashError):
        raise WrongPassword from None
    if user is None or not user.password_hash:
        raise WrongPassword
    return user


def sign_in_at_work(session: Session, user: User, device: Device | None = None) -> SignedIn:
    """Open a session of a working day."""
    signed_in = open_sign_in(session, user, WORK_ENDS, WORK_ENDS, device)
    audit(session, user.id, "signed in", "user", user.id)
    return signed_in


def sign_in_customer(session: Session, user: User, device: Device | None = None) -> SignedIn:
    """Open a customer's session: for months on her own device, for half an hour without use on any other."""
    own = device is not None and device.own
    idle, ends = (OWN_DEVICE_IDLE, OWN_DEVICE_ENDS) if own else (OTHER_DEVICE_IDLE, WORK_ENDS)
    return open_sign_in(session, user, idle, ends, device)


def count_attempt(session: Session, counted: str, most: int, within: dt.timedelta) -> None:
    """Count one try at a door; refuse when there were too many.

    Asked in a transaction of its own, before the door: a refused try must stay counted.
    """
    since = now() - within
    tries = session.exec(
        select(func.count(col(SignInAttempt.id))).where(
            col(SignInAttempt.counted) == hashed(counted), col(SignInAttempt.at) > since
        )
    ).one()
    if tries >= most:
        raise TooManyTries
    session.add(SignInAttempt(counted=hashed(counted)))


def open_sign_in(
    session: Session, user: User, idle: dt.timedelta, ends: dt.timedelta, device: Device | None = None
) -> SignedIn:
    """Open a session with a new token of 256 bits; only its hash is stored."""
    token, at, with_what = secrets.token_urlsafe(32), now(), device or Device()
    row = SignIn(
        token_hash=hashed(token),
        user_id=user.id,
        idle_until=at + idle,
        ends_at=at + ends,
        own_device=with_what.own,
        browser=with_what.browser,
    )
    session.add(row)
    session.flush()
    return SignedIn(token, person_of(user), row.ends_at)


def sign_out(session: Session, token: str) -> None:
    """Close the session of one browser."""
    session.exec(delete(SignIn).where(col(SignIn.token_hash) == hashed(token)))


def organisation(session: Session) -> Organisation:
    """Return the organisation, or a nameless one before the first set-up."""
    return session.get(Organisation, 1) or nameless()


def nameless() -> Organisation:
    """Return the organisation of before the first set-up."""
    return Organisation(id=1, name="Meloko")


def set_organisation(session: Session, **facts: str) -> Organisation:
    """Write down who the organisation is."""
    row = session.get(Organisation, 1) or nameless()
    for name, value in facts.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    return row


def audit(
    session: Session,
    user_id: int | None,
    act: str,
    subject: str,
    subject_id: int,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    """Write down who did what, in the transaction of the act."""
    session.connection().execute(
        _AUDIT,
        {
            "at": now(),
            "user_id": user_id,
            "act": act,
            "subject": subject,
            "subject_id": subject_id,
            "before": before,
            "after": after,
        },
    )


def history(session: Session, subject: str, subject_id: int) -> list[tuple[AuditEntry, str]]:
    """Return what was done to one thing and by whom, oldest first; no name when Meloko did it by itself."""
    rows = session.exec(
        select(AuditEntry, User.name)
        .outerjoin(User, col(User.id) == col(AuditEntry.user_id))
        .where(col(AuditEntry.subject) == subject, col(AuditEntry.subject_id) == subject_id)
        .order_by(col(AuditEntry.id))
    )
    return [(entry, name or "") for entry, name in rows]


def person_of(user: User) -> Person:
    """Return of a user what a page may know."""
    roles = frozenset(Role(role) for role in user.roles)
    return Person(user.id, user.name, roles, user.totp_since is not None)


def hashed(secret: str) -> str:
    """Return the hash under which a secret of many bits is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()
