"""The pages of rounds in a real browser: anybody can read, aim at and trust them."""

import datetime as dt
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext
from sqlalchemy import Engine
from sqlmodel import Session
from werkzeug.serving import make_server

from meloko.accounts.access import COOKIE
from meloko.accounts.models import Role
from meloko.accounts.services import WORK_ENDS, open_sign_in
from meloko.clock import today
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.rounds.models import BuildState, Learning, RoundBuild, SpeedFactor, StopKind, StopTime
from tests.eyes import Eyes
from tests.make import Make
from tests.rounds.rounds import Halt, put_round


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Serve the application on a port of this machine."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
def test_the_pages_of_rounds_are_for_everybody(
    make: Make, engine: Engine, address: str, browser: BrowserContext
) -> None:
    depot, driver, staff = make.depot(), make.user(Role.DRIVER, name="Karim B."), make.user(Role.STAFF)
    van, zone = make.vehicle(depot, driver=driver), make.zone(depot)
    day = make.day(zone=zone)
    homes = [make.customer(last_name=name) for name in ("Carlier", "Legrand", "Wattel")]
    round_id = put_round(engine, day, 1, van, driver, [Halt(home) for home in homes])
    with Session(engine) as session:
        row = session.get_one(DeliveryDay, day.id)
        row.date, row.state, row.plan_version = today(), DayState.PLANNED, 1
        learning = Learning(on_day=today(), learnt_at=dt.datetime.now(dt.UTC), legs=52, stops=61)
        session.add(learning)
        session.flush()
        for name, legs in (("unclassified", 48), ("tertiary", 12)):
            session.add(
                SpeedFactor(
                    learning_id=learning.id, road_class=name, from_hour=9, until_hour=16, ppm=1_250_000, legs=legs
                )
            )
        session.add(
            StopTime(learning_id=learning.id, kind=StopKind.HOME, base_s=380, per_crate_s=12, spread=300_000, stops=61)
        )
        session.add(
            RoundBuild(
                delivery_day_id=day.id, state=BuildState.BUILT, distance_m=42_000, cheapest_distance_m=36_000,
                stopped_early=True, engine_version="ruin-recreate-2", seed=62, iterations=5_000, weights={"per_m": 25},
            )
        )  # fmt: skip
        session.commit()
    page = browser.new_page()
    eyes = Eyes(page)

    for person, paths in (
        (
            staff,
            (
                f"/equipe/tournees?jour={day.id}",
                f"/equipe/tournees/{round_id}/heures",
                "/equipe/tournees/vehicules",
                f"/equipe/tournees/vehicules/{van.id}",
                "/equipe/tournees/temps-appris",
                f"/equipe/?jour={day.id}",
            ),
        ),
        (driver, ("/livreur/", f"/livreur/tournees/{round_id}/heures")),
    ):
        token = make.ask(open_sign_in, person, WORK_ENDS, WORK_ENDS).token
        browser.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        for path in paths:
            page.goto(address + path)
            eyes.look(18, widths=(1280,) if person is staff else (390, 320))
    eyes.trust()
