"""A customer's orders that come back by themselves."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.errors import NotFound, Refusal
from meloko.languages import say, say_many
from meloko.orders.views import COOKIE
from meloko.standing_orders.editing import (
    change_standing_order,
    pause,
    start_standing_order,
    stop,
    take_up,
)
from meloko.standing_orders.forms import StandingForm
from meloko.standing_orders.showing import choices, own_standing_order, own_standing_orders
from meloko.web.door import ask

blueprint = Blueprint("standing_orders", __name__, url_prefix="/commander/regulieres")


@blueprint.get("")
@open_to(Role.CUSTOMER)
def list_all() -> ResponseReturnValue:
    """List one's standing orders, each with what comes next."""
    return render_template("standing_orders/list.html", shown=ask(own_standing_orders, _user_id()))


@blueprint.route("/nouvelle", methods=["GET", "POST"])
@open_to(Role.CUSTOMER)
def new() -> ResponseReturnValue:
    """Make a standing order."""
    return _edit(None)


@blueprint.get("/<id:standing_order_id>")
@open_to(Role.CUSTOMER)
def show(standing_order_id: int) -> ResponseReturnValue:
    """Show one standing order, its next days and its pauses."""
    return _page(standing_order_id)


@blueprint.route("/<id:standing_order_id>/changer", methods=["GET", "POST"])
@open_to(Role.CUSTOMER)
def change(standing_order_id: int) -> ResponseReturnValue:
    """Change a standing order."""
    return _edit(standing_order_id)


@blueprint.post("/<id:standing_order_id>/pause")
@open_to(Role.CUSTOMER)
def take_pause(standing_order_id: int) -> ResponseReturnValue:
    """Pause a standing order from one day to another."""
    form = StandingForm(request.form)
    first_day, last_day = form.day("first_day"), form.day("last_day")
    if first_day and last_day:
        try:
            placed = ask(pause, _user_id(), standing_order_id, first_day, last_day)
        except NotFound:
            raise
        except Refusal as refusal:
            form.errors[refusal.field or "last_day"] = refusal.sentence
        else:
            flash(say("La pause est notée."))
            if placed:
                numbers = ", ".join(order.number for order in placed)
                flash(
                    say_many(
                        "Une commande est déjà enregistrée pour ces jours : n° {numbers}. Annulez-la si besoin.",
                        "{count} commandes sont déjà enregistrées pour ces jours : n° {numbers}."
                        " Annulez-les si besoin.",
                        len(placed),
                        numbers=numbers,
                    )
                )
            return redirect(url_for(".show", standing_order_id=standing_order_id), 303)
    return _page(standing_order_id, form), 422


@blueprint.post("/<id:standing_order_id>/pauses/<id:absence_id>/enlever")
@open_to(Role.CUSTOMER)
def end_pause(standing_order_id: int, absence_id: int) -> ResponseReturnValue:
    """Take a pause back."""
    ask(take_up, _user_id(), standing_order_id, absence_id)
    return redirect(url_for(".show", standing_order_id=standing_order_id), 303)


@blueprint.post("/<id:standing_order_id>/arreter")
@open_to(Role.CUSTOMER)
def end(standing_order_id: int) -> ResponseReturnValue:
    """Stop a standing order for good."""
    ask(stop, _user_id(), standing_order_id)
    return redirect(url_for(".show", standing_order_id=standing_order_id), 303)


def _edit(standing_order_id: int | None) -> ResponseReturnValue:
    form = StandingForm(request.form if request.method == "POST" else MultiDict())
    wanted = form.wanted() if request.method == "POST" else None
    if wanted is not None:
        try:
            if standing_order_id is None:
                standing = ask(start_standing_order, _user_id(), wanted)
            else:
                standing = ask(change_standing_order, _user_id(), standing_order_id, wanted)
            return redirect(url_for(".show", standing_order_id=standing.id), 303)
        except NotFound:
            raise
        except Refusal as refusal:
            form.errors[refusal.field or "produits"] = refusal.sentence
    offered = ask(choices, request.cookies.get(COOKIE, ""), _user_id(), standing_order_id)
    page = render_template("standing_orders/edit.html", choices=offered, form=form, errors=form.errors)
    return page, 422 if form.errors else 200


def _page(standing_order_id: int, form: StandingForm | None = None) -> str:
    shown = ask(own_standing_order, _user_id(), standing_order_id)
    form = form or StandingForm(MultiDict())
    return render_template("standing_orders/show.html", shown=shown, form=form, errors=form.errors)


def _user_id() -> int:
    return signed_in_person().user_id
