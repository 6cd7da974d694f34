"""The catalogue as staff see it: products by shelf, producers."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.catalogue.editing import (
    ProductPage,
    add_product,
    change_product,
    find_producer,
    list_producers,
    product_page,
    save_producer,
    staff_shelves,
)
from meloko.catalogue.forms import ALLERGEN_WORDS, SUPPLY, ProducerForm, ProductForm, day_of_year_words
from meloko.catalogue.services import in_season
from meloko.clock import today
from meloko.errors import Refusal
from meloko.web.door import ask

blueprint = Blueprint("catalogue", __name__, url_prefix="/equipe/produits")

_ON_SALE = {"oui": True, "non": False}


@blueprint.get("")
@open_to(Role.STAFF, Role.ADMIN)
def list_all() -> ResponseReturnValue:
    """List the products by shelf, in the order of the paper form."""
    asked = {"q": request.args.get("q", "").replace("\x00", "")[:100], "vente": request.args.get("vente", "")}
    return render_template(
        "catalogue/list.html",
        shelves=ask(staff_shelves, asked["q"], _ON_SALE.get(asked["vente"])),
        asked=asked,
        in_season=lambda product: in_season(product, today()),
        season_words=day_of_year_words,
    )


@blueprint.route("/nouveau", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def new() -> ResponseReturnValue:
    """Add a product."""
    return _edit(None)


@blueprint.route("/<id:product_id>", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def edit(product_id: int) -> ResponseReturnValue:
    """Change a product."""
    return _edit(product_id)


@blueprint.get("/producteurs")
@open_to(Role.STAFF, Role.ADMIN)
def producers() -> ResponseReturnValue:
    """List the producers."""
    return render_template("catalogue/producers.html", producers=ask(list_producers), supply_words=dict(SUPPLY))


@blueprint.route("/producteurs/nouveau", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def new_producer() -> ResponseReturnValue:
    """Add a producer."""
    return _edit_producer(None)


@blueprint.route("/producteurs/<id:producer_id>", methods=["GET", "POST"])
@open_to(Role.STAFF, Role.ADMIN)
def edit_producer(producer_id: int) -> ResponseReturnValue:
    """Change a producer."""
    return _edit_producer(producer_id)


def _edit(product_id: int | None) -> ResponseReturnValue:
    page = ask(product_page, product_id)
    form = ProductForm.of(page.product)
    form.category_id.offer([(row.id, row.name) for row in page.categories])
    form.producer_id.offer([(row.id, row.name) for row in page.producers])
    if request.method == "GET":
        return _product(form, page)
    if not form.validate():
        return _product(form, page, dict(form.problems)), 422
    by = signed_in_person().user_id
    try:
        if product_id is None:
            product = ask(add_product, form.facts(), by=by)
        else:
            product = ask(change_product, product_id, form.facts(), by=by)
    except Refusal as refusal:
        return _product(form, page, form.blame(refusal, "code")), refusal.status
    flash(f"{product.name} : c’est enregistré.")
    return redirect(url_for(".list_all"), 303)


def _product(form: ProductForm, page: ProductPage, errors: dict[str, str] | None = None) -> str:
    ticked = form.allergens.data or ()
    return render_template(
        "catalogue/edit.html",
        form=form,
        product=page.product,
        bought=page.bought,
        errors=errors or {},
        allergens=[(name, words, name in ticked) for name, words in ALLERGEN_WORDS.items()],
    )


def _edit_producer(producer_id: int | None) -> ResponseReturnValue:
    producer = ask(find_producer, producer_id) if producer_id is not None else None
    form = ProducerForm.of(producer)
    if request.method == "GET":
        return render_template("catalogue/producer.html", form=form, producer=producer, errors={})
    if not form.validate():
        errors = dict(form.problems)
        return render_template("catalogue/producer.html", form=form, producer=producer, errors=errors), 422
    try:
        saved = ask(save_producer, producer_id, form.facts(), by=signed_in_person().user_id)
    except Refusal as refusal:
        errors = form.blame(refusal, "code")
        return render_template("catalogue/producer.html", form=form, producer=producer, errors=errors), refusal.status
    flash(f"{saved.name} : c’est enregistré.")
    return redirect(url_for(".producers"), 303)
