"""The delivery days as staff see them, and the closures of relay points, which touch them."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.validators import ValidationError

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.clock import today
from meloko.delivery_days.changing import close_relay_point, move_cut_off, reopen_relay_point
from meloko.delivery_days.forms import ClosureForm, CutOffForm, DayForm
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.delivery_days.opening import open_day
from meloko.delivery_days.services import find_day, list_days
from meloko.errors import Refusal
from meloko.relay_points.editing import list_points, list_zones
from meloko.relay_points.models import RelayPoint
from meloko.relay_points.services import find_relay_point, why_closed
from meloko.web.door import ask
from meloko.web.ids import is_id

blueprint = Blueprint("delivery_days", __name__, url_prefix="/equipe/jours")

STATE_WORDS = {
    DayState.OPEN: "ouvert",
    DayState.CLOSED: "clos",
    DayState.PLANNED: "tournées faites",
    DayState.DELIVERED: "livré",
    DayState.SETTLED: "réglé",
}


@blueprint.get("")
@open_to(Role.STAFF, Role.ADMIN)
def list_all() -> ResponseReturnValue:
    """List the delivery days, latest first."""
    return render_template("delivery_days/list.html", days=ask(list_days), state_words=STATE_WORDS)


@blueprint.route("/nouveau", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def new() -> ResponseReturnValue:
    """Open a delivery day."""
    form = DayForm.fresh()
    form.zone_id.offer([(zone.id, zone.name) for zone in ask(list_zones)])
    points = [point for point in ask(list_points) if point.active]
    if request.method == "GET":
        # What is closed on the proposed day is not ticked: it would only be refused.
        proposed = form.date.data or today()
        return _new(form, points, [point.id for point in points if why_closed(point, proposed) is None], {})
    ticked = [int(words) for words in request.form.getlist("relay_points") if _is_id(words)]
    if not form.validate():
        return _new(form, points, ticked, dict(form.problems)), 422
    try:
        day = ask(open_day, form.draft(tuple(ticked)), by=signed_in_person().user_id)
    except Refusal as refusal:
        return _new(form, points, ticked, form.blame(refusal, "date")), refusal.status
    except ValidationError as error:
        return _new(form, points, ticked, {"cut_off_hour": str(error)}), 422
    flash("Le jour est ouvert : les clients peuvent commander.")
    return redirect(url_for(".edit", day_id=day.id), 303)


@blueprint.route("/<id:day_id>", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def edit(day_id: int) -> ResponseReturnValue:
    """Show a day with its places; while it is open, move its cut-off."""
    day = ask(find_day, day_id)
    form = CutOffForm.of(day)
    if request.method == "GET":
        return _day(day, form, {})
    if not form.validate():
        return _day(day, form, dict(form.problems)), 422
    try:
        ask(move_cut_off, day_id, form.moment(), by=signed_in_person().user_id)
    except Refusal as refusal:
        return _day(ask(find_day, day_id), form, form.blame(refusal, "cut_off_day")), refusal.status
    except ValidationError as error:
        return _day(day, form, {"cut_off_hour": str(error)}), 422
    flash("La clôture est déplacée. Les pages des clients disent la nouvelle heure.")
    return redirect(url_for(".edit", day_id=day_id), 303)


@blueprint.route("/fermetures/<id:relay_point_id>", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def closures(relay_point_id: int) -> ResponseReturnValue:
    """Show the closures of a relay point, and note one."""
    point = ask(find_relay_point, relay_point_id)
    form = ClosureForm()
    if request.method == "GET":
        return _closures(point, form, {}, expected=False)
    if not form.validate():
        return _closures(point, form, dict(form.problems), expected=False), 422
    try:
        ask(close_relay_point, form.draft(relay_point_id), by=signed_in_person().user_id)
    except Refusal as refusal:
        page = _closures(point, form, form.blame(refusal, "first_day"), expected=refusal.field == "first_day")
        return page, refusal.status
    flash("La fermeture est notée.")
    return redirect(url_for(".closures", relay_point_id=relay_point_id), 303)


@blueprint.post("/fermetures/<id:relay_point_id>/<id:closure_id>/enlever")
@open_to(Role.STAFF, Role.ADMIN)
def reopen(relay_point_id: int, closure_id: int) -> ResponseReturnValue:
    """Take a closure back."""
    ask(reopen_relay_point, relay_point_id, closure_id, by=signed_in_person().user_id)
    flash("La fermeture est enlevée.")
    return redirect(url_for(".closures", relay_point_id=relay_point_id), 303)


def _is_id(words: str) -> bool:
    return words.isascii() and words.isdigit() and len(words) < 12 and is_id(int(words))


def _new(form: DayForm, points: Sequence[RelayPoint], ticked: Sequence[int], errors: dict[str, str]) -> str:
    return render_template("delivery_days/new.html", form=form, points=points, ticked=ticked, errors=errors)


def _day(day: DeliveryDay, form: CutOffForm, errors: dict[str, str]) -> str:
    return render_template("delivery_days/edit.html", day=day, form=form, errors=errors, state_words=STATE_WORDS)


def _closures(point: RelayPoint, form: ClosureForm, errors: dict[str, str], *, expected: bool) -> str:
    return render_template(
        "delivery_days/closures.html", point=point, form=form, errors=errors, ask_confirmation=expected
    )
