import pytest
from sqlmodel import Session, col, select

from meloko.accounts.models import AuditEntry
from meloko.errors import NotFound
from meloko.rounds.asking import Asked, NoSuchHour
from meloko.rounds.services import RoundLocked, day_count, list_rounds, lock_round
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


def test_an_act_is_undone_by_versions_that_say_what_was_before(make: Make, day: Shaped) -> None:
    make.ask(save, day.round(1).id, _move(day, "Wattel", before="Carlier"), by=day.staff.id)
    make.ask(save, day.round(1).id, _move(day, "Legrand", to=2), by=day.staff.id)
    assert make.ask(what_can_be_undone, day.day.id).startswith("Mme Legrand Yvette, arrêt placé à la fin")

    shown, sentence = make.ask(undo_last, day.round(1).id, by=day.staff.id)

    assert shown == day.round(1).id
    assert sentence.startswith("Défait : Mme Legrand Yvette")
    assert (day.names(1), day.names(2)) == (["Wattel", "Carlier", "Legrand"], ["Penel", "Bar"])
    make.ask(undo_last, day.round(1).id, by=day.staff.id)
    assert day.names(1) == ["Carlier", "Legrand", "Wattel"]
    assert [stop.arrival_s for stop in day.round(1).stops] == [28_800, 30_600, 32_400]
    with pytest.raises(NothingToUndo):
        make.ask(undo_last, day.round(1).id, by=day.staff.id)


def test_nothing_is_undone_once_the_round_is_locked(make: Make, day: Shaped) -> None:
    make.ask(save, day.round(1).id, _move(day, "Wattel", before="Carlier"), by=day.staff.id)
    make.ask(lock_round, day.round(1).id, by=day.staff.id)

    with pytest.raises(NothingToUndo):
        make.ask(undo_last, day.round(1).id, by=day.staff.id)


def test_a_locked_round_takes_nothing_and_gives_nothing(make: Make, day: Shaped) -> None:
    into, out = _move(day, "Legrand", to=2), _move(day, "Penel", 2)
    make.ask(lock_round, day.round(2).id, by=day.staff.id)

    with pytest.raises(RoundLocked):
        make.ask(save, day.round(1).id, into, by=day.staff.id)
    with pytest.raises(RoundLocked):
        make.ask(save, day.round(2).id, out, by=day.staff.id)
    with pytest.raises(RoundLocked):
        make.ask(pin_stop, day.round(2).id, day.stop(2, "Bar").id, pinned=True, by=day.staff.id)
    assert [row.version for row in (day.round(1), day.round(2))] == [1, 1]


def test_what_was_changed_by_another_is_never_overwritten(make: Make, day: Shaped) -> None:
    old, other = day.round(1), day.round(2)
    late, into = _move(day, "Carlier"), _move(day, "Legrand", to=2)
    make.ask(save, old.id, _move(day, "Wattel", before="Carlier"), by=day.staff.id)

    with pytest.raises(RoundChanged) as told:
        make.ask(save, old.id, late, by=day.staff.id)
    assert told.value.newer_id == day.round(1).id
    assert "changée par Nadia L." in told.value.sentence
    with pytest.raises(RoundChanged):
        make.ask(pin_stop, old.id, day.version(old.id).stops[0].id, pinned=True, by=day.staff.id)
    with pytest.raises(RoundChanged):
        make.ask(save, old.id, into, by=day.staff.id)
    assert day.round(2).id == other.id


def test_a_pinned_stop_stays_until_it_is_freed(make: Make, day: Shaped) -> None:
    row, stop = day.round(1), day.stop(1, "Wattel")
    make.ask(pin_stop, row.id, stop.id, pinned=True, by=day.staff.id)

    with pytest.raises(StopPinned, match="place de cet arrêt est fixée"):
        make.ask(save, row.id, _move(day, "Wattel", before="Carlier"), by=day.staff.id)
    make.ask(save, row.id, _move(day, "Legrand", before="Carlier"), by=day.staff.id)
    assert day.stop(1, "Wattel").pinned
    make.ask(pin_stop, day.round(1).id, day.stop(1, "Wattel").id, pinned=False, by=day.staff.id)
    make.ask(save, day.round(1).id, _move(day, "Wattel", before="Carlier"), by=day.staff.id)


def test_a_stop_that_is_taken_off_becomes_an_exception_and_undoing_brings_it_back(make: Make, day: Shaped) -> None:
    make.ask(save, day.round(1).id, Asked("retirer", stop_id=day.stop(1, "Legrand").id), by=day.staff.id)

    count = make.ask(day_count, day.day.id)
    assert count.closes
    assert {each.order.id: each.sentence for each in count.exceptions} == {
        day.orders[1]: "retirée de la tournée",
        day.orders[5]: "adresse non placée sur la carte",
    }
    make.ask(undo_last, day.round(1).id, by=day.staff.id)
    assert [each.order.id for each in make.ask(day_count, day.day.id).exceptions] == [day.orders[5]]


def test_an_exception_is_put_on_a_round_where_it_is_the_least_detour(make: Make, day: Shaped) -> None:
    asked = Asked("ajouter", order_id=day.orders[5], to_round_id=day.round(2).id, at_best=True)

    seen = make.ask(preview, day.round(1).id, asked)
    make.ask(save, day.round(1).id, asked, by=day.staff.id)

    assert seen.title.startswith("Si vous ajoutez Mme Cousin Yvette")
    assert "Cousin" in day.names(2)
    assert make.ask(day_count, day.day.id).exceptions == ()
    with pytest.raises(NowhereElse):
        make.ask(save, day.round(1).id, Asked("ajouter", order_id=day.orders[5]), by=day.staff.id)


def test_the_last_stop_of_a_round_leaves_it_at_home_and_undoing_sends_it_out_again(make: Make, day: Shaped) -> None:
    for name in ("Penel", "Bar"):
        make.ask(save, day.round(2).id, _move(day, name, 2, to=1), by=day.staff.id)
    assert [row.number for row in make.ask(list_rounds, day.day.id)] == [1]
    assert make.ask(day_count, day.day.id).closes

    make.ask(undo_last, day.round(1).id, by=day.staff.id)

    assert day.names(2) == ["Bar"]


def test_a_window_that_breaks_is_named_before_it_is_saved(make: Make, day: Shaped) -> None:
    late = Asked("depart", departure_s=14 * 3600)

    seen = make.ask(preview, day.round(1).id, late).proposal

    assert any(
        words.startswith("Mme Carlier Yvette : ") and "après la fin du créneau" in words for words in seen.broken
    )
    assert not seen.impossible
    make.ask(save, day.round(1).id, late, by=day.staff.id)
    assert day.round(1).departure_s == 14 * 3600
    # The hour stays when something else is changed.
    make.ask(save, day.round(1).id, _move(day, "Wattel", before="Carlier"), by=day.staff.id)
    assert day.round(1).departure_s == 14 * 3600


@pytest.mark.parametrize("at", [0, 2 * 3600 + 1800, 23 * 3600])
def test_nobody_leaves_in_the_night(make: Make, day: Shaped, at: int) -> None:
    with pytest.raises(NoSuchHour, match="entre 4 h et 21 h"):
        make.ask(preview, day.round(1).id, Asked("depart", departure_s=at))


def test_a_driver_and_a_van_that_are_away_at_that_hour_are_warned_of(make: Make, day: Shaped) -> None:
    row = day.round(1)

    driver = make.ask(preview, row.id, Asked("livreur", driver_id=day.sylvie.id)).proposal
    van = make.ask(preview, row.id, Asked("vehicule", vehicle_id=day.vans[1].id)).proposal

    assert driver.warnings == ("Sylvie N. est déjà sur la tournée B de 7 h à 12 h",)
    assert van.warnings == (f"{day.vans[1].name} est déjà sur la tournée B de 7 h à 12 h",)
    make.ask(save, row.id, Asked("livreur", driver_id=day.sylvie.id), by=day.staff.id)
    assert day.round(1).driver_id == day.sylvie.id


def test_what_is_of_another_round_or_day_is_not_there(make: Make, day: Shaped) -> None:
    row, foreign = day.round(1), day.stop(2, "Bar").id
    elsewhere = shaped_day(make)
    there = elsewhere.round(1)

    for asked in (
        Asked("deplacer", stop_id=foreign),
        Asked("deplacer", stop_id=999_999),
        Asked("retirer"),
        Asked("deplacer", stop_id=row.stops[0].id, before_stop_id=there.stops[0].id),
        Asked("deplacer", stop_id=row.stops[0].id, to_round_id=there.id),
        Asked("ajouter", order_id=elsewhere.orders[5]),
        Asked("ajouter", place="home:abc"),
        Asked("ajouter", place="farm:1"),
        Asked("danser"),
    ):
        with pytest.raises(NotFound):
            make.ask(preview, row.id, asked)
    with pytest.raises(NotFound):
        make.ask(save, 999_999, Asked("retirer", stop_id=foreign), by=day.staff.id)
