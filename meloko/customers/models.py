"""Who is delivered to; may have no account, no e-mail and no telephone."""

import datetime as dt
import enum

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped
from sqlmodel import Field, Relationship

from meloko.clock import now
from meloko.db import Moment, Table, one_of
from meloko.roads.models import Addressed, placed_or_not


class CustomerKind(enum.StrEnum):
    """A person, or a company with its SIRET."""

    PERSON = "person"
    COMPANY = "company"


class Customer(Addressed, Table, table=True):
    """A person or a company that orders; a guest has given a name and a telephone only."""

    __tablename__ = "customer"
    __table_args__ = (
        placed_or_not(),
        CheckConstraint("card_number ~ '^[0-9]{8}$'", name="card_number_digits"),
        CheckConstraint("last_name <> '' OR company <> ''", name="name_given"),
        Index("ix_customer_guest", "phone", "name_key", postgresql_where=text("guest")),
        Index("ix_customer_alike", "name_key", postgresql_using="gin", postgresql_ops={"name_key": "gin_trgm_ops"}),
    )

    card_number: str = Field(unique=True)
    user_id: int | None = Field(default=None, foreign_key="user.id", unique=True)
    kind: CustomerKind = Field(default=CustomerKind.PERSON, sa_type=one_of(CustomerKind))
    title: str = ""
    last_name: str = ""
    first_name: str = ""
    company: str = ""
    siret: str = ""
    # Lower case without accents, for searching and for the order of lists.
    name_key: str = ""
    phone: str = ""
    other_phone: str = ""
    email: str = ""
    language: str = "fr"
    large_print: bool = False
    paper_form_wanted: bool = False
    preferred_relay_point_id: int | None = Field(default=None, foreign_key="relay_point.id")
    doorstep_notes: str = ""
    guest: bool = False
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)

    contacts: Mapped[list["ContactPerson"]] = Relationship(
        sa_relationship_kwargs={"lazy": "raise", "order_by": "ContactPerson.position"}
    )

    @property
    def full_name(self) -> str:
        """Return the name as written on papers: "Mme Legrand Yvette"."""
        if self.kind is CustomerKind.COMPANY:
            return self.company
        return " ".join(filter(None, (self.title, self.last_name, self.first_name)))

    @property
    def public_name(self) -> str:
        """Return the name as shown where others can read it: "L. Yvette"."""
        if self.kind is CustomerKind.COMPANY:
            return self.company
        return " ".join(filter(None, (f"{self.last_name[:1]}." if self.last_name else "", self.first_name)))


class ContactPerson(Table, table=True):
    """Whom to call when nobody answers, in order."""

    __tablename__ = "contact_person"

    customer_id: int = Field(foreign_key="customer.id", index=True, ondelete="CASCADE")
    position: int
    name: str
    phone: str


class AccessNote(Table, table=True):
    """Door codes and key places, sealed by the application; apart from everything else."""

    __tablename__ = "access_note"

    customer_id: int = Field(foreign_key="customer.id", unique=True, ondelete="CASCADE")
    sealed: bytes = Field(sa_type=LargeBinary)
    changed_at: dt.datetime = Field(default_factory=now, sa_type=Moment)


class ContactChange(Table, table=True):
    """New details that a customer wrote, and what proves that it was she: the old values are kept to be put back."""

    __tablename__ = "contact_change"
    __table_args__ = (
        CheckConstraint("tries BETWEEN 0 AND 5", name="tries_few"),
        CheckConstraint("undone_at IS NULL OR confirmed_at IS NOT NULL", name="undone_after_confirmed"),
    )

    customer_id: int = Field(foreign_key="customer.id", index=True, ondelete="CASCADE")
    before: dict[str, str] = Field(default_factory=dict, sa_type=JSONB)
    after: dict[str, str] = Field(default_factory=dict, sa_type=JSONB)
    # The code sent to where she could be reached so far, and the one sent to where she wants to be reached.
    old_hmac: str | None = None
    new_hmac: str | None = None
    # The link "Ce n’est pas moi" of the message to the old contact.
    undo_hash: str | None = Field(default=None, unique=True)
    tries: int = 0
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    expires_at: dt.datetime = Field(sa_type=Moment)
    confirmed_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    dropped_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    undone_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class ErasureState(enum.StrEnum):
    """Where a wish to be forgotten is."""

    ASKED = "asked"
    WITHDRAWN = "withdrawn"
    DONE = "done"
    REFUSED = "refused"


class ErasureRequest(Table, table=True):
    """A customer wishes to be forgotten: staff answer within a month."""

    __tablename__ = "erasure_request"
    __table_args__ = (
        Index("uq_erasure_request_open", "customer_id", unique=True, postgresql_where=text("state = 'asked'")),
        CheckConstraint("(state IN ('done', 'refused')) = (answered_by IS NOT NULL)", name="answered_by_somebody"),
    )

    customer_id: int = Field(foreign_key="customer.id", index=True)
    state: ErasureState = Field(default=ErasureState.ASKED, sa_type=one_of(ErasureState))
    asked_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    words: str = ""
    answered_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    answered_by: int | None = Field(default=None, foreign_key="user.id")
    answer: str = ""
