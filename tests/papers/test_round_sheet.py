import dataclasses
import datetime as dt
import re

import pytest
import zxingcpp

from meloko.rounds.models import StopKind
from meloko.rounds.printing import print_sheet
from meloko.rounds.sheet import Contact, CountsDoNotClose, Crates, DropLine, Goods, LoadLine, OtherRound, SheetException
from meloko.rounds.sheet_words import short_name
from tests.papers.sheets import PRINTED_AT, a_sheet, a_stop, of_stops, pages_of, picture_of


def test_the_first_page_says_who_drives_what_when_and_how_far() -> None:
    first = pages_of(print_sheet(a_sheet(), PRINTED_AT))[0]

    for words in (
        "Feuille de route, Béthune nord",
        "Jeudi 26 novembre 2026",
        "Karim B.",
        "Camionnette 2 (AB-123-CD)",
        "7 h 00",
        "15 h 00",
        "64 km",
        "version 4",
        "remplace la version 3",
        "imprimé à 5 h 12",
    ):
        assert words in first


def test_every_page_carries_its_number_its_version_and_the_word_confidential() -> None:
    pages = pages_of(print_sheet(a_sheet(), PRINTED_AT))

    for number, page in enumerate(pages, start=1):
        assert f"page {number}/{len(pages)}" in page
        assert "version 4" in page
        assert "CONFIDENTIEL, à rendre ou à détruire" in page
        assert ("suite au verso" in page) == (number % 2 == 1 and number < len(pages))


@pytest.mark.parametrize(("stops", "pages"), [(1, 2), (12, 4), (40, 10), (60, 14)])
def test_a_sheet_takes_as_many_pages_as_its_stops_need(stops: int, pages: int) -> None:
    assert len(pages_of(print_sheet(a_sheet(stops), PRINTED_AT))) == pages


def test_no_stop_is_split_over_two_pages() -> None:
    sheet = a_sheet(60)
    pages = pages_of(print_sheet(sheet, PRINTED_AT))

    timetable = [page.split("Les arrêts", 1)[-1] for page in pages]
    for stop in sheet.stops:
        heading = re.compile(rf"{stop.name}(?:, point relais)? {stop.street}, Locon")
        there = [number for number, page in enumerate(timetable) if heading.search(page)]
        assert len(there) == 1
        after = timetable[there[0]][heading.search(timetable[there[0]]).end() :]  # type: ignore[union-attr]
        own = re.split(r"Lieu-\d{3} Dubois", after)[0]
        last_box = {"home": "Signalement", "relay": "Signalement", "farm": "Fermé"}[stop.kind]
        assert last_box in own
        assert "signature" in own
        assert "heure" in own
        for line in stop.orders:
            assert line.order in own


def test_the_load_list_begins_with_the_last_stop_and_adds_up() -> None:
    first = pages_of(print_sheet(a_sheet(12), PRINTED_AT))[0]

    loaded = first.split("À charger", 1)[1].split("Les arrêts", 1)[0]
    numbers = [int(number) for number in re.findall(r"Lieu-(\d{3}) Dubois", loaded.split("À prendre", 1)[0])]
    assert numbers == [11, 10, 9, 7, 6, 5, 3, 2, 1]
    # Six homes of one crate, three relay points of seven crates and three chilled bags.
    assert re.search(r"Total, en caisses 27 9 0", loaded)


def test_what_a_farm_gives_is_said_in_short_on_the_first_page_and_whole_at_its_stop() -> None:
    goods = tuple(Goods(number + 1, f"Fromage {number}, pot verre 250 g") for number in range(30))
    farm = a_stop(1, StopKind.FARM, goods=goods, goods_crates=Crates(2, 3, 1))
    first, second = pages_of(print_sheet(of_stops((farm, a_stop(2, StopKind.HOME))), PRINTED_AT))

    on_the_way = first.split("À prendre en route", 1)[1].split("Les arrêts", 1)[0]
    assert "Lieu-001 Dubois 465 articles, 2 caisses, 3 caisses de froid, 1 caisse de surgelés" in on_the_way
    assert "Fromage" not in on_the_way
    at_the_stop = f"{first} {second}".split("Les arrêts", 1)[1]
    assert "2 caisses 3 frais 1 surgelé (465 articles)" in at_the_stop
    for number in range(30):
        assert f"{number + 1} Fromage {number}, 250 g" in at_the_stop


@pytest.mark.parametrize("loaded", [1, 13, 14, 20, 24])
def test_the_load_list_ends_on_the_first_page(loaded: int) -> None:
    stops = tuple(a_stop(number, (StopKind.HOME, StopKind.RELAY)[number % 2]) for number in range(1, loaded + 1))
    first = pages_of(print_sheet(of_stops(stops), PRINTED_AT))[0]

    numbers = [int(number) for number in re.findall(r"Lieu-(\d{3}) Dubois", first.split("Les arrêts", 1)[0])]
    assert numbers == list(range(loaded, 0, -1))
    assert "Total, en caisses" in first


def test_a_very_long_load_list_goes_on_in_two_columns_and_loses_nobody() -> None:
    stops = tuple(a_stop(number, StopKind.HOME) for number in range(1, 61))
    first, second, *_ = pages_of(print_sheet(of_stops(stops), PRINTED_AT))

    shown = [re.findall(r"Lieu-(\d{3}) Dubois", page.split("Les arrêts", 1)[0]) for page in (first, second)]
    assert [int(number) for page in shown for number in page] == list(range(60, 0, -1))
    assert len(shown[0]) >= 20
    assert "Total, en caisses" not in first
    assert "Total, en caisses" in second
    # The stops begin where the list ends, on the same page.
    assert "Les arrêts" in second


def test_a_load_list_finds_no_room_beside_very_many_farms_and_loses_nobody() -> None:
    stops = tuple(a_stop(number, StopKind.FARM if number < 16 else StopKind.HOME) for number in range(1, 40))
    pages = pages_of(print_sheet(of_stops(stops), PRINTED_AT))

    loaded = pages[1].split("Les arrêts", 1)[0]
    assert [int(number) for number in re.findall(r"Lieu-(\d{3}) Dubois", loaded)] == list(range(39, 15, -1))


def test_an_order_that_is_picked_up_on_the_way_whole_says_so_in_the_load_list() -> None:
    sheet = of_stops((a_stop(1, StopKind.FARM), a_stop(2, StopKind.HOME)), load=(LoadLine(2, Crates()),))

    assert "Lieu-002 Dubois, Locon tout en route" in pages_of(print_sheet(sheet, PRINTED_AT))[0]


def test_a_long_title_stands_in_two_lines_and_the_head_of_the_next_page_in_one() -> None:
    name = "Camblain-Châtelain et Saint-Hilaire-Cottes"
    first, second, *_ = pages_of(
        print_sheet(a_sheet(12, name=name, driver="Marie-Thérèse Van Damme, bénévole"), PRINTED_AT)
    )

    assert f"Feuille de route {name} Jeudi" in first
    assert f"A, {name} Jeudi 26 novembre 2026 · arrêts" in second


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("Lait entier cru, bouteille verre 1 l", "Lait entier cru, 1 l"),
        ("Yaourts nature, 4 pots verre", "Yaourts nature, 4 pots"),
        ("Oignons jaunes, filet 2 kg", "Oignons jaunes, 2 kg"),
        ("Lessive liquide, bidon consigné 2 l", "Lessive liquide, 2 l"),
        ("Œufs plein air, boîte de 6", "Œufs plein air, boîte de 6"),
        ("Tomme au lait cru, à la coupe", "Tomme au lait cru, à la coupe"),
        ("Chrysanthème en pot", "Chrysanthème en pot"),
    ],
)
def test_a_product_is_named_without_its_packing_where_its_size_says_enough(name: str, printed: str) -> None:
    assert short_name(name) == printed


def test_empties_that_nobody_knows_of_are_left_to_write_down() -> None:
    stops = (a_stop(1, StopKind.HOME, bottles=0), a_stop(2, StopKind.HOME, bottles=0, filled_forms=1))
    first = pages_of(print_sheet(of_stops(stops), PRINTED_AT))[0]

    assert "Reprendre vides :" in first
    assert "Reprendre 1 bon rempli, vides :" in first
    assert "Reprendre rien" not in first


def test_hours_are_rounded_to_five_minutes() -> None:
    stop = a_stop(1, StopKind.HOME, arrival_s=9 * 3600 + 38 * 60, window_s=(9 * 3600, 10 * 3600 + 1800))
    first = pages_of(print_sheet(of_stops((stop,)), PRINTED_AT))[0]

    assert "9 h 40" in first
    assert "9 h – 10 h 30" in first


def test_a_home_says_what_to_leave_to_take_back_to_collect_and_whom_to_call() -> None:
    stop = a_stop(
        1,
        StopKind.HOME,
        orders=(DropLine("4845", "L. Yvette", Crates(1, 1, 2)),),
        bottles=4,
        filled_forms=1,
        uncollected=("4790",),
        collect_cents=2_210,
        collect_words="espèces ou chèque",
        doorstep_notes="entend mal : sonner longtemps ; chien attaché",
        wait_minutes=5,
        contact_persons=(Contact("sa fille", "06 39 98 70 21"), Contact("M. Roy", "03 53 01 66 09")),
    )
    first = pages_of(print_sheet(of_stops((stop,)), PRINTED_AT))[0]

    for words in (
        "1 caisse 1 frais 2 surgelés",
        "n° 4845",
        "4 bouteilles, 1 bon rempli, la commande 4790 non retirée",
        "22,10 € espèces ou chèque",
        "entend mal : sonner longtemps",
        "chien attaché",
        "attendre 5 min",
        "Si personne : sa fille, 06 39 98 70 21, puis M. Roy, 03 53 01 66 09, puis l’équipe",
        "Livré autrement",
    ):
        assert words in first


def test_a_relay_point_with_more_orders_than_a_page_loses_none() -> None:
    lines = tuple(DropLine(f"7{number:03d}", "L. Aline", Crates(1)) for number in range(95))
    stop = a_stop(1, StopKind.RELAY, orders=lines)
    words = " ".join(pages_of(print_sheet(of_stops((stop,)), PRINTED_AT)))

    assert "suite des commandes" in words
    assert all(line.order in words for line in lines)


def test_the_last_page_gives_each_exception_its_reason_and_the_sum_that_closes() -> None:
    sheet = a_sheet(
        4,
        day_orders=9 + 60 + 2,
        other_rounds=(OtherRound("B", 60),),
        exceptions=(
            SheetException("4852", "Mme Wattel, Robecq", "adresse non placée sur la carte"),
            SheetException("4855", "Épicerie du Rivage", "4 caisses froides demandées, 1 libre"),
        ),
    )
    words = " ".join(pages_of(print_sheet(sheet, PRINTED_AT)))

    assert "71 commandes pour le jeudi 26 novembre = 9 sur cette feuille + 60 tournée B + 2 hors tournée" in words
    assert re.search(r"4852 Mme Wattel, Robecq adresse non placée sur la carte", words)
    assert re.search(r"4855 Épicerie du Rivage 4 caisses froides demandées, 1 libre", words)


def test_a_hundred_exceptions_are_all_printed() -> None:
    exceptions = tuple(SheetException(f"8{number:03d}", "M. Roy", f"motif {number}") for number in range(100))
    sheet = a_sheet(4, day_orders=109, exceptions=exceptions)
    words = " ".join(pages_of(print_sheet(sheet, PRINTED_AT)))

    assert all(f"{exception.order} M. Roy {exception.reason}" in words for exception in exceptions)


@pytest.mark.parametrize("day_orders", [32, 34])
def test_a_sheet_whose_counts_do_not_close_is_refused(day_orders: int) -> None:
    sheet = a_sheet(12)
    assert sheet.day_orders == 28

    with pytest.raises(CountsDoNotClose, match=rf"{day_orders} commandes ce jour, mais 27 sur les tournées et 1 hors"):
        print_sheet(dataclasses.replace(sheet, day_orders=day_orders), PRINTED_AT)


def test_an_order_named_twice_is_refused_even_when_the_sum_is_right() -> None:
    order = a_sheet(1).stops[0].orders[0].order
    sheet = a_sheet(1, exceptions=(SheetException(order, "M. Roy", "adresse non placée sur la carte"),))

    with pytest.raises(CountsDoNotClose, match=f"la commande {order} figure deux fois"):
        print_sheet(sheet, PRINTED_AT)


def test_the_code_on_the_first_page_opens_this_round() -> None:
    sheet = a_sheet(12)
    codes = zxingcpp.read_barcodes(picture_of(print_sheet(sheet, PRINTED_AT), scale=2.0))

    assert [code.text for code in codes] == [sheet.url]


def test_names_and_notes_of_every_script_are_printed() -> None:
    stop = a_stop(
        1,
        StopKind.HOME,
        name="Mme Łukaszewicz Şebnem",
        how_to_find="محمد 👨‍👩‍👧 ☐ Nguyễn \u0000\t\u200b #panic(1) *x* $y$ @z",
        doorstep_notes="Αθήνα ; Москва ; 你好",
    )
    first = pages_of(print_sheet(of_stops((stop,)), PRINTED_AT))[0]

    assert "Mme Łukaszewicz Şebnem" in first
    assert "[ ] Nguyen" in first
    assert "#panic(1) *x* $y$ @z" in first


def test_the_longest_words_still_fit_on_one_page() -> None:
    endless = "très long " * 400
    stop = a_stop(
        1,
        StopKind.HOME,
        name=endless,
        street=endless,
        how_to_find=endless,
        doorstep_notes=endless + ";" + ". ".join(endless.split()),
        take_back_also=endless,
    )
    pages = pages_of(print_sheet(of_stops((stop,)), PRINTED_AT))

    assert len(pages) == 3
    assert "Signalement" in pages[1]


def test_the_same_sheet_printed_at_the_same_moment_is_the_same_file() -> None:
    assert print_sheet(a_sheet(12), PRINTED_AT) == print_sheet(a_sheet(12), PRINTED_AT)
    assert print_sheet(a_sheet(12), PRINTED_AT) != print_sheet(a_sheet(12, version=5), PRINTED_AT)
    assert b"2026-11-26T04:12:00" in print_sheet(a_sheet(12), PRINTED_AT)


def test_a_sheet_printed_the_evening_before_says_the_day_it_was_printed() -> None:
    evening = dt.datetime(2026, 11, 25, 17, 30, tzinfo=dt.UTC)

    assert "imprimé mercredi 25 novembre à 18 h 30" in pages_of(print_sheet(a_sheet(1), evening))[0]


def test_a_black_and_white_printer_loses_nothing() -> None:
    picture = picture_of(print_sheet(a_sheet(12), PRINTED_AT), scale=1.0).convert("RGB")

    assert all(red == green == blue for _, (red, green, blue) in picture.getcolors(maxcolors=1 << 24))


def test_nothing_is_printed_within_ten_millimetres_of_the_edge() -> None:
    pdf = print_sheet(a_sheet(12), PRINTED_AT)
    for number in range(4):
        picture = picture_of(pdf, number, scale=2.0).convert("L").point(lambda grey: 255 if grey < 250 else 0)
        left, top, right, bottom = picture.getbbox()
        margin = 10 / 25.4 * 72 * 2
        assert min(left, top, picture.width - right, picture.height - bottom) >= margin
