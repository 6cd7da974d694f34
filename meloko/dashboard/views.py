"""The morning page of staff."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from meloko.accounts.access import open_to
from meloko.accounts.models import Role
from meloko.clock import now
from meloko.dashboard.deciding import morning
from meloko.dashboard.services import days_left_behind
from meloko.delivery_days.closing import due_days
from meloko.orders.closing import close_day
from meloko.web.door import ask
from meloko.web.ids import an_id

blueprint = Blueprint("dashboard", __name__, url_prefix="/equipe")


@blueprint.get("/")
@open_to(Role.STAFF, Role.ADMIN)
def day() -> ResponseReturnValue:
    """Show the day; when the workers are silent, close what is due first."""
    at = now()
    if ask(days_left_behind, at):
        for day_id in ask(due_days, at):
            ask(close_day, day_id, at)
    return render_template("dashboard/day.html", morning=ask(morning, request.args.get("jour", None, an_id)))
