"""Staff deal with withdrawals: each step once, a refusal in words, and the customer is told."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from meloko.accounts.models import Role
from meloko.notices.models import Channel
from meloko.orders.deciding import LONGEST_REASON, count_withdrawals
from meloko.orders.models import Withdrawal, WithdrawalState
from meloko.orders.services import find_order
from meloko.orders.withdrawing import withdraw
from tests import questions
from tests.make import Make
from tests.signed_in import SignedIn, plain, sign_in

PAGE = "/equipe/commandes/renonciations"


@pytest.fixture
def staff(client: FlaskClient, make: Make) -> SignedIn:
    return sign_in(client, make.user(Role.STAFF))


@pytest.fixture
def given_back(make: Make, engine: Engine) -> Withdrawal:
    """Two jars of jam that Yvette, who has no e-mail, does not want any more."""
    jam = make.product(name="Confiture", price_cents=450, deposit_cents=30, perishable=False)
    placed = make.order(make.customer(), make.day(), None, {jam.id: 2})
    order = make.ask(find_order, placed.order_id)
    make.ask(withdraw, order, frozenset({order.lines[0].id}), by=None)
    return questions.only(engine, Withdrawal)


def decide(staff: SignedIn, withdrawal: Withdrawal, shown: str, to: str, note: str = "") -> tuple[int, str]:
    answer = staff.post(f"{PAGE}/{withdrawal.id}", shown=shown, to=to, note=note)
    return answer.status_code, plain(answer.text)


def test_goods_come_back_then_the_money_and_the_customer_is_told_once(
    staff: SignedIn, make: Make, engine: Engine, given_back: Withdrawal
) -> None:
    page = staff.read(PAGE)
    steps = [decide(staff, given_back, "received", "goods back")[0] for _ in range(2)]
    taken_back = decide(staff, given_back, "goods back", "received")[0]
    decide(staff, given_back, "received", "goods back")
    steps += [decide(staff, given_back, "goods back", "paid back")[0] for _ in range(2)]

    assert "9,60 €" in page
    assert "2 × Confiture" in page
    assert (steps, taken_back) == ([303] * 4, 303)
    assert questions.only(engine, Withdrawal).state is WithdrawalState.PAID_BACK
    assert make.ask(count_withdrawals) == 0
    told = [each for each in questions.notices(engine) if "remboursement" in each.subject]
    assert [each.channel for each in told] == [Channel.TELEPHONE]


def test_a_refusal_wants_a_reason_and_its_letter_says_it(
    staff: SignedIn, engine: Engine, given_back: Withdrawal
) -> None:
    silent = decide(staff, given_back, "received", "refused", "  ")
    endless = decide(staff, given_back, "received", "refused", "é" * 10_000)
    refused = decide(staff, given_back, "received", "refused", "<script>le pot est ouvert</script>")

    assert (silent[0], endless[0], refused[0]) == (422, 422, 303)
    assert "Écrivez pourquoi" in silent[1]
    assert f"{LONGEST_REASON} signes au plus" in endless[1]
    assert "<script>le pot" not in staff.read(PAGE)
    letter = questions.notices(engine)[-1]
    assert letter.channel is Channel.LETTER
    assert "le pot est ouvert" in letter.body


@pytest.mark.parametrize(
    ("shown", "to", "status"),
    [
        ("goods back", "paid back", 409),  # a colleague took it back in between
        ("received", "nothing", 404),
        ("", "", 404),
    ],
)
def test_a_step_from_an_old_page_changes_nothing(
    staff: SignedIn, engine: Engine, given_back: Withdrawal, shown: str, to: str, status: int
) -> None:
    assert decide(staff, given_back, shown, to)[0] == status
    assert questions.only(engine, Withdrawal).state is WithdrawalState.RECEIVED


def test_money_that_has_left_is_not_taken_back(staff: SignedIn, engine: Engine, given_back: Withdrawal) -> None:
    decide(staff, given_back, "received", "paid back")

    assert decide(staff, given_back, "paid back", "received")[0] == 409
    assert decide(staff, given_back, "paid back", "refused", "trop tard")[0] == 409
    assert questions.only(engine, Withdrawal).state is WithdrawalState.PAID_BACK


def test_a_withdrawal_that_nobody_knows_is_not_found(staff: SignedIn) -> None:
    assert staff.post(f"{PAGE}/999999", shown="received", to="paid back").status_code == 404
