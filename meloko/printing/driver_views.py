"""The driver prints the sheet of the round that is his."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.printing.printing_alone import open_sheet_of, print_sheet_of
from meloko.printing.views import address_of_rounds, answer_alone
from meloko.rounds.services import find_round_of_driver
from meloko.web.door import ask

blueprint = Blueprint("driver_printing", __name__, url_prefix="/livreur")


@blueprint.post("/tournees/<id:round_id>/feuille.pdf")
@open_to(Role.DRIVER)
def print_sheet(round_id: int) -> ResponseReturnValue:
    """Print the sheet of a round that this driver drives."""
    ask(find_round_of_driver, round_id, signed_in_person().user_id)
    ask(print_sheet_of, round_id, address=address_of_rounds(), by=signed_in_person().user_id)
    return redirect(url_for(".sheet", round_id=round_id), 303)


@blueprint.get("/tournees/<id:round_id>/feuille.pdf")
@open_to(Role.DRIVER)
def sheet(round_id: int) -> ResponseReturnValue:
    """Open the printed sheet of a round that this driver drives."""
    ask(find_round_of_driver, round_id, signed_in_person().user_id)
    return answer_alone(ask(open_sheet_of, round_id, address=address_of_rounds()))
