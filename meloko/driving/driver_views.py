"""A driver chooses the six digits that he types on his telephone."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.driving.tokens import has_pin, reopen, write_pin
from meloko.errors import Refusal
from meloko.web.door import ask

blueprint = Blueprint("driver_phone", __name__, url_prefix="/livreur")


@blueprint.route("/telephone", methods=["GET", "POST"])
@open_to(Role.DRIVER)
def pin() -> ResponseReturnValue:
    """Choose or change the PIN."""
    user_id = signed_in_person().user_id
    known = ask(has_pin, user_id)
    if request.method == "GET":
        return render_template("driving/pin.html", known=known)
    digits = request.form.get("pin", "")
    try:
        ask(write_pin, user_id, digits)
    except Refusal as refusal:
        errors = {"pin": refusal.sentence}
        return render_template("driving/pin.html", known=known, errors=errors), refusal.status
    flash("C’est noté. Ces six chiffres ouvrent vos tournées sur votre téléphone.")
    return redirect(url_for("driver.rounds"), 303)


@blueprint.post("/telephone/rouvrir")
@open_to(Role.DRIVER)
def open_again() -> ResponseReturnValue:
    """Open again what five wrong PINs had shut."""
    ask(reopen, signed_in_person().user_id)
    flash("Le code de la feuille ouvre de nouveau votre tournée.")
    return redirect(url_for("driver.rounds"), 303)
