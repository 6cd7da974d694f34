"""Messages that people carry: letters that go with a round or by post, and a list of calls."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from meloko.accounts.models import User
from meloko.accounts.services import audit
from meloko.clock import now
from meloko.errors import NotFound, Refusal
from meloko.notices.models import Channel, Notice, NoticeState
from meloko.notices.services import CARRIED_BY_HAND

MOST_SHOWN = 200
# As long as a mistake can be noticed and taken back on the page.
SHOWN_AFTERWARDS = dt.timedelta(days=7)


class NothingToPrint(Refusal):
    """No letter was chosen, or all of them are printed already."""

    status = 422
    field = "letters"

    def __init__(self) -> None:
        super().__init__("Cochez au moins une lettre qui attend encore.")


@dataclass(frozen=True, slots=True)
class Carried:
    """What waits for a hand, by channel, and what was done lately and by whom."""

    letters: Sequence[Notice]
    calls: Sequence[Notice]
    done: Sequence[tuple[Notice, str]]
    # More wait than the page shows.
    more: bool


def carried(session: Session) -> Carried:
    """Gather what waits: what goes with the next round first, then what is posted, the oldest on top."""
    waiting = session.exec(
        select(Notice)
        .where(col(Notice.channel).in_(CARRIED_BY_HAND), col(Notice.state) == NoticeState.WAITING)
        .order_by(col(Notice.carried_on).asc().nulls_last(), col(Notice.carried_to), col(Notice.id))
        .limit(MOST_SHOWN + 1)
    ).all()
    done = session.exec(
        select(Notice, User.name)
        .outerjoin(User, col(User.id) == col(Notice.done_by))
        .where(
            col(Notice.channel).in_(CARRIED_BY_HAND),
            col(Notice.state) == NoticeState.SENT,
            col(Notice.sent_at) > now() - SHOWN_AFTERWARDS,
        )
        .order_by(col(Notice.sent_at).desc(), col(Notice.id))
        .limit(MOST_SHOWN)
    ).all()
    shown = waiting[:MOST_SHOWN]
    return Carried(
        [each for each in shown if each.channel is Channel.LETTER],
        [each for each in shown if each.channel is Channel.TELEPHONE],
        [(notice, name or "") for notice, name in done],
        len(waiting) > MOST_SHOWN,
    )


def count_carried(session: Session) -> dict[Channel, int]:
    """Count what waits for a hand, by channel."""
    query = (
        select(Notice.channel, func.count(col(Notice.id)))
        .where(col(Notice.channel).in_(CARRIED_BY_HAND), col(Notice.state) == NoticeState.WAITING)
        .group_by(col(Notice.channel))
    )
    return {Channel(channel): count for channel, count in session.exec(query)}


def take_letters(session: Session, ids: frozenset[int], *, by: int) -> list[Notice]:
    """Take letters that wait, to print them: they count as done, and can be put back."""
    letters = session.exec(
        select(Notice)
        .where(col(Notice.id).in_(ids), col(Notice.channel) == Channel.LETTER, col(Notice.state) == NoticeState.WAITING)
        .order_by(col(Notice.carried_on).asc().nulls_last(), col(Notice.carried_to), col(Notice.id))
        .with_for_update()
    ).all()
    if not letters:
        raise NothingToPrint
    for letter in letters:
        _done(session, letter, "letter.printed", by)
    return list(letters)


def note_call(session: Session, notice_id: int, *, reached: bool, by: int) -> Notice:
    """Note that somebody was called: told, or nobody answered; told twice is told once."""
    call = _found(session, notice_id)
    if call.channel is not Channel.TELEPHONE:
        raise NotFound("Ce message ne se dit pas au téléphone.")
    if call.state is not NoticeState.WAITING:
        return call
    if reached:
        _done(session, call, "call.told", by)
    else:
        call.tries, call.tried_at = call.tries + 1, now()
        audit(session, by, "call.unanswered", "notice", call.id)
    return call


def put_back(session: Session, notice_id: int, *, by: int) -> Notice:
    """Take a mistake back: what was marked as printed or told waits again."""
    notice = _found(session, notice_id)
    if notice.channel not in CARRIED_BY_HAND:
        raise NotFound("Ce message est parti tout seul.")
    if notice.state is NoticeState.SENT:
        notice.state, notice.sent_at, notice.done_by = NoticeState.WAITING, None, None
        audit(session, by, "message.put back", "notice", notice.id)
    return notice


def _found(session: Session, notice_id: int) -> Notice:
    notice = session.get(Notice, notice_id, with_for_update=True)
    if notice is None:
        raise NotFound("Ce message n’existe pas.")
    return notice


def _done(session: Session, notice: Notice, act: str, by: int) -> None:
    notice.state, notice.sent_at, notice.done_by = NoticeState.SENT, now(), by
    audit(session, by, act, "notice", notice.id)
