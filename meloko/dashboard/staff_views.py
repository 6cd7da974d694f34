"""The administrator's pages: who works here and as what, and who the organisation is."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts import people
from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.forms import ROLE_WORDS, OrganisationForm, WorkerForm
from meloko.accounts.legal import missing_mentions, write_organisation
from meloko.accounts.models import Role, User
from meloko.accounts.second_factor import remove_second_factor
from meloko.accounts.services import history, organisation
from meloko.errors import Refusal
from meloko.notices.inviting import send_invitation
from meloko.web.door import ask, house

blueprint = Blueprint("people", __name__, url_prefix="/equipe")


@blueprint.get("/personnes")
@open_to(Role.ADMIN)
def list_all() -> ResponseReturnValue:
    """List those who work here."""
    return render_template("accounts/people.html", people=ask(people.list_people), role_words=ROLE_WORDS)


@blueprint.route("/personnes/nouvelle", methods=["GET", "POST"])
@open_to(Role.ADMIN)
def new() -> ResponseReturnValue:
    """Add somebody who works here, and send her the link to choose a password."""
    form = WorkerForm.of(None)
    if request.method == "GET":
        return _page(form, None, {})
    if not form.validate():
        return _page(form, None, dict(form.problems)), 422
    try:
        user = ask(people.add_person, form.facts(), by=_by())
    except Refusal as refusal:
        return _page(form, None, form.blame(refusal, "name")), refusal.status
    return _invite(user.id)


@blueprint.route("/personnes/<id:user_id>", methods=["GET", "POST"])
@open_to(Role.ADMIN)
def edit(user_id: int) -> ResponseReturnValue:
    """Change who somebody is and what she may do."""
    user = ask(people.find_worker, user_id)
    form = WorkerForm.of(user)
    if request.method == "GET":
        return _page(form, user, {})
    if not form.validate():
        return _page(form, user, dict(form.problems)), 422
    try:
        ask(people.change_person, user_id, form.facts(), by=_by())
    except Refusal as refusal:
        return _page(form, user, form.blame(refusal, "name")), refusal.status
    flash("C’est enregistré.")
    return redirect(url_for(".edit", user_id=user_id), 303)


@blueprint.post("/personnes/<id:user_id>/inviter")
@open_to(Role.ADMIN)
def invite(user_id: int) -> ResponseReturnValue:
    """Send the link to choose a password once more."""
    return _invite(user_id)


@blueprint.post("/personnes/<id:user_id>/desactiver")
@open_to(Role.ADMIN)
def disable(user_id: int) -> ResponseReturnValue:
    """Let somebody in no more."""
    try:
        ask(people.disable_person, user_id, by=_by())
    except Refusal as refusal:
        user = ask(people.find_worker, user_id)
        return _page(_fresh(user), user, {"roles": refusal.sentence}), refusal.status
    flash("Cette personne n’entre plus. Elle est déconnectée partout.")
    return redirect(url_for(".edit", user_id=user_id), 303)


@blueprint.post("/personnes/<id:user_id>/reactiver")
@open_to(Role.ADMIN)
def enable(user_id: int) -> ResponseReturnValue:
    """Let somebody in again."""
    ask(people.enable_person, user_id, by=_by())
    flash("Cette personne peut de nouveau entrer.")
    return redirect(url_for(".edit", user_id=user_id), 303)


@blueprint.post("/personnes/<id:user_id>/second-code/enlever")
@open_to(Role.ADMIN)
def remove_telephone(user_id: int) -> ResponseReturnValue:
    """Take the second factor off somebody who has lost her telephone; she sets up another."""
    ask(people.find_worker, user_id)
    ask(remove_second_factor, user_id, by=_by())
    flash("Son second code est enlevé. Elle en prépare un autre à sa prochaine connexion.")
    return redirect(url_for(".edit", user_id=user_id), 303)


@blueprint.route("/organisation", methods=["GET", "POST"])
@open_to(Role.ADMIN)
def settings() -> ResponseReturnValue:
    """Write down who the organisation is, and see what the law still wants."""
    form = OrganisationForm.of(ask(organisation))
    if request.method == "GET":
        return _settings(form, {})
    if not form.validate():
        return _settings(form, dict(form.problems)), 422
    try:
        ask(write_organisation, form.facts(), by=_by())
    except Refusal as refusal:
        return _settings(form, form.blame(refusal, "name")), refusal.status
    flash("C’est enregistré.")
    return redirect(url_for(".settings"), 303)


def _by() -> int:
    return signed_in_person().user_id


def _invite(user_id: int) -> ResponseReturnValue:
    root = house().settings.public_url or request.url_root.rstrip("/")
    user = ask(send_invitation, user_id, root, by=_by())
    flash(f"Un lien pour choisir un mot de passe part vers {user.email}. Il sert sept jours.")
    return redirect(url_for(".edit", user_id=user_id), 303)


def _fresh(user: User) -> WorkerForm:
    """Make the form of somebody as she is: what was posted was no form of hers."""
    return WorkerForm(
        formdata=None,
        data={"name": user.name, "email": user.email or "", "phone": user.phone or "", "roles": user.roles},
    )


def _page(form: WorkerForm, user: User | None, errors: dict[str, str]) -> str:
    done = ask(history, "user", user.id) if user else []
    return render_template("accounts/person.html", form=form, user=user, errors=errors, done=done[-20:])


def _settings(form: OrganisationForm, errors: dict[str, str]) -> str:
    missing = missing_mentions(ask(organisation))
    return render_template("accounts/organisation.html", form=form, errors=errors, missing=missing)
