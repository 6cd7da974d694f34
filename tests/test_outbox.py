import pytest
from sqlalchemy import Engine, text

from meloko import outbox
from meloko.jobs import SendNotice
from meloko.outbox import ClaimLost, JobState
from tests import questions
from tests.make import Make


def _waiting(make: Make) -> int:
    return make.ask(outbox.enqueue, SendNotice(notice_id=1))


def _let_lease_end(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET claimed_until = now() - interval '1 second'"))


def test_a_job_is_claimed_by_one_worker_only(make: Make, engine: Engine) -> None:
    job = _waiting(make)

    first, second = make.ask(outbox.claim, job), make.ask(outbox.claim, job)

    assert first is not None
    assert first.job == SendNotice(notice_id=1)
    assert second is None


def test_a_job_of_a_dead_worker_is_taken_over_and_its_effect_then_refused(make: Make, engine: Engine) -> None:
    job = _waiting(make)
    dead = make.ask(outbox.claim, job)
    assert dead is not None
    _let_lease_end(engine)

    alive = make.ask(outbox.claim, job)
    assert alive is not None
    with pytest.raises(ClaimLost):
        make.ask(outbox.finish, dead)
    make.ask(outbox.finish, alive)

    assert questions.jobs(engine, SendNotice.name)[0].state is JobState.DONE


def test_a_job_that_is_done_is_never_done_again(make: Make) -> None:
    job = _waiting(make)
    claimed = make.ask(outbox.claim, job)
    assert claimed is not None
    make.ask(outbox.finish, claimed)

    assert make.ask(outbox.claim, job) is None
    assert make.ask(outbox.sweep) == []


def test_the_sweep_rings_only_for_what_is_free_and_due(make: Make, engine: Engine) -> None:
    waiting, held = _waiting(make), _waiting(make)
    make.ask(outbox.claim, held)

    assert make.ask(outbox.sweep) == [(waiting, SendNotice.name)]
    _let_lease_end(engine)
    assert make.ask(outbox.sweep) == [(waiting, SendNotice.name), (held, SendNotice.name)]


def test_a_job_given_back_waits_longer_each_time_and_is_given_up_at_last(make: Make, engine: Engine) -> None:
    job = _waiting(make)

    for _ in range(outbox.MAX_ATTEMPTS):
        claimed = make.ask(outbox.claim, job)
        assert claimed is not None
        make.ask(outbox.give_back, claimed)
        assert make.ask(outbox.claim, job) is None
        with engine.begin() as connection:
            connection.execute(text("UPDATE outbox SET due_at = now()"))
    make.ask(outbox.sweep)

    assert questions.jobs(engine, SendNotice.name)[0].state is JobState.FAILED
    assert make.ask(outbox.backlog).failed == 1


def test_a_long_job_keeps_its_lease_and_says_how_far_it_is(make: Make, engine: Engine) -> None:
    job = _waiting(make)
    claimed = make.ask(outbox.claim, job)
    assert claimed is not None
    _let_lease_end(engine)

    make.ask(outbox.renew, claimed, "à mi-chemin")

    assert make.ask(outbox.is_alive, job)
    assert make.ask(outbox.sweep) == []
    assert questions.jobs(engine, SendNotice.name)[0].progress == "à mi-chemin"
