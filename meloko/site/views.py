"""The public pages, and what a customer sees of herself."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from meloko.accounts.access import open_to, signed_in_person
from meloko.accounts.models import Role
from meloko.errors import NotFound
from meloko.notices.services import recent_notices
from meloko.site import own_page, services
from meloko.web.door import ask, house
from meloko.web.everybody import for_everybody
from meloko.web.ids import an_id

blueprint = Blueprint("site", __name__)


@blueprint.get("/")
@open_to(Role.VISITOR)
@for_everybody
def home() -> ResponseReturnValue:
    """Show the front page."""
    front = ask(services.front_page)
    # Drawn by ourselves; the names of places are escaped there.
    return render_template("site/home.html", front=front, maps=[Markup(svg) for svg in front.maps])  # noqa: S704


@blueprint.get("/mon-compte")
@open_to(*(set(Role) - {Role.VISITOR}))
def account() -> ResponseReturnValue:
    """Show a customer her orders; lead who is at work to the work."""
    person = signed_in_person()
    own = ask(own_page.account, person.user_id, request.args.get("avant", 0, an_id))
    if own is not None:
        return render_template("site/account.html", account=own)
    if person.roles & {Role.STAFF, Role.ADMIN}:
        return redirect(url_for("dashboard.day"), 303)
    if Role.DRIVER in person.roles:
        return redirect(url_for("driver.rounds"), 303)
    return render_template("site/account.html", account=None)


@blueprint.get("/demo/messages")
@open_to(Role.VISITOR)
def messages() -> ResponseReturnValue:
    """Show the messages that the demo would have sent."""
    if not house().settings.demo:
        raise NotFound
    return render_template("site/messages.html", notices=ask(recent_notices))
