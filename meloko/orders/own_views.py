"""A customer's own order: read, changed, cancelled, withdrawn from."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to
from meloko.accounts.models import Role
from meloko.errors import NotFound, Refusal
from meloko.languages import say
from meloko.orders.changing import Change, cancel_own_order, change_line
from meloko.orders.choosing import whole_number
from meloko.orders.forms import read_ids
from meloko.orders.own import own_order, withdraw_from
from meloko.orders.sending import sent_order
from meloko.orders.views import COOKIE, own_user_id
from meloko.web.door import ask
from meloko.web.forms import clean

blueprint = Blueprint("own_orders", __name__, url_prefix="/commander/commandes")


@blueprint.get("/<id:order_id>")
@open_to(Role.VISITOR)
def show(order_id: int) -> ResponseReturnValue:
    """Show one's own order, and what can still be done with it."""
    return _page(order_id)


@blueprint.post("/<id:order_id>/lignes/<id:line_id>")
@open_to(Role.VISITOR)
def change(order_id: int, line_id: int) -> ResponseReturnValue:
    """Change how much of one line is wanted."""
    _own(order_id)
    typed = str(clean(request.form.get("quantity", "")))
    said = request.form.get("shown", typed)
    try:
        shown = whole_number(said)
        step = {"more": 1, "less": -1}.get(request.form.get("change", "set"), 0)
        wanted = max(0, shown + step if typed == said else whole_number(typed) + step)
        ask(change_line, order_id, Change(line_id, shown, wanted), by=own_user_id())
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(order_id, {f"q-{line_id}": refusal.sentence}, {line_id: typed}), refusal.status
    flash(say("C’est changé."))
    return redirect(url_for(".show", order_id=order_id, _anchor=f"ligne-{line_id}"), 303)


@blueprint.post("/<id:order_id>/annuler")
@open_to(Role.VISITOR)
def cancel(order_id: int) -> ResponseReturnValue:
    """Cancel one's own order."""
    _own(order_id)
    try:
        ask(cancel_own_order, order_id, by=own_user_id())
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(order_id, {"annuler": refusal.sentence}), refusal.status
    return redirect(url_for(".show", order_id=order_id), 303)


@blueprint.route("/<id:order_id>/renoncer", methods=["GET", "POST"])
@open_to(Role.VISITOR)
def withdraw(order_id: int) -> ResponseReturnValue:
    """Withdraw from the contract for goods that do not spoil."""
    errors = {}
    if request.method == "POST":
        try:
            ask(withdraw_from, _token(), own_user_id(), order_id, read_ids(request.form.getlist("line")))
            return redirect(url_for(".withdraw", order_id=order_id), 303)
        except NotFound:
            raise
        except Refusal as refusal:
            errors = {"lines": refusal.sentence}
    page = ask(own_order, _token(), own_user_id(), order_id)
    if not page.mine:
        raise NotFound
    return render_template("orders/withdraw.html", page=page, errors=errors), 422 if errors else 200


def _page(order_id: int, errors: dict[str, str] | None = None, typed: dict[int, str] | None = None) -> str:
    page = ask(own_order, _token(), own_user_id(), order_id)
    return render_template("orders/own.html", page=page, errors=errors or {}, typed=typed or {})


def _own(order_id: int) -> None:
    """Find that who asks has placed the order, or nothing."""
    ask(sent_order, _token(), own_user_id(), order_id)


def _token() -> str:
    return request.cookies.get(COOKIE, "")
