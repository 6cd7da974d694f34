import datetime as dt

import pytest
from sqlmodel import Session, col, delete, func, select

from meloko.accounts.models import User
from meloko.clock import now, today
from meloko.delivery_days.models import DayRelayPoint, DayState, DeliveryDay
from meloko.driving.models import ActKind
from meloko.errors import Refusal
from meloko.evening.deciding import (
    DecidedOtherwise,
    NoSuchNextDay,
    NotToDecide,
    OutcomeFirst,
    ReasonWanted,
    give_up,
    reschedule,
    undecided,
)
from meloko.evening.models import DecisionKind, OrderDecision
from meloko.notices.models import Notice
from meloko.orders.models import Order, OrderState
from meloko.outbox import Outbox
from meloko.rounds.models import Drop
from meloko.rounds.services import day_count
from tests.driving.driven import Driven, said
from tests.make import Make
from tests.signed_in import SignedIn, plain


@pytest.fixture
def next_day(make: Make, driven: Driven) -> DeliveryDay:
    """Open the next day of the same zone, that serves the same relay point."""
    with Session(make.engine) as session:
        day = session.get_one(DeliveryDay, driven.day.id)
        relay = session.exec(select(DayRelayPoint).where(col(DayRelayPoint.delivery_day_id) == day.id)).one()
        draft = DeliveryDay(
            date=today() + dt.timedelta(days=7),
            zone_id=day.zone_id,
            opens_at=now() - dt.timedelta(days=1),
            cut_off_at=now() + dt.timedelta(days=5),
            cut_off_local="mardi",
        )
        session.add(draft)
        session.flush()
        session.add(
            DayRelayPoint(
                delivery_day_id=draft.id,
                relay_point_id=relay.relay_point_id,
                capacity_hundredths=35,
                chilled_capacity_hundredths=100,
            )
        )
        session.commit()
        session.refresh(draft)
        session.expunge(draft)
        return draft


def test_rescheduling_moves_the_same_order_and_never_doubles_it(
    driven: Driven, clerk: User, next_day: DeliveryDay, make: Make
) -> None:
    order = driven.orders[0]
    driven.record(said(ActKind.NO_ANSWER, order))

    for _ in range(2):
        make.ask(reschedule, driven.day.id, order, next_day.id, by=clerk.id, reason="absente")

    with Session(make.engine) as session:
        moved = session.get_one(Order, order)
        assert (moved.delivery_day_id, moved.state) == (next_day.id, OrderState.CONFIRMED)
        assert session.exec(select(func.count(col(Order.id)))).one() == 4
        assert len(session.exec(select(OrderDecision)).all()) == 1
        assert day_count(session, driven.day.id).closes
        assert [each.order.id for each in day_count(session, next_day.id).exceptions] == [order]
        told = session.exec(select(Notice.subject).where(col(Notice.subject).contains("elle vient"))).all()
        assert len(told) == 1
    with pytest.raises(DecidedOtherwise):
        make.ask(give_up, driven.day.id, order, DecisionKind.GIVEN, by=clerk.id, reason="au voisin")


def test_the_day_it_comes_to_has_room_and_is_planned_again(
    driven: Driven, clerk: User, next_day: DeliveryDay, make: Make
) -> None:
    first, second = driven.orders[1:3]
    driven.record(said(ActKind.NO_ANSWER, first), said(ActKind.NO_ANSWER, second))
    with Session(make.engine) as session:
        session.get_one(DeliveryDay, next_day.id).state = DayState.PLANNED
        session.commit()

    make.ask(reschedule, driven.day.id, first, next_day.id, by=clerk.id)
    with pytest.raises(Refusal, match="assez de place"):
        make.ask(reschedule, driven.day.id, second, next_day.id, by=clerk.id)

    with Session(make.engine) as session:
        assert session.get_one(DeliveryDay, next_day.id).input_version == 1
        asked = session.exec(select(Outbox.payload).where(col(Outbox.name) == "rounds.build")).all()
        assert {"day_id": next_day.id} in asked
        assert session.get_one(Order, second).delivery_day_id == driven.day.id


def test_an_order_is_not_moved_to_a_day_that_cannot_take_it(
    driven: Driven, clerk: User, next_day: DeliveryDay, make: Make
) -> None:
    home = driven.orders[0]
    driven.record(said(ActKind.REFUSED, home))
    elsewhere = make.day()

    with pytest.raises(NoSuchNextDay, match="ce secteur"):
        make.ask(reschedule, driven.day.id, home, elsewhere.id, by=clerk.id)
    for change in ({"date": today() - dt.timedelta(days=1)}, {"homes_served": False}, {"state": DayState.DELIVERED}):
        with Session(make.engine) as session:
            for name, value in change.items():
                setattr(session.get_one(DeliveryDay, next_day.id), name, value)
            session.commit()
        with pytest.raises(Refusal):
            make.ask(reschedule, driven.day.id, home, next_day.id, by=clerk.id)

    assert driven.states()[0] == "undelivered"


def test_an_order_is_given_up_only_with_a_reason_and_once(driven: Driven, clerk: User, make: Make) -> None:
    order, other = driven.orders[0], driven.orders[3]
    driven.record(said(ActKind.REFUSED, order), said(ActKind.NO_ANSWER, other))

    with pytest.raises(ReasonWanted):
        make.ask(give_up, driven.day.id, order, DecisionKind.GIVEN, by=clerk.id, reason="  ")
    for _ in range(2):
        make.ask(give_up, driven.day.id, order, DecisionKind.GIVEN, by=clerk.id, reason="à l’épicerie sociale")
    make.ask(give_up, driven.day.id, other, DecisionKind.RETURNED, by=clerk.id, reason="abîmée")

    assert (driven.states()[0], driven.states()[3]) == ("given", "returned")
    with Session(make.engine) as session:
        assert undecided(session, driven.day.id)[0].waits_for_outcome


def test_there_is_nothing_to_decide_on_an_order_that_is_delivered_or_still_on_its_round(
    driven: Driven, clerk: User, make: Make
) -> None:
    delivered, silent = driven.orders[0], driven.orders[3]
    driven.record(said(ActKind.DELIVERED, delivered))

    with pytest.raises(NotToDecide):
        make.ask(give_up, driven.day.id, delivered, DecisionKind.GIVEN, by=clerk.id, reason="x")
    with pytest.raises(OutcomeFirst):
        make.ask(give_up, driven.day.id, silent, DecisionKind.GIVEN, by=clerk.id, reason="x")


def test_the_page_moves_gives_and_takes_back(
    staff: SignedIn, driven: Driven, next_day: DeliveryDay, make: Make
) -> None:
    one, two, three, four = driven.orders
    driven.record(*(said(ActKind.NO_ANSWER, each, words="volets clos") for each in driven.orders))
    address = f"/equipe/soir/{driven.day.id}/a-decider"
    page = staff.read(address)
    assert page.count("pas de réponse : volets clos") == 4

    def send(order: int, act: str, reason: str = "", to_day: int | str = next_day.id) -> tuple[int, str]:
        answer = staff.post(f"{address}/{order}", act=act, reason=reason, to_day=to_day)
        return answer.status_code, plain(answer.text)

    status, page = send(two, "donner")
    assert (status, "Écrivez pourquoi" in page, f'id="reason-{two}-error"' in page) == (422, True, True)
    assert send(one, "reporter")[0] == send(two, "donner", "au café")[0] == send(four, "annuler", "abîmée")[0] == 303
    assert send(three, "reporter", to_day="")[0] == 404

    assert driven.states() == ["confirmed", "given", "undelivered", "returned"]
    evening = staff.read(f"/equipe/soir?jour={driven.day.id}")
    assert "annulée, produits revenus" in evening
    # A telephone that comes back late says something else: it is shown, and changes nothing.
    driven.record(said(ActKind.DELIVERED, four, ago_s=1))
    assert "le livreur dit : livrée" in staff.read(f"/equipe/soir?jour={driven.day.id}")
    assert driven.states()[3] == "returned"


def test_an_order_on_no_round_is_to_be_decided_too(driven: Driven, make: Make, staff: SignedIn) -> None:
    with Session(make.engine) as session:
        session.exec(delete(Drop).where(col(Drop.order_id) == driven.orders[0]))
        session.commit()

    assert "sur aucune tournée" in staff.read(f"/equipe/soir/{driven.day.id}/a-decider")
