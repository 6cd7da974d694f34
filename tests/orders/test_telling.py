"""Who is told what of an order: by e-mail, by a letter that goes with the round, by a call."""

import datetime as dt
from dataclasses import replace

from sqlalchemy import Engine

from meloko.accounts.models import Role
from meloko.clock import now
from meloko.jobs import SendNotice
from meloko.notices.models import Channel, Notice
from meloko.notices.services import send_notice
from meloko.orders.changing import Change, cancel_order, cancel_own_order, change_line
from meloko.orders.drafting import Placed
from meloko.orders.models import Source
from meloko.orders.placing import place_order
from tests import questions
from tests.make import Make


def on_paper(make: Make, email: str = "", phone: str = "") -> Placed:
    """Place an order that came on paper yesterday and is keyed today."""
    cafe = make.relay_point(name="Café de la Place")
    leeks = make.product(name="Poireaux", price_cents=320, deposit_cents=50)
    draft = make.draft(
        make.customer(email=email, phone=phone), make.day(cafe), cafe, {leeks.id: 2},
        source=Source.PAPER, received_at=now() - dt.timedelta(days=1), keyed_by=make.user(Role.STAFF),
    )  # fmt: skip
    return make.ask(place_order, draft)


def change(make: Make, placed: Placed, shown: int, wanted: int) -> None:
    line = questions.lines_of(make.engine, placed.order_id)[0]
    make.ask(change_line, placed.order_id, Change(line.id, shown, wanted), by=None)


def test_an_order_on_paper_is_confirmed_by_a_letter_that_goes_with_its_round(make: Make, engine: Engine) -> None:
    placed = on_paper(make)

    [letter] = questions.notices(engine)
    day = questions.day(engine, questions.order(engine, placed.order_id).delivery_day_id)
    assert letter.channel is Channel.LETTER
    assert letter.recipient == "Mme Legrand Yvette, 17 rue du Marais, 62400 Essars"
    assert (letter.carried_on, letter.carried_to) == (day.date, "Café de la Place")
    for words in ("2 × Poireaux, 6,40 €", "Consignes : 1,00 €", "Total : 7,40 €", "Vous pouvez la changer jusqu’au"):
        assert words in letter.body.replace("\u00a0", " "), words


def test_an_order_on_paper_is_confirmed_by_mail_when_there_is_one(make: Make, engine: Engine) -> None:
    on_paper(make, email="yvette@meloko.example")

    [mail] = questions.notices(engine)
    assert (mail.channel, mail.recipient, mail.carried_on) == (Channel.EMAIL, "yvette@meloko.example", None)


def test_what_may_be_given_back_is_said_in_the_confirmation(make: Make, engine: Engine) -> None:
    jam = make.product(name="Confiture", perishable=False)
    make.order(make.customer(email="yvette@meloko.example"), make.day(), None, {jam.id: 1, make.product().id: 1})

    assert "14 jours après la livraison pour renoncer à ces produits : Confiture." in questions.notices(engine)[0].body


def test_a_letter_that_waits_says_the_order_as_it_is_now(make: Make, engine: Engine) -> None:
    placed = on_paper(make)

    change(make, placed, 2, 3)
    change(make, placed, 3, 5)

    [letter] = questions.notices(engine)
    assert "5 × Poireaux, 16,00 €" in letter.body.replace("\u00a0", " ")
    assert "a changé" in letter.body


def test_five_changes_in_a_row_are_one_mail_besides_the_confirmation(make: Make, engine: Engine) -> None:
    placed = on_paper(make, email="yvette@meloko.example")

    for more in range(2, 7):
        change(make, placed, more, more + 1)
        change(make, placed, more, more + 1)  # sent twice by the browser

    confirmed, changed = questions.notices(engine)
    assert "2 × Poireaux" in confirmed.body
    assert "7 × Poireaux" in changed.body
    assert questions.jobs(engine, SendNotice.name)[1].due_at > now()


def test_who_receives_is_told_of_a_change_and_of_the_end(make: Make, engine: Engine) -> None:
    yvette, roger = make.customer(email="yvette@meloko.example"), make.customer(last_name="Carlier", first_name="Roger")
    leeks = make.product(name="Poireaux")
    draft = replace(make.draft(yvette, make.day(), None, {leeks.id: 2}), recipient_id=roger.id)
    placed = make.ask(place_order, draft)

    change(make, placed, 2, 3)
    make.ask(cancel_order, placed.order_id, by=None, reason="route coupée", as_staff=True)

    calls = [each for each in questions.notices(engine) if each.channel is Channel.TELEPHONE]
    mails = [each.subject for each in questions.notices(engine) if each.channel is Channel.EMAIL]
    assert [each.recipient for each in calls] == ["Mme Carlier Roger, 03 53 01 66 09"]
    assert "est annulée" in calls[0].body
    assert [subject.split()[-1] for subject in mails] == [questions.order(engine, placed.order_id).number, "annulée"]


def test_staff_who_cancel_tell_who_has_no_mail_by_telephone(make: Make, engine: Engine) -> None:
    placed = on_paper(make, phone="03 53 01 66 09")

    make.ask(cancel_order, placed.order_id, by=None, reason="", as_staff=True)

    [call] = questions.notices(engine)
    assert (call.channel, call.carried_on) == (Channel.TELEPHONE, None)
    assert "est annulée" in call.body


def test_nobody_calls_who_has_cancelled_it_herself_and_no_letter_goes_for_nothing(make: Make, engine: Engine) -> None:
    placed = on_paper(make, phone="03 53 01 66 09")

    make.ask(cancel_own_order, placed.order_id, by=None)

    assert questions.notices(engine) == []


def test_a_mail_says_who_writes_and_leaves_once(make: Make, engine: Engine) -> None:
    on_paper(make, email="yvette@meloko.example")
    [mail] = questions.notices(engine)
    sent: list[tuple[Notice, str]] = []

    for _ in range(2):
        make.ask(send_notice, SendNotice(notice_id=mail.id), lambda notice, foot: sent.append((notice, foot)))

    assert [(notice.id, "Meloko" in foot) for notice, foot in sent] == [(mail.id, True)]
