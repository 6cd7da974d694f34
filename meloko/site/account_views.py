"""My account: my devices, my details, whom to call, my data."""

import datetime as dt

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.access import COOKIE, open_to, signed_in_person
from meloko.accounts.devices import list_devices, sign_out_device, sign_out_others
from meloko.accounts.models import Role
from meloko.accounts.services import count_attempt
from meloko.clock import now, today
from meloko.customers import changing, editing
from meloko.customers.erasing import LONGEST_WORDS, ask_erasure, open_request, withdraw_erasure
from meloko.customers.models import Customer
from meloko.customers.services import find_customer
from meloko.errors import Refusal
from meloko.languages import say
from meloko.site.account_forms import DetailsForm, PersonForm, WishesForm
from meloko.site.exporting import export
from meloko.site.own_page import own_customer
from meloko.web.door import ask, house
from meloko.web.forms import clean
from meloko.web.ids import an_id
from meloko.web.speaking import in_language

blueprint = Blueprint("account", __name__, url_prefix="/mon-compte")

EVERYBODY = tuple(role for role in Role if role is not Role.VISITOR)
_EXPORTS_A_DAY = 10


@blueprint.get("/appareils")
@open_to(*EVERYBODY)
def devices() -> ResponseReturnValue:
    """List the browsers in which the person who asks is signed in."""
    shown = ask(list_devices, signed_in_person().user_id, _token())
    return render_template("site/devices.html", devices=shown, at=now())


@blueprint.post("/appareils/<id:device_id>/deconnecter")
@open_to(*EVERYBODY)
def sign_out_one(device_id: int) -> ResponseReturnValue:
    """Sign one of her browsers out."""
    ask(sign_out_device, signed_in_person().user_id, device_id)
    flash(say("Cet appareil est déconnecté."))
    return redirect(url_for(".devices"), 303)


@blueprint.post("/appareils/deconnecter")
@open_to(*EVERYBODY)
def sign_out_all() -> ResponseReturnValue:
    """Sign out every browser, this one too."""
    ask(sign_out_others, signed_in_person().user_id)
    response = make_response(redirect(url_for("site.home"), 303))
    response.delete_cookie(COOKIE)
    return response


@blueprint.route("/coordonnees", methods=["GET", "POST"])
@open_to(Role.CUSTOMER)
def details() -> ResponseReturnValue:
    """Change where she lives and can be reached, once a code has come back."""
    customer = _customer()
    form = DetailsForm(data=changing.details_of(customer))
    if request.method == "GET":
        return _details_page(customer, form, {})
    if not form.validate():
        return _details_page(customer, form, dict(form.problems)), 422
    settings = house().settings
    try:
        ask(changing.ask_change, customer.id, form.details(), settings.secret_key, settings.public_url)
    except Refusal as refusal:
        return _details_page(customer, form, form.blame(refusal, "phone")), refusal.status
    return redirect(url_for(".confirm"), 303)


@blueprint.get("/coordonnees/confirmer")
@open_to(Role.CUSTOMER)
def confirm() -> ResponseReturnValue:
    """Ask for the codes that confirm new details."""
    customer = _customer()
    try:
        change = ask(changing.waiting_change, customer.id)
    except Refusal:
        # The page was kept, or its change is too old: it begins with the details.
        return redirect(url_for(".details"), 303)
    return _confirm_page(change.before, change.after, {}, "", "")


@blueprint.post("/coordonnees/confirmer", endpoint="confirm_codes")
@open_to(Role.CUSTOMER)
def judge_codes() -> ResponseReturnValue:
    """Change the details when the codes are right."""
    customer, settings = _customer(), house().settings
    codes = _typed("old_code"), _typed("new_code")
    waiting = ask(changing.waiting_change, customer.id)
    try:
        # Counted in a transaction of its own: a wrong code is refused, its try stays counted.
        change_id = ask(changing.count_change_try, customer.id)
        ask(changing.confirm_change, change_id, codes, settings.secret_key, settings.public_url, token=_token())
    except Refusal as refusal:
        errors = {refusal.field or "old_code": refusal.sentence}
        return _confirm_page(waiting.before, waiting.after, errors, *codes), refusal.status
    flash(say("Vos nouvelles coordonnées sont enregistrées. Vos autres appareils sont déconnectés."))
    return redirect(url_for("site.account"), 303)


@blueprint.route("/pas-moi/<token>", methods=["GET", "POST"])
@open_to(Role.VISITOR)
def not_me(token: str) -> ResponseReturnValue:
    """Put everything back: whoever changed the details was not her."""
    undo = str(clean(token))[:80]
    ask(changing.find_undo, undo)
    if request.method == "GET":
        return render_template("site/not_me.html", done=False)
    ask(changing.undo_change, undo)
    return render_template("site/not_me.html", done=True)


@blueprint.post("/lecture")
@open_to(Role.CUSTOMER)
def wishes() -> ResponseReturnValue:
    """Remember how pages and papers should be."""
    customer, form = _customer(), WishesForm()
    if not form.validate():
        return _details_page(customer, _fresh(customer), dict(form.problems), form), 422
    ask(editing.write_wishes, customer.id, form.wishes())
    flash(say("C’est enregistré."))
    return redirect(in_language(url_for(".details"), form.language.data), 303)


@blueprint.route("/personnes-a-prevenir", methods=["GET", "POST"])
@open_to(Role.CUSTOMER)
def persons() -> ResponseReturnValue:
    """Say whom to call when nobody answers, in order."""
    customer, form = _customer(), PersonForm()
    if request.method == "GET":
        return _persons_page(customer, form, {})
    person_id = request.form.get("person", None, an_id)
    problems = dict(form.problems) if not form.validate() else {}
    if not problems:
        try:
            ask(editing.write_person, customer.id, person_id, form.name.said, form.phone.said)
        except Refusal as refusal:
            problems = form.blame(refusal, "name")
            return _persons_page(customer, form, problems, person_id), refusal.status
        flash(say("C’est enregistré."))
        return redirect(url_for(".persons"), 303)
    return _persons_page(customer, form, problems, person_id), 422


@blueprint.post("/personnes-a-prevenir/<id:person_id>/enlever")
@open_to(Role.CUSTOMER)
def remove_person(person_id: int) -> ResponseReturnValue:
    """Take somebody off the list of those to call."""
    ask(editing.remove_person, _customer().id, person_id)
    flash(say("Cette personne n’est plus dans votre liste."))
    return redirect(url_for(".persons"), 303)


@blueprint.post("/personnes-a-prevenir/<id:person_id>/monter")
@open_to(Role.CUSTOMER)
def raise_person(person_id: int) -> ResponseReturnValue:
    """Call somebody earlier."""
    ask(editing.raise_person, _customer().id, person_id)
    return redirect(url_for(".persons"), 303)


@blueprint.get("/mes-donnees")
@open_to(Role.CUSTOMER)
def data() -> ResponseReturnValue:
    """Say what is kept, give it, and take the wish to be forgotten."""
    return render_template("site/data.html", asked=ask(open_request, _customer().id), longest=LONGEST_WORDS, errors={})


@blueprint.post("/mes-donnees/telecharger")
@open_to(Role.CUSTOMER)
def download() -> ResponseReturnValue:
    """Give a customer all that is kept about her, as one file."""
    ask(count_attempt, f"export:{signed_in_person().user_id}", _EXPORTS_A_DAY, dt.timedelta(days=1))
    content = ask(export, _customer().id)
    response = make_response(content)
    response.headers["Content-Type"] = "application/zip"
    response.headers["Content-Disposition"] = f'attachment; filename="mes-donnees-{today():%Y-%m-%d}.zip"'
    return response


@blueprint.post("/mes-donnees/effacer")
@open_to(Role.CUSTOMER)
def erase() -> ResponseReturnValue:
    """Write down the wish to be forgotten."""
    words = str(clean(request.form.get("words", "")))
    ask(ask_erasure, _customer().id, words)
    flash(say("Votre demande est enregistrée. Nous vous répondons sous un mois."))
    return redirect(url_for(".data"), 303)


@blueprint.post("/mes-donnees/garder")
@open_to(Role.CUSTOMER)
def keep_data() -> ResponseReturnValue:
    """Take the wish to be forgotten back."""
    ask(withdraw_erasure, _customer().id)
    flash(say("Votre demande d’effacement est retirée."))
    return redirect(url_for(".data"), 303)


def _customer() -> Customer:
    return ask(own_customer, signed_in_person().user_id)


def _token() -> str:
    return request.cookies.get(COOKIE, "")


def _typed(name: str) -> str:
    return str(clean(request.form.get(name, "")))[:60]


def _fresh(customer: Customer) -> DetailsForm:
    """Make the form of the details as they are: what was posted belongs to the other form of the page."""
    return DetailsForm(formdata=None, data=changing.details_of(customer))


def _details_page(
    customer: Customer, form: DetailsForm, errors: dict[str, str], wanted: WishesForm | None = None
) -> str:
    wanted = wanted or WishesForm(
        formdata=None,
        data={
            "language": customer.language,
            "large_print": customer.large_print,
            "paper_form_wanted": customer.paper_form_wanted,
        },
    )
    return render_template("site/details.html", form=form, wishes=wanted, errors=errors)


def _confirm_page(before: dict[str, str], after: dict[str, str], errors: dict[str, str], old: str, new: str) -> str:
    (_, was), (_, becomes) = changing.reached_at(before), changing.reached_at(after)
    return render_template(
        "site/confirm.html", was=was, becomes=becomes if becomes != was else "", errors=errors, old=old, new=new
    )


def _persons_page(customer: Customer, form: PersonForm, errors: dict[str, str], person_id: int | None = None) -> str:
    listed = ask(find_customer, customer.id).contacts
    return render_template(
        "site/persons.html", persons=listed, form=form, errors=errors, person_id=person_id, most=editing.MOST_PERSONS
    )
