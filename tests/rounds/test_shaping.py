from collections.abc import Callable

import pytest
from sqlmodel import Session, col, select, update

from meloko.accounts.models import AuditEntry
from meloko.delivery_days.models import DeliveryDay
from meloko.errors import NotFound
from meloko.rounds.asking import Asked, NoSuchHour
from meloko.rounds.models import Round, Stop
from meloko.rounds.services import RoundLocked, day_count, lock_round
from meloko.rounds.shapes import NowhereElse, StopPinned
from meloko.rounds.shaping import pin_stop, preview, save, undo_last, what_can_be_undone
from meloko.rounds.versions import NothingToUndo, RoundChanged
from tests.make import Make
from tests.rounds.shaped import Shaped, shaped_day


@pytest.fixture
def day(make: Make) -> Shaped:
    return shaped_day(make)


def _move(day: Shaped, name: str, number: int = 1, *, before: str | None = None, to: int | None = None) -> Asked:
    other = day.round(to or number)
    stop = next((stop for stop in other.stops if before and before in stop.name), None)
    return Asked(
        "deplacer",
        stop_id=day.stop(number, name).id,
        to_round_id=other.id if to else None,
        before_stop_id=stop.id if stop else None,
    )


def test_a_moved_stop_makes_a_new_version_and_the_old_one_stays(make: Make, day: Shaped) -> None:
    old = day.round(1)

    shown, sentence = make.ask(save, old.id, _move(day, "Wattel", before="Carlier"), by=day.staff.id)

    assert day.names(1) == ["Wattel", "Carlier", "Legrand"]
    assert shown == day.round(1).id
    assert sentence == "Mme Wattel Yvette, arrêt placé avant Mme Carlier Yvette"
    kept = day.version(old.id)
    assert not kept.current
    assert [stop.name.split()[1] for stop in kept.stops] == ["Carlier", "Legrand", "Wattel"]
    assert day.round(1).version > kept.version
    assert make.ask(day_count, day.day.id).closes
    with Session(make.engine) as session:
        acts = session.exec(select(AuditEntry).where(col(AuditEntry.act) == "round.shaped")).all()
    assert [act.user_id for act in acts] == [day.staff.id]


def test_the_effect_is_said_before_anything_is_saved(make: Make, day: Shaped) -> None:
    make.ask(save, day.round(1).id, _move(day, "Wattel", before="Carlier"), by=day.staff.id)
    row = day.round(1)

    seen = make.ask(preview, row.id, _move(day, "Wattel"))

    assert seen.title == "Si vous placez Mme Wattel Yvette à la fin de la tournée A"
    assert {shift.name.split()[1] for shift in seen.proposal.shifts} == {"Carlier", "Legrand", "Wattel"}
    proposed = seen.proposal.rounds[1]
    assert [stop.name.split()[1] for stop in proposed.stops] == ["Carlier", "Legrand", "Wattel"]
    assert seen.proposal.metres == proposed.distance_m - row.distance_m
    assert day.round(1).id == row.id
