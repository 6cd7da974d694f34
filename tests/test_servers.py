import pytest
import sqlalchemy as sa
from sqlalchemy import Engine


@pytest.mark.parametrize("time", ["once", "again"])
def test_each_test_finds_its_tables_empty_even_those_that_never_forget(engine: Engine, time: str) -> None:
    with engine.begin() as connection:
        before = connection.execute(sa.text("SELECT count(*) FROM audit_entry")).scalar()
        connection.execute(
            sa.text("INSERT INTO audit_entry (at, act, subject, subject_id) VALUES (now(), 'looked', 'tests', 1)")
        )

    assert before == 0
