import zxingcpp
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from meloko.catalogue.models import Temperature
from meloko.orders.models import Order, OrderLine
from meloko.rounds.models import Round
from tests.papers.sheets import picture_of
from tests.printing.days import Printed, address


def test_a_label_says_the_order_a_short_name_the_stop_the_bag_and_the_temperature(printed: Printed) -> None:
    printed.print()

    [page] = [page for page in printed.pages() if page.startswith("Étiquettes, tournée A")]
    carlier = printed.number("Carlier")
    for bag, temperature in enumerate(("ambiant", "FRAIS", "SURGELÉ"), 1):
        assert f"{carlier} sac {bag}/3 C. Roger Café de la Place A 2 {temperature}" in page
    assert "Legrand" not in page
    assert "Carlier" not in page


def test_the_pick_up_list_abbreviates_names_and_says_what_is_owed(printed: Printed) -> None:
    printed.print()

    [page] = [page for page in printed.pages() if page.startswith("Café de la Place")]
    assert f"{printed.number('Carlier')} C. Roger 1 1 1 12,80 €" in page
    assert "de 8 h à 20 h" in page
    assert "Carlier" not in page
    assert "03 53 01 24 60" in page


def test_a_bag_for_somebody_else_says_who_ordered_it(printed: Printed, engine: Engine) -> None:
    printed.write(Order, printed.orders["Carlier"], customer_id=printed.people["Wattel"].id)

    printed.print()

    [page] = [page for page in printed.pages() if page.startswith("Café de la Place")]
    assert "W. Rose, pour C. Roger" in page


def test_the_packing_sheets_leave_room_for_real_weights_and_tell_what_is_picked_up_on_the_way(
    printed: Printed,
) -> None:
    printed.print()

    by_product, by_order = (page for page in printed.pages() if page.startswith(("Préparation par produit", "A Prépa")))
    # 1 for round A, 5 for round B, 2 for the order that is on none.
    assert "Poireaux la botte 8 1 5 2" in by_product
    assert "Tomme la botte 2 2 – – vers 2 kg" in by_product
    assert "Pris en route, rien à préparer" in by_product
    assert by_order.count("pris en route, arrêt 1") == by_order.count("Lait") == 2
    assert "Tomme la botte vers 2 kg" in by_order


def test_the_delivery_note_adds_up(printed: Printed) -> None:
    printed.print()

    [page] = [
        page
        for page in printed.pages()
        if page.startswith(f"Bon de livraison, commande n° {printed.number('Legrand')}")
    ]
    assert "Mme Legrand Yvette 17 rue du Marais" in page
    assert "3 Lait la botte 3,20 € 9,60 €" in page
    assert "Total à payer 49,60 €" in page
    assert "Le poids réel est écrit à la main" in page


def test_an_order_of_next_to_nothing_still_has_a_bag(printed: Printed, engine: Engine) -> None:
    line = _line(engine, printed.orders["Wattel"])
    printed.write(OrderLine, line, crates_hundredths=0, temperature=Temperature.FROZEN)

    printed.print()

    [page] = [page for page in printed.pages() if page.startswith("Étiquettes, tournée B")]
    assert f"{printed.number('Wattel')} sac 1/1 W. Rose Essars B 1 SURGELÉ" in page


def _line(engine: Engine, order_id: int) -> int:
    with Session(engine) as session:
        return session.exec(select(OrderLine.id).where(col(OrderLine.order_id) == order_id)).one()


def test_the_codes_open_each_round(printed: Printed, engine: Engine) -> None:
    printed.print()

    content = printed.file()
    sheets = [at for at, page in enumerate(printed.pages()) if "Feuille de route, " in page and "départ" in page]
    codes = [code.text for at in sheets for code in zxingcpp.read_barcodes(picture_of(content, at, scale=2.0))]
    with Session(engine) as session:
        rounds = [session.get_one(Round, one) for one in (printed.round_a, printed.round_b)]
        assert codes == [address(row) for row in rounds]
    assert len(set(codes)) == 2


def test_black_is_the_only_colour(printed: Printed) -> None:
    printed.print()

    content = printed.file()
    for at in range(len(printed.pages())):
        picture = picture_of(content, at, scale=0.3).convert("RGB")
        assert all(red == green == blue for _, (red, green, blue) in picture.getcolors(maxcolors=1 << 24)), at
