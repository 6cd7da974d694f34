"""Who stands behind a cookie: asked for by every page."""

import datetime as dt

from sqlalchemy import and_
from sqlmodel import Session, col, select, update

from meloko.accounts.models import Organisation, SignIn, User
from meloko.accounts.services import Person, hashed, nameless, person_of
from meloko.clock import now


def who(session: Session, token: str) -> Person | None:
    """Return the person behind a cookie, or None."""
    at = now()
    found = session.exec(
        select(User, SignIn)
        .join(SignIn, col(SignIn.user_id) == col(User.id))
        .where(
            col(SignIn.token_hash) == hashed(token),
            col(SignIn.idle_until) > at,
            col(SignIn.ends_at) > at,
            col(User.disabled_at).is_(None),
        )
    ).first()
    if found is None:
        return None
    user, sign_in = found
    _note_seen(session, sign_in, at)
    return person_of(user)


def who_and_where(session: Session, token: str) -> tuple[Organisation, Person | None]:
    """Return the organisation and the person behind a cookie, in one question: every page asks for both."""
    at = now()
    found = session.exec(
        select(Organisation, SignIn, User)
        .select_from(Organisation)
        .outerjoin(
            SignIn,
            and_(
                col(SignIn.token_hash) == hashed(token),
                col(SignIn.idle_until) > at,
                col(SignIn.ends_at) > at,
            ),
        )
        .outerjoin(User, and_(col(User.id) == col(SignIn.user_id), col(User.disabled_at).is_(None)))
        .where(col(Organisation.id) == 1)
    ).first()
    if found is None:
        return nameless(), who(session, token)
    owner, sign_in, user = found
    if sign_in is None or user is None:
        return owner, None
    _note_seen(session, sign_in, at)
    return owner, person_of(user)


def _note_seen(session: Session, sign_in: SignIn, at: dt.datetime) -> None:
    idle = sign_in.idle_until - sign_in.seen_at
    # Once an hour is enough, oftener for a short session: not every page view should cost a write.
    if at - sign_in.seen_at > min(dt.timedelta(hours=1), idle / 10):
        session.exec(update(SignIn).where(col(SignIn.id) == sign_in.id).values(seen_at=at, idle_until=at + idle))
