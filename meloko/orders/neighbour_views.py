"""The people a customer orders for, and the bags she opens for them."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.customers.services import CustomerFacts
from meloko.errors import Refusal
from meloko.orders.basket import close_bag, open_bag
from meloko.orders.forms import NeighbourForm
from meloko.orders.neighbours import add_person, people_of_user, stop_ordering_for
from meloko.orders.views import basket_token, remember_basket
from meloko.web.door import ask

blueprint = Blueprint("neighbours", __name__, url_prefix="/commander/voisins")
blueprint.after_request(remember_basket)


@blueprint.route("", methods=["GET", "POST"])
@open_to(Role.CUSTOMER)
def people() -> ResponseReturnValue:
    """List the people one orders for, or add one and open a bag for her."""
    form = NeighbourForm()
    errors = {}
    user_id = signed_in_person().user_id
    if request.method == "POST":
        errors = {} if form.validate() else dict(form.problems)
        if not errors:
            try:
                person = ask(add_person, user_id, _facts(form))
                return _bag(person.id)
            except Refusal as refusal:
                errors = {refusal.field or "last_name": refusal.sentence}
    page = render_template("orders/people.html", people=ask(people_of_user, user_id), form=form, errors=errors)
    return page, 422 if errors else 200


@blueprint.post("/<id:customer_id>/sac")
@open_to(Role.CUSTOMER)
def bag(customer_id: int) -> ResponseReturnValue:
    """Open a bag for somebody, and go on to the products."""
    return _bag(customer_id)


@blueprint.post("/<id:customer_id>/arreter")
@open_to(Role.CUSTOMER)
def stop(customer_id: int) -> ResponseReturnValue:
    """Order no more for somebody."""
    ask(stop_ordering_for, signed_in_person().user_id, customer_id)
    return redirect(url_for(".people"), 303)


@blueprint.post("/sacs/<id:bag_id>/enlever")
@open_to(Role.CUSTOMER)
def take_out(bag_id: int) -> ResponseReturnValue:
    """Take a bag out of the order with what is in it."""
    ask(close_bag, basket_token(), bag_id)
    return redirect(url_for("orders.products"), 303)


def _bag(customer_id: int) -> ResponseReturnValue:
    opened = ask(open_bag, basket_token(), signed_in_person().user_id, customer_id)
    return redirect(url_for("orders.products", pour=opened.id), 303)


def _facts(form: NeighbourForm) -> CustomerFacts:
    return CustomerFacts(
        title=form.title.data or "",
        last_name=form.last_name.data or "",
        first_name=form.first_name.data or "",
        phone=form.phone.data or "",
        address=form.address.data or "",
        postcode=form.postcode.data or "",
        commune=form.commune.data or "",
    )
