"""The four steps of an order: Produits, Jour et lieu, Vérifier, C’est fait."""

import uuid
from dataclasses import dataclass

from flask import (
    Blueprint,
    Response,
    flash,
    g,
    get_flashed_messages,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from meloko.accounts.access import open_to, person
from meloko.accounts.models import Role
from meloko.errors import NotFound, Refusal
from meloko.languages import say
from meloko.orders import choosing, offering, showing
from meloko.orders.basket import basket_view, introduce, new_token, take_up_again
from meloko.orders.choosing import Asked, Changed
from meloko.orders.drafting import NothingOrdered
from meloko.orders.forms import ContactForm, read_sending
from meloko.orders.sending import NotIntroduced, PageTooOld, PlaceNotChosen, Sending, send_basket
from meloko.orders.shelving import Look
from meloko.web.door import ask, house
from meloko.web.filters import counted, euros, goods_words, short_name
from meloko.web.forms import clean
from meloko.web.honeypot import caught
from meloko.web.ids import an_id

blueprint = Blueprint("orders", __name__, url_prefix="/commander")

COOKIE = "meloko_basket"
# Sent by our script, which wants the changed parts of the page instead of all of it; and sent back with them.
PART = "X-Meloko-Part"


@dataclass(frozen=True, slots=True)
class Said:
    """What the page answers under one product; `typed` is shown again when it was wrong."""

    code: str
    sentence: str
    wrong: bool = False
    typed: str | None = None


@blueprint.get("")
@open_to(Role.VISITOR)
def products() -> ResponseReturnValue:
    """Show what is sold and what is chosen so far."""
    told = get_flashed_messages(with_categories=True)
    look = Look(
        _search(request.args.get("q", "")),
        _code(request.args.get("produit", "")),
        request.args.get("rayon", None, an_id),
        request.args.get("suite", 1, an_id),
    )
    return _shop_page(Said(*told[-1]) if told else None, look, _bag(request.args))


@blueprint.get("/produits/<code>")
@open_to(Role.VISITOR)
def product(code: str) -> ResponseReturnValue:
    """Lead to one product of the list, where its address was kept or loaded again."""
    return redirect(url_for(".products", produit=code, _anchor=f"p-{code}"), 303)


@blueprint.post("/produits/<code>")
@open_to(Role.VISITOR)
def change(code: str) -> ResponseReturnValue:
    """Change the quantity of one product, and say so in place."""
    token, typed, search = basket_token(), _typed("quantity"), _search(request.form.get("q", ""))
    bag_id = _bag(request.form)
    act, shown = request.form.get("change", "set"), request.form.get("shown", typed)
    try:
        asked = Asked(_code(code), act, typed, shown, bag_id)
        changed = ask(choosing.change_quantity, token, own_user_id(), asked)
    except NotFound:
        raise
    except Refusal as refusal:
        said = Said(code, refusal.sentence, wrong=True, typed=typed)
        return _shop_page(said, Look(search, _code(code)), bag_id, refusal.status)
    said = Said(code, _sentence(changed))
    if request.headers.get(PART):
        return _part(render_template("orders/changed.html", shop=changed, good=changed.good, said=said, search=search))
    flash(said.sentence, code)
    return redirect(url_for(".products", q=search or None, produit=code, pour=bag_id, _anchor=f"p-{code}"), 303)


@blueprint.post("/reprendre")
@open_to(Role.VISITOR)
def take_up() -> ResponseReturnValue:
    """Put the last order into this one."""
    token, user_id = basket_token(), own_user_id()
    if user_id is not None:
        taken = ask(take_up_again, token, user_id)
        sentence = say("Reprise de votre dernière commande : {count}.", count=counted(taken.products, "produit"))
        if taken.missing:
            sentence += " " + say("Ne se trouve pas en ce moment : {names}.", names=", ".join(taken.missing))
        flash(sentence, "")
    return redirect(url_for(".products"), 303)


@blueprint.get("/jour-et-lieu")
@open_to(Role.VISITOR)
def place() -> ResponseReturnValue:
    """Show the days and the places that are possible."""
    return _place_page({}, request.args.get("jour", None, an_id))


@blueprint.post("/jour-et-lieu")
@open_to(Role.VISITOR)
def choose() -> ResponseReturnValue:
    """Choose the day and the place, then go on."""
    token, day_id = basket_token(), request.form.get("day", 0, an_id)
    try:
        ask(offering.choose, token, own_user_id(), day_id, request.form.get("place", ""))
    except Refusal as refusal:
        return _place_page({"place": refusal.sentence}, day_id or None), refusal.status
    return redirect(url_for(".check"), 303)


@blueprint.route("/coordonnees", methods=["GET", "POST"])
@open_to(Role.VISITOR)
def contact() -> ResponseReturnValue:
    """Ask a guest how to reach her."""
    token = basket_token()
    basket = ask(basket_view, token, None).basket
    form = ContactForm(
        name=basket.guest_name,
        phone=basket.guest_phone,
        address=basket.guest_address,
        postcode=basket.guest_postcode,
        commune=basket.guest_commune,
    )
    form.home = basket.home
    errors = {}
    if request.method == "POST":
        if form.validate():
            said = {name: form[name].data or "" for name in ("name", "phone", "address", "postcode", "commune")}
            ask(introduce, token, **said)
            return redirect(url_for(".check"), 303)
        errors = dict(form.problems)
    return render_template("orders/contact.html", form=form, home=basket.home, errors=errors), 422 if errors else 200


@blueprint.get("/verifier")
@open_to(Role.VISITOR)
def check() -> ResponseReturnValue:
    """Show the whole order before it is sent, or the first question that has no answer yet."""
    return _check_page()


@blueprint.post("/verifier")
@open_to(Role.VISITOR)
def send() -> ResponseReturnValue:
    """Send the order, once however often the button is pressed."""
    if caught():
        return redirect(url_for("site.home"), 303)
    token, sending = basket_token(), read_sending(request.form)
    try:
        placed = ask(send_basket, token, _key(), own_user_id(), sending)
    except Refusal as refusal:
        return _check_page(refusal, sending)
    joined = 1 if placed.joined else None
    return redirect(url_for(".done", order_id=placed.order_id, complete=joined), 303)


@blueprint.get("/merci/<id:order_id>")
@open_to(Role.VISITOR)
def done(order_id: int) -> ResponseReturnValue:
    """Say that the order has arrived, its number and what happens next."""
    order = ask(showing.sent, basket_token(), own_user_id(), order_id)
    return render_template("orders/done.html", order=order, joined="complete" in request.args)


def _shop_page(said: Said | None, look: Look, bag_id: int | None = None, status: int = 200) -> Response:
    shop, search = ask(choosing.shop, basket_token(), own_user_id(), look, bag_id), look.words
    goods = {good.product.code: good for shelf in shop.shelves for good in shelf.goods}
    wrong = said is not None and said.wrong
    if request.headers.get(PART) and said is not None and said.code in goods:
        page = render_template("orders/changed.html", shop=shop, good=goods[said.code], said=said, search=search)
        return _part(page, status)
    errors = {f"q-{said.code}" if said.code in goods else "contenu": said.sentence} if said and wrong else {}
    return make_response(
        render_template("orders/products.html", shop=shop, search=search, said=said, errors=errors), status
    )


def _place_page(errors: dict[str, str], day_id: int | None) -> str:
    offered = ask(offering.places, basket_token(), own_user_id(), day_id)
    # The map is drawn by ourselves, and its names of places are escaped there.
    drawing = Markup(offered.map)  # noqa: S704
    return render_template("orders/place.html", offered=offered, map=drawing, errors=errors)


def _check_page(refusal: Refusal | None = None, sending: Sending | None = None) -> ResponseReturnValue:
    try:
        draft = ask(showing.draft, basket_token(), own_user_id())
    except NothingOrdered:
        if refusal:
            flash(refusal.sentence, "")
        return redirect(url_for(".products"), 303)
    except PlaceNotChosen:
        return redirect(url_for(".place"), 303)
    except NotIntroduced:
        return redirect(url_for(".contact"), 303)
    status = refusal.status if refusal else 200
    if draft.closed:
        days = ask(offering.next_days_for, basket_token(), own_user_id())
        return render_template("orders/closed.html", draft=draft, days=days), 409 if refusal else 200
    # What is said beside its field, and what is said of the whole order.
    beside = refusal.field if refusal and refusal.field in ("adult", "note") else "refus"
    errors = {beside: refusal.sentence} if refusal else {}
    return render_template("orders/check.html", draft=draft, said=sending or Sending(), errors=errors), status


def _sentence(changed: Changed) -> str:
    product, quantity = changed.good.product, changed.good.quantity
    if quantity == 0:
        return say("Retiré : {name}.", name=short_name(product.name))
    words = goods_words(quantity, product.unit, product.name, product.priced_by_weight)
    amount = euros(changed.amount_cents)
    if changed.more:
        return say("Ajouté : {quantity} {goods}, {amount}", quantity=quantity, goods=words, amount=amount)
    return say("Noté : {quantity} {goods}, {amount}", quantity=quantity, goods=words, amount=amount)


def _part(page: str, status: int = 200) -> Response:
    response = make_response(page, status)
    response.headers[PART] = "1"
    return response


def basket_token() -> str:
    """Return the token of this browser's basket, a new one when it has none."""
    if "basket_token" not in g:
        g.basket_token = request.cookies.get(COOKIE) or new_token()
    return str(g.basket_token)


@blueprint.after_request
def remember_basket(response: Response) -> Response:
    """Leave the token of the basket with the browser."""
    # Only a post writes into a basket: a visit leaves no cookie.
    if request.method == "POST" and "basket_token" in g:
        https = house().settings.https
        response.set_cookie(COOKIE, g.basket_token, max_age=400 * 86_400, httponly=True, secure=https, samesite="Lax")
    return response


def own_user_id() -> int | None:
    """Return who is signed in, or None."""
    asking = person()
    return asking.user_id if asking else None


def _bag(asked: MultiDict[str, str]) -> int | None:
    """Return the bag of another that is being filled, or None."""
    return asked.get("pour", None, an_id)


def _search(words: str) -> str:
    return str(clean(words))[:60]


def _code(words: str) -> str:
    return str(clean(words))[:20]


def _typed(name: str) -> str:
    return str(clean(request.form.get(name, "")))


def _key() -> uuid.UUID:
    try:
        return uuid.UUID(request.form.get("key", ""))
    except ValueError:
        raise PageTooOld from None
