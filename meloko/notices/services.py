"""Messages: written down in the transaction of what they tell, sent by the workers."""

import datetime as dt
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, func, select

from meloko.accounts.services import organisation
from meloko.clock import now
from meloko.db import Table
from meloko.jobs import SendNotice
from meloko.notices.models import Channel, Notice, NoticeState
from meloko.outbox import enqueue

NOTICE = Table.metadata.tables["notice"]
_POST = insert(NOTICE).on_conflict_do_nothing(index_elements=["key"]).returning(NOTICE.c.id)
# Letters are printed with the papers of a round, calls are made from a list: no worker sends them.
CARRIED_BY_HAND = frozenset({Channel.LETTER, Channel.TELEPHONE})
# Takes a message and the words under it that say who writes.
Postman = Callable[[Notice, str], None]


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a message reaches and how: `where` is an e-mail, a telephone or a name and address, as the channel wants.

    A letter is carried by the round of a day to a place; without a day it is posted.
    """

    channel: Channel
    where: str
    customer_id: int | None = None
    carried_on: dt.date | None = None
    carried_to: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """What a message is about; of several about it that wait, the newest is the one that goes."""

    name: str
    # There is none about it yet.
    first: bool = False
    # So long a message that a worker sends waits for newer words.
    wait: dt.timedelta = dt.timedelta()


def post(session: Session, *, key: str, to: Addressee, subject: str, body: str, about: Topic | None = None) -> bool:
    """Write down a message to send after the commit; the same key again is the same message.

    With a topic it takes the place of an older message about it that has not left yet.
    """
    topic = about or Topic("")
    by_hand = to.channel in CARRIED_BY_HAND
    # The first word about something leaves as it was said, unless somebody can still be told better.
    named = topic.name if by_hand or not topic.first else ""
    facts: dict[str, object] = {"key": key, "recipient": to.where, "subject": subject, "body": body}
    facts |= {"carried_on": to.carried_on, "carried_to": to.carried_to, "channel": to.channel}
    if named and not topic.first and _replace(session, named, facts):
        return False
    written = {**facts, "customer_id": to.customer_id, "topic": named, "tries": 0}
    row = (
        session.connection()
        .execute(_POST, {**written, "state": NoticeState.WAITING, "created_at": now()})
        .scalar_one_or_none()
    )
    if row is None:
        return False
    if not by_hand:
        enqueue(session, SendNotice(notice_id=row), wait=topic.wait)
    return True


def retract(session: Session, topic: str) -> None:
    """Take back what somebody would still have carried about a topic: it has become idle."""
    waits = (NOTICE.c.topic == topic) & (NOTICE.c.state == NoticeState.WAITING)
    session.connection().execute(delete(NOTICE).where(waits & NOTICE.c.channel.in_(CARRIED_BY_HAND)))


def _replace(session: Session, topic: str, facts: dict[str, object]) -> bool:
    """Put newer words into the message about a topic that still waits; False when there is none.

    What a worker sends stays with the workers, what somebody carries stays with people.
    """
    alike = CARRIED_BY_HAND if facts["channel"] in CARRIED_BY_HAND else {facts["channel"]}
    waiting = (NOTICE.c.topic == topic) & NOTICE.c.channel.in_(alike) & (NOTICE.c.state == NoticeState.WAITING)
    newest = select(func.max(NOTICE.c.id)).where(waiting).scalar_subquery()
    # Asked again under the lock: it may have left in between.
    there = (NOTICE.c.id == newest) & (NOTICE.c.state == NoticeState.WAITING)
    return (
        session.connection().execute(update(NOTICE).where(there).values(**facts, tries=0, tried_at=None)).rowcount > 0
    )


def send_notice(session: Session, job: SendNotice, postman: Postman) -> None:
    """Hand one message to the postman; an e-mail keeps its Message-ID, so that a second sending is seen as one."""
    notice = session.exec(select(Notice).where(col(Notice.id) == job.notice_id).with_for_update()).one()
    if notice.state is NoticeState.SENT:
        return
    postman(notice, _signature(session) if notice.channel is Channel.EMAIL else "")
    session.exec(update(Notice).where(col(Notice.id) == notice.id).values(state=NoticeState.SENT, sent_at=now()))


def recent_notices(session: Session, most: int = 30) -> list[Notice]:
    """Return the newest messages, for the page that shows them in the demo."""
    return list(session.exec(select(Notice).order_by(col(Notice.id).desc()).limit(most)))


def postman_for(mail_url: str, folder: Path, sender: str) -> Postman:
    """Choose how messages travel: into files, or by a mail server."""
    if mail_url.startswith("file:"):
        return lambda notice, foot: _into_file(notice, foot, folder)
    return lambda notice, foot: _by_mail(notice, foot, mail_url, sender)


def _signature(session: Session) -> str:
    """Write who we are and how to reach us: a confirmation must say it, wherever it is kept."""
    house = organisation(session)
    reached = ", ".join(filter(None, (house.phone, house.email)))
    return "\n".join(filter(None, ("\n-- ", house.name, house.address, reached)))


def _into_file(notice: Notice, foot: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    words = f"À : {notice.recipient}\nObjet : {notice.subject}\n\n{notice.body}{foot}\n"
    draft = folder / f".{notice.id:07d}.part"
    draft.write_text(words, "utf-8")
    draft.rename(folder / f"{notice.id:07d}-{notice.channel}.txt")


def _by_mail(notice: Notice, foot: str, mail_url: str, sender: str) -> None:
    where = urlsplit(mail_url)
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, notice.recipient, notice.subject
    letter["Message-ID"] = f"<notice-{notice.id}@{where.hostname}>"
    letter.set_content(notice.body + foot)
    kind = smtplib.SMTP_SSL if where.scheme == "smtps" else smtplib.SMTP
    with kind(where.hostname or "", where.port or 0, timeout=20) as server:
        if where.username:
            if where.scheme == "smtp":
                server.starttls()
            server.login(unquote(where.username), unquote(where.password or ""))
        server.send_message(letter)
