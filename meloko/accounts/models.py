"""Who may sign in, what was done, and the organisation itself."""

import datetime as dt
import enum

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text, UniqueConstraint, text
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
    # The secret of the second factor, sealed by the application, and since when it is asked for.
    totp_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    totp_since: dt.datetime | None = Field(default=None, sa_type=Moment)
    # The last half minute whose code was taken: a code that was seen over a shoulder does not serve again.
    totp_step: int | None = None


class SignIn(Table, table=True):
    """One signed-in browser: only the hash of its token is kept."""

    __tablename__ = "sign_in"

    token_hash: str = Field(unique=True)
    user_id: int = Field(foreign_key="user.id", index=True, ondelete="CASCADE")
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    seen_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    idle_until: dt.datetime = Field(sa_type=Moment)
    ends_at: dt.datetime = Field(sa_type=Moment)
    # What she calls her own device stays signed in for months, any other for half an hour.
    own_device: bool = False
    # In words, for the list of her devices: "Firefox sur Windows".
    browser: str = ""


class SignInCode(Table, table=True):
    """A wish to sign in, and the one-time code that answers it, bound to the browser that asked.

    A wish for a card that nobody has is written down too, so that both take the same time; it never gets a code.
    """

    __tablename__ = "sign_in_code"
    __table_args__ = (
        CheckConstraint("tries BETWEEN 0 AND 5", name="tries_few"),
        CheckConstraint("(code_hmac IS NULL) = (user_id IS NULL)", name="code_of_a_user"),
    )

    card_number: str
    user_id: int | None = Field(default=None, foreign_key="user.id", index=True, ondelete="CASCADE")
    browser_hash: str = Field(index=True)
    code_hmac: str | None = None
    # The link of the same message: it opens in any browser, since nobody guesses 256 bits.
    link_hash: str | None = Field(default=None, unique=True)
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


class CardWish(Table, table=True):
    """Somebody has forgotten her card number: whether she is known is found out by the workers, not by the page."""

    __tablename__ = "card_wish"
    __table_args__ = (CheckConstraint("(email = '') <> (phone = '')", name="email_or_phone"),)

    email: str = ""
    phone: str = ""
    asked_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    answered_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class CodeSheet(Table, table=True):
    """A printed sheet of ten one-time codes; a new one voids the one before."""

    __tablename__ = "code_sheet"
    __table_args__ = (Index("uq_code_sheet_valid", "user_id", unique=True, postgresql_where=text("voided_at IS NULL")),)

    user_id: int = Field(foreign_key="user.id", index=True, ondelete="CASCADE")
    made_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    made_by: int = Field(foreign_key="user.id")
    voided_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class SheetCode(Table, table=True):
    """One code of a sheet; it serves once."""

    __tablename__ = "sheet_code"
    __table_args__ = (UniqueConstraint("sheet_id", "position"),)

    sheet_id: int = Field(foreign_key="code_sheet.id", ondelete="CASCADE")
    position: int
    code_hmac: str
    used_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class Invitation(Table, table=True):
    """A link with which somebody at work chooses a password, once."""

    __tablename__ = "invitation"

    user_id: int = Field(foreign_key="user.id", index=True, ondelete="CASCADE")
    token_hash: str = Field(unique=True)
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    expires_at: dt.datetime = Field(sa_type=Moment)
    used_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class HalfSignIn(Table, table=True):
    """A right password that waits for its second factor, for a few minutes and a few tries."""

    __tablename__ = "half_sign_in"
    __table_args__ = (CheckConstraint("tries BETWEEN 0 AND 5", name="tries_few"),)

    user_id: int = Field(foreign_key="user.id", index=True, ondelete="CASCADE")
    token_hash: str = Field(unique=True)
    expires_at: dt.datetime = Field(sa_type=Moment)
    tries: int = 0
    used_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class RecoveryCode(Table, table=True):
    """A code that replaces a lost telephone, once."""

    __tablename__ = "recovery_code"

    user_id: int = Field(foreign_key="user.id", index=True, ondelete="CASCADE")
    code_hmac: str
    used_at: dt.datetime | None = Field(default=None, sa_type=Moment)


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
    # RCS, RNA or the register of trades, as the legal form wants it.
    register_number: str = ""
    capital: str = ""
    vat_regime: str = ""
    vat_number: str = ""
    director: str = ""
    host: str = ""
    mediator: str = ""
    mediator_url: str = ""
    mentions: str = ""


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
