"""The door of the workers: claim a job, ask one service, finish, in one transaction."""

import logging
import os
from collections.abc import Callable
from functools import cache
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine
from sqlmodel import Session

from meloko import db, outbox
from meloko.config import Settings, from_environment
from meloko.jobs import Job

P = ParamSpec("P")
T = TypeVar("T")
J = TypeVar("J", bound=Job)

log = logging.getLogger(__name__)


@cache
def settings() -> Settings:
    """Return the settings of this worker."""
    return from_environment(os.environ)


@cache
def engine() -> Engine:
    """Return this process's engine: first asked inside a task, hence after the fork."""
    return db.engine_for(settings().database_url)


def ask(service: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Ask one service of the database."""
    return db.ask(engine(), service, *args, **kwargs)


def perform(
    kind: type[J],
    outbox_id: int,
    service: Callable[Concatenate[Session, J, P], None],
    *args: P.args,
    **kwargs: P.kwargs,
) -> bool:
    """Do a job once: claim it, then its effect and its end in one transaction.

    Returns whether the job was done here; a job that fails is given back and tried again later.
    """
    claimed = ask(outbox.claim, outbox_id)
    if claimed is None or not isinstance(claimed.job, kind):
        return False

    def effect(session: Session, job: J) -> None:
        service(session, job, *args, **kwargs)
        outbox.finish(session, claimed)

    try:
        ask(effect, claimed.job)
    except outbox.ClaimLost:
        log.warning("job %s was taken over, its effect is undone", outbox_id)
        return False
    except Exception:
        ask(outbox.give_back, claimed)
        raise
    return True
