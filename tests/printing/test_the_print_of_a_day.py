from pathlib import Path

import pytest
from sqlalchemy import Engine

from meloko.printing.models import PrintState
from meloko.printing.setting import paper_file
from tests.make import Make
from tests.papers.sheets import pages_of
from tests.printing.days import Printed, a_day


@pytest.fixture
def printed(engine: Engine, make: Make, tmp_path: Path) -> Printed:
    return a_day(engine, make, tmp_path)


def pages(printed: Printed) -> list[str]:
    return pages_of(paper_file(printed.press.var, printed.prints()[-1].file).read_bytes())


def test_all_papers_of_a_day_come_in_one_file(printed: Printed) -> None:
    made = printed.print()

    assert (made.state, made.number) == (PrintState.PRINTED, 1)
    read = pages(printed)
    assert made.pages == len(read)
