"""Staff, drivers and partners sign in with an e-mail and a password; everybody signs out here."""

import datetime as dt

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import COOKIE, device, keep, open_to, origin
from meloko.accounts.models import Role
from meloko.accounts.services import count_attempt, sign_in_with_password, sign_out
from meloko.errors import Refusal
from meloko.web.door import ask
from meloko.web.forms import clean
from meloko.web.next_page import next_page

blueprint = Blueprint("accounts", __name__)

_TRIES = 10
_FROM_ONE_PLACE = 50
_WITHIN = dt.timedelta(minutes=15)


@blueprint.get("/equipe/connexion")
@open_to(Role.VISITOR)
def staff_sign_in() -> ResponseReturnValue:
    """Ask for the e-mail and the password."""
    return render_template("accounts/staff_sign_in.html", email="", errors={}, next=next_page())


@blueprint.post("/equipe/connexion")
@open_to(Role.VISITOR)
def staff_enter() -> ResponseReturnValue:
    """Open the session of somebody at work."""
    email, password = str(clean(request.form.get("email", "")))[:200], request.form.get("password", "")[:200]
    try:
        ask(count_attempt, f"password:{email.lower()}", _TRIES, _WITHIN)
        ask(count_attempt, f"password from:{origin()}", _FROM_ONE_PLACE, _WITHIN)
        signed_in = ask(sign_in_with_password, email, password, device())
    except Refusal as refusal:
        errors = {"email": refusal.sentence}
        page = render_template("accounts/staff_sign_in.html", email=email, errors=errors, next=next_page())
        return page, refusal.status
    return keep(make_response(redirect(next_page() or url_for("site.account"), 303)), signed_in, long=True)


@blueprint.post("/deconnexion", endpoint="sign_out")
@open_to(Role.VISITOR)
def sign_out_here() -> ResponseReturnValue:
    """Close the session of this browser."""
    ask(sign_out, request.cookies.get(COOKIE, ""))
    response = make_response(redirect(url_for("site.home"), 303))
    response.delete_cookie(COOKIE)
    return response
