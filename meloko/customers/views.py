"""A customer signs in: the number of her card, then the code that she receives."""

import datetime as dt
import secrets

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import keep, open_to, origin
from meloko.accounts.codes import LIVES, count_code_try, sign_in_with_code
from meloko.accounts.models import Role
from meloko.accounts.services import count_attempt
from meloko.customers.sign_in import ask_code
from meloko.errors import Refusal
from meloko.web.door import ask, house
from meloko.web.forms import clean
from meloko.web.next_page import next_page

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
    browser, secret = request.cookies.get(BROWSER, ""), house().settings.secret_key
    try:
        ask(count_attempt, f"code:{origin()}", _TRIES, _WITHIN)
        # Counted in a transaction of its own: a wrong code is refused, its try stays counted.
        code_id = ask(count_code_try, browser, secret)
        signed_in = ask(sign_in_with_code, code_id, typed, secret)
    except Refusal as refusal:
        page = render_template(
            "accounts/code.html", typed=typed, kept=kept, errors={"code": refusal.sentence}, next=next_page()
        )
        return page, refusal.status
    response = make_response(redirect(next_page() or url_for("orders.products"), 303))
    response.delete_cookie(BROWSER)
    return keep(response, signed_in, long=kept)


def _typed(name: str) -> str:
    return str(clean(request.form.get(name, "")))[:60]
