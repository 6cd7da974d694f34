"""The pages for everybody: what is sold, by whom, where and when it comes, and what the law wants said."""

import datetime as dt
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from meloko.accounts.access import open_to, origin, person
from meloko.accounts.legal import mentions, missing_mentions
from meloko.accounts.models import Role
from meloko.accounts.services import count_attempt, organisation
from meloko.customers.paper_wishes import wish_for_paper
from meloko.customers.services import read_phone
from meloko.errors import Refusal
from meloko.languages import Language
from meloko.site import showing
from meloko.site.communes import days_of_commune
from meloko.site.forms import PaperForm
from meloko.site.site_map import pages_to_name
from meloko.web.door import ask
from meloko.web.everybody import for_everybody, public
from meloko.web.forms import clean
from meloko.web.honeypot import caught
from meloko.web.speaking import in_language

blueprint = Blueprint("public", __name__)

_LETTERS, _WITHIN = 5, dt.timedelta(hours=1)


@blueprint.get("/produits")
@open_to(Role.VISITOR)
@for_everybody
def products() -> ResponseReturnValue:
    """Show what is sold, by shelf."""
    return render_template("site/products.html", page=ask(showing.all_products))


@blueprint.get("/producteurs")
@open_to(Role.VISITOR)
@for_everybody
def producers() -> ResponseReturnValue:
    """Show who makes it."""
    return render_template("site/producers.html", page=ask(showing.all_producers))


@blueprint.get("/producteurs/<code>")
@open_to(Role.VISITOR)
@for_everybody
def producer(code: str) -> ResponseReturnValue:
    """Show one producer."""
    page = ask(showing.producer_page, _plain(code, 20))
    return render_template("site/producer.html", page=page, map=_drawing(page.map))


@blueprint.get("/points-relais")
@open_to(Role.VISITOR)
@for_everybody
def relay_points() -> ResponseReturnValue:
    """Show where orders wait to be collected."""
    page = ask(showing.all_places)
    return render_template("site/relay_points.html", page=page, maps=[_drawing(svg) for svg in page.maps])


@blueprint.get("/points-relais/<code>")
@open_to(Role.VISITOR)
@for_everybody
def relay_point(code: str) -> ResponseReturnValue:
    """Show one relay point."""
    page = ask(showing.place_page, _plain(code, 20))
    return render_template("site/relay_point.html", page=page, map=_drawing(page.map))


@blueprint.get("/jours")
@open_to(Role.VISITOR)
@for_everybody
def days() -> ResponseReturnValue:
    """Show the days and places near a commune."""
    commune = _plain(request.args.get("commune", ""), 80)
    found = ask(days_of_commune, commune) if commune else None
    return render_template("site/days.html", commune=commune, found=found)


@blueprint.get("/comment-ca-marche")
@open_to(Role.VISITOR)
@for_everybody
def how_it_works() -> ResponseReturnValue:
    """Say how it works, from the order to the empties."""
    return render_template("site/how_it_works.html")


@blueprint.get("/chercher")
@open_to(Role.VISITOR)
@for_everybody
def search() -> ResponseReturnValue:
    """Look for words in all that the site shows."""
    words = _plain(request.args.get("q", ""), 60)
    return render_template("site/search.html", search=words, found=ask(showing.search, words) if words else None)


@blueprint.get("/contact")
@open_to(Role.VISITOR)
@for_everybody
def contact() -> ResponseReturnValue:
    """Say how a person is reached."""
    return render_template("site/contact.html")


@blueprint.get("/mentions-legales")
@open_to(Role.VISITOR)
@for_everybody
def legal() -> ResponseReturnValue:
    """Say who answers for this site."""
    asking = person()
    owner = ask(organisation)
    # What is missing concerns who can write it, and nobody else.
    missing = missing_mentions(owner) if asking and Role.ADMIN in asking.roles else []
    return render_template("site/legal.html", mentions=mentions(owner), missing=missing)


@blueprint.get("/conditions-de-vente")
@open_to(Role.VISITOR)
@for_everybody
def terms() -> ResponseReturnValue:
    """Say what is agreed by an order."""
    return render_template("site/terms.html")


@blueprint.get("/donnees-personnelles")
@open_to(Role.VISITOR)
@for_everybody
def personal_data() -> ResponseReturnValue:
    """Say what is kept of a person, why and how long."""
    return render_template("site/personal_data.html")


@blueprint.get("/accessibilite")
@open_to(Role.VISITOR)
@for_everybody
def accessibility() -> ResponseReturnValue:
    """Say what these pages do for who sees, hears or aims badly."""
    return render_template("site/accessibility.html")


@blueprint.get("/bon-de-commande")
@open_to(Role.VISITOR)
def paper_form() -> ResponseReturnValue:
    """Ask where the paper form is to be sent."""
    return render_template("site/paper_form.html", form=PaperForm(), errors={})


@blueprint.post("/bon-de-commande")
@open_to(Role.VISITOR)
def ask_for_paper() -> ResponseReturnValue:
    """Write the wish down for the team."""
    form = PaperForm()
    errors = {} if form.validate() else dict(form.problems)
    if caught() and not errors:
        return redirect(url_for(".paper_form_asked"), 303)
    if not errors:
        try:
            # In a transaction of its own: a robot's wish is refused, its try stays counted.
            ask(count_attempt, f"paper form:{origin()}", _LETTERS, _WITHIN)
            ask(
                wish_for_paper,
                name=form.name.said,
                phone=read_phone(form.phone.said),
                address=form.address.said,
                postcode="".join(form.postcode.said.split()),
                commune=form.commune.said,
                large_print=form.large_print.data,
            )
        except Refusal as refusal:
            errors = form.blame(refusal, "name")
            return render_template("site/paper_form.html", form=form, errors=errors), refusal.status
        return redirect(url_for(".paper_form_asked"), 303)
    return render_template("site/paper_form.html", form=form, errors=errors), 422


@blueprint.get("/bon-de-commande/merci")
@open_to(Role.VISITOR)
def paper_form_asked() -> ResponseReturnValue:
    """Say that the form will come."""
    return render_template("site/paper_form_asked.html")


@blueprint.get("/sitemap.xml")
@open_to(Role.VISITOR)
@for_everybody
def site_map() -> ResponseReturnValue:
    """Name the pages for search engines, in both languages."""
    pages = [
        {language: public(in_language(url_for(endpoint, **dict[str, Any](values)), language)) for language in Language}
        for endpoint, values in ask(pages_to_name)
    ]
    return _as(render_template("site/sitemap.xml", pages=pages), "application/xml")


@blueprint.get("/robots.txt")
@open_to(Role.VISITOR)
@for_everybody
def robots() -> ResponseReturnValue:
    """Say which pages are nobody's but their owner's."""
    words = ["User-agent: *", *(f"Disallow: {path}" for path in ("/equipe", "/livreur", "/mon-compte", "/connexion"))]
    words.append(f"Sitemap: {public(in_language(url_for('.site_map'), Language.FRENCH))}")
    return _as("\n".join(words) + "\n", "text/plain")


def _as(words: str, kind: str) -> Response:
    response = make_response(words)
    response.mimetype = kind
    return response


def _drawing(svg: str) -> Markup:
    # Drawn by ourselves; the names of places are escaped there.
    return Markup(svg)  # noqa: S704


def _plain(words: str, most: int) -> str:
    return str(clean(words))[:most]
