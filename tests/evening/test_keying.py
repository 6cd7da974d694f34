"""The sheet is keyed through its page: what a person types is what is read."""

import re

import pytest
from sqlmodel import Session

from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.driving.models import ActKind
from meloko.orders.models import Order
from meloko.orders.services import find_order
from tests.driving.driven import Driven, drive, said
from tests.make import Make
from tests.signed_in import SignedIn, plain

_BOX = re.compile(r'<input[^>]*? name="([^"]+)"[^>]*?>')
_VALUE = re.compile(r' value="([^"]*)"')


@pytest.fixture
def address(driven: Driven) -> str:
    return f"/equipe/soir/tournees/{driven.round_id}"


def boxes(page: str) -> dict[str, str]:
    """Read every box of a page with what stands in it."""
    found = ((match[1], _VALUE.search(match[0])) for match in _BOX.finditer(page))
    return {name: value[1] if value else "" for name, value in found if name != "csrf_token"}


def key(staff: SignedIn, address: str, **typed: str) -> tuple[int, str]:
    """Type into some boxes of the page and send it whole; return what came back."""
    fields = boxes(staff.read(address))
    names = {name: name.replace("_", "-") for name in typed}
    assert set(names.values()) <= set(fields), (names, fields)
    answer = staff.post(address, **{**fields, **{names[name]: value for name, value in typed.items()}})
    return answer.status_code, plain(answer.text)


def test_each_line_takes_one_key_and_the_relay_point_the_numbers_that_lack(
    staff: SignedIn, driven: Driven, address: str
) -> None:
    home, cafe, last = driven.stops
    lacking = driven.make.ask(find_order, driven.orders[2]).number

    status, _ = key(
        staff, address,
        **{f"issue_{home}": "l", f"issue_{cafe}": "L", f"manque_{cafe}": lacking, f"issue_{last}": "p"},
    )  # fmt: skip

    assert status == 303
    assert driven.states() == ["delivered", "at_relay", "undelivered", "undelivered"]
    assert {act.source.value for act in driven.acts()} == {"paper"}
    again = boxes(staff.read(address))
    assert [again[f"issue-{stop}"] for stop in driven.stops] == ["L", "L", "P"]
    assert again[f"manque-{cafe}"] == lacking


def test_the_same_page_sent_twice_counts_once(staff: SignedIn, driven: Driven, address: str) -> None:
    home = driven.stops[0]
    fields = {**boxes(staff.read(address)), f"issue-{home}": "L", f"paye-{home}": "E"}

    assert [staff.post(address, **fields).status_code for _ in range(2)] == [303, 303]

    assert [act.kind for act in driven.acts()] == [ActKind.DELIVERED, ActKind.CASH]


def test_what_makes_no_sense_stays_as_typed_and_the_rest_is_kept(staff: SignedIn, driven: Driven, address: str) -> None:
    home, cafe, last = driven.stops

    status, page = key(
        staff, address,
        **{
            f"issue_{home}": "L", f"paye_{home}": "E12,x",
            f"issue_{cafe}": "L", f"manque_{cafe}": "9999",
            f"issue_{last}": "R", f"mot_{last}": "n’en veut plus",
        },
    )  # fmt: skip

    assert status == 422
    typed = boxes(page)
    assert (typed[f"issue-{home}"], typed[f"paye-{home}"]) == ("L", "E12,x")
    assert (typed[f"issue-{cafe}"], typed[f"manque-{cafe}"]) == ("L", "9999")
    assert "Pas à cet arrêt : n° 9999" in page
    assert driven.states() == ["confirmed", "confirmed", "confirmed", "undelivered"]


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"issue": "X"}, "issue", "La touche « X » ne dit rien ici"),
        ({"issue": "V"}, "mot", "Écrivez chez qui"),
        ({"issue": "P", "paye": "E"}, "paye", "Rien n’est dû ici"),
        ({"issue": "L", "paye": "E C"}, "paye", "seul ou avec la somme"),
        ({"issue": "L", "vides": "-3"}, "vides", "combien de vides"),
    ],
)
def test_a_field_that_cannot_be_meant_is_named(
    staff: SignedIn, driven: Driven, address: str, typed: dict[str, str], field: str, sentence: str
) -> None:
    home = driven.stops[0]

    status, page = key(staff, address, **{f"{name}_{home}": value for name, value in typed.items()})

    assert (status, sentence in page) == (422, True)
    assert f'id="{field}-{home}-error"' in page
    assert driven.acts() == []


def test_money_and_empties_are_noted_on_the_stop_and_corrected(staff: SignedIn, driven: Driven, address: str) -> None:
    home = driven.stops[0]
    due = driven.make.ask(find_order, driven.orders[0]).total_cents

    key(staff, address, **{f"issue_{home}": "L", f"paye_{home}": "e", f"vides_{home}": "3"})
    assert {(act.kind, act.cents or act.count) for act in driven.acts()[1:]} == {
        (ActKind.CASH, due),
        (ActKind.EMPTIES, 3),
    }
    key(staff, address, **{f"paye_{home}": "E4 C2,40", f"vides_{home}": ""})

    again = boxes(staff.read(address))
    assert (again[f"paye-{home}"].replace("\u00a0", " "), again[f"vides-{home}"]) == ("E4,00 C2,40", "")
    assert [act.order_id for act in driven.acts() if act.kind is ActKind.CASH] == [driven.orders[0]] * 2


def test_what_the_phone_said_is_there_and_is_not_wiped_by_a_page_that_did_not_know_it(
    staff: SignedIn, driven: Driven, address: str
) -> None:
    home, _, last = driven.stops
    before = boxes(staff.read(address))
    driven.record(said(ActKind.DELIVERED, driven.orders[0]))

    assert boxes(staff.read(address))[f"issue-{home}"] == "L"
    assert "dit du téléphone" in staff.read(address)
    staff.post(address, **{**before, f"issue-{last}": "R"})

    assert driven.states()[0] == "delivered"
    # Emptied on purpose, it is taken back.
    key(staff, address, **{f"issue_{home}": ""})
    assert driven.states()[0] == "confirmed"


def test_an_outcome_that_was_keyed_wrongly_does_not_come_back(staff: SignedIn, driven: Driven, address: str) -> None:
    home = driven.stops[0]
    for typed in ("L", "R", ""):
        key(staff, address, **{f"issue_{home}": typed})

    assert (driven.states()[0], driven.outcomes()) == ("confirmed", {})


def test_orders_that_waited_at_the_relay_point_come_back_or_were_collected(
    staff: SignedIn, driven: Driven, address: str, make: Make
) -> None:
    before = drive(make, in_days=-1)
    cafe = driven.stops[1]
    back, collected = before.orders[1:3]
    with Session(make.engine) as session:
        relay = session.get_one(Order, driven.orders[1]).relay_point_id
        for order_id in (back, collected):
            session.get_one(Order, order_id).relay_point_id = relay
        session.commit()
    before.record(*(said(ActKind.DELIVERED, order_id) for order_id in (back, collected)))

    key(staff, address, **{f"issue_{cafe}_{back}": "R", f"issue_{cafe}_{collected}": "T"})

    assert before.states()[1:3] == ["undelivered", "collected"]
    assert f"n° {make.ask(find_order, back).number}" in staff.read(f"/equipe/soir/{driven.day.id}/a-decider")


def test_a_settled_day_keeps_its_outcomes(staff: SignedIn, driven: Driven, address: str) -> None:
    fields = {**boxes(staff.read(address)), f"issue-{driven.stops[0]}": "L"}
    with Session(driven.engine) as session:
        session.get_one(DeliveryDay, driven.day.id).state = DayState.SETTLED
        session.commit()

    answer = staff.post(address, **fields)

    assert answer.status_code == 409
    assert "Ce jour est clos" in plain(answer.text)
    assert driven.acts() == []


def test_a_sheet_that_is_none_is_not_found(staff: SignedIn) -> None:
    for page in (
        "/equipe/soir/tournees/999999",
        "/equipe/soir/999999/a-decider",
        "/equipe/soir/tournees/999999/caisse",
    ):
        assert staff.get(page).status_code == 404
