"""The papers of a day as staff print them: all in one file, or one by itself."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.errors import NotFound
from meloko.printing.access_sheets import give_up, hand_out, print_access_sheet, take_back
from meloko.printing.printing_alone import (
    Alone,
    open_paper_of,
    open_sheet_of,
    print_paper_of,
    print_sheet_of,
)
from meloko.printing.reading import AddressOf
from meloko.printing.services import ask_print, find_print
from meloko.printing.setting import paper_file
from meloko.printing.showing import days_around, papers_page
from meloko.rounds.phone_address import round_url
from meloko.rounds.services import drivers
from meloko.rounds.showing import nearest_day
from meloko.web.door import ask, house
from meloko.web.ids import an_id

blueprint = Blueprint("printing", __name__, url_prefix="/equipe")


@blueprint.get("/papiers")
@open_to(Role.STAFF, Role.ADMIN)
def papers() -> ResponseReturnValue:
    """Show the papers of one day."""
    day_id = request.args.get("jour", 0, an_id) or ask(nearest_day)
    page = ask(papers_page, day_id) if day_id else None
    takers = ask(drivers) if page is not None and page.someone_takes else ()
    return render_template("printing/papers.html", page=page, days=ask(days_around), drivers=takers)


@blueprint.post("/papiers/jour/<id:day_id>")
@open_to(Role.STAFF, Role.ADMIN)
def print_all(day_id: int) -> ResponseReturnValue:
    """Ask for all papers of a day."""
    ask(ask_print, day_id, public_url=public_url(), by=signed_in_person().user_id)
    return redirect(url_for(".papers", jour=day_id), 303)


@blueprint.get("/papiers/<id:print_id>.pdf")
@open_to(Role.STAFF, Role.ADMIN)
def file(print_id: int) -> ResponseReturnValue:
    """Open a print of a day: it is kept, and opened as often as one likes."""
    row = ask(find_print, print_id)
    path = paper_file(house().settings.var, row.file)
    if not path.is_file():
        raise NotFound("Le fichier de cette impression n’est plus gardé. Imprimez de nouveau les papiers du jour.")
    return answer(path.read_bytes(), f"papiers-{row.delivery_day_id}-{row.number}.pdf")


@blueprint.post("/papiers/jour/<id:day_id>/<kind>/<key>.pdf")
@open_to(Role.STAFF, Role.ADMIN)
def print_one(day_id: int, kind: str, key: str) -> ResponseReturnValue:
    """Print one paper by itself."""
    ask(print_paper_of, day_id, kind, key, address=address_of_rounds(), by=signed_in_person().user_id)
    return redirect(url_for(".one", day_id=day_id, kind=kind, key=key), 303)


@blueprint.get("/papiers/jour/<id:day_id>/<kind>/<key>.pdf")
@open_to(Role.STAFF, Role.ADMIN)
def one(day_id: int, kind: str, key: str) -> ResponseReturnValue:
    """Open one paper that was printed; opening marks nothing."""
    return answer_alone(ask(open_paper_of, day_id, kind, key, address=address_of_rounds()))


@blueprint.post("/tournees/<id:round_id>/feuille.pdf")
@open_to(Role.STAFF, Role.ADMIN)
def print_sheet(round_id: int) -> ResponseReturnValue:
    """Print the sheet of a round, and remember which version lies on paper."""
    ask(print_sheet_of, round_id, address=address_of_rounds(), by=signed_in_person().user_id)
    return redirect(url_for(".sheet", round_id=round_id), 303)


@blueprint.get("/tournees/<id:round_id>/feuille.pdf")
@open_to(Role.STAFF, Role.ADMIN)
def sheet(round_id: int) -> ResponseReturnValue:
    """Open the printed sheet of a round; opening marks nothing."""
    return answer_alone(ask(open_sheet_of, round_id, address=address_of_rounds()))


@blueprint.post("/papiers/tournees/<id:round_id>/codes.pdf")
@open_to(Role.STAFF)
def access_sheet(round_id: int) -> ResponseReturnValue:
    """Print the door codes of a round: the answer to this act alone, never an address to come back to."""
    paper = ask(print_access_sheet, round_id, house().settings.keys, by=signed_in_person().user_id)
    return answer(paper.pdf(), f"codes-{paper.number}.pdf")


@blueprint.post("/papiers/codes/<id:sheet_id>/remise")
@open_to(Role.STAFF)
def hand_out_sheet(sheet_id: int) -> ResponseReturnValue:
    """Note who has taken a sheet of door codes."""
    ask(hand_out, sheet_id, request.form.get("driver_id", 0, an_id), by=signed_in_person().user_id)
    return _back(f"La feuille n° {sheet_id} est remise.")


@blueprint.post("/papiers/codes/<id:sheet_id>/rendue")
@open_to(Role.STAFF)
def take_sheet_back(sheet_id: int) -> ResponseReturnValue:
    """Note that a sheet of door codes is back."""
    ask(take_back, sheet_id, by=signed_in_person().user_id)
    return _back(f"La feuille n° {sheet_id} est rendue.")


@blueprint.post("/papiers/codes/<id:sheet_id>/perdue")
@open_to(Role.STAFF)
def give_sheet_up(sheet_id: int) -> ResponseReturnValue:
    """Note that a sheet of door codes is lost or destroyed."""
    ask(give_up, sheet_id, by=signed_in_person().user_id)
    return _back(f"La feuille n° {sheet_id} est notée perdue ou détruite.")


def _back(sentence: str) -> ResponseReturnValue:
    flash(sentence)
    return redirect(url_for(".papers", jour=request.args.get("jour", 0, an_id) or None), 303)


def public_url() -> str:
    """Return where the codes on papers lead."""
    return house().settings.public_url or request.url_root.rstrip("/")


def address_of_rounds() -> AddressOf:
    """Return what says where the code on the sheet of a round leads."""
    here, key = public_url(), house().settings.secret_key
    return lambda row: round_url(here, row, key)


def answer_alone(alone: Alone) -> ResponseReturnValue:
    """Answer with one paper; Typst works outside of any transaction."""
    return answer(alone.pdf(), alone.name)


def answer(pdf: bytes, name: str) -> ResponseReturnValue:
    """Answer with a PDF that a browser shows."""
    shown = make_response(pdf)
    shown.headers["Content-Type"] = "application/pdf"
    shown.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return shown
