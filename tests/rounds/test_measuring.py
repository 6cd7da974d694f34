from collections.abc import Callable

import pytest
from sqlmodel import Session, col, select, update

from meloko import outbox
from meloko.accounts.models import Role, User
from meloko.clock import now
from meloko.customers.models import Customer
from meloko.jobs import DrawRounds
from meloko.orders.closing import close_day
from meloko.roads.models import Precision
from meloko.rounds import building
from meloko.rounds.asking import Asked
from meloko.rounds.building import Tools
from meloko.rounds.effects import PlaceNotMeasured
from meloko.rounds.exceptions import place_home
from meloko.rounds.measuring import draw_rounds
from meloko.rounds.models import Round, Stop, StopKind
from meloko.rounds.services import ask_build, day_count, list_rounds
from meloko.rounds.shaping import CannotBeDriven, pin_stop, preview, save
from tests import questions
from tests.make import Make
from tests.rounds.test_building import LATER, Valley, _run
from tests.rounds.test_building import doors as doors
from tests.rounds.test_building import tools as tools
from tests.rounds.test_building import valley_roads as valley_roads

Doors = list[tuple[float, float]]


class Planned:
    """A valley whose rounds the planner has made."""

    def __init__(self, make: Make, tools: Tools, doors: Doors) -> None:
        self.make, self.tools = make, tools
        self.valley = Valley(make, doors)
        self.staff: User = make.user(Role.STAFF)
        # One whose door nobody knows yet.
        self.lost = make.customer(last_name="Sans porte", lat=None)
        self.order = make.order(self.lost, self.valley.day, None, {self.valley.leeks.id: 1}).order_id
        make.ask(close_day, self.valley.day.id, now() + LATER)
        _run(make, tools)

    @property
    def round(self) -> Round:
        [row] = self.make.ask(list_rounds, self.valley.day.id)
        return row

    def draw(self) -> None:
        for job in questions.jobs(self.tools.engine, DrawRounds.name):
            claimed = self.make.ask(outbox.claim, job.id)
            if claimed is not None:
                draw_rounds(self.tools, claimed)

    def raise_last(self) -> None:
        """Put the last stop one place up."""
        row = self.round
        asked = Asked("deplacer", stop_id=row.stops[-1].id, before_stop_id=row.stops[-2].id)
        self.make.ask(save, row.id, asked, by=self.staff.id)

    def homes(self) -> list[Stop]:
        return [stop for stop in self.round.stops if stop.kind is StopKind.HOME]


@pytest.fixture
def planned(make: Make, tools: Tools, doors: Doors) -> Planned:
    return Planned(make, tools, doors)


def test_a_round_that_is_put_back_has_the_hours_of_the_planner_again(make: Make, planned: Planned) -> None:
    before = [(stop.name, stop.arrival_s, stop.leg_distance_m) for stop in planned.round.stops]
    last = planned.round.stops[-1]
    above = planned.round.stops[-2].name

    make.ask(
        save,
        planned.round.id,
        Asked("deplacer", stop_id=last.id, before_stop_id=planned.round.stops[-2].id),
        by=planned.staff.id,
    )
    moved = planned.round
    assert moved.stops[-1].name == above
    make.ask(save, moved.id, Asked("deplacer", stop_id=moved.stops[-2].id), by=planned.staff.id)

    assert [(stop.name, stop.arrival_s, stop.leg_distance_m) for stop in planned.round.stops] == before


def test_nobody_is_served_before_the_farm_of_her_goods(make: Make, planned: Planned) -> None:
    row = planned.round
    farm = next(stop for stop in row.stops if stop.kind is StopKind.FARM)
    asked = Asked("deplacer", stop_id=planned.homes()[-1].id, before_stop_id=farm.id)

    seen = make.ask(preview, row.id, asked).proposal

    assert seen.impossible == (f"{planned.homes()[-1].name} passe avant {farm.name}, où l’on prend ses produits",)
    with pytest.raises(CannotBeDriven, match="passe avant"):
        make.ask(save, row.id, asked, by=planned.staff.id)


def test_a_farm_that_nobody_needs_any_more_is_not_called_at(make: Make, planned: Planned) -> None:
    row = planned.round
    while any(stop.kind is not StopKind.FARM for stop in row.stops[:-1]):
        stop = next(stop for stop in row.stops if stop.kind is not StopKind.FARM)
        make.ask(save, row.id, Asked("retirer", stop_id=stop.id), by=planned.staff.id)
        rows = make.ask(list_rounds, planned.valley.day.id)
        if not rows:
            break
        row = rows[0]
        if len(row.stops) == 2:
            assert row.stops[0].pick_ups[0].quantity in (1, 2)

    last = next(stop for stop in row.stops if stop.kind is not StopKind.FARM)
    make.ask(save, row.id, Asked("retirer", stop_id=last.id), by=planned.staff.id)
    assert make.ask(list_rounds, planned.valley.day.id) == []
    assert make.ask(day_count, planned.valley.day.id).closes


def test_a_changed_round_is_drawn_on_the_roads_by_a_worker(make: Make, planned: Planned) -> None:
    row = planned.round
    make.ask(
        save, row.id, Asked("deplacer", stop_id=row.stops[-1].id, before_stop_id=row.stops[-2].id), by=planned.staff.id
    )
    assert planned.round.way == []

    planned.draw()

    drawn = planned.round
    assert len(drawn.way) > 20
    assert all(sum(stop.leg_classes.values()) > 0 for stop in drawn.stops if stop.leg_distance_m > 200)
    assert abs(drawn.way[0][0] - drawn.way[-1][0]) < 0.001


def test_a_door_that_a_hand_has_placed_is_measured_and_served(make: Make, planned: Planned, doors: Doors) -> None:
    asked = Asked("ajouter", order_id=planned.order, at_best=True)
    with pytest.raises(PlaceNotMeasured, match="ne sont pas encore mesurés"):
        make.ask(preview, planned.round.id, asked)
    make.ask(place_home, planned.order, *doors[12], by=planned.staff.id)

    planned.draw()
    make.ask(save, planned.round.id, asked, by=planned.staff.id)

    assert "Mme Sans porte Yvette" in [stop.name for stop in planned.round.stops]
    assert make.ask(day_count, planned.valley.day.id).exceptions == ()
    make.ask(ask_build, planned.valley.day.id, by=planned.staff.id)
    _run(make, planned.tools)
    with Session(planned.tools.engine) as session:
        home = session.exec(select(Customer).where(col(Customer.id) == planned.lost.id)).one()
    assert (home.lat, home.lon, home.precision) == (*doors[12], Precision.HAND)
    assert make.ask(day_count, planned.valley.day.id).exceptions == ()


def test_a_search_under_way_never_overwrites_a_hand(
    make: Make, planned: Planned, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.ask(ask_build, planned.valley.day.id, by=planned.staff.id)
    real: Callable[..., object] = vars(building)["find_rounds"]
    shaped: list[list[str]] = []

    def search(*args: object, **kwargs: object) -> object:
        if not shaped:
            planned.raise_last()
            shaped.append([stop.name for stop in planned.round.stops])
        return real(*args, **kwargs)

    monkeypatch.setattr(building, "find_rounds", search)
    [job] = [job for job in questions.jobs(planned.tools.engine, "rounds.build") if job.done_at is None]
    claimed = make.ask(outbox.claim, job.id)
    assert claimed is not None

    assert not building.build_rounds(planned.tools, claimed)

    assert [stop.name for stop in planned.round.stops] == shaped[0]


def test_a_fixed_place_stays_fixed_when_the_rounds_are_adjusted(make: Make, planned: Planned) -> None:
    row = planned.round
    stop = planned.homes()[0]
    make.ask(save, row.id, Asked("deplacer", stop_id=stop.id), by=planned.staff.id)
    last = planned.round.stops[-1]
    make.ask(pin_stop, planned.round.id, last.id, pinned=True, by=planned.staff.id)
    with Session(planned.tools.engine) as session:
        session.exec(update(Customer).where(col(Customer.id) == planned.lost.id).values(phone="03 53 01 66 99"))
        session.commit()

    make.ask(ask_build, planned.valley.day.id, by=planned.staff.id, anew=True)
    _run(make, planned.tools)

    again = planned.round
    assert again.id != row.id
    assert (again.stops[-1].name, again.stops[-1].pinned) == (stop.name, True)
    assert [each.name for each in again.stops if each.pinned] == [stop.name]
