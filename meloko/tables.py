"""Import every table, so that migrations and tests see them all."""

from sqlalchemy import MetaData

from meloko import outbox
from meloko.accounts import models as accounts
from meloko.catalogue import models as catalogue
from meloko.customers import models as customers
from meloko.customers import paper_wishes
from meloko.db import Table
from meloko.delivery_days import models as delivery_days
from meloko.driving import models as driving
from meloko.driving import phone_models as phones
from meloko.evening import models as evening
from meloko.notices import models as notices
from meloko.orders import models as orders
from meloko.printing import models as printing
from meloko.relay_points import models as relay_points
from meloko.roads import models as roads
from meloko.rounds import models as rounds
from meloko.standing_orders import models as standing_orders

ROOMS = (
    outbox,
    accounts,
    notices,
    roads,
    catalogue,
    relay_points,
    customers,
    paper_wishes,
    delivery_days,
    orders,
    standing_orders,
    rounds,
    driving,
    evening,
    phones,
    printing,
)


def metadata() -> MetaData:
    """Return the plan of all tables."""
    return Table.metadata
