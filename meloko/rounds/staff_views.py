"""The screen of one round: seen, shaped by hand, undone, locked."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.clock import today
from meloko.errors import NotFound, Refusal
from meloko.rounds.asking import Asked
from meloko.rounds.forms import read_departure
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
