"""The driver's own pages: today's rounds and their sheets."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.clock import today
from meloko.rounds.services import find_round_of_driver
from meloko.rounds.showing import rounds_to_drive
from meloko.rounds.views import printed
from meloko.web.door import ask

blueprint = Blueprint("driver", __name__, url_prefix="/livreur")


@blueprint.get("/")
@open_to(Role.DRIVER)
def rounds() -> ResponseReturnValue:
    """Show the rounds of today, or when the next one is."""
    ahead = ask(rounds_to_drive, signed_in_person().user_id)
    mine = [row for row in ahead if row.day.date == today()]
    return render_template(
        "rounds/driver.html", today=today(), rounds=mine, next_rounds=[row for row in ahead if row not in mine]
    )


@blueprint.get("/tournees/<id:round_id>")
@open_to(Role.DRIVER)
def show(round_id: int) -> ResponseReturnValue:
    """Show one round of the driver: where the code on its sheet leads."""
    ask(find_round_of_driver, round_id, signed_in_person().user_id)
    ahead = ask(rounds_to_drive, signed_in_person().user_id)
    mine = [row for row in ahead if row.shown.round.id == round_id]
    return render_template("rounds/driver.html", today=today(), rounds=mine, next_rounds=[])


@blueprint.get("/tournees/<id:round_id>/feuille.pdf")
@open_to(Role.DRIVER)
def sheet(round_id: int) -> ResponseReturnValue:
    """Print the sheet of a round that this driver drives."""
    ask(find_round_of_driver, round_id, signed_in_person().user_id)
    return printed(round_id)
