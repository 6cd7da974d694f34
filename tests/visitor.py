"""A visitor without eyes: opens pages, fills their forms as a browser would, and reads what they say."""

import html
import re
from dataclasses import dataclass

from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, col, select
from werkzeug.test import TestResponse

from meloko import db, outbox
from meloko.customers.models import Customer
from meloko.customers.sign_in import send_card, send_code
from meloko.jobs import SendCard, SendCode
from meloko.notices.models import Notice
from meloko.outbox import JobState, Outbox
from tests.make import SECRET

_TAGS = re.compile(r"<(script|style|svg)\b.*?</\1>|<[^>]*>", re.DOTALL)
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Visitor:
    """One browser, with its cookies."""

    client: FlaskClient

    def open(self, path: str) -> TestResponse:
        """Open a page, as far as its redirections lead."""
        return self.client.get(path, follow_redirects=True)

    def send(
        self, path: str, *, follow: bool = True, headers: dict[str, str] | None = None, **values: object
    ) -> TestResponse:
        """Send a form that was shown on a page of ours."""
        token = _TOKEN.search(self.client.get("/connexion").text)
        assert token is not None
        given = {"csrf_token": token[1], **{name: str(value) for name, value in values.items()}}
        return self.client.post(path, data=given, headers=headers, follow_redirects=follow)

    def order(self, code: str, quantity: object) -> TestResponse:
        """Write how many of a product."""
        return self.send(f"/commander/produits/{code}", change="set", quantity=quantity)

    def sign_in(self, engine: Engine, customer: Customer) -> None:
        """Sign in as a customer, by her card and the code she receives."""
        self.send("/connexion", card_number=customer.card_number)
        answer = self.send("/connexion/code", follow=False, code=code_sent(engine))
        assert answer.status_code == 303, words(answer)


def work(engine: Engine, public_url: str = "") -> None:
    """Do what waits for the workers between asking at the door and the message that answers."""
    with Session(engine) as session:
        waiting = select(Outbox.id).where(
            col(Outbox.state) == JobState.WAITING, col(Outbox.name).in_([SendCode.name, SendCard.name])
        )
        due = list(session.exec(waiting.order_by(col(Outbox.id))))
    for outbox_id in due:
        claimed = db.ask(engine, outbox.claim, outbox_id)
        assert claimed is not None
        if isinstance(claimed.job, SendCode):
            db.ask(engine, send_code, claimed.job, SECRET, public_url)
        elif isinstance(claimed.job, SendCard):
            db.ask(engine, send_card, claimed.job)
        db.ask(engine, outbox.finish, claimed)


def code_sent(engine: Engine) -> str:
    """Read the code in the newest message, as the customer would."""
    work(engine)
    with Session(engine) as session:
        body = session.exec(select(Notice.body).order_by(col(Notice.id).desc())).first()
    found = re.match(r"\d{6}", body or "")
    assert found is not None, body
    return found[0]


def words(page: TestResponse) -> str:
    """Return what a page says, on one line, with plain spaces."""
    return " ".join(html.unescape(_TAGS.sub(" ", page.text)).split())


def value_of(page: TestResponse, name: str) -> str:
    """Return what a field of the page holds."""
    field = re.search(rf'<input[^>]*\bname="{re.escape(name)}"[^>]*>', page.text)
    assert field is not None, f"no field {name}"
    found = re.search(r'\bvalue="([^"]*)"', field[0])
    return html.unescape(found[1]) if found else ""
