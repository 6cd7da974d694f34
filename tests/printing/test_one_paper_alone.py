import pytest

from meloko.errors import NotFound
from meloko.printing.printing_alone import NotPrintedYet, open_paper_of, print_paper_of
from tests.make import Make
from tests.papers.sheets import pages_of
from tests.printing.days import Printed, address


def test_a_paper_alone_is_opened_only_after_somebody_printed_it(printed: Printed, make: Make) -> None:
    at = (printed.day.id, "load_list", "1.1")
    with pytest.raises(NotPrintedYet):
        make.ask(open_paper_of, *at, address=address)

    make.ask(print_paper_of, *at, address=address, by=printed.clerk.id)
    once = make.ask(open_paper_of, *at, address=address).pdf()
    again = make.ask(open_paper_of, *at, address=address).pdf()

    assert once == again
    [page] = pages_of(once)
    assert page.startswith("A Liste de chargement, tournée A")
    assert "Mme Legrand" in page


def test_a_paper_alone_is_the_paper_of_the_day(printed: Printed, make: Make) -> None:
    made = printed.print()
    at = (printed.day.id, "pick_up_list", str(printed.relay.id))

    alone = make.ask(open_paper_of, *at, address=address)

    assert alone.edition.printed_at == made.asked_at
    assert pages_of(alone.pdf())[0] in printed.pages()


def test_a_paper_of_no_day_is_not_found(printed: Printed, make: Make) -> None:
    for kind, key in (("load_list", "9.9"), ("papyrus", "1"), ("since_print", "1.1")):
        with pytest.raises(NotFound):
            make.ask(print_paper_of, printed.day.id, kind, key, address=address, by=printed.clerk.id)
