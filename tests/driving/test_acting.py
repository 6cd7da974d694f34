import dataclasses
import datetime as dt
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import Session, col, select

from meloko.accounts.models import AuditEntry, Role
from meloko.clock import now
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.driving.acting import MOST_ACTS, TooManyActs
from meloko.driving.models import ActKind, OtherWay
from meloko.orders.models import Order, OrderState
from meloko.rounds.models import Drop, Round, RoundState, Stop
from tests.driving.driven import Driven, drive, said
from tests.make import Make


def test_outcomes_give_the_orders_their_states(driven: Driven) -> None:
    one, two, three, four = driven.orders

    assert (
        driven.record(
            said(ActKind.DELIVERED, one),
            said(ActKind.DELIVERED, two),
            said(ActKind.MISSING, three),
            said(ActKind.OTHERWISE, four, how=OtherWay.NEIGHBOUR, words="Mme Penel, au 14"),
        )
        == ["recorded"] * 4
    )

    assert driven.states() == ["delivered", "at_relay", "undelivered", "delivered"]
    assert driven.outcomes()[four] == "delivered otherwise"
    assert driven.acts()[-1].words == "Mme Penel, au 14"


def test_the_same_act_sent_twice_counts_once(driven: Driven) -> None:
    act = said(ActKind.CASH, driven.orders[0], cents=640)

    assert driven.record(act, act) == ["recorded", "already"]
    assert driven.record(act) == ["already"]

    assert len(driven.acts()) == 1


def test_an_undone_outcome_gives_the_order_back_to_the_round(driven: Driven) -> None:
    order = driven.orders[0]
    wrong = said(ActKind.NO_ANSWER, order, ago_s=90)
    undo = said(ActKind.UNDO, undoes=wrong.uuid, ago_s=80)

    driven.record(wrong)
    assert driven.states()[0] == "undelivered"
    driven.record(undo)
    assert (driven.states()[0], driven.outcomes()) == ("confirmed", {})
    driven.record(said(ActKind.DELIVERED, order))
    assert driven.states()[0] == "delivered"


def test_an_undo_that_comes_first_undoes_all_the_same(driven: Driven) -> None:
    wrong = said(ActKind.NO_ANSWER, driven.orders[0], ago_s=90)

    assert driven.record(said(ActKind.UNDO, undoes=wrong.uuid, ago_s=80)) == ["recorded"]
    driven.record(wrong)

    assert (driven.states()[0], driven.outcomes()) == ("confirmed", {})


def test_wrong_acts_are_named_and_the_others_kept(driven: Driven, make: Make) -> None:
    other = drive(make)
    order = driven.orders[0]
    good = said(ActKind.DELIVERED, order)

    answers = driven.answers(
        said(ActKind.ARRIVED, stop_id=other.stops[0]),
        said(ActKind.DELIVERED, 999_999),
        said(ActKind.DELIVERED, other.orders[0]),
        said(ActKind.DELIVERED),
        said(ActKind.ARRIVED),
        said(ActKind.OTHERWISE, order),
        said(ActKind.CASH, order, cents=0),
        said(ActKind.EMPTIES, order),
        said(ActKind.UNDO),
        said(ActKind.TAKEN_BACK, order, stop_id=driven.stops[0]),
        good,
    )

    assert [each.reason for each in answers] == [
        "stop of another round",
        "unknown order",
        "order of another round",
        "no order",
        "no place",
        "no way",
        "no amount",
        "no count",
        "nothing to undo",
        "not waiting there",
        "",
    ]
    assert all(each.sentence for each in answers[:-1])
    assert [act.uuid for act in driven.acts()] == [good.uuid]
    # The same act for another round is no repetition.
    assert other.record(dataclasses.replace(good, order_id=other.orders[0])) == ["act of another round"]


def test_a_day_ahead_or_settled_takes_no_act(driven: Driven, make: Make) -> None:
    ahead = drive(make, in_days=1)
    with Session(driven.engine) as session:
        session.get_one(DeliveryDay, driven.day.id).state = DayState.SETTLED
        session.commit()

    assert driven.record(said(ActKind.DELIVERED, driven.orders[0])) == ["day settled"]
    assert ahead.record(said(ActKind.DELIVERED, ahead.orders[0])) == ["day ahead"]
    assert driven.acts() == []


def test_a_clock_three_hours_wrong_keeps_both_hours(driven: Driven) -> None:
    wrong = dt.timedelta(hours=3)
    truly = now() - dt.timedelta(minutes=10)
    act = said(ActKind.DELIVERED, driven.orders[0], said_at=truly - wrong)
    ahead = said(ActKind.DELIVERED, driven.orders[1], said_at=truly + wrong)

    assert driven.record(act, sent_at=now() - wrong) == ["recorded"]
    assert driven.record(ahead, sent_at=now() + wrong) == ["recorded"]

    for row, skew in zip(driven.acts(), (10_800, -10_800), strict=True):
        assert abs((row.done_at - truly).total_seconds()) < 5
        assert row.said_at != row.done_at
        assert abs(row.clock_skew_s - skew) < 5
    assert driven.acts()[0].said_at == act.said_at


def test_five_hundred_acts_are_taken_and_one_more_is_not(driven: Driven) -> None:
    acts = [said(ActKind.NOTE, words="chien", ago_s=600 - n) for n in range(MOST_ACTS)]

    with pytest.raises(TooManyActs, match="500"):
        driven.record(*acts, said(ActKind.NOTE))
    assert driven.acts() == []
    assert driven.record(*acts) == ["recorded"] * MOST_ACTS


def test_a_new_version_of_the_round_does_not_lose_what_was_done(driven: Driven) -> None:
    first = driven.orders[0]
    driven.record(said(ActKind.DELIVERED, first))
    with Session(driven.engine) as session:
        old = session.get_one(Round, driven.round_id)
        old.current = False
        session.flush()
        copy = Round(**{**old.model_dump(exclude={"id"}), "version": 2, "current": True})
        session.add(copy)
        session.flush()
        stops = session.exec(select(Stop).where(col(Stop.round_id) == old.id).order_by(col(Stop.position))).all()
        for position, stop in enumerate(reversed(stops), 1):
            twin = Stop(**{**stop.model_dump(exclude={"id"}), "round_id": copy.id, "position": position})
            session.add(twin)
            session.flush()
            drops = session.exec(select(Drop).where(col(Drop.stop_id) == stop.id)).all()
            session.add_all(Drop(stop_id=twin.id, order_id=drop.order_id) for drop in drops)
        session.commit()
        new_id = copy.id

    # The phone still has version 1 and its stops.
    assert driven.record(said(ActKind.ARRIVED, stop_id=driven.stops[1])) == ["recorded"]
    assert driven.record(said(ActKind.RETURN)) == ["recorded"]

    assert driven.outcomes() == {first: "delivered"}
    with Session(driven.engine) as session:
        assert session.get_one(Round, new_id).state is RoundState.DONE


def test_acts_of_a_round_that_a_new_plan_left_out_are_kept(driven: Driven) -> None:
    with Session(driven.engine) as session:
        session.get_one(Round, driven.round_id).current = False
        session.commit()

    assert driven.record(said(ActKind.DELIVERED, driven.orders[0])) == ["recorded"]

    assert driven.states()[0] == "delivered"


def test_the_round_goes_on_with_its_acts(driven: Driven) -> None:
    start = said(ActKind.START, ago_s=300)
    back = said(ActKind.RETURN)

    driven.record(start)
    assert driven.round_state() is RoundState.UNDER_WAY
    driven.record(said(ActKind.UNDO, undoes=start.uuid, ago_s=200))
    assert driven.round_state() is RoundState.LOCKED
    assert driven.day_state() is DayState.PLANNED
    driven.record(back)
    assert driven.round_state() is RoundState.DONE
    assert driven.day_state() is DayState.DELIVERED


def test_what_staff_key_from_paper_holds_against_a_phone_that_comes_later(driven: Driven, make: Make) -> None:
    order = driven.orders[0]
    staff = make.user(Role.STAFF)

    driven.record(said(ActKind.REFUSED, order, ago_s=600), by=staff, keyed=True)
    driven.record(said(ActKind.DELIVERED, order, ago_s=1))

    assert driven.outcomes() == {order: "refused"}
    assert len(driven.acts()) == 2


def test_what_a_person_has_decided_is_left_alone(driven: Driven) -> None:
    order = driven.orders[0]
    driven.record(said(ActKind.NO_ANSWER, order, ago_s=600))
    driven.set_order(order, OrderState.GIVEN)

    driven.record(said(ActKind.DELIVERED, order))

    assert driven.states()[0] == "given"
    assert driven.outcomes() == {order: "delivered"}


def test_an_order_that_waited_comes_back_or_was_collected(driven: Driven, make: Make) -> None:
    before = drive(make, in_days=-1)
    from_before = before.orders[1:3]
    with Session(driven.engine) as session:
        # Yesterday's orders waited at the relay point of today's round.
        relay = session.get_one(Stop, driven.stops[1]).relay_point_id
        session.get_one(Stop, before.stops[1]).relay_point_id = relay
        for order_id in from_before:
            session.get_one(Order, order_id).relay_point_id = relay
        session.commit()
    before.record(*(said(ActKind.DELIVERED, order_id) for order_id in from_before))
    assert before.states()[1:3] == ["at_relay", "at_relay"]
    back, collected = from_before

    assert driven.record(
        said(ActKind.TAKEN_BACK, back, stop_id=driven.stops[1]),
        said(ActKind.COLLECTED, collected, stop_id=driven.stops[1]),
        said(ActKind.TAKEN_BACK, back, stop_id=driven.stops[0]),
    ) == ["recorded", "recorded", "not waiting there"]

    assert before.states()[1:3] == ["undelivered", "collected"]


def test_every_batch_and_every_outcome_is_in_the_audit(driven: Driven) -> None:
    driven.record(said(ActKind.DELIVERED, driven.orders[0]))

    with Session(driven.engine) as session:
        entries = session.exec(select(AuditEntry).where(col(AuditEntry.act).in_(["round.acts", "order.outcome"]))).all()
    assert {entry.act for entry in entries} == {"round.acts", "order.outcome"}
    assert {entry.user_id for entry in entries} == {driven.driver.id}


def test_the_same_batch_from_two_hands_at_once_counts_once(driven: Driven) -> None:
    acts = [said(ActKind.DELIVERED, order) for order in driven.orders]

    with ThreadPoolExecutor(4) as hands:
        answers = list(hands.map(lambda _: tuple(driven.record(*acts)), range(4)))

    assert Counter(answers) == {("recorded",) * 4: 1, ("already",) * 4: 3}
    assert len(driven.acts()) == 4


@pytest.mark.parametrize("later", ["here", "elsewhere"])
def test_a_stop_that_moved_to_another_round_has_one_outcome(driven: Driven, make: Make, later: str) -> None:
    order = driven.orders[0]
    with Session(driven.engine) as session:
        # Round B of the same day carries it too, in a newer version than the first driver has.
        row = session.get_one(Round, driven.round_id)
        other = Round(**{**row.model_dump(exclude={"id"}), "number": 2})
        session.add(other)
        session.flush()
        stop = session.get_one(Stop, driven.stops[0])
        twin = Stop(**{**stop.model_dump(exclude={"id"}), "round_id": other.id})
        session.add(twin)
        session.flush()
        session.add(Drop(stop_id=twin.id, order_id=order))
        session.commit()
        elsewhere = dataclasses.replace(driven, round_id=other.id)
    ago = {"here": (90.0, 10.0), "elsewhere": (10.0, 90.0)}[later]

    elsewhere.record(said(ActKind.NO_ANSWER, order, ago_s=ago[0]))
    driven.record(said(ActKind.DELIVERED, order, ago_s=ago[1]))

    assert driven.outcomes() == {order: "delivered" if later == "here" else "no answer"}
