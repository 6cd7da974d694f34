"""A customer signs in: the number of her card, then the code that she receives, or the link beside it."""

import datetime as dt
import secrets

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import device, keep, open_to, origin
from meloko.accounts.codes import LIVES, count_code_try, note_wrong_code, sign_in_with_code, sign_in_with_link
from meloko.accounts.models import Role
from meloko.accounts.services import SignedIn, count_attempt
from meloko.accounts.sheets import count_sheet_try, is_sheet_code, sign_in_with_sheet
from meloko.customers.services import language_of_user
from meloko.customers.sign_in import ask_card, ask_code
from meloko.errors import Refusal
from meloko.web.door import ask, house
from meloko.web.forms import clean
from meloko.web.honeypot import caught
from meloko.web.next_page import next_page
from meloko.web.speaking import in_language

blueprint = Blueprint("customers", __name__, url_prefix="/connexion")

# Binds a code to the browser that asked for it.
BROWSER = "meloko_browser"
_TRIES = 20
_WITHIN = dt.timedelta(hours=1)


@blueprint.get("")
@open_to(Role.VISITOR)
def sign_in() -> ResponseReturnValue:
    """Ask for the number of the card."""
    return render_template("accounts/sign_in.html", card_number="", errors={}, next=next_page())


@blueprint.post("")
@open_to(Role.VISITOR)
def send_code() -> ResponseReturnValue:
    """Send a code to the customer of the card; the answer is the same whether the card exists or not."""
    card_number = _typed("card_number")
    browser = secrets.token_urlsafe(24)
    try:
        ask(count_attempt, f"card:{origin()}", _TRIES, _WITHIN)
        if not caught():
            ask(ask_code, card_number, browser, house().settings.secret_key)
    except Refusal as refusal:
        errors = {"card_number": refusal.sentence}
        page = render_template("accounts/sign_in.html", card_number=card_number, errors=errors, next=next_page())
        return page, refusal.status
    response = redirect(url_for(".code", next=next_page() or None), 303)
    https = house().settings.https
    response.set_cookie(BROWSER, browser, max_age=LIVES, httponly=True, secure=https, samesite="Lax")
    return response


@blueprint.get("/code")
@open_to(Role.VISITOR)
def code() -> ResponseReturnValue:
    """Ask for the code."""
    return render_template("accounts/code.html", typed="", kept=False, errors={}, next=next_page())


@blueprint.post("/code")
@open_to(Role.VISITOR)
def enter() -> ResponseReturnValue:
    """Open the session of the customer whose code it is."""
    typed, kept = _typed("code"), request.form.get("keep") == "1"
    try:
        ask(count_attempt, f"code:{origin()}", _TRIES, _WITHIN)
        signed_in = _judge(typed, kept)
    except Refusal as refusal:
        ask(note_wrong_code)
        page = render_template(
            "accounts/code.html", typed=typed, kept=kept, errors={"code": refusal.sentence}, next=next_page()
        )
        return page, refusal.status
    response = _lead_in(signed_in, own=kept)
    response.delete_cookie(BROWSER)
    return response


@blueprint.get("/lien/<token>")
@open_to(Role.VISITOR)
def link(token: str) -> ResponseReturnValue:
    """Ask once more before signing in: programs that look into messages open links, but press no buttons."""
    return render_template("accounts/link.html", errors={})


@blueprint.post("/lien/<token>", endpoint="follow")
@open_to(Role.VISITOR)
def follow_link(token: str) -> ResponseReturnValue:
    """Open the session of the customer to whom this link was sent."""
    kept = request.form.get("keep") == "1"
    try:
        ask(count_attempt, f"link:{origin()}", _TRIES, _WITHIN)
        signed_in = ask(sign_in_with_link, str(clean(token)), device(own=kept))
    except Refusal as refusal:
        return render_template("accounts/link.html", errors={"keep": refusal.sentence}), refusal.status
    return _lead_in(signed_in, own=kept)


@blueprint.route("/carte-oubliee", methods=["GET", "POST"])
@open_to(Role.VISITOR)
def forgotten() -> ResponseReturnValue:
    """Send a forgotten card number to where we know her; the answer is the same for strangers."""
    contact = str(clean(request.form.get("contact", "")))[:200]
    if request.method == "GET":
        return render_template("accounts/forgotten.html", contact="", sent=False, errors={})
    try:
        ask(count_attempt, f"forgotten:{origin()}", _TRIES, _WITHIN)
        if not caught():
            ask(ask_card, contact)
    except Refusal as refusal:
        errors = {"contact": refusal.sentence}
        return render_template("accounts/forgotten.html", contact=contact, sent=False, errors=errors), refusal.status
    return render_template("accounts/forgotten.html", contact=contact, sent=True, errors={})


def _judge(typed: str, own: bool) -> SignedIn:
    """Judge what was typed as a code; each try is counted in a transaction of its own, before."""
    browser, secret = request.cookies.get(BROWSER, ""), house().settings.secret_key
    wish_id = ask(count_code_try, browser, secret)
    if is_sheet_code(typed):
        ask(count_sheet_try, wish_id)
        return ask(sign_in_with_sheet, wish_id, typed, secret, device(own=own))
    return ask(sign_in_with_code, wish_id, typed, secret, device(own=own))


def _lead_in(signed_in: SignedIn, *, own: bool) -> Response:
    language = ask(language_of_user, signed_in.person.user_id)
    address = in_language(next_page() or url_for("orders.products"), language)
    return keep(make_response(redirect(address, 303)), signed_in, long=own)


def _typed(name: str) -> str:
    return str(clean(request.form.get(name, "")))[:60]
