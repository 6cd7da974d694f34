"""Ask the national address service for the point of an address; the only file that knows geopy."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Literal
from urllib.parse import urlencode

from geopy.exc import GeocoderQueryError, GeopyError
from geopy.extra.rate_limiter import RateLimiter
from geopy.geocoders import BANFrance

from meloko.errors import MelokoError, SettingsError

# The service allows 50 questions a second and a machine; several workers share that.
SECONDS_BETWEEN = 0.2
TIME_OUT_S = 5
LONGEST_QUESTION = 200
# Under this score the service has answered something else than what was asked.
LEAST_SCORE = 0.5

HowWell = Literal["housenumber", "street", "locality"]
# A named place ("lieu-dit") is a hamlet: as good as a street. A whole commune is not.
_HOW_WELL: dict[str, HowWell] = {
    "housenumber": "housenumber",
    "street": "street",
    "locality": "street",
    "municipality": "locality",
}
_DOMAIN = re.compile(r"(?:(https?)://)?([a-z0-9.-]+(?::\d{1,5})?(?:/[\w./-]*)?)", re.IGNORECASE)


class ServiceAway(MelokoError):
    """The service does not answer, or answers nonsense: to be asked again later."""

    def __init__(self) -> None:
        super().__init__("Le service des adresses ne répond pas. Meloko le demandera de nouveau plus tard.")


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the service places an address, how well, and in which commune (its former names too)."""

    lat: float
    lon: float
    precision: HowWell
    label: str
    service: str
    communes: tuple[str, ...] = ()


class Geocoder:
    """Asks one service, slowly enough for its rules."""

    def __init__(
        self,
        domain: str,
        *,
        scheme: str = "https",
        seconds_between: float = SECONDS_BETWEEN,
        adapter_factory: Callable[..., Any] | None = None,
    ) -> None:
        self.service = domain
        ban = _Ban(
            domain=domain, scheme=scheme, timeout=TIME_OUT_S, user_agent="Meloko", adapter_factory=adapter_factory
        )
        # No retries here: the outbox tries again, and geopy's own would write addresses into the log.
        self._ask = RateLimiter(ban.geocode, min_delay_seconds=seconds_between, max_retries=0, swallow_exceptions=False)

    def find(self, address: str, postcode: str, commune: str, near: tuple[float, float] | None = None) -> Answer | None:
        """Ask for one address, the places around `near` (lat, lon) first; None when the service knows none.

        Raises ServiceAway.
        """
        question = " ".join(f"{address} {postcode} {commune}".split())[:LONGEST_QUESTION]
        try:
            location = self._ask(question, postcode=postcode, near=near)
            return None if location is None else self._answer(location)
        except GeocoderQueryError:
            # The service refuses the question itself (three letters, say): asking again would not help.
            return None
        except (GeopyError, KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            # Not the cause itself: its message holds the address.
            logging.getLogger(__name__).warning("address service away: %s", type(error).__name__)
            raise ServiceAway from None

    def _answer(self, location: Any) -> Answer | None:
        facts = location.raw["properties"]
        precision = _HOW_WELL.get(facts["type"])
        if precision is None or float(facts["score"]) < LEAST_SCORE:
            return None
        lat, lon = float(location.latitude), float(location.longitude)
        communes = tuple(str(facts[name]) for name in ("city", "oldcity") if facts.get(name))
        return Answer(lat, lon, precision, str(facts.get("label") or ""), self.service, communes)


@cache
def geocoder(domain: str) -> Geocoder | None:
    """Return this process's way to the service at `domain` ("data.geopf.fr/geocodage"), or None when none is wanted.

    Raises SettingsError when the domain cannot be one.
    """
    if not domain.strip():
        return None
    read = _DOMAIN.fullmatch(domain.strip())
    if read is None:
        raise SettingsError("MELOKO_GEOCODER doit être une adresse comme data.geopf.fr/geocodage, ou rester vide.")
    # geopy writes what it asks, and what is answered, into its log: addresses of people.
    logging.getLogger("geopy").setLevel(logging.WARNING)
    return Geocoder(read[2], scheme=(read[1] or "https").lower())


class _Ban(BANFrance):  # type: ignore[misc]
    """The national service, asked within a postcode and around a point; geopy's own sends the words only."""

    def geocode(self, query: str, *, postcode: str, near: tuple[float, float] | None) -> Any:
        """Ask for the best answer to one question."""
        asked: dict[str, object] = {"q": query, "limit": 1}
        if re.fullmatch(r"\d{5}", postcode):
            asked["postcode"] = postcode
        if near is not None:
            asked["lat"], asked["lon"] = (f"{degrees:.4f}" for degrees in near)
        url = f"{self.geocode_api}?{urlencode(asked)}"
        return self._call_geocoder(url, partial(self._parse_json, exactly_one=True))
