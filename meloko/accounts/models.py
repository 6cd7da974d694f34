"""Who may sign in, what was done, and the organisation itself."""

import datetime as dt
import enum

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from meloko.clock import now
from meloko.db import Moment, Table


class Role(enum.StrEnum):
    """What a person may be to Meloko."""

    VISITOR = "visitor"
    CUSTOMER = "customer"
    HOST = "host"
    DRIVER = "driver"
    PARTNER = "partner"
    PRODUCER = "producer"
    STAFF = "staff"
    ADMIN = "admin"


class User(Table, table=True):
    """A person who signs in; a customer may have none of it."""

    __tablename__ = "user"
    __table_args__ = (
        CheckConstraint(
            "roles <@ ARRAY['customer','host','driver','partner','producer','staff','admin']", name="roles_known"
        ),
        Index("uq_user_email", text("lower(email)"), unique=True),
    )

    name: str
    email: str | None = None
    phone: str | None = None
    password_hash: str | None = None
    roles: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    disabled_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class SignIn(Table, table=True):
    """One signed-in browser: only the hash of its token is kept."""

    __tablename__ = "sign_in"

    token_hash: str = Field(unique=True)
    user_id: int = Field(foreign_key="user.id", index=True, ondelete="CASCADE")
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    seen_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    idle_until: dt.datetime = Field(sa_type=Moment)
    ends_at: dt.datetime = Field(sa_type=Moment)


class SignInCode(Table, table=True):
    """A one-time code on its way to a customer, bound to the browser that asked."""

    __tablename__ = "sign_in_code"
    __table_args__ = (CheckConstraint("tries BETWEEN 0 AND 5", name="tries_few"),)

    user_id: int = Field(foreign_key="user.id", index=True, ondelete="CASCADE")
    browser_hash: str = Field(index=True)
    code_hmac: str
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    expires_at: dt.datetime = Field(sa_type=Moment)
    tries: int = 0
    used_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class SignInAttempt(Table, table=True):
    """One try at a door: counted in the database, since a broker that is away must not open it."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_counted_at", "counted", "at"),)

    counted: str
    at: dt.datetime = Field(default_factory=now, sa_type=Moment)


class Organisation(Table, table=True):
    """The grocer-carrier whose database this is: one row."""

    __tablename__ = "organisation"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    name: str
    baseline: str = ""
    phone: str = ""
    phone_hours: str = ""
    email: str = ""
    address: str = ""
    legal_form: str = ""
    siret: str = ""
    mediator: str = ""


class AuditEntry(Table, table=True):
    """What somebody did: written once, never changed (a trigger refuses it)."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject", "subject_id"),)

    at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    user_id: int | None = None
    act: str
    subject: str
    subject_id: int
    before: dict[str, object] | None = Field(default=None, sa_type=JSONB)
    after: dict[str, object] | None = Field(default=None, sa_type=JSONB)
