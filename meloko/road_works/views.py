"""Closed streets as staff see them: found by name, closed for some days, opened again."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.clock import today
from meloko.errors import Refusal
from meloko.road_works.forms import StreetForm
from meloko.road_works.services import close_street, end_closure, find_street
from meloko.roads.closures import MOST_FOUND, find_streets, list_closures
from meloko.roads.models import RoadStreet
from meloko.web.door import ask

blueprint = Blueprint("road_works", __name__, url_prefix="/equipe/routes")


@blueprint.get("")
@open_to(Role.STAFF, Role.ADMIN)
def list_all() -> ResponseReturnValue:
    """List the closed streets, and look for one by its name."""
    words = request.args.get("q", "").replace("\x00", "")[:100]
    return render_template(
        "road_works/list.html",
        closures=ask(list_closures, today()),
        words=words,
        streets=ask(find_streets, words),
        most=MOST_FOUND,
        today=today(),
    )


@blueprint.route("/rue/<id:street_id>", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def close(street_id: int) -> ResponseReturnValue:
    """Close a street for some days."""
    street = ask(find_street, street_id)
    form = StreetForm.fresh()
    if request.method == "GET":
        return _page(street, form, {})
    if not form.validate():
        return _page(street, form, dict(form.problems)), 422
    try:
        days = ask(close_street, form.wanted(street_id), by=signed_in_person().user_id)
    except Refusal as refusal:
        return _page(street, form, form.blame(refusal, "first_day")), refusal.status
    flash(f"{street.name} est barrée. {_anew(days)}")
    return redirect(url_for(".list_all"), 303)


@blueprint.post("/<id:closure_id>/rouvrir")
@open_to(Role.STAFF, Role.ADMIN)
def reopen(closure_id: int) -> ResponseReturnValue:
    """Open a street from today on."""
    days = ask(end_closure, closure_id, by=signed_in_person().user_id)
    flash(f"La route est rouverte. {_anew(days)}")
    return redirect(url_for(".list_all"), 303)


def _page(street: RoadStreet, form: StreetForm, errors: dict[str, str]) -> str:
    return render_template("road_works/close.html", street=street, form=form, errors=errors)


def _anew(days: int) -> str:
    if not days:
        return "Aucune tournée faite n’est à recalculer."
    return f"Les tournées de {days} jour{'s' if days > 1 else ''} sont recalculées."
