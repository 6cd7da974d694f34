"""The rounds as staff see them: asked for, read, given to a driver, locked."""

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.errors import Refusal
from meloko.relay_points.editing import list_zones
from meloko.rounds.forms import KINDS, TypedHours, VehicleForm, shown_hours, typed_hours
from meloko.rounds.models import Vehicle
from meloko.rounds.reporting import report_hours
from meloko.rounds.services import ask_build, drivers, set_familiarity, stop_build
from meloko.rounds.showing import (
    HoursPage,
    day_data,
    day_rounds,
    hours_page,
    near_days,
    nearest_day,
    round_of_order,
)
from meloko.rounds.taught import taught_page
from meloko.rounds.vehicles import depots, find_vehicle, list_vehicles, other_zones_of, save_vehicle
from meloko.rounds.zones import ask_builds, zones_of_date
from meloko.web.door import ask
from meloko.web.ids import an_id

blueprint = Blueprint("rounds", __name__, url_prefix="/equipe/tournees")


@blueprint.get("")
@open_to(Role.STAFF, Role.ADMIN)
def list_all() -> ResponseReturnValue:
    """List the rounds of one day."""
    day_id = request.args.get("jour", 0, an_id) or ask(nearest_day)
    shown = ask(day_rounds, day_id) if day_id else None
    zones = ask(zones_of_date, day_id) if day_id else ()
    return render_template("rounds/list.html", shown=shown, days=ask(near_days), zones=zones)


@blueprint.post("/jour/<id:day_id>")
@open_to(Role.STAFF, Role.ADMIN)
def build(day_id: int) -> ResponseReturnValue:
    """Ask for the rounds of a day."""
    ask(ask_build, day_id, by=signed_in_person().user_id, anew="tout" in request.form)
    return redirect(url_for(".list_all", jour=request.form.get("depuis", day_id, an_id)), 303)


@blueprint.post("/jour/<id:day_id>/secteurs")
@open_to(Role.STAFF, Role.ADMIN)
def build_all(day_id: int) -> ResponseReturnValue:
    """Ask for the rounds of every zone of a date."""
    asked = ask(ask_builds, day_id, by=signed_in_person().user_id)
    flash("Le calcul d’un secteur est demandé." if asked == 1 else f"Le calcul de {asked} secteurs est demandé.")
    return redirect(url_for(".list_all", jour=day_id), 303)


@blueprint.post("/jour/<id:day_id>/arreter")
@open_to(Role.STAFF, Role.ADMIN)
def stop(day_id: int) -> ResponseReturnValue:
    """End the search of a day, and keep the best rounds so far."""
    ask(stop_build, day_id, by=signed_in_person().user_id)
    return redirect(url_for(".list_all", jour=request.form.get("depuis", day_id, an_id)), 303)


@blueprint.post("/jour/<id:day_id>/habitudes")
@open_to(Role.STAFF, Role.ADMIN)
def familiar(day_id: int) -> ResponseReturnValue:
    """Say how much habits count in the zone of a day."""
    name = ask(set_familiarity, day_id, request.form.get("familiarity", ""), by=signed_in_person().user_id)
    flash(f"C’est noté pour {name} : le prochain calcul en tient compte.")
    return redirect(url_for(".list_all", jour=day_id), 303)


@blueprint.get("/temps-appris")
@open_to(Role.STAFF, Role.ADMIN)
def taught() -> ResponseReturnValue:
    """Show what reported hours have taught."""
    return render_template("rounds/taught.html", page=ask(taught_page))


@blueprint.get("/jour/<id:day_id>.json")
@open_to(Role.STAFF, Role.ADMIN)
def day_as_data(day_id: int) -> ResponseReturnValue:
    """Tell a program how far a day is, and where each of its orders went."""
    return jsonify(day_data(ask(day_rounds, day_id)))


@blueprint.get("/commande/<id:order_id>")
@open_to(Role.STAFF, Role.ADMIN)
def of_order(order_id: int) -> ResponseReturnValue:
    """Go to where an order is: its round, or the exceptions of its day."""
    day_id, round_id = ask(round_of_order, order_id)
    address = url_for(".show", round_id=round_id) if round_id else url_for(".list_all", jour=day_id)
    return redirect(address, 303)


@blueprint.route("/<id:round_id>/heures", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def hours(round_id: int) -> ResponseReturnValue:
    """Note the hours that a driver wrote on his paper."""
    page = ask(hours_page, round_id)
    if request.method == "GET":
        return render_template("rounds/hours.html", page=page, typed=shown_hours(page.known))
    typed, errors = noted(page)
    if errors:
        return render_template("rounds/hours.html", page=page, typed=typed, errors=errors), 422
    flash("Les heures sont notées.")
    return redirect(url_for(".list_all", jour=page.day.id), 303)


def noted(page: HoursPage, driver_id: int | None = None) -> tuple[TypedHours, dict[str, str]]:
    """Keep the lines that make sense; return what was typed, and what is wrong with the other lines."""
    row = page.shown.round
    typed, said = typed_hours(request.form, row.stops, page.known)
    wrong = ask(report_hours, row.id, said, by=signed_in_person().user_id, driver_id=driver_id)
    return typed, typed.errors | wrong


@blueprint.get("/vehicules")
@open_to(Role.STAFF, Role.ADMIN)
def vehicles() -> ResponseReturnValue:
    """List the vehicles."""
    return render_template("rounds/vehicles.html", vehicles=ask(list_vehicles), kinds=dict(KINDS))


@blueprint.route("/vehicules/nouveau", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def new_vehicle() -> ResponseReturnValue:
    """Add a vehicle."""
    return _edit_vehicle(None)


@blueprint.route("/vehicules/<id:vehicle_id>", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def edit_vehicle(vehicle_id: int) -> ResponseReturnValue:
    """Change a vehicle, or take it out of service."""
    return _edit_vehicle(vehicle_id)


def _edit_vehicle(vehicle_id: int | None) -> ResponseReturnValue:
    vehicle = ask(find_vehicle, vehicle_id) if vehicle_id is not None else None
    form = VehicleForm.of(vehicle)
    form.depot_id.offer([(depot.id, depot.name) for depot in ask(depots)])
    form.driver_id.offer([("", "personne en particulier"), *((each.id, each.name) for each in ask(drivers))])
    if request.method == "GET":
        return _vehicle_page(form, vehicle, ask(other_zones_of, vehicle_id or 0), {})
    ticked = frozenset(request.form.getlist("zones", an_id))
    if not form.validate():
        return _vehicle_page(form, vehicle, ticked, dict(form.problems)), 422
    try:
        saved = ask(save_vehicle, vehicle_id, form.facts(ticked), by=signed_in_person().user_id)
    except Refusal as refusal:
        return _vehicle_page(form, vehicle, ticked, form.blame(refusal, "code")), refusal.status
    flash(f"{saved.name} : c’est enregistré.")
    return redirect(url_for(".vehicles"), 303)


def _vehicle_page(form: VehicleForm, vehicle: Vehicle | None, ticked: frozenset[int], errors: dict[str, str]) -> str:
    return render_template(
        "rounds/vehicle.html", form=form, vehicle=vehicle, zones=ask(list_zones), ticked=ticked, errors=errors
    )
