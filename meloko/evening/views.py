"""The staff's evening: key the sheets, decide what came back, count the tills, settle the day."""

import uuid
from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.delivery_days.services import find_day
from meloko.errors import NotFound, Refusal
from meloko.evening.deciding import LONGEST_REASON, give_up, reschedule
from meloko.evening.forms import FIELDS, in_order, page_key, read_lines, read_till
from meloko.evening.keying import Wanted, key_sheet
from meloko.evening.lines import KEY_WORDS, WAITING_WORDS
from meloko.evening.models import DecisionKind
from meloko.evening.settling import NotSettled, settle_day
from meloko.evening.showing import (
    DECISION_WORDS,
    decide_page,
    evening_page,
    outcome_words,
    sheet_page,
    till_page,
    why_words,
)
from meloko.evening.tills import count_till, words_of
from meloko.web.door import ask
from meloko.web.ids import an_id
from meloko.wording import day_words

blueprint = Blueprint("evening", __name__, url_prefix="/equipe/soir")


@blueprint.get("")
@open_to(Role.STAFF, Role.ADMIN)
def show() -> ResponseReturnValue:
    """Show the evening of a day: what is said, what lacks."""
    return _evening(request.args.get("jour", None, an_id), {})


@blueprint.get("/tournees/<id:round_id>")
@open_to(Role.STAFF, Role.ADMIN)
def sheet(round_id: int) -> ResponseReturnValue:
    """Show the sheet of a round, ready to be keyed."""
    return _sheet(round_id, str(uuid.uuid4()), {}, {})


@blueprint.post("/tournees/<id:round_id>")
@open_to(Role.STAFF, Role.ADMIN)
def key(round_id: int) -> ResponseReturnValue:
    """Keep what was keyed of a sheet; lines that make no sense come back as they were typed."""
    wanted = read_lines(request.form, ask(sheet_page, round_id).lines)
    page = page_key(request.form)
    try:
        wrong = ask(key_sheet, round_id, wanted, key=page, by=signed_in_person().user_id)
    except NotFound:
        raise
    except Refusal as refusal:
        return _sheet(round_id, str(page), wanted, {"feuille": refusal.sentence}), refusal.status
    if wrong:
        kept = {
            line_id: each for line_id, each in wanted.items() if any(name.endswith(f"-{line_id}") for name in wrong)
        }
        return _sheet(round_id, str(uuid.uuid4()), kept, wrong), 422
    flash("La feuille est notée.")
    return redirect(url_for(".sheet", round_id=round_id), 303)


@blueprint.get("/<id:day_id>/a-decider")
@open_to(Role.STAFF, Role.ADMIN)
def to_decide(day_id: int) -> ResponseReturnValue:
    """List the orders of a day that wait for a decision."""
    return _decide(day_id, {}, {})


@blueprint.post("/<id:day_id>/a-decider/<id:order_id>")
@open_to(Role.STAFF, Role.ADMIN)
def decide(day_id: int, order_id: int) -> ResponseReturnValue:
    """Move an order to another day, or end it with a reason."""
    what = request.form.get("act", "")
    reason = request.form.get("reason", "").replace("\x00", "").strip()[:LONGEST_REASON]
    by = signed_in_person().user_id
    try:
        if what == "reporter":
            to_day = request.form.get("to_day", 0, an_id)
            order = ask(reschedule, day_id, order_id, to_day, by=by, reason=reason)
        else:
            kind = DecisionKind.GIVEN if what == "donner" else DecisionKind.RETURNED
            order = ask(give_up, day_id, order_id, kind, by=by, reason=reason)
    except NotFound:
        raise
    except Refusal as refusal:
        field = f"{refusal.field or 'to_day'}-{order_id}"
        return _decide(day_id, {field: refusal.sentence}, {order_id: reason}), refusal.status
    done = day_words(ask(find_day, order.delivery_day_id).date) if what == "reporter" else ""
    flash(f"Commande n° {order.number} : {'reportée, ' + done if done else DECISION_WORDS[kind]}.")
    return redirect(url_for(".to_decide", day_id=day_id), 303)


@blueprint.route("/tournees/<id:round_id>/caisse", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def till(round_id: int) -> ResponseReturnValue:
    """Count the till of the driver of a round."""
    if request.method == "GET":
        return _till(round_id, None, {})
    typed, counted, errors = read_till(request.form)
    if counted is None:
        return _till(round_id, typed, errors), 422
    try:
        mine = ask(count_till, round_id, counted, by=signed_in_person().user_id)
    except NotFound:
        raise
    except Refusal as refusal:
        return _till(round_id, typed, {refusal.field or "especes": refusal.sentence}), refusal.status
    flash(f"La caisse de {mine.driver or words_of(mine.rounds)} est comptée.")
    return redirect(url_for(".show", jour=mine.rounds[0].delivery_day_id), 303)


@blueprint.post("/<id:day_id>/clore")
@open_to(Role.STAFF, Role.ADMIN)
def settle(day_id: int) -> ResponseReturnValue:
    """Settle a day, or say what it lacks."""
    try:
        day = ask(settle_day, day_id, by=signed_in_person().user_id)
    except NotSettled as refusal:
        return _evening(day_id, {"clore": refusal.sentence}), refusal.status
    flash(f"Le {day_words(day.date)} est clos : chaque commande a une issue, chaque caisse est comptée.")
    return redirect(url_for(".show", jour=day_id), 303)


def _evening(day_id: int | None, errors: Mapping[str, str]) -> str:
    page = ask(evening_page, day_id)
    return render_template(
        "evening/evening.html", page=page, errors=errors, words_of=words_of, decision_words=DECISION_WORDS
    )


def _sheet(round_id: int, page: str, wanted: Mapping[str, Wanted], errors: Mapping[str, str]) -> str:
    shown = ask(sheet_page, round_id)
    return render_template(
        "evening/sheet.html",
        page=shown,
        key=page,
        typed={line_id: each.typed for line_id, each in wanted.items()},
        fields=FIELDS,
        errors=in_order(errors, shown.lines),
        key_words=KEY_WORDS,
        waiting_words=WAITING_WORDS,
        outcome_words=outcome_words,
    )


def _decide(day_id: int, errors: Mapping[str, str], typed: Mapping[int, str]) -> str:
    page = ask(decide_page, day_id)
    return render_template("evening/decide.html", page=page, errors=errors, typed=typed, why_words=why_words)


def _till(round_id: int, typed: Mapping[str, str] | None, errors: Mapping[str, str]) -> str:
    return render_template(
        "evening/till.html",
        page=ask(till_page, round_id),
        round_id=round_id,
        typed=typed,
        errors=errors,
        words_of=words_of,
    )
