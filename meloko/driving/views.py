"""What a driver's telephone asks for: the page that it keeps, its round, the way for its acts, one door code."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import cast

from flask import Blueprint, Response, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, origin
from meloko.accounts.models import Role
from meloko.accounts.services import count_attempt
from meloko.clock import now
from meloko.customers.sealing import read_access_note
from meloko.driving.acting import record_acts
from meloko.driving.carrying import acts_known, carried, customer_of_stop, ends_ms
from meloko.driving.models import ActKind
from meloko.driving.phone_models import ProposalTopic
from meloko.driving.proposals import keep_proposals
from meloko.driving.reading import answer_data, read_acts
from meloko.driving.tokens import Phone, PhoneEnded, count_pin_try, end_phone, open_round, who_sends
from meloko.errors import Refusal
from meloko.rounds.phone_address import PHONE_PAGE
from meloko.web.door import ask, house

# It carries its own token, never a cookie: no page of somebody else's can speak for it.
blueprint = Blueprint("phone", __name__, url_prefix=PHONE_PAGE.rstrip("/"))

_KEEPER = Path("js") / "phone-keeper.js"
# What one connection may try in an hour, whatever the round: drivers of one depot share it.
_MOST_OPENINGS, _WITHIN = 60, dt.timedelta(hours=1)


def in_json(view: Callable[[], ResponseReturnValue]) -> Callable[[], ResponseReturnValue]:
    """Answer refusals as a script reads them."""

    @wraps(view)
    def answer() -> ResponseReturnValue:
        try:
            return view()
        except Refusal as refusal:
            return jsonify(sentence=refusal.sentence), refusal.status

    return answer


@blueprint.get("/")
@open_to(Role.VISITOR)
def page() -> ResponseReturnValue:
    """Show the page that a telephone keeps: it names nobody, the round comes after the PIN."""
    return render_template("driving/phone.html")


@blueprint.get("/gardien.js")
@open_to(Role.VISITOR)
def keeper() -> ResponseReturnValue:
    """Give the script that answers for the page without a network; it answers for no other page."""
    words = (Path(current_app.static_folder or "") / _KEEPER).read_bytes()
    response = Response(words, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.post("/ouvrir")
@open_to(Role.VISITOR)
@in_json
def open_it() -> ResponseReturnValue:
    """Give a round for the token of its sheet and the PIN of its driver."""
    sent = _sent()
    round_id, token, pin = sent.get("round"), str(sent.get("token", "")), str(sent.get("pin", ""))
    if not isinstance(round_id, int) or not 0 < round_id < 2**31:
        round_id = 1
        token = ""
    ask(count_attempt, f"phone:{origin()}", _MOST_OPENINGS, _WITHIN)
    secret_key = house().settings.secret_key
    left = ask(count_pin_try, round_id, token, secret_key)
    opened = ask(open_round, round_id, token, pin, secret_key, left)
    return jsonify(
        token=opened.token,
        until=ends_ms(opened.reads_until),
        round=ask(carried, opened.round_id),
        acts=ask(acts_known, opened.round_id),
        now=ends_ms(now()),
    )


@blueprint.post("/actes")
@open_to(Role.VISITOR)
@in_json
def acts() -> ResponseReturnValue:
    """Take the acts of a telephone, and say what has changed on its round meanwhile."""
    phone = _phone()
    sent = _sent()
    batch = read_acts(sent)
    answers = ask(record_acts, phone.round_id, batch.acts, by=phone.driver_id, sent_at=batch.sent_at)
    topics = _topics(sent)
    if topics or any(act.kind is ActKind.UNDO for act in batch.acts):
        ask(keep_proposals, phone.round_id, topics)
    fresh = ask(carried, phone.round_id) if phone.reads else None
    if sent.get("ended") is True:
        ask(end_phone, phone.session_id)
    return jsonify(
        answers=answer_data([*answers, *batch.unreadable]),
        round=fresh if fresh is not None and fresh["mark"] != sent.get("mark") else None,
        mine=phone.reads,
        now=ends_ms(now()),
    )


@blueprint.post("/code")
@open_to(Role.VISITOR)
@in_json
def code() -> ResponseReturnValue:
    """Read out one door code; who read it is written down, and the telephone does not keep it."""
    phone = _phone()
    if not phone.reads:
        raise PhoneEnded
    stop_id = _sent().get("stop")
    customer_id = ask(customer_of_stop, phone.round_id, stop_id if isinstance(stop_id, int) else 0)
    return jsonify(words=ask(read_access_note, customer_id, house().settings.keys, by=phone.driver_id))


def _sent() -> Mapping[str, object]:
    try:
        data = request.get_json(silent=True)
    except RecursionError:
        # Brackets in brackets by the thousand: no telephone sends that.
        data = None
    return cast(Mapping[str, object], data) if isinstance(data, dict) else {}


def _phone() -> Phone:
    return ask(who_sends, request.headers.get("Authorization", "").removeprefix("Bearer "))


def _topics(sent: Mapping[str, object]) -> dict[uuid.UUID, ProposalTopic]:
    """Read what each report is about; one that says nothing we know is about the notes."""
    given = sent.get("topics")
    found = {}
    for key, topic in given.items() if isinstance(given, dict) else ():
        try:
            name = uuid.UUID(str(key))
        except ValueError:
            continue
        found[name] = ProposalTopic(topic) if topic in list(ProposalTopic) else ProposalTopic.NOTES
    return found
