"""Who wants the paper order form by post: written down for the team, crossed off when the letter has left."""

import datetime as dt

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, Session, col, func, select, update

from meloko.accounts.services import audit
from meloko.clock import now
from meloko.db import Moment, Table
from meloko.errors import NotFound


class PaperFormWish(Table, table=True):
    """A name and an address that wait for a letter; whoever asks need not be a customer yet."""

    __tablename__ = "paper_form_wish"
    __table_args__ = (
        CheckConstraint("name <> '' AND address <> '' AND commune <> ''", name="enough_for_a_letter"),
        Index("ix_paper_form_wish_waiting", "id", postgresql_where=text("sent_at IS NULL")),
    )

    name: str
    phone: str = ""
    address: str
    postcode: str = ""
    commune: str
    large_print: bool = False
    asked_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    sent_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    sent_by: int | None = Field(default=None, foreign_key="user.id")


def wish_for_paper(
    session: Session, *, name: str, phone: str, address: str, postcode: str, commune: str, large_print: bool
) -> PaperFormWish:
    """Write down who wants the form; the same wish again while it waits is the same letter."""
    said = {"name": name, "phone": phone, "address": address, "postcode": postcode, "commune": commune}
    same = session.exec(
        select(PaperFormWish).where(
            col(PaperFormWish.sent_at).is_(None), *(col(getattr(PaperFormWish, key)) == said[key] for key in said)
        )
    ).first()
    if same is not None:
        same.large_print = same.large_print or large_print
        return same
    wish = PaperFormWish(
        name=name, phone=phone, address=address, postcode=postcode, commune=commune, large_print=large_print
    )
    session.add(wish)
    session.flush()
    return wish


def waiting_wishes(session: Session, most: int = 200) -> list[PaperFormWish]:
    """Return the letters that have not left, the oldest first."""
    query = select(PaperFormWish).where(col(PaperFormWish.sent_at).is_(None)).order_by(col(PaperFormWish.id))
    return list(session.exec(query.limit(most)))


def count_waiting(session: Session) -> int:
    """Return how many letters have not left."""
    return session.exec(select(func.count(col(PaperFormWish.id))).where(col(PaperFormWish.sent_at).is_(None))).one()


def cross_off(session: Session, wish_id: int, *, by: int) -> None:
    """Note that a letter has left; twice is once."""
    wish = session.get(PaperFormWish, wish_id)
    if wish is None:
        raise NotFound("Cette demande n’existe pas.")
    left = session.exec(
        update(PaperFormWish)
        .where(col(PaperFormWish.id) == wish_id, col(PaperFormWish.sent_at).is_(None))
        .values(sent_at=now(), sent_by=by)
    )
    if left.rowcount:
        audit(session, by, "paper form sent", "paper_form_wish", wish_id)
