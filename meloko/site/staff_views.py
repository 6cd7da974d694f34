"""What the team does for the site: the paper forms that wait for a letter, and who wishes to be forgotten."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.customers.erasing import answer_erasure, ask_erasure, erasure_requests
from meloko.customers.models import ErasureState
from meloko.customers.paper_wishes import cross_off, waiting_wishes
from meloko.errors import NotFound, Refusal
from meloko.site.erasing import forget
from meloko.web.door import ask
from meloko.web.forms import clean

blueprint = Blueprint("paper_wishes", __name__, url_prefix="/equipe/bons-a-envoyer")
erasures = Blueprint("erasures", __name__, url_prefix="/equipe/clients")


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


@erasures.get("/effacements")
@open_to(Role.STAFF, Role.ADMIN)
def list_erasures() -> ResponseReturnValue:
    """List who wishes to be forgotten."""
    return _erasures({}, {})


@erasures.post("/<id:customer_id>/effacement")
@open_to(Role.STAFF, Role.ADMIN)
def ask_for(customer_id: int) -> ResponseReturnValue:
    """Write down that somebody asked by letter, on the telephone or in person to be forgotten."""
    ask(ask_erasure, customer_id, "", by=signed_in_person().user_id)
    return redirect(url_for(".list_erasures"), 303)


@erasures.post("/effacements/<id:request_id>")
@open_to(Role.STAFF, Role.ADMIN)
def answer(request_id: int) -> ResponseReturnValue:
    """Forget somebody who wishes it, or refuse in words."""
    words, by = str(clean(request.form.get("answer", ""))), signed_in_person().user_id
    checked = f"checked-{request_id}" in request.form
    try:
        if request.form.get("state") == "done":
            ask(forget, request_id, words, checked=checked, by=by)
        else:
            ask(answer_erasure, request_id, ErasureState.REFUSED, words, by=by)
    except NotFound:
        raise
    except Refusal as refusal:
        errors = {f"{refusal.field or 'answer'}-{request_id}": refusal.sentence}
        return _erasures(errors, {request_id: words, "checked": checked}), refusal.status
    flash("C’est fait, et la réponse est notée.")
    return redirect(url_for(".list_erasures"), 303)


def _erasures(errors: dict[str, str], typed: dict[object, object]) -> str:
    return render_template("site/erasures.html", requests=ask(erasure_requests), errors=errors, typed=typed)
