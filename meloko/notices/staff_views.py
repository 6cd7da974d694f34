"""The messages that staff carry: letters to print, people to call."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.clock import now
from meloko.errors import Refusal
from meloko.notices.carrying import MOST_SHOWN, carried, note_call, put_back
from meloko.notices.papers import print_letters
from meloko.web.door import ask
from meloko.web.ids import an_id

blueprint = Blueprint("messages", __name__, url_prefix="/equipe/messages")


@blueprint.get("")
@open_to(Role.STAFF, Role.ADMIN)
def list_all() -> ResponseReturnValue:
    """Show what waits to be printed or said."""
    return _page({})


@blueprint.post("/lettres.pdf")
@open_to(Role.STAFF, Role.ADMIN)
def letters() -> ResponseReturnValue:
    """Print the letters that are ticked."""
    ids = frozenset(request.form.getlist("letter", type=an_id))
    try:
        paper = ask(print_letters, ids, now(), by=signed_in_person().user_id)
    except Refusal as refusal:
        return _page({refusal.field or "letters": refusal.sentence}), refusal.status
    response = make_response(paper)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = 'inline; filename="lettres.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/<id:notice_id>/appel")
@open_to(Role.STAFF, Role.ADMIN)
def call(notice_id: int) -> ResponseReturnValue:
    """Note what came of a call."""
    reached = request.form.get("answer") == "told"
    ask(note_call, notice_id, reached=reached, by=signed_in_person().user_id)
    flash(
        "C’est noté : le message est passé." if reached else "C’est noté : personne n’a répondu. L’appel attend encore."
    )
    return redirect(url_for(".list_all", _anchor="appels"), 303)


@blueprint.post("/<id:notice_id>/remettre")
@open_to(Role.STAFF, Role.ADMIN)
def undo(notice_id: int) -> ResponseReturnValue:
    """Let a message wait again."""
    ask(put_back, notice_id, by=signed_in_person().user_id)
    flash("Le message attend de nouveau.")
    return redirect(url_for(".list_all"), 303)


def _page(errors: dict[str, str]) -> str:
    return render_template("notices/list.html", waiting=ask(carried), most=MOST_SHOWN, errors=errors)
