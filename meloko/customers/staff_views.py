"""The customers as staff see them: searched, added, changed, placed on the map."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.accounts.services import audit
from meloko.accounts.sheets import codes_left
from meloko.clock import now
from meloko.customers.cards import card_words
from meloko.customers.models import Customer
from meloko.customers.papers import print_code_sheet
from meloko.customers.sealing import LONGEST_NOTE, has_access_note, read_access_note, write_access_note
from meloko.customers.services import (
    add_customer,
    change_customer,
    find_customer,
    place_by_hand,
    search_customers,
)
from meloko.customers.staff_forms import CustomerForm, PlaceForm
from meloko.errors import Refusal
from meloko.relay_points.editing import list_points
from meloko.roads.models import Precision
from meloko.web.door import ask, house
from meloko.web.forms import clean
from meloko.web.ids import an_id

blueprint = Blueprint("staff_customers", __name__, url_prefix="/equipe/clients")

PRECISION_WORDS = {
    Precision.HAND: "placée à la main",
    Precision.HOUSENUMBER: "au numéro",
    Precision.STREET: "à la rue",
    Precision.LOCALITY: "à la commune",
    Precision.NONE: "pas placée",
}


@blueprint.get("")
@open_to(Role.STAFF, Role.ADMIN)
def list_all() -> ResponseReturnValue:
    """Search the customers, or list them all."""
    words = request.args.get("q", "").replace("\x00", "").strip()[:100]
    after = request.args.get("after", 0, an_id)
    points = {point.id: point.name for point in ask(list_points)}
    return render_template(
        "customers/list.html",
        page=ask(search_customers, words, after=after),
        q=words,
        links={"q": words} if words else {},
        after=after,
        points=points,
        card_words=card_words,
    )


@blueprint.route("/nouveau", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def new() -> ResponseReturnValue:
    """Add a customer; no e-mail and no telephone is normal."""
    form = _form(None)
    if request.method == "GET":
        return _page(form, None, {})
    if not form.validate():
        return _page(form, None, dict(form.problems)), 422
    try:
        customer = ask(add_customer, form.facts(), by=signed_in_person().user_id)
    except Refusal as refusal:
        return _page(form, None, form.blame(refusal, "last_name")), refusal.status
    flash(f"{customer.full_name} a la carte {card_words(customer.card_number)}.")
    return redirect(url_for(".edit", customer_id=customer.id), 303)


@blueprint.route("/<id:customer_id>", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def edit(customer_id: int) -> ResponseReturnValue:
    """Change a customer; that her card was opened is written down, with who opened it."""
    customer = ask(find_customer, customer_id)
    form = _form(customer)
    if request.method == "GET":
        ask(audit, signed_in_person().user_id, "customer.seen", "customer", customer_id)
        return _page(form, customer, {})
    if not form.validate():
        return _page(form, customer, dict(form.problems)), 422
    try:
        ask(change_customer, customer_id, form.facts(), by=signed_in_person().user_id)
    except Refusal as refusal:
        return _page(form, customer, form.blame(refusal, "last_name")), refusal.status
    flash("C’est enregistré.")
    return redirect(url_for(".edit", customer_id=customer_id), 303)


@blueprint.post("/<id:customer_id>/place")
@open_to(Role.STAFF, Role.ADMIN)
def place(customer_id: int) -> ResponseReturnValue:
    """Place a door on the map by hand; it wins for ever."""
    customer = ask(find_customer, customer_id)
    placing = PlaceForm()
    if not placing.validate():
        return _page(_form(customer, fresh=True), customer, dict(placing.problems), placing), 422
    lat, lon = placing.point()
    ask(place_by_hand, customer_id, lat, lon, by=signed_in_person().user_id)
    flash("Sa porte est placée sur la carte.")
    return redirect(url_for(".edit", customer_id=customer_id), 303)


@blueprint.post("/<id:customer_id>/codes")
@open_to(Role.STAFF)
def write_codes(customer_id: int) -> ResponseReturnValue:
    """Seal a door code and a key place; administrators run the machine, they do not read codes."""
    words = str(clean(request.form.get("access_note", "")))
    try:
        ask(write_access_note, customer_id, words, house().settings.keys, by=signed_in_person().user_id)
    except Refusal as refusal:
        customer = ask(find_customer, customer_id)
        return _page(_form(customer, fresh=True), customer, {"access_note": refusal.sentence}), refusal.status
    flash("Les codes sont gardés, scellés." if words else "Les codes sont effacés.")
    return redirect(url_for(".edit", customer_id=customer_id), 303)


@blueprint.post("/<id:customer_id>/codes/montrer")
@open_to(Role.STAFF)
def show_codes(customer_id: int) -> ResponseReturnValue:
    """Show one customer's codes once, and write down who looked."""
    customer = ask(find_customer, customer_id)
    shown = ask(read_access_note, customer_id, house().settings.keys, by=signed_in_person().user_id)
    return _page(_form(customer, fresh=True), customer, {}, shown=shown)


@blueprint.post("/<id:customer_id>/feuille-de-codes.pdf")
@open_to(Role.STAFF)
def code_sheet(customer_id: int) -> ResponseReturnValue:
    """Print ten new codes for a customer; a sheet she had serves no more."""
    chosen = house().settings
    address = (chosen.public_url or request.url_root).rstrip("/").partition("://")[2]
    paper = ask(print_code_sheet, customer_id, chosen.secret_key, address, now(), by=signed_in_person().user_id)
    response = make_response(paper)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = 'inline; filename="codes.pdf"'
    # Its codes are nowhere else: no cache may keep them.
    response.headers["Cache-Control"] = "no-store"
    return response


def _form(customer: Customer | None, *, fresh: bool = False) -> CustomerForm:
    form = CustomerForm.of(customer)
    if fresh:
        # What was posted belongs to the other form of the page.
        form.process(None, data={name: field.object_data for name, field in form._fields.items()})
    form.preferred_relay_point_id.offer([("", "aucun"), *((str(p.id), p.name) for p in ask(list_points))])
    return form


def _page(
    form: CustomerForm,
    customer: Customer | None,
    errors: dict[str, str],
    placing: PlaceForm | None = None,
    *,
    shown: str = "",
) -> str:
    return render_template(
        "customers/edit.html",
        form=form,
        customer=customer,
        placing=placing or PlaceForm(formdata=None),
        card_words=card_words,
        precision_words=PRECISION_WORDS,
        errors=errors,
        sealed=customer is not None and ask(has_access_note, customer.id),
        shown=shown,
        longest_note=LONGEST_NOTE,
        codes_left=ask(codes_left, customer.user_id) if customer is not None and customer.user_id else (),
    )
