"""Staff, drivers and partners sign in: an e-mail, a password, a code of their telephone; everybody signs out here."""

import datetime as dt

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import COOKIE, device, keep, open_to, origin, signed_in_person
from meloko.accounts.models import Role
from meloko.accounts.people import choose_password, find_invitation
from meloko.accounts.second_factor import (
    HALF_LIVES,
    begin_half,
    count_half_try,
    finish_enrolment,
    finish_half,
    pending_enrolment,
    wants_second_factor,
)
from meloko.accounts.services import (
    SHORTEST_PASSWORD,
    SignedIn,
    check_password,
    count_attempt,
    sign_in_at_work,
    sign_out,
)
from meloko.errors import Refusal
from meloko.web.door import ask, house
from meloko.web.forms import clean
from meloko.web.next_page import next_page

blueprint = Blueprint("accounts", __name__)

# What waits between the password and the second factor.
HALF = "meloko_half"
WORKERS = tuple(role for role in Role if role not in (Role.VISITOR, Role.CUSTOMER))
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
    """Open the session of somebody at work, or ask for her second factor."""
    email, password = str(clean(request.form.get("email", "")))[:200], request.form.get("password", "")[:200]
    try:
        ask(count_attempt, f"password:{email.lower()}", _TRIES, _WITHIN)
        ask(count_attempt, f"password from:{origin()}", _FROM_ONE_PLACE, _WITHIN)
        user = ask(check_password, email, password)
    except Refusal as refusal:
        errors = {"email": refusal.sentence}
        page = render_template("accounts/staff_sign_in.html", email=email, errors=errors, next=next_page())
        return page, refusal.status
    if house().settings.totp and wants_second_factor(user):
        response = redirect(url_for(".second_factor", next=next_page() or None), 303)
        https = house().settings.https
        token = ask(begin_half, user)
        response.set_cookie(HALF, token, max_age=HALF_LIVES, httponly=True, secure=https, samesite="Strict")
        return response
    return _in(ask(sign_in_at_work, user, device()))


@blueprint.get("/equipe/connexion/code")
@open_to(Role.VISITOR)
def second_factor() -> ResponseReturnValue:
    """Ask for the code of the telephone."""
    return render_template("accounts/second_factor.html", typed="", errors={}, next=next_page())


@blueprint.post("/equipe/connexion/code", endpoint="second_factor_enter")
@open_to(Role.VISITOR)
def judge_second_factor() -> ResponseReturnValue:
    """Open the session of somebody whose password was right, once the code of her telephone is right too."""
    typed, chosen = str(clean(request.form.get("code", "")))[:40], house().settings
    try:
        ask(count_attempt, f"second factor from:{origin()}", _FROM_ONE_PLACE, _WITHIN)
        # Counted in a transaction of its own: a wrong code is refused, its try stays counted.
        half_id = ask(count_half_try, request.cookies.get(HALF, ""))
        signed_in = ask(finish_half, half_id, typed, chosen.keys, chosen.secret_key, device())
    except Refusal as refusal:
        errors = {"code": refusal.sentence}
        page = render_template("accounts/second_factor.html", typed="", errors=errors, next=next_page())
        return page, refusal.status
    return _in(signed_in)


@blueprint.get("/equipe/second-code")
@open_to(*WORKERS)
def set_up() -> ResponseReturnValue:
    """Show the square code that sets up a telephone."""
    if signed_in_person().second_factor:
        return render_template("accounts/set_up.html", enrolment=None, codes=(), errors={})
    enrolment = ask(pending_enrolment, signed_in_person().user_id, house().settings.keys)
    return render_template("accounts/set_up.html", enrolment=enrolment, codes=(), errors={})


@blueprint.post("/equipe/second-code", endpoint="set_up_done")
@open_to(*WORKERS)
def finish_set_up() -> ResponseReturnValue:
    """Ask for the second factor from now on, and show the recovery codes once."""
    user_id, chosen = signed_in_person().user_id, house().settings
    typed = str(clean(request.form.get("code", "")))[:40]
    try:
        ask(count_attempt, f"set up:{user_id}", _TRIES, _WITHIN)
        codes = ask(finish_enrolment, user_id, typed, chosen.keys, chosen.secret_key)
    except Refusal as refusal:
        shown = None if signed_in_person().second_factor else ask(pending_enrolment, user_id, chosen.keys)
        errors = {"code": refusal.sentence}
        return render_template("accounts/set_up.html", enrolment=shown, codes=(), errors=errors), refusal.status
    return render_template("accounts/set_up.html", enrolment=None, codes=codes, errors={})


@blueprint.route("/invitation/<token>", methods=["GET", "POST"])
@open_to(Role.VISITOR)
def invitation(token: str) -> ResponseReturnValue:
    """Let somebody at work choose her password."""
    token, password = str(clean(token))[:80], request.form.get("password", "")[:200]
    errors: dict[str, str] = {}
    status = 200
    try:
        user = ask(find_invitation, token)
    except Refusal as refusal:
        page = render_template("accounts/invitation.html", user=None, errors={}, sentence=refusal.sentence)
        return page, 404
    if request.method == "POST":
        try:
            ask(count_attempt, f"invitation:{origin()}", _FROM_ONE_PLACE, _WITHIN)
            if password != request.form.get("again", "")[:200]:
                errors, status = {"again": "Les deux mots de passe ne sont pas les mêmes."}, 422
            else:
                ask(choose_password, token, password)
                flash("Votre mot de passe est choisi. Connectez-vous avec lui.")
                return redirect(url_for(".staff_sign_in"), 303)
        except Refusal as refusal:
            errors, status = {refusal.field or "password": refusal.sentence}, refusal.status
    page = render_template("accounts/invitation.html", user=user, errors=errors, shortest=SHORTEST_PASSWORD)
    return page, status


@blueprint.post("/deconnexion", endpoint="sign_out")
@open_to(Role.VISITOR)
def sign_out_here() -> ResponseReturnValue:
    """Close the session of this browser."""
    ask(sign_out, request.cookies.get(COOKIE, ""))
    response = make_response(redirect(url_for("site.home"), 303))
    response.delete_cookie(COOKIE)
    return response


def _in(signed_in: SignedIn) -> ResponseReturnValue:
    response = make_response(redirect(next_page() or url_for("site.account"), 303))
    response.delete_cookie(HALF)
    return keep(response, signed_in, long=True)
