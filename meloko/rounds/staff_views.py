"""The screen of one round, seen and shaped by hand, and the orders that are on none."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.clock import today
from meloko.errors import NotFound, Refusal
from meloko.rounds.asking import Asked
from meloko.rounds.exceptions import (
    NotAnException,
    exception_page,
    first_spot,
    leave_at_relay,
    note_call,
    place_home,
    spot_map,
)
from meloko.rounds.forms import MAP_SIZES, clicked, read_departure, read_spot
from meloko.rounds.screen import again_on, round_page
from meloko.rounds.services import assign_driver, lock_round
from meloko.rounds.shaping import pin_stop, save, undo_last
from meloko.rounds.versions import RoundChanged
from meloko.rounds.views import blueprint
from meloko.web.door import ask
from meloko.web.ids import an_id

__all__ = ["blueprint"]


@blueprint.get("/<id:round_id>")
@open_to(Role.STAFF, Role.ADMIN)
def show(round_id: int) -> ResponseReturnValue:
    """Show one round, or what a gesture would bring."""
    if "geste" not in request.args:
        return _page(round_id, chosen=request.args.get("arret", None, an_id))
    try:
        return _page(round_id, asked=_asked(request.args))
    except NotFound:
        raise
    except RoundChanged as changed:
        return _told(round_id, _asked(request.args), changed)
    except Refusal as refusal:
        return _page(round_id, refusal=refusal), refusal.status


@blueprint.post("/<id:round_id>/geste")
@open_to(Role.STAFF, Role.ADMIN)
def shape(round_id: int) -> ResponseReturnValue:
    """Do a gesture: the rounds that it changes become new versions."""
    asked = _asked(request.form)
    try:
        shown, sentence = ask(save, round_id, asked, by=signed_in_person().user_id)
    except NotFound:
        raise
    except RoundChanged as changed:
        return _told(round_id, asked, changed)
    except Refusal as refusal:
        return _page(round_id, refusal=refusal), refusal.status
    flash(f"{sentence}.")
    return redirect(url_for(".show", round_id=shown), 303)


@blueprint.post("/<id:round_id>/defaire")
@open_to(Role.STAFF, Role.ADMIN)
def undo(round_id: int) -> ResponseReturnValue:
    """Undo the newest act on the day of this round."""
    try:
        shown, sentence = ask(undo_last, round_id, by=signed_in_person().user_id)
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(round_id, refusal=refusal), refusal.status
    flash(f"{sentence}.")
    return redirect(url_for(".show", round_id=shown), 303)


@blueprint.post("/<id:round_id>/arrets/<id:stop_id>/epingle")
@open_to(Role.STAFF, Role.ADMIN)
def pin(round_id: int, stop_id: int) -> ResponseReturnValue:
    """Fix the place of a stop, or free it."""
    pinned = "fixer" in request.form
    try:
        name = ask(pin_stop, round_id, stop_id, pinned=pinned, by=signed_in_person().user_id)
    except RoundChanged as changed:
        return _told(round_id, None, changed)
    flash(f"{name} : {'la place est fixée' if pinned else 'la place est libre'}.")
    return redirect(url_for(".show", round_id=round_id), 303)


@blueprint.post("/<id:round_id>/verrou")
@open_to(Role.STAFF, Role.ADMIN)
def lock(round_id: int) -> ResponseReturnValue:
    """Lock a round."""
    ask(lock_round, round_id, by=signed_in_person().user_id)
    flash("La tournée est verrouillée : plus rien ne la recalcule.")
    return redirect(url_for(".show", round_id=round_id), 303)


@blueprint.post("/<id:round_id>/livreur")
@open_to(Role.STAFF, Role.ADMIN)
def name_driver(round_id: int) -> ResponseReturnValue:
    """Give a round that is locked to another driver: who drives may fall ill."""
    try:
        driver_id = request.form.get("driver_id", 0, an_id) or None
        ask(assign_driver, round_id, driver_id, by=signed_in_person().user_id)
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(round_id, errors={"driver_id": refusal.sentence}), refusal.status
    flash("Le livreur est noté.")
    return redirect(url_for(".show", round_id=round_id), 303)


def _page(
    round_id: int,
    *,
    asked: Asked | None = None,
    chosen: int | None = None,
    since: int | None = None,
    refusal: Refusal | None = None,
    again: Asked | None = None,
    errors: dict[str, str] | None = None,
) -> str:
    page = ask(round_page, round_id, asked, chosen, since)
    return render_template(
        "rounds/round.html", page=page, refusal=refusal, again=again, errors=errors or {}, today=today()
    )


def _told(round_id: int, asked: Asked | None, changed: RoundChanged) -> ResponseReturnValue:
    """Show the round as somebody else has left it, and offer the same gesture on it: nothing is overwritten."""
    if changed.newer_id is None:
        return _page(round_id, refusal=changed), changed.status
    again = ask(again_on, round_id, changed.newer_id, asked) if asked else None
    return _page(changed.newer_id, since=round_id, refusal=changed, again=again), changed.status


def _asked(sent: MultiDict[str, str]) -> Asked:
    """Read a gesture from an address or a form; what is no id is nobody's."""
    before = sent.get("avant", "")
    return Asked(
        kind=sent.get("geste", "")[:20],
        stop_id=sent.get("arret", None, an_id),
        order_id=sent.get("commande", None, an_id),
        place=sent.get("lieu", "").replace("\x00", "")[:40],
        to_round_id=sent.get("vers", None, an_id),
        before_stop_id=sent.get("avant", None, an_id),
        at_best=before == "mieux",
        vehicle_id=sent.get("vehicule", None, an_id),
        driver_id=sent.get("livreur", None, an_id),
        departure_s=read_departure(sent.get("depart", "")),
    )


@blueprint.get("/hors-tournee/<id:order_id>")
@open_to(Role.STAFF, Role.ADMIN)
def exception(order_id: int) -> ResponseReturnValue:
    """Show one order that is on no round, and what can be done about it."""
    return _exception(order_id)


@blueprint.post("/hors-tournee/<id:order_id>/appel")
@open_to(Role.STAFF, Role.ADMIN)
def called(order_id: int) -> ResponseReturnValue:
    """Note what was said on the telephone."""
    try:
        ask(note_call, order_id, request.form.get("note", ""), by=signed_in_person().user_id)
    except NotFound:
        raise
    except Refusal as refusal:
        return _exception(order_id, {refusal.field or "note": refusal.sentence}), refusal.status
    flash("L’appel est noté avec la commande.")
    return redirect(url_for(".exception", order_id=order_id), 303)


@blueprint.post("/hors-tournee/<id:order_id>/relais")
@open_to(Role.STAFF, Role.ADMIN)
def to_relay(order_id: int) -> ResponseReturnValue:
    """Leave an order at a relay point instead of its door."""
    try:
        relay_id = request.form.get("relay_point_id", 0, an_id)
        order = ask(leave_at_relay, order_id, relay_id, by=signed_in_person().user_id)
    except (NotFound, NotAnException):
        raise
    except Refusal as refusal:
        return _exception(order_id, {"relay_point_id": refusal.sentence}), refusal.status
    flash(f"Commande n° {order.number} : elle ira à {order.place_name}. Mettez-la maintenant en tournée.")
    return redirect(url_for(".exception", order_id=order_id), 303)


@blueprint.get("/hors-tournee/<id:order_id>/carte")
@open_to(Role.STAFF, Role.ADMIN)
def door(order_id: int) -> ResponseReturnValue:
    """Place a door on the map: each click comes nearer."""
    page = ask(exception_page, order_id)
    spot = read_spot(request.args) or ask(first_spot, page.home.id)
    return render_template("rounds/door.html", page=page, spot=clicked(request.args, spot), sizes=MAP_SIZES)


@blueprint.get("/hors-tournee/<id:order_id>/carte.svg")
@open_to(Role.STAFF, Role.ADMIN)
def door_map(order_id: int) -> ResponseReturnValue:
    """Draw the map to click on."""
    ask(exception_page, order_id)
    spot = read_spot(request.args)
    size = MAP_SIZES.get(request.args.get("taille", ""))
    if spot is None or size is None:
        raise NotFound
    return Response(ask(spot_map, spot, *size), mimetype="image/svg+xml")


@blueprint.post("/hors-tournee/<id:order_id>/carte")
@open_to(Role.STAFF, Role.ADMIN)
def place_door(order_id: int) -> ResponseReturnValue:
    """Keep the door where the hand has put it."""
    spot = read_spot(request.form)
    if spot is None:
        raise NotFound
    order = ask(place_home, order_id, spot.lat, spot.lon, by=signed_in_person().user_id)
    flash(f"La porte de {order.customer_name} est placée, pour toujours. Les temps de route se mesurent à l’instant.")
    return redirect(url_for(".exception", order_id=order_id), 303)


def _exception(order_id: int, errors: dict[str, str] | None = None) -> str:
    return render_template("rounds/exception.html", page=ask(exception_page, order_id), errors=errors or {})
