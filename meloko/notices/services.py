"""Messages: written down in the transaction of what they tell, sent by the workers."""

import smtplib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select, update

from meloko.clock import now
from meloko.db import Table
from meloko.jobs import SendNotice
from meloko.notices.models import Channel, Notice, NoticeState
from meloko.outbox import enqueue

NOTICE = Table.metadata.tables["notice"]
_POST = insert(NOTICE).on_conflict_do_nothing(index_elements=["key"]).returning(NOTICE.c.id)
# Letters are printed with the papers of a round, calls are made from a list: no worker sends them.
CARRIED_BY_HAND = frozenset({Channel.LETTER, Channel.TELEPHONE})
Postman = Callable[[Notice], None]


def post(session: Session, *, key: str, channel: Channel, recipient: str, subject: str, body: str) -> bool:
    """Write down a message to send after the commit; the same key again is the same message."""
    written = {"key": key, "channel": channel, "recipient": recipient, "subject": subject, "body": body}
    row = (
        session.connection()
        .execute(_POST, {**written, "state": NoticeState.WAITING, "created_at": now()})
        .scalar_one_or_none()
    )
    if row is None:
        return False
    if channel not in CARRIED_BY_HAND:
        enqueue(session, SendNotice(notice_id=row))
    return True


def send_notice(session: Session, job: SendNotice, postman: Postman) -> None:
    """Hand one message to the postman; an e-mail keeps its Message-ID, so that a second sending is seen as one."""
    notice = session.exec(select(Notice).where(col(Notice.id) == job.notice_id).with_for_update()).one()
    if notice.state is NoticeState.SENT:
        return
    postman(notice)
    session.exec(update(Notice).where(col(Notice.id) == notice.id).values(state=NoticeState.SENT, sent_at=now()))


def recent_notices(session: Session, most: int = 30) -> list[Notice]:
    """Return the newest messages, for the page that shows them in the demo."""
    return list(session.exec(select(Notice).order_by(col(Notice.id).desc()).limit(most)))


def postman_for(mail_url: str, folder: Path, sender: str) -> Postman:
    """Choose how messages travel: into files, or by a mail server."""
    if mail_url.startswith("file:"):
        return lambda notice: _into_file(notice, folder)
    return lambda notice: _by_mail(notice, mail_url, sender)


def _into_file(notice: Notice, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    words = f"À : {notice.recipient}\nObjet : {notice.subject}\n\n{notice.body}\n"
    draft = folder / f".{notice.id:07d}.part"
    draft.write_text(words, "utf-8")
    draft.rename(folder / f"{notice.id:07d}-{notice.channel}.txt")


def _by_mail(notice: Notice, mail_url: str, sender: str) -> None:
    where = urlsplit(mail_url)
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, notice.recipient, notice.subject
    letter["Message-ID"] = f"<notice-{notice.id}@{where.hostname}>"
    letter.set_content(notice.body)
    kind = smtplib.SMTP_SSL if where.scheme == "smtps" else smtplib.SMTP
    with kind(where.hostname or "", where.port or 0, timeout=20) as server:
        if where.username:
            if where.scheme == "smtp":
                server.starttls()
            server.login(unquote(where.username), unquote(where.password or ""))
        server.send_message(letter)
