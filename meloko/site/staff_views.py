"""What the team does for the site: the paper forms that wait for a letter."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.customers.paper_wishes import cross_off, waiting_wishes
from meloko.web.door import ask

blueprint = Blueprint("paper_wishes", __name__, url_prefix="/equipe/bons-a-envoyer")


@blueprint.get("")
@open_to(Role.STAFF, Role.ADMIN)
def list_all() -> ResponseReturnValue:
    """Show who waits for a paper form."""
    return render_template("site/paper_wishes.html", wishes=ask(waiting_wishes))


@blueprint.post("/<id:wish_id>/parti")
@open_to(Role.STAFF, Role.ADMIN)
def sent(wish_id: int) -> ResponseReturnValue:
    """Note that a letter has left."""
    ask(cross_off, wish_id, by=signed_in_person().user_id)
    return redirect(url_for(".list_all"), 303)
