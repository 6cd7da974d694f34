"""What a customer does with her order afterwards, and what she is told before: fees, age, the closing, withdrawal."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session

from meloko.catalogue.models import Product
from meloko.clock import now
from meloko.delivery_days.models import DeliveryDay
from meloko.orders.models import BasketLine, Order, OrderState, Substitution, Withdrawal
from meloko.relay_points.models import RelayPoint
from tests import questions
from tests.make import Make
from tests.visitor import Visitor, value_of, words


@pytest.fixture
def visitor(client: FlaskClient, make: Make, engine: Engine) -> Visitor:
    """Yvette, signed in."""
    visitor = Visitor(client)
    visitor.sign_in(engine, make.customer(email="yvette@meloko.example"))
    return visitor


def change(engine: Engine, row: Product | RelayPoint | DeliveryDay, **values: object) -> None:
    with Session(engine) as session:
        kept = session.get_one(type(row), row.id)
        for name, value in values.items():
            setattr(kept, name, value)
        session.commit()


def ready(visitor: Visitor, make: Make, product: Product, quantity: int = 2) -> tuple[DeliveryDay, RelayPoint]:
    cafe = make.relay_point(name="Café de la Place")
    day = make.day(cafe)
    visitor.order(product.code, quantity)
    visitor.send("/commander/jour-et-lieu", day=day.id, place=cafe.id)
    return day, cafe


def send(visitor: Visitor, **values: object) -> tuple[int, str]:
    page = visitor.open("/commander/verifier")
    given: dict[str, Any] = {name: value_of(page, name) for name in ("key", "seen")}
    answer = visitor.send("/commander/verifier", follow=False, **{**given, **values})
    return answer.status_code, answer.headers.get("Location", "") or words(answer)


def line(engine: Engine) -> int:
    return questions.lines_of(engine, questions.only(engine, Order).id)[0].id


def test_an_order_is_changed_and_cancelled_on_its_own_page(visitor: Visitor, make: Make, engine: Engine) -> None:
    leeks, eggs = make.product(name="Poireaux", stock=5), make.product(name="Œufs")
    ready(visitor, make, leeks)
    visitor.order(eggs.code, 1)
    send(visitor)
    order = questions.only(engine, Order)
    address = f"/commander/commandes/{order.id}"

    for _ in range(2):
        visitor.send(f"{address}/lignes/{line(engine)}", change="less", quantity=2, shown=2)
    changed = words(visitor.open(address))
    for _ in range(2):
        visitor.send(f"{address}/annuler")

    assert "1 pour 3,20 €" in changed
    assert questions.only(engine, Order).state is OrderState.CANCELLED
    assert questions.stock_of(engine, leeks) == 5
    assert "Cette commande est annulée" in words(visitor.open(address))


@pytest.mark.parametrize("typed", ["", "1,5", "-1", "501", "deux", "x" * 10_000, "\x00", "²", "🥕", "<script>"])
def test_a_quantity_that_is_none_changes_nothing(visitor: Visitor, make: Make, engine: Engine, typed: str) -> None:
    ready(visitor, make, make.product())
    send(visitor)
    order = questions.only(engine, Order)

    page = visitor.send(f"/commander/commandes/{order.id}/lignes/{line(engine)}", change="set", quantity=typed, shown=2)

    assert page.status_code == 422
    assert "Écrivez un nombre en chiffres, de 0 à 500" in words(page)
    assert questions.only(engine, Order).goods_cents == 640


def test_the_order_of_another_is_not_there(visitor: Visitor, make: Make, engine: Engine, app: Flask) -> None:
    ready(visitor, make, make.product())
    send(visitor)
    address, other = f"/commander/commandes/{questions.only(engine, Order).id}", Visitor(app.test_client())

    answers = [
        other.open(address),
        other.open(f"{address}/renoncer"),
        other.send(f"{address}/annuler"),
        other.send(f"{address}/renoncer", line=line(engine)),
        other.send(f"{address}/lignes/{line(engine)}", change="set", quantity=1, shown=2),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert questions.only(engine, Order).state is OrderState.PLACED


def test_a_line_of_another_order_is_not_changed(visitor: Visitor, make: Make, engine: Engine) -> None:
    day, cafe = ready(visitor, make, make.product())
    send(visitor)
    mine = questions.only(engine, Order).id
    other = make.order(make.customer(last_name="Autre"), day, cafe, {make.product().id: 2}).order_id
    theirs = questions.lines_of(engine, other)[0].id

    answer = visitor.send(f"/commander/commandes/{mine}/lignes/{theirs}", change="set", quantity=1, shown=2)

    assert answer.status_code == 404
    assert questions.lines_of(engine, other)[0].ordered == 2


def test_the_delivery_costs_what_was_said_and_stays_on_the_order(visitor: Visitor, make: Make, engine: Engine) -> None:
    _, cafe = ready(visitor, make, make.product(vat_rate_bp=550))
    change(engine, cafe, fee_cents=250)

    place, check = (words(visitor.open(f"/commander/{page}")) for page in ("jour-et-lieu", "verifier"))
    send(visitor)
    change(engine, cafe, fee_cents=900)

    assert "Livraison 2,50 €" in place
    assert "8,90 €" in check
    order = questions.only(engine, Order)
    assert (order.goods_cents, order.fee_cents, order.total_cents) == (640, 250, 890)
    assert {rate["rate_bp"]: rate["vat_cents"] for rate in order.vat} == {550: 33, 2000: 42}


def test_too_little_for_a_place_is_said_before_and_refused_after(visitor: Visitor, make: Make, engine: Engine) -> None:
    leeks = make.product()
    _, cafe = ready(visitor, make, leeks)
    change(engine, cafe, minimum_cents=1_000)

    place, check = (words(visitor.open(f"/commander/{page}")) for page in ("jour-et-lieu", "verifier"))
    refused = send(visitor)
    visitor.order(leeks.code, 4)
    sent = send(visitor)

    assert "à partir de 10,00 € de produits" in place.replace("À partir", "à partir")
    assert "il manque 3,60 €" in check
    assert (refused[0], sent[0]) == (422, 303)
    assert "Il manque 3,60 €" in refused[1]


def test_alcohol_needs_a_declaration_of_age(visitor: Visitor, make: Make, engine: Engine) -> None:
    beer = make.product(name="Bière blonde")
    change(engine, beer, alcohol=True)
    ready(visitor, make, beer)

    refused, sent = send(visitor), send(visitor, adult="1")

    assert refused[0] == 422
    assert "cochez la case qui déclare que vous avez 18 ans ou plus" in refused[1]
    assert sent[0] == 303
    assert questions.only(engine, Order).adult_declared


def test_wishes_are_kept_for_the_order_and_for_a_line(visitor: Visitor, make: Make, engine: Engine) -> None:
    ready(visitor, make, make.product())
    own = questions.only(engine, BasketLine).id

    send(visitor, **{"wish": "replace", f"wish-{own}": "call", "wish-999999": "call", "wish-x": "call"})

    order = questions.only(engine, Order)
    assert order.substitution is Substitution.REPLACE
    assert questions.lines_of(engine, order.id)[0].substitution is Substitution.CALL


def test_a_product_withdrawn_in_the_meantime_is_said_and_the_rest_is_sent(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    leeks, honey = make.product(name="Poireaux"), make.product(name="Miel")
    ready(visitor, make, leeks)
    visitor.order(honey.code, 1)
    old = visitor.open("/commander/verifier")
    change(engine, honey, active=False)

    unsaid = visitor.send("/commander/verifier", key=value_of(old, "key"), seen=value_of(old, "seen"))
    check = visitor.open("/commander/verifier")
    sent = send(visitor, without=value_of(check, "without"))

    assert unsaid.status_code == 409
    assert "Miel n’est pas vendu en ce moment" in words(unsaid)
    assert "Miel : N’est plus vendu. Nous l’enlevons de cette commande, le reste est gardé." in words(check)
    assert sent[0] == 303
    assert questions.only(engine, Order).goods_cents == 640


def test_a_price_that_rose_since_the_page_is_shown_before_it_is_owed(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    leeks = make.product(price_cents=320)
    ready(visitor, make, leeks)
    page = visitor.open("/commander/verifier")
    change(engine, leeks, price_cents=400)

    refused = visitor.send("/commander/verifier", key=value_of(page, "key"), seen=value_of(page, "seen"))

    assert refused.status_code == 409
    assert "Vérifiez-la de nouveau" in words(refused)
    assert questions.how_many(engine, Order) == 0


def test_within_the_grace_an_order_begun_in_time_chooses_its_place_and_leaves(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    cafe, leeks = make.relay_point(), make.product()
    day = make.day(cafe, closes_in=dt.timedelta(minutes=5))
    visitor.order(leeks.code, 1)

    with time_machine.travel(now() + dt.timedelta(minutes=9)):
        chosen = visitor.send("/commander/jour-et-lieu", follow=False, day=day.id, place=cafe.id)
        sent = send(visitor)

    assert (chosen.status_code, sent[0]) == (303, 303)
    assert questions.only(engine, Order).delivery_day_id == day.id


def test_past_the_grace_a_page_offers_the_next_day_with_the_same_basket(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    day, cafe = ready(visitor, make, make.product())
    change(engine, day, cut_off_at=now() + dt.timedelta(minutes=5))
    later = make.day(cafe, in_days=5, closes_in=dt.timedelta(days=3))

    with time_machine.travel(now() + dt.timedelta(minutes=20)):
        page = visitor.open("/commander/verifier")
        visitor.send("/commander/jour-et-lieu", day=value_of(page, "day"), place=value_of(page, "place"))
        sent = send(visitor)

    assert "Votre commande est gardée, rien n’est perdu." in words(page)
    assert "La même commande pour" in words(page)
    assert sent[0] == 303
    assert questions.only(engine, Order).delivery_day_id == later.id


def test_for_fourteen_days_goods_that_keep_are_withdrawn_from_with_a_receipt(
    visitor: Visitor, make: Make, engine: Engine
) -> None:
    honey, leeks = make.product(name="Miel"), make.product(name="Poireaux")
    change(engine, honey, perishable=False)
    day, _ = ready(visitor, make, honey)
    visitor.order(leeks.code, 1)
    send(visitor)
    order = questions.only(engine, Order)
    fit, fresh = (each.id for each in questions.lines_of(engine, order.id))
    address = f"/commander/commandes/{order.id}/renoncer"

    nothing = visitor.send(address, line="")
    forged = visitor.send(address, line=fresh)
    with time_machine.travel(dt.datetime.combine(day.date + dt.timedelta(days=14), dt.time(12), dt.UTC)):
        first, second = visitor.send(address, line=fit), visitor.send(address, line=fit)

    assert (nothing.status_code, forged.status_code) == (422, 422)
    assert first.status_code == second.status_code == 200
    assert "Nous avons reçu votre renonciation" in words(second)
    assert questions.only(engine, Withdrawal).order_line_id == fit
    receipts = [notice.body for notice in questions.notices(engine) if "renonciation" in notice.subject]
    assert len(receipts) == 1
    assert "2 × Miel" in receipts[0]


def test_after_fourteen_days_it_is_too_late_to_withdraw(visitor: Visitor, make: Make, engine: Engine) -> None:
    honey = make.product(name="Miel")
    change(engine, honey, perishable=False)
    day, _ = ready(visitor, make, honey)
    send(visitor)
    address = f"/commander/commandes/{questions.only(engine, Order).id}/renoncer"

    with time_machine.travel(dt.datetime.combine(day.date + dt.timedelta(days=15), dt.time(12), dt.UTC)):
        refused = visitor.send(address, line=line(engine))

    assert refused.status_code == 409 or "Le délai de 14 jours s’est terminé" in words(refused)
    assert questions.how_many(engine, Withdrawal) == 0
