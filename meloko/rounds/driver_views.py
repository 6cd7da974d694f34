"""The driver's own pages: today's rounds and their hours."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.clock import today
from meloko.rounds.forms import shown_hours
from meloko.rounds.models import Round
from meloko.rounds.phone_address import round_url
from meloko.rounds.services import find_round_of_driver
from meloko.rounds.showing import hours_page, rounds_to_drive
from meloko.rounds.views import noted
from meloko.web.door import ask, house

blueprint = Blueprint("driver", __name__, url_prefix="/livreur")


@blueprint.get("/")
@open_to(Role.DRIVER)
def rounds() -> ResponseReturnValue:
    """Show the rounds of today, or when the next one is, and yesterday's until its hours are noted."""
    ahead = ask(rounds_to_drive, signed_in_person().user_id)
    return render_template(
        "rounds/driver.html",
        today=today(),
        rounds=[row for row in ahead if row.day.date == today()],
        next_rounds=[row for row in ahead if row.day.date > today()],
        past_rounds=[row for row in ahead if row.day.date < today()],
        phone_of=_phone_of,
    )


@blueprint.get("/tournees/<id:round_id>")
@open_to(Role.DRIVER)
def show(round_id: int) -> ResponseReturnValue:
    """Show one round of the driver: where the code on its sheet leads."""
    ask(find_round_of_driver, round_id, signed_in_person().user_id)
    ahead = ask(rounds_to_drive, signed_in_person().user_id)
    mine = [row for row in ahead if row.shown.round.id == round_id]
    return render_template(
        "rounds/driver.html", today=today(), rounds=mine, next_rounds=[], past_rounds=[], phone_of=_phone_of
    )


def _phone_of(row: Round) -> str:
    """Return the address that opens a round on this telephone."""
    return round_url("", row, house().settings.secret_key)


@blueprint.route("/tournees/<id:round_id>/heures", methods=["GET", "POST"])
@open_to(Role.DRIVER)
def hours(round_id: int) -> ResponseReturnValue:
    """Let a driver note the hours of his round."""
    driver_id = signed_in_person().user_id
    page = ask(hours_page, round_id, driver_id)
    if request.method == "GET":
        return render_template("rounds/driver_hours.html", page=page, typed=shown_hours(page.known))
    typed, errors = noted(page, driver_id)
    if errors:
        return render_template("rounds/driver_hours.html", page=page, typed=typed, errors=errors), 422
    flash("Merci, vos heures sont notées.")
    return redirect(url_for(".show", round_id=round_id), 303)
