"""The orders as staff see them: searched, read, cancelled, given back."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.errors import NotFound, Refusal
from meloko.orders.changing import cancel_order
from meloko.orders.deciding import LONGEST_REASON, decide_withdrawal, withdrawals
from meloko.orders.models import OrderState, Source, WithdrawalState
from meloko.orders.services import SOURCE_WORDS, STATE_WORDS, OrderFilter, order_list, order_page
from meloko.web.door import ask
from meloko.web.forms import clean
from meloko.web.ids import an_id

blueprint = Blueprint("staff_orders", __name__, url_prefix="/equipe/commandes")

HOME = "home"


@blueprint.get("")
@open_to(Role.STAFF, Role.ADMIN)
def list_all() -> ResponseReturnValue:
    """List the orders that are looked for, newest first."""
    asked = {name: request.args.get(name, "").strip() for name in ("q", "jour", "porte", "etat", "lieu")}
    place = request.args.get("lieu", 0, an_id)
    wanted = OrderFilter(
        day_id=request.args.get("jour", None, an_id),
        source=request.args.get("porte", None, Source),
        state=request.args.get("etat", None, OrderState),
        relay_point_id=place or None,
        home=True if asked["lieu"] == HOME else None,
        words=asked["q"].replace("\x00", "")[:100],
    )
    before = request.args.get("after", 0, an_id)
    return render_template(
        "orders/staff_list.html",
        listed=ask(order_list, wanted, before=before),
        asked=asked,
        links={name: value for name, value in asked.items() if value},
        after=before,
        source_words=SOURCE_WORDS,
        state_words=STATE_WORDS,
    )


@blueprint.get("/<id:order_id>")
@open_to(Role.STAFF, Role.ADMIN)
def show(order_id: int) -> ResponseReturnValue:
    """Show one order whole."""
    return render_template(
        "orders/staff_order.html",
        page=ask(order_page, order_id),
        source_words=SOURCE_WORDS,
        state_words=STATE_WORDS,
    )


@blueprint.post("/<id:order_id>/annuler")
@open_to(Role.STAFF, Role.ADMIN)
def cancel(order_id: int) -> ResponseReturnValue:
    """Cancel one order; goods and room go back."""
    reason = request.form.get("reason", "").replace("\x00", "").strip()[:200]
    order = ask(cancel_order, order_id, by=signed_in_person().user_id, reason=reason, as_staff=True)
    flash(f"La commande n° {order.number} est annulée. Ses produits et sa place sont rendus.")
    return redirect(url_for(".show", order_id=order_id), 303)


@blueprint.get("/renonciations")
@open_to(Role.STAFF, Role.ADMIN)
def list_withdrawals() -> ResponseReturnValue:
    """List the goods that customers give back."""
    return _withdrawals({}, {})


@blueprint.post("/renonciations/<id:withdrawal_id>")
@open_to(Role.STAFF, Role.ADMIN)
def decide(withdrawal_id: int) -> ResponseReturnValue:
    """Note that goods came back, that money went back, or refuse in words."""
    reason = str(clean(request.form.get("note", "")))
    shown, to = (request.form.get(name, None, WithdrawalState) for name in ("shown", "to"))
    if shown is None or to is None:
        raise NotFound
    try:
        ask(decide_withdrawal, withdrawal_id, shown, to, reason, by=signed_in_person().user_id)
    except NotFound:
        raise
    except Refusal as refusal:
        return _withdrawals({f"note-{withdrawal_id}": refusal.sentence}, {withdrawal_id: reason}), refusal.status
    flash("C’est noté.")
    return redirect(url_for(".list_withdrawals"), 303)


def _withdrawals(errors: dict[str, str], typed: dict[int, str]) -> str:
    return render_template(
        "orders/withdrawals.html", rows=ask(withdrawals), errors=errors, typed=typed, longest=LONGEST_REASON
    )
