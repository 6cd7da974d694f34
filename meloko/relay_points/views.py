"""The zones and relay points as staff see them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.clock import today
from meloko.errors import Refusal
from meloko.relay_points.editing import find_zone, list_points, list_zones, save_point, save_zone
from meloko.relay_points.forms import KINDS, VAT_OF_DELIVERY, RelayPointForm, ZoneForm
from meloko.relay_points.hours import week_words
from meloko.relay_points.models import RelayPoint
from meloko.relay_points.services import find_relay_point
from meloko.web.door import ask

blueprint = Blueprint("relay_points", __name__, url_prefix="/equipe/points-relais")


@blueprint.get("")
@open_to(Role.STAFF, Role.ADMIN)
def list_all() -> ResponseReturnValue:
    """List the relay points."""
    asked = {"q": request.args.get("q", "").replace("\x00", "")[:100]}
    return render_template(
        "relay_points/list.html",
        points=ask(list_points, asked["q"]),
        asked=asked,
        kinds=dict(KINDS),
        week_words=week_words,
        today=today(),
    )


@blueprint.route("/nouveau", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def new() -> ResponseReturnValue:
    """Add a relay point."""
    return _edit(None)


@blueprint.route("/<id:relay_point_id>", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def edit(relay_point_id: int) -> ResponseReturnValue:
    """Change a relay point."""
    return _edit(relay_point_id)


@blueprint.get("/secteurs")
@open_to(Role.STAFF, Role.ADMIN)
def zones() -> ResponseReturnValue:
    """List the zones with what delivery costs, at home and at each relay point."""
    return render_template(
        "relay_points/zones.html", zones=ask(list_zones), points=ask(list_points), vat_words=dict(VAT_OF_DELIVERY)
    )


@blueprint.route("/secteurs/<id:zone_id>", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def edit_zone(zone_id: int) -> ResponseReturnValue:
    """Change what a zone is called and what delivery at home there costs."""
    zone = ask(find_zone, zone_id)
    form = ZoneForm.of(zone)
    if request.method == "GET":
        return render_template("relay_points/zone.html", form=form, zone=zone, errors={})
    if not form.validate():
        return render_template("relay_points/zone.html", form=form, zone=zone, errors=dict(form.problems)), 422
    try:
        saved = ask(save_zone, zone_id, form.facts(), by=signed_in_person().user_id)
    except Refusal as refusal:
        errors = form.blame(refusal, "name")
        return render_template("relay_points/zone.html", form=form, zone=zone, errors=errors), refusal.status
    flash(f"{saved.name} : c’est enregistré.")
    return redirect(url_for(".zones"), 303)


def _edit(relay_point_id: int | None) -> ResponseReturnValue:
    point = ask(find_relay_point, relay_point_id) if relay_point_id is not None else None
    form = RelayPointForm.of(point)
    form.zone_id.offer([(zone.id, zone.name) for zone in ask(list_zones)])
    if request.method == "GET":
        return _page(form, point, {})
    if not form.validate():
        return _page(form, point, dict(form.problems)), 422
    try:
        saved = ask(save_point, relay_point_id, form.facts(), by=signed_in_person().user_id)
    except Refusal as refusal:
        return _page(form, point, form.blame(refusal, "code")), refusal.status
    flash(f"{saved.name} : c’est enregistré.")
    return redirect(url_for(".list_all"), 303)


def _page(form: RelayPointForm, point: RelayPoint | None, errors: dict[str, str]) -> str:
    return render_template("relay_points/edit.html", form=form, point=point, errors=errors, today=today())
