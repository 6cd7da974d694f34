"""Open a delivery day and let its cut-off pass, at the staff's screen."""

import datetime as dt
import re
from collections.abc import Sequence

from meloko.clock import local, now
from meloko.demo.browser import Browser, Page
from meloko.errors import MelokoError
from meloko.relay_points.models import RelayPoint

DAYS, NEW_DAY = "/equipe/jours", "/equipe/jours/nouveau"
_DAY_ID = re.compile(r"/equipe/jours/(\d+)")


class DayNotOpened(MelokoError):
    """The page refused to open or to close the day."""

    def __init__(self, act: str, page: Page) -> None:
        super().__init__(f"Le jour de livraison n’a pas pu être {act} : {page.said() or page.status}")


def open_day(staff: Browser, date: dt.date, points: Sequence[RelayPoint]) -> int:
    """Open a day far ahead of its cut-off, with the relay points that can be served; return its id."""
    form = staff.open(NEW_DAY).form('name="cut_off_day"')
    yesterday = local(now() - dt.timedelta(days=1))
    form.fill(
        date=f"{date}",
        opens_day=f"{yesterday:%Y-%m-%d}",
        opens_hour=f"{yesterday:%H:%M}",
        cut_off_day=f"{date}",
        cut_off_hour="06:00",
        grace_minutes="0",
        homes_from="09:00",
        homes_until="13:00",
    )
    form.write("relay_points", [f"{point.id}" for point in points])
    page = staff.send(form)
    found = _DAY_ID.search(page.path)
    if found is None or page.status != 200:
        raise DayNotOpened("ouvert", page)
    return int(found.group(1))


def end_orders(staff: Browser, day_id: int) -> None:
    """Move the cut-off to a second from now: once it has passed, the worker closes the day."""
    form = staff.open(f"{DAYS}/{day_id}").form('name="cut_off_hour"')
    soon = local(now() + dt.timedelta(seconds=1))
    form.fill(cut_off_day=f"{soon:%Y-%m-%d}", cut_off_hour=f"{soon:%H:%M:%S}")
    page = staff.send(form)
    if page.status != 200:
        raise DayNotOpened("clos", page)
