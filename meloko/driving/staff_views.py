"""What staff hear of drivers: whom to call now, what drivers propose for the cards of customers."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.driving.proposals import accept, decline, waiting_proposals
from meloko.driving.watching import note_called, open_alarms
from meloko.errors import NotFound, Refusal
from meloko.web.door import ask

blueprint = Blueprint("drivers", __name__, url_prefix="/equipe/livreurs")


@blueprint.get("")
@open_to(Role.STAFF, Role.ADMIN)
def list_all() -> ResponseReturnValue:
    """Show the drivers to call and the proposals that wait."""
    return _page()


@blueprint.post("/alarmes/<id:alarm_id>/appel")
@open_to(Role.STAFF, Role.ADMIN)
def called(alarm_id: int) -> ResponseReturnValue:
    """Note that the driver was called."""
    ask(note_called, alarm_id, by=signed_in_person().user_id)
    flash("L’appel est noté.")
    return redirect(url_for(".list_all"), 303)


@blueprint.post("/fiches/<id:proposal_id>/accepter")
@open_to(Role.STAFF)
def accept_proposal(proposal_id: int) -> ResponseReturnValue:
    """Write on the card what staff made of a proposal."""
    words = request.form.get("words", "")
    try:
        name = ask(accept, proposal_id, words, by=signed_in_person().user_id)
    except NotFound:
        raise
    except Refusal as refusal:
        return _page({f"words-{proposal_id}": refusal.sentence}, {proposal_id: words}), refusal.status
    flash(f"La fiche de {name} est à jour.")
    return redirect(url_for(".list_all"), 303)


@blueprint.post("/fiches/<id:proposal_id>/laisser")
@open_to(Role.STAFF)
def decline_proposal(proposal_id: int) -> ResponseReturnValue:
    """Leave the card as it is."""
    name = ask(decline, proposal_id, by=signed_in_person().user_id)
    flash(f"La fiche de {name} reste comme elle est.")
    return redirect(url_for(".list_all"), 303)


def _page(errors: dict[str, str] | None = None, typed: dict[int, str] | None = None) -> str:
    return render_template(
        "driving/staff.html",
        alarms=ask(open_alarms),
        proposals=ask(waiting_proposals),
        errors=errors,
        typed=typed or {},
    )
