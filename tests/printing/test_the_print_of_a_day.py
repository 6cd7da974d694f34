import re
from collections import Counter

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select, update

from meloko import db, outbox
from meloko.accounts.models import AuditEntry
from meloko.delivery_days.models import DeliveryDay
from meloko.errors import NotFound
from meloko.jobs import PrintDay
from meloko.orders.models import Order, OrderLine, OrderState
from meloko.outbox import JobState, Outbox, enqueue
from meloko.printing import setting
from meloko.printing.models import PaperEdition, PrintState
from meloko.printing.services import find_print
from meloko.printing.setting import paper_file, print_day
from meloko.rounds.models import BuildState, Drop, Round, RoundBuild, Stop
from tests.make import Make
from tests.printing.days import Printed


def test_all_papers_of_a_day_come_in_one_file(printed: Printed) -> None:
    made = printed.print()

    assert (made.state, made.number) == (PrintState.PRINTED, 1)
    read = printed.pages()
    assert made.pages == len(read)
    assert b"pdfuaid:part" in printed.file()
    kinds = Counter(paper["kind"] for paper in made.papers)
    assert kinds == {
        "packing_by_product": 1, "packing_by_order": 2, "labels": 2,
        "round_sheet": 2, "pick_up_list": 1, "delivery_note": 3,
    }  # fmt: skip


def test_every_paper_begins_on_a_front_page_and_counts_its_own_pages(printed: Printed) -> None:
    made = printed.print()

    read = printed.pages()
    firsts = [at for at, page in enumerate(read, 1) if re.search(r"\bpage 1/\d+", page)]
    assert len(firsts) == len(made.papers)
    assert all(at % 2 == 1 for at in firsts)
    for at, page in enumerate(read, 1):
        if page:
            assert "version 1" in page, at
            assert "imprimé" in page, at
            assert re.search(r"(?i)\w+ \d+(er)? \w+ 20\d\d", page), at
        else:
            # The back that is left white before the next front page.
            assert at % 2 == 0


def test_the_same_papers_asked_for_again_are_the_same_print(printed: Printed) -> None:
    first = printed.print()
    content = printed.file()

    again = printed.print()

    assert again.id == first.id
    assert printed.file() == content
    assert [path.name for path in (printed.press.var / "papers").iterdir()] == [f"{first.file}.pdf"]


def test_twenty_askings_are_one_print(printed: Printed, engine: Engine) -> None:
    assert len({printed.ask() for _ in range(20)}) == 1

    answers = printed.work()

    assert answers == [True] + [False] * 19
    assert [row.number for row in printed.prints()] == [1]
    with Session(engine) as session:
        assert {*session.exec(select(Outbox.state).where(col(Outbox.name) == PrintDay.name))} == {JobState.DONE}
        audits = session.exec(
            select(func.count(col(AuditEntry.id))).where(col(AuditEntry.act) == "papers.printed")
        ).one()
    assert audits == 1


def test_a_print_that_was_cut_off_is_taken_up_again_and_nothing_is_doubled(
    printed: Printed, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed.ask()
    with monkeypatch.context() as patch:
        patch.setattr(setting, "finish_print", _cut_off)
        with pytest.raises(_PowerCut):
            printed.work()
    [cut] = printed.prints()
    assert cut.state is PrintState.SETTING
    [kept] = [path.name for path in (printed.press.var / "papers").iterdir()]
    # The lease of the dead worker runs out.
    with Session(engine) as session:
        session.exec(update(Outbox).values(claimed_until=None))
        session.commit()

    assert printed.work() == [True]

    [made] = printed.prints()
    assert (made.id, made.state, f"{made.file}.pdf") == (cut.id, PrintState.PRINTED, kept)


class _PowerCut(BaseException):
    """What a process killed meanwhile leaves behind, without its end."""


def _cut_off(*_: object) -> None:
    raise _PowerCut


def test_a_worker_that_was_thought_dead_writes_nothing_down(printed: Printed, engine: Engine) -> None:
    printed.ask()
    with Session(engine) as session:
        job = session.exec(select(Outbox.id).where(col(Outbox.name) == PrintDay.name)).one()
    late = db.ask(engine, outbox.claim, job)
    assert late is not None
    with Session(engine) as session:
        session.exec(update(Outbox).values(claimed_until=None))
        session.commit()

    assert printed.work() == [True]
    with pytest.raises(outbox.ClaimLost):
        print_day(printed.press, late)
    assert [row.number for row in printed.prints()] == [1]


def test_what_the_round_sheet_says_is_remembered_as_printed(printed: Printed, engine: Engine) -> None:
    made = printed.print()

    with Session(engine) as session:
        rounds = session.exec(select(Round).order_by(col(Round.number))).all()
    assert [(row.printed_version, row.printed_at) for row in rounds] == [(1, made.asked_at)] * 2


def test_a_name_that_changes_makes_a_new_edition_of_the_papers_that_carry_it_and_of_no_other(
    printed: Printed, engine: Engine
) -> None:
    first = printed.print()
    printed.write(Stop, _stop(engine, printed.round_b), address="19 rue du Marais")

    second = printed.print()

    assert (second.number, second.fingerprint != first.fingerprint) == (2, True)
    with Session(engine) as session:
        editions = session.exec(select(PaperEdition).where(col(PaperEdition.edition) > 1)).all()
    assert [(row.kind, row.key) for row in editions] == [("round_sheet", "2.1")]
    read = printed.pages()
    assert any("version 1.2 remplace la version 1" in page for page in read)
    assert any("Feuille de route, Béthune et Essars" in page and "première impression" in page for page in read)


def _stop(engine: Engine, round_id: int) -> int:
    with Session(engine) as session:
        return session.exec(select(Stop.id).where(col(Stop.round_id) == round_id)).one()


def test_the_next_print_says_what_has_changed_since_the_one_before(printed: Printed, engine: Engine) -> None:
    printed.print()
    with Session(engine) as session:
        stop = session.exec(select(Stop).where(col(Stop.round_id) == printed.round_a, col(Stop.kind) == "home")).one()
        stop.arrival_s += 1_800
        stop.start_s += 1_800
        stop.departure_s += 1_800
        line = session.exec(select(OrderLine).where(col(OrderLine.order_id) == printed.orders["Legrand"])).first()
        assert line is not None
        line.ordered += 4
        session.commit()

    made = printed.print()

    [paper] = [paper for paper in made.papers if paper["kind"] == "since_print"]
    assert paper["title"] == "Ce qui a changé, tournée A"
    [page] = [page for page in printed.pages() if page.startswith("A Ce qui a changé")]
    assert "depuis l’impression 1, où elle était en version 1" in page
    assert "Mme Legrand Yvette, Essars 9 h 30 au lieu de 9 h 00" in page
    assert f"{printed.number('Legrand')} L. Yvette Lait : 7 au lieu de 3" in page


def test_the_papers_say_what_is_new_since_the_delivery_before(printed: Printed, engine: Engine) -> None:
    with Session(engine) as session:
        last = session.get_one(DeliveryDay, printed.day.id)
        before = DeliveryDay(
            **{
                key: value
                for key, value in last.model_dump().items()
                if key not in ("id", "date", "opens_at", "cut_off_at", "closed_at")
            },
            date=last.date.replace(year=last.date.year - 1, day=min(last.date.day, 28)),
            opens_at=last.opens_at,
            cut_off_at=last.cut_off_at,
        )
        session.add(before)
        session.flush()
        row = session.get_one(Round, printed.round_a)
        old = Round(
            **{key: value for key, value in row.model_dump().items() if key not in ("id", "delivery_day_id")},
            delivery_day_id=before.id,
        )
        session.add(old)
        session.flush()
        for stop in session.exec(select(Stop).where(col(Stop.round_id) == printed.round_a)):
            kept = {key: value for key, value in stop.model_dump().items() if key not in ("id", "round_id")}
            if stop.customer_id:
                kept |= {"customer_id": printed.people["Penel"].id, "name": "Mme Penel Lucie"}
            session.add(Stop(**kept, round_id=old.id))
        session.commit()

    printed.print()

    [page, *_] = [page for page in printed.pages() if page.startswith("A Depuis la dernière fois")]
    assert "depuis la livraison du" in page
    assert "Nouveaux cette fois 3 Mme Legrand Yvette, Essars 9 h 00" in page
    assert "Pas cette fois Mme Penel Lucie, Essars n’est sur aucune tournée" in page
    assert "À une autre heure" not in page


def test_a_cancelled_order_is_on_no_paper_but_the_driver_is_told(printed: Printed, engine: Engine) -> None:
    printed.write(Order, printed.orders["Wattel"], state=OrderState.CANCELLED)

    printed.print()

    words = " ".join(printed.pages())
    assert f"{printed.number('Wattel')} annulée" in words
    assert f"commande n° {printed.number('Wattel')}" not in words
    assert f"{printed.number('Wattel')} sac" not in words


def test_counts_that_do_not_close_are_refused_with_the_reason(printed: Printed, engine: Engine) -> None:
    with Session(engine) as session:
        home = session.exec(select(Stop.id).where(col(Stop.round_id) == printed.round_b)).one()
        session.add(Drop(stop_id=home, order_id=printed.orders["Legrand"]))
        session.commit()

    failed = printed.print()

    assert (failed.state, failed.number) == (PrintState.FAILED, None)
    assert "Le compte n’est pas bon" in failed.message
    assert not (printed.press.var / "papers").exists()


def test_pieces_that_are_not_those_of_the_orders_are_refused(printed: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meloko.printing.reading._ordered", lambda session, day_id: {1: 3})

    assert "articles commandés" in printed.print().message


def test_nothing_is_printed_while_the_rounds_are_being_built(printed: Printed, engine: Engine) -> None:
    with Session(engine) as session:
        session.add(RoundBuild(delivery_day_id=printed.day.id, state=BuildState.BUILDING))
        session.commit()

    assert "en cours de calcul" in printed.print().message


def test_a_day_without_rounds_says_so(printed: Printed, make: Make) -> None:
    printed.day = make.day(zone=printed.zone)

    assert "pas encore de tournée" in printed.print().message


def test_a_print_whose_file_was_lost_is_made_again(printed: Printed) -> None:
    first = printed.print()
    paper_file(printed.press.var, first.file).unlink()

    second = printed.print()

    assert (second.number, second.fingerprint) == (2, first.fingerprint)
    assert printed.file()


def test_a_print_that_is_not_done_cannot_be_opened(printed: Printed, make: Make) -> None:
    asked = printed.ask()

    with pytest.raises(NotFound):
        make.ask(find_print, asked)


def test_a_job_without_a_print_to_make_ends(printed: Printed, make: Make) -> None:
    make.ask(lambda session: enqueue(session, PrintDay(day_id=printed.day.id)))

    assert printed.work() == [False]
