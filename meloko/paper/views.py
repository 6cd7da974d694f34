"""The keying desk: one page, one form; looking never writes, saving is one act."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.customers.services import add_customer
from meloko.errors import Refusal
from meloko.orders.models import Order
from meloko.orders.services import find_order
from meloko.paper.forms import Typed, error_ids, fresh, longer, read, shape
from meloko.paper.keying import ControlDiffers, ControlMissing, PaperUnclear, key_order
from meloko.paper.services import Desk, look
from meloko.web.door import ask
from meloko.web.ids import an_id
from meloko.wording import day_words

blueprint = Blueprint("paper", __name__, url_prefix="/equipe/saisie")

# Where a refusal of a service is shown, by the name it gives its field.
_FIELDS = {
    "card_number": "customer",
    "received_at": "received_hour",
    "place": "place",
    "address": "place",
    "last_name": "last_name",
    "phone": "phone",
    "email": "email",
}


@dataclass(frozen=True, slots=True)
class Saved:
    """The order that was keyed just now, in words."""

    order: Order
    added: bool
    late: bool

    @property
    def day_words(self) -> str:
        """Return the day of delivery."""
        return day_words(self.order.day.date)

    @property
    def late_words(self) -> str:
        """Say what becomes of an order that was in time and keyed late."""
        if not self.late:
            return ""
        if self.order.to_decide:
            return "Reçue à temps, saisie quand les tournées sont verrouillées : elle attend dans « À décider »."
        return "Reçue à temps, saisie après la clôture : elle compte, et les tournées se recalculent."


@blueprint.get("")
@open_to(Role.STAFF, Role.ADMIN)
def key() -> ResponseReturnValue:
    """Show an empty page, ready for the next paper."""
    typed = fresh(customer=request.args.get("carte", ""), day=request.args.get("jour", ""))
    saved_id = request.args.get("fait", 0, an_id)
    saved = None
    if saved_id:
        saved = Saved(ask(find_order, saved_id), "ajout" in request.args, "tard" in request.args)
    return _page(typed, {}, saved=saved)


@blueprint.post("")
@open_to(Role.STAFF, Role.ADMIN)
def act() -> ResponseReturnValue:
    """Look, lengthen, add a customer or save, as the button says; what was typed is always kept."""
    typed = read(request.form)
    if request.form.get("act") == "save":
        return _save(typed)
    if request.form.get("act") == "add":
        return _add(typed)
    if request.form.get("act") == "more":
        typed = longer(typed)
    return _page(typed, shape(typed).unclear)


def _save(typed: Typed) -> ResponseReturnValue:
    try:
        placed = ask(key_order, shape(typed), by=signed_in_person().user_id)
    except PaperUnclear as unclear:
        control = isinstance(unclear, ControlDiffers | ControlMissing)
        return _page(typed, unclear.errors, control=control), unclear.status
    except Refusal as refusal:
        return _page(typed, {_FIELDS.get(refusal.field or "", "lignes"): refusal.sentence}), refusal.status
    # None is left out of the address.
    address = url_for(
        ".key",
        fait=placed.order_id,
        jour=typed.day,
        ajout=1 if placed.joined else None,
        tard=1 if placed.late else None,
    )
    return redirect(address, 303)


def _add(typed: Typed) -> ResponseReturnValue:
    try:
        customer = ask(add_customer, typed.person.facts, by=signed_in_person().user_id)
    except Refusal as refusal:
        field = _FIELDS.get(refusal.field or "", "last_name")
        return _page(typed, {field: refusal.sentence}, adding=True), refusal.status
    return _page(replace(typed, customer=customer.card_number, person=fresh().person), shape(typed).unclear)


def _page(
    typed: Typed,
    errors: Mapping[str, str],
    *,
    saved: Saved | None = None,
    control: bool = False,
    adding: bool = False,
) -> str:
    desk = ask(look, shape(typed))
    if not typed.day and desk.days:
        likely = next((day for day in desk.days if day.open), desk.days[0])
        typed = replace(typed, day=str(likely.id))
        desk = ask(look, shape(typed))
    typed = replace(typed, place=desk.place)
    wrong = {**desk.errors, **errors}
    return render_template(
        "paper/keying.html",
        typed=typed,
        desk=desk,
        rows=tuple(zip(typed.lines, desk.lines, strict=True)),
        errors=error_ids(wrong),
        ask_confirmation=control or typed.confirmed,
        saved=saved,
        focus=_focus(typed, desk),
        adding=adding,
    )


def _focus(typed: Typed, desk: Desk) -> str:
    """Return the first field that still wants something."""
    if desk.customer is None:
        return "chosen" if desk.candidates else "customer"
    if not typed.day:
        return "day"
    if not typed.place:
        return "place"
    return next((f"code-{n}" for n, (code, _) in enumerate(typed.lines, 1) if not code), "articles")
