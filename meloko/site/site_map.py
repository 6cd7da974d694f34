"""The pages that search engines may name."""

from sqlmodel import Session

from meloko.catalogue.services import active_producers
from meloko.relay_points.searching import open_points

_ALONE = (
    "site.home",
    "public.products",
    "public.producers",
    "public.relay_points",
    "public.days",
    "public.how_it_works",
    "public.paper_form",
    "public.contact",
    "public.legal",
    "public.terms",
    "public.personal_data",
    "public.accessibility",
)


def pages_to_name(session: Session) -> list[tuple[str, dict[str, str]]]:
    """Return the pages for everybody as an endpoint and its values."""
    pages: list[tuple[str, dict[str, str]]] = [(endpoint, {}) for endpoint in _ALONE]
    pages += [("public.producer", {"code": producer.code}) for producer in active_producers(session)]
    pages += [("public.relay_point", {"code": point.code}) for point in open_points(session)]
    return pages
