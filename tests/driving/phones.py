"""A round that is opened on a telephone: its token, its PIN, the round as it is carried."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from sqlmodel import Session
from werkzeug.test import TestResponse

from meloko.clock import now
from meloko.driving.tokens import write_pin
from meloko.rounds.models import Round
from meloko.rounds.phone_address import phone_token
from tests.driving.driven import Driven

DIGITS = "274913"


@dataclass
class Telephone:
    """A telephone without a screen."""

    client: FlaskClient
    driven: Driven
    secret_key: str
    token: str = ""
    held: dict[str, Any] = field(default_factory=dict)

    def code(self) -> str:
        """Return the token on the sheet."""
        with Session(self.driven.engine) as session:
            return phone_token(self.secret_key, session.get_one(Round, self.driven.round_id))

    def post(self, where: str, body: object) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.client.post(
            f"/tournee/{where}", data=json.dumps(body), headers=headers, content_type="application/json"
        )

    def open(self, *, code: str = "", pin: str = DIGITS, round_id: object = None) -> TestResponse:
        number = self.driven.round_id if round_id is None else round_id
        answer = self.post("ouvrir", {"round": number, "token": code or self.code(), "pin": pin})
        if answer.status_code == 200:
            self.held = answer.json or {}
            self.token = self.held["token"]
        return answer

    def send(self, *acts: Mapping[str, object], **more: object) -> TestResponse:
        return self.post("actes", {"sent_at": now().isoformat(), "acts": list(acts), **more})


def choose_pin(driven: Driven) -> None:
    driven.make.ask(write_pin, driven.driver.id, DIGITS)
