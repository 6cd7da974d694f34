"""Who works here and as what: added, changed, disabled, invited to choose a password."""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, delete, func, select, update

from meloko.accounts.models import Invitation, Role, SignIn, User
from meloko.accounts.services import EmailTaken, NotAnEmail, audit, hash_password, hashed
from meloko.clock import now
from meloko.errors import NotFound, Refusal

INVITED_FOR = dt.timedelta(days=7)
# Customers come in by their cards: their role is not given here.
WORK_ROLES = (Role.STAFF, Role.ADMIN, Role.DRIVER, Role.HOST, Role.PARTNER, Role.PRODUCER)
LONGEST_NAME = 80


class LastAdministrator(Refusal):
    """Without any administrator nobody could let anybody in again."""

    status = 422
    field = "roles"

    def __init__(self) -> None:
        super().__init__("C’est la dernière personne qui administre Meloko. Nommez-en d’abord une autre.")


class PersonNameMissing(Refusal):
    """Somebody at work without a name."""

    status = 422
    field = "name"

    def __init__(self) -> None:
        super().__init__("Écrivez le nom de la personne.")


class NoRole(Refusal):
    """Somebody at work who may do nothing."""

    status = 422
    field = "roles"

    def __init__(self) -> None:
        super().__init__("Cochez au moins un rôle, ou désactivez la personne.")


class InvitationSpent(Refusal):
    """A link that has served, is too old, or was never ours."""

    status = 422
    field = "password"

    def __init__(self) -> None:
        super().__init__("Ce lien a déjà servi, ou il a plus de sept jours. Demandez-en un autre à l’administrateur.")


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What an administrator writes about somebody at work."""

    name: str
    email: str
    phone: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Invited:
    """A link to send: its token is stored nowhere."""

    user: User
    token: str


def list_people(session: Session) -> Sequence[User]:
    """Return those who work here, the disabled last; customers are elsewhere."""
    works = func.array_remove(col(User.roles), Role.CUSTOMER.value) != []
    return session.exec(
        select(User).where(works).order_by(col(User.disabled_at).is_not(None), func.lower(col(User.name)))
    ).all()


def find_worker(session: Session, user_id: int) -> User:
    """Find somebody who works here, or refuse."""
    user = session.get(User, user_id)
    if user is None or not set(user.roles) - {Role.CUSTOMER}:
        raise NotFound("Cette personne n’est pas de l’équipe.")
    return user


def add_person(session: Session, facts: PersonFacts, *, by: int) -> User:
    """Add somebody who works here; she chooses her password by the link of her invitation."""
    _check(session, facts, None)
    user = User(name=facts.name.strip(), email=facts.email.strip().lower(), phone=facts.phone or None)
    user.roles = sorted(facts.roles)
    session.add(user)
    session.flush()
    audit(session, by, "user.added", "user", user.id, after={"roles": user.roles})
    return user


def change_person(session: Session, user_id: int, facts: PersonFacts, *, by: int) -> None:
    """Change who somebody at work is and what she may do; nobody takes the last administrator away."""
    user = find_worker(session, user_id)
    _check(session, facts, user_id)
    if Role.ADMIN in user.roles and Role.ADMIN not in facts.roles and user.disabled_at is None:
        _leave_an_administrator(session, user_id)
    before: dict[str, object] = {"roles": user.roles, "email": user.email}
    user.name, user.email = facts.name.strip(), facts.email.strip().lower()
    user.phone = facts.phone or None
    user.roles = sorted({*facts.roles, *({Role.CUSTOMER} & set(user.roles))})
    session.flush()
    audit(session, by, "user.changed", "user", user_id, before=before, after={"roles": user.roles, "email": user.email})


def disable_person(session: Session, user_id: int, *, by: int) -> None:
    """Let somebody in no more, and out at once wherever she is signed in."""
    user = find_worker(session, user_id)
    if Role.ADMIN in user.roles:
        _leave_an_administrator(session, user_id)
    user.disabled_at = user.disabled_at or now()
    session.exec(delete(SignIn).where(col(SignIn.user_id) == user_id))
    session.exec(delete(Invitation).where(col(Invitation.user_id) == user_id))
    audit(session, by, "user.disabled", "user", user_id)


def enable_person(session: Session, user_id: int, *, by: int) -> None:
    """Let somebody in again."""
    find_worker(session, user_id).disabled_at = None
    audit(session, by, "user.enabled", "user", user_id)


def invite(session: Session, user_id: int, *, by: int) -> Invited:
    """Make a link to choose a password; an older one serves no more."""
    user = find_worker(session, user_id)
    session.exec(delete(Invitation).where(col(Invitation.user_id) == user_id))
    token = secrets.token_urlsafe(32)
    session.add(Invitation(user_id=user_id, token_hash=hashed(token), expires_at=now() + INVITED_FOR))
    audit(session, by, "user.invited", "user", user_id)
    return Invited(user, token)


def find_invitation(session: Session, token: str) -> User:
    """Return whose invitation a link is, or refuse."""
    user = session.exec(
        select(User)
        .join(Invitation, col(Invitation.user_id) == col(User.id))
        .where(
            col(Invitation.token_hash) == hashed(token),
            col(Invitation.used_at).is_(None),
            col(Invitation.expires_at) > now(),
            col(User.disabled_at).is_(None),
        )
    ).first()
    if user is None:
        raise InvitationSpent
    return user


def choose_password(session: Session, token: str, password: str) -> User:
    """Give somebody the password she chose by her link, and sign her out wherever the old one had let her in."""
    user = find_invitation(session, token)
    made = hash_password(password)
    used = session.exec(
        update(Invitation)
        .where(col(Invitation.token_hash) == hashed(token), col(Invitation.used_at).is_(None))
        .values(used_at=now())
    )
    if used.rowcount != 1:
        raise InvitationSpent
    user.password_hash = made
    session.exec(delete(SignIn).where(col(SignIn.user_id) == user.id))
    audit(session, user.id, "user.password_chosen", "user", user.id)
    return user


def _check(session: Session, facts: PersonFacts, user_id: int | None) -> None:
    email = facts.email.strip().lower()
    if not facts.name.strip():
        raise PersonNameMissing
    if "@" not in email or any(sign.isspace() for sign in email) or not email.isprintable():
        raise NotAnEmail
    if not facts.roles:
        raise NoRole
    taken = session.exec(select(User.id).where(func.lower(col(User.email)) == email)).first()
    if taken is not None and taken != user_id:
        raise EmailTaken(email)


def _leave_an_administrator(session: Session, user_id: int) -> None:
    # Locked: two administrators who take each other away at the same moment must not both succeed.
    active = select(User.id).where(col(User.disabled_at).is_(None), col(User.roles).contains([Role.ADMIN.value]))
    administrators = session.exec(active.order_by(col(User.id)).with_for_update()).all()
    if set(administrators) <= {user_id}:
        raise LastAdministrator
