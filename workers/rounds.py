"""Build rounds, and learn from how they went."""

from meloko.geocoding import geocoder
from meloko.jobs import BuildRounds, LearnTimes, queue
from meloko.outbox import ClaimLost, claim, give_back
from meloko.rounds.building import Tools, build_rounds
from meloko.rounds.learning import learn_times
from workers.door import ask, engine, log, perform, settings


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


@queue.task(name=LearnTimes.name)
def learn(outbox_id: int) -> None:
    """Learn from reported hours."""
    perform(LearnTimes, outbox_id, learn_times)
