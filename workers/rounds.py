"""Build rounds, and learn from how they went."""

import os
import sys

from celery.signals import worker_ready

from meloko import processes
from meloko.geocoding import geocoder
from meloko.jobs import HEAVY, BuildRounds, DrawRounds, LearnTimes, queue
from meloko.outbox import ClaimLost, claim, give_back
from meloko.rounds.building import Tools, build_rounds
from meloko.rounds.learning import learn_times
from meloko.rounds.measuring import draw_rounds
from workers.door import ask, engine, log, perform, settings


@worker_ready.connect
def warm(sender: object, **_: object) -> None:
    """Compile the search beside a worker that has just started, so that its first building need not."""
    # Not in the worker's own processes: one that takes long to begin is taken for dead.
    if HEAVY in queue.amqp.queues.consume_from:
        processes.spawn("warm", [sys.executable, "-m", "meloko.rounds.warming"], log=None, environ=os.environ)


@queue.task(name=BuildRounds.name)
def build(outbox_id: int) -> None:
    """Build the rounds of one day: two transactions, with the search between them."""
    claimed = ask(claim, outbox_id)
    if claimed is None:
        return
    chosen = settings()
    try:
        build_rounds(Tools(engine(), chosen.var, geocoder(chosen.geocoder)), claimed)
    except ClaimLost:
        log.warning("building %s was taken over, its plan is thrown away", outbox_id)
    except Exception:
        ask(give_back, claimed)
        raise


@queue.task(name=DrawRounds.name)
def draw(outbox_id: int) -> None:
    """Draw the rounds that were changed by hand."""
    claimed = ask(claim, outbox_id)
    if claimed is None:
        return
    chosen = settings()
    try:
        draw_rounds(Tools(engine(), chosen.var, None), claimed)
    except ClaimLost:
        log.warning("drawing %s was taken over", outbox_id)
    except Exception:
        ask(give_back, claimed)
        raise


@queue.task(name=LearnTimes.name)
def learn(outbox_id: int) -> None:
    """Learn from reported hours."""
    perform(LearnTimes, outbox_id, learn_times)
