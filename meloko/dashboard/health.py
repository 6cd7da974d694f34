"""Is it up, and is it ready: asked by whoever keeps the servers running."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from meloko.accounts.access import open_to
from meloko.accounts.models import Role
from meloko.outbox import backlog
from meloko.web.door import ask

blueprint = Blueprint("health", __name__)

_OLDEST_S = 300


@blueprint.get("/health")
@open_to(Role.VISITOR)
def health() -> ResponseReturnValue:
    """Say that the process answers."""
    return jsonify(up=True)


@blueprint.get("/ready")
@open_to(Role.VISITOR)
def ready() -> ResponseReturnValue:
    """Say that the database answers and that the workers keep up."""
    try:
        waiting = ask(backlog)
    except OperationalError:
        return jsonify(ready=False, database=False), 503
    late = waiting.oldest_s > _OLDEST_S
    return jsonify(ready=not late, waiting=waiting.waiting, oldest_s=waiting.oldest_s, failed=waiting.failed), (
        503 if late else 200
    )
