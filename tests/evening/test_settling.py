import pytest
from sqlmodel import Session, col, select

from meloko.accounts.models import AuditEntry, User
from meloko.accounts.services import set_organisation
from meloko.delivery_days.models import DayState
from meloko.driving.models import ActKind
from meloko.evening.deciding import give_up
from meloko.evening.keying import DaySettled
from meloko.evening.models import DecisionKind, Till
from meloko.evening.settling import NotSettled, settle_day
from meloko.evening.tills import Counted, ReasonMissing, count_till
from meloko.orders.services import find_order
from meloko.rounds.models import RoundState
from tests.driving.driven import Driven, drive, said
from tests.make import Make
from tests.questions import counted
from tests.signed_in import SignedIn, plain


def due(driven: Driven, *orders: int) -> int:
    return sum(driven.make.ask(find_order, order).total_cents for order in orders)


def settle(driven: Driven, clerk: User) -> None:
    driven.make.ask(settle_day, driven.day.id, by=clerk.id)


def test_a_day_is_settled_only_when_every_order_has_an_end(driven: Driven, clerk: User) -> None:
    *given, missed = driven.orders
    make, numbers = driven.make, [driven.make.ask(find_order, order).number for order in driven.orders]

    with pytest.raises(NotSettled) as refused:
        settle(driven, clerk)
    assert all(f"n° {number}" in refused.value.sentence for number in numbers)
    assert "la caisse de Karim B., à compter" in refused.value.sentence

    driven.record(*(said(ActKind.DELIVERED, order) for order in given), said(ActKind.NO_ANSWER, missed))
    with pytest.raises(NotSettled, match=f"une décision sur la commande n° {numbers[3]}"):
        settle(driven, clerk)

    make.ask(give_up, driven.day.id, missed, DecisionKind.RETURNED, by=clerk.id, reason="partie chez sa fille")
    with pytest.raises(NotSettled) as refused:
        settle(driven, clerk)
    assert refused.value.lacks == ("la caisse de Karim B., à compter",)

    make.ask(count_till, driven.round_id, Counted(due(driven, *given), 0, 0, 0), by=clerk.id)
    settle(driven, clerk)
    settle(driven, clerk)

    assert driven.day_state() is DayState.SETTLED
    assert driven.round_state() is RoundState.DONE
    assert driven.record(said(ActKind.DELIVERED, missed)) == ["day settled"]
    with pytest.raises(DaySettled):
        make.ask(count_till, driven.round_id, Counted(0, 0, 0, 0, "rien"), by=clerk.id)
    with Session(make.engine) as session:
        entries = session.exec(select(AuditEntry.act).where(col(AuditEntry.user_id) == clerk.id)).all()
    assert {"order.returned", "till.counted", "day.settled"} <= set(entries)
    assert entries.count("day.settled") == 1


def test_a_day_ahead_is_not_settled(make: Make, clerk: User) -> None:
    with pytest.raises(NotSettled, match="que ce jour soit passé"):
        settle(drive(make, in_days=1), clerk)


def test_a_till_that_does_not_agree_wants_a_reason(driven: Driven, clerk: User) -> None:
    one, two = driven.orders[0], driven.orders[3]
    driven.record(
        said(ActKind.DELIVERED, one),
        said(ActKind.DELIVERED, two),
        said(ActKind.CASH, one, cents=640),
        said(ActKind.EMPTIES, stop_id=driven.stops[0], count=4),
    )
    all_due = due(driven, one, two)

    with pytest.raises(ReasonMissing, match="1,00 € de moins que prévu, 1 vides de moins"):
        driven.make.ask(count_till, driven.round_id, Counted(all_due - 100, 0, 0, 3), by=clerk.id)
    short = Counted(640, all_due - 740, 0, 3, "une pièce et un bocal perdus")
    mine = driven.make.ask(count_till, driven.round_id, short, by=clerk.id)

    assert mine.till is not None
    assert (mine.till.difference_cents, mine.counted, mine.noted[ActKind.CASH]) == (-100, True, 640)
    # What is due changes afterwards: the money wants to be counted again.
    driven.record(said(ActKind.DELIVERED, driven.orders[1]))
    with pytest.raises(NotSettled, match="à recompter"):
        settle(driven, clerk)


def test_the_till_is_counted_and_corrected_on_its_page(staff: SignedIn, driven: Driven) -> None:
    order = driven.orders[0]
    driven.record(said(ActKind.DELIVERED, order), said(ActKind.CASH, order, cents=due(driven, order)))
    address = f"/equipe/soir/tournees/{driven.round_id}/caisse"
    sum_words = f"{due(driven, order) // 100},{due(driven, order) % 100:02d}"
    assert f"{sum_words} € noté aux arrêts" in staff.read(address)

    wrong = staff.post(address, especes="beaucoup", cheques="", cartes="", vides="", motif="")
    short = staff.post(address, especes="1", cheques="", cartes="", vides="", motif="")
    said_why = staff.post(address, especes="1", cheques="", cartes="", vides="", motif="a oublié le reste")
    right = staff.post(address, especes=sum_words, cheques="", cartes="", vides="", motif="")

    assert [each.status_code for each in (wrong, short, said_why, right)] == [422, 422, 303, 303]
    assert 'value="beaucoup"' in wrong.text
    assert "ne tombe pas juste" in plain(short.text)
    with Session(driven.engine) as session:
        till = session.exec(select(Till)).one()
        assert (till.found_cents, till.reason) == (due(driven, order), "")


def test_the_page_of_the_evening_names_what_lacks(staff: SignedIn, driven: Driven) -> None:
    page = staff.read(f"/equipe/soir?jour={driven.day.id}")
    assert "0 sur 4" in page
    assert "la caisse de Karim B., à compter" in page

    refused = staff.post(f"/equipe/soir/{driven.day.id}/clore")

    assert refused.status_code == 409
    assert "n’est pas encore à clore" in plain(refused.text)
    assert staff.get("/equipe/soir").status_code == 200


def test_a_page_of_the_evening_asks_six_questions_at_most(staff: SignedIn, driven: Driven) -> None:
    driven.record(*(said(ActKind.DELIVERED, order) for order in driven.orders[:3]))
    driven.record(said(ActKind.NO_ANSWER, driven.orders[3]))
    driven.make.ask(lambda session: set_organisation(session, name="Les Saules"))
    pages = (f"?jour={driven.day.id}", f"/tournees/{driven.round_id}", f"/{driven.day.id}/a-decider",
             f"/tournees/{driven.round_id}/caisse")  # fmt: skip

    asked = {}
    for page in pages:
        with counted(driven.engine) as statements:
            staff.read(f"/equipe/soir{page}")
        asked[page] = len(statements)

    assert {page: count for page, count in asked.items() if count > 6} == {}


def test_the_morning_page_names_what_was_not_handed_over_and_a_day_that_was_not_closed(
    staff: SignedIn, make: Make, driven: Driven
) -> None:
    left_open = drive(make, in_days=-1)
    driven.record(said(ActKind.NO_ANSWER, driven.orders[0]))

    page = staff.read(f"/equipe/?jour={driven.day.id}")

    assert "1 commande non remise" in page
    assert f"/equipe/soir/{driven.day.id}/a-decider" in page
    assert "n’est pas clos" in page
    assert f"/equipe/soir?jour={left_open.day.id}" in page
