"""The web application of one organisation."""

import os
from pathlib import Path

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from meloko import jobs, tables
from meloko.accounts import views as accounts
from meloko.accounts.access import guard, owner, person
from meloko.catalogue import views as catalogue
from meloko.config import Settings, from_environment
from meloko.customers import staff_views as staff_customers
from meloko.customers import views as customers
from meloko.dashboard import health
from meloko.dashboard import staff_views as people
from meloko.dashboard import views as dashboard
from meloko.db import engine_for
from meloko.delivery_days import views as delivery_days
from meloko.driving import driver_views as driver_phone
from meloko.driving import staff_views as drivers
from meloko.driving import views as phone
from meloko.evening import views as evening
from meloko.notices import staff_views as messages
from meloko.orders import neighbour_views as neighbours
from meloko.orders import own_views as own_orders
from meloko.orders import staff_views as staff_orders
from meloko.orders import views as orders
from meloko.paper import views as paper
from meloko.printing import driver_views as driver_printing
from meloko.printing import views as printing
from meloko.relay_points import views as relay_points
from meloko.road_works import views as road_works
from meloko.rounds import driver_views as driver
from meloko.rounds import staff_views as rounds
from meloko.site import account_views as account
from meloko.site import public_views as public
from meloko.site import staff_views as paper_wishes
from meloko.site import views as site
from meloko.standing_orders import views as standing_orders
from meloko.web import filters
from meloko.web.compression import CompressedFiles, add_compression
from meloko.web.door import connect, house
from meloko.web.everybody import let_keep
from meloko.web.ids import IdConverter
from meloko.web.security import add_headers
from meloko.web.speaking import Spoken, teach

ROOT = Path(__file__).resolve().parent.parent
BLUEPRINTS = (
    account.blueprint,
    accounts.blueprint,
    catalogue.blueprint,
    customers.blueprint,
    dashboard.blueprint,
    delivery_days.blueprint,
    driver.blueprint,
    driver_phone.blueprint,
    driver_printing.blueprint,
    drivers.blueprint,
    evening.blueprint,
    health.blueprint,
    messages.blueprint,
    neighbours.blueprint,
    orders.blueprint,
    own_orders.blueprint,
    paper.blueprint,
    paper_wishes.blueprint,
    paper_wishes.erasures,
    public.blueprint,
    people.blueprint,
    phone.blueprint,
    printing.blueprint,
    relay_points.blueprint,
    road_works.blueprint,
    rounds.blueprint,
    site.blueprint,
    staff_customers.blueprint,
    staff_orders.blueprint,
    standing_orders.blueprint,
)


def create_app(settings: Settings | None = None, engine: Engine | None = None) -> Flask:
    """Make the application; several organisations may live in one process."""
    settings = settings or from_environment(os.environ)
    # Every table must be known before the first query.
    tables.metadata()
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "meloko" / "static"))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=2_000_000,
        MAX_FORM_PARTS=2_000,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.url_map.converters["id"] = IdConverter
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    filters.register(app)
    teach(app)
    connect(app, settings, engine or engine_for(settings.database_url, pool_size=10, max_overflow=10))
    # The guard comes before CSRF: a page that is not for you says nothing, not even that a form was forged.
    guard(app)
    # A telephone shows a token of its own, never the cookie that a forged form would ride on.
    CSRFProtect(app).exempt(phone.blueprint)
    add_headers(app, https=settings.https)
    add_compression(app)
    # After the others, hence before them on the way out: what is kept is marked before it is packed.
    let_keep(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.context_processor(_everywhere)
    jobs.queue.conf.broker_url = settings.broker_url
    files = WhiteNoise(app.wsgi_app, root=app.static_folder, prefix="static/", max_age=31_536_000)
    app.wsgi_app = Spoken(CompressedFiles(files))  # type: ignore[method-assign]
    if settings.proxies:
        # Without it every visitor would come from the proxy, and tries would be counted all together.
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.proxies, settings.proxies, settings.proxies)  # type: ignore[method-assign]
    return app


def _everywhere() -> dict[str, object]:
    demo = house().settings.demo
    try:
        return {"organisation": owner(), "person": person(), "demo": demo}
    except OperationalError:
        # The page that says that the database is away must still stand.
        return {"organisation": None, "person": None, "demo": demo}
