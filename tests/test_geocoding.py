import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from geopy.adapters import AdapterHTTPError, BaseSyncAdapter
from geopy.exc import GeocoderParseError, GeocoderTimedOut, GeocoderUnavailable

from meloko.errors import SettingsError
from meloko.geocoding import Geocoder, ServiceAway, geocoder

DOMAIN = "data.geopf.fr/geocodage"


class FakeService(BaseSyncAdapter):  # type: ignore[misc]
    """Answers without a network and keeps what it was asked."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.urls: list[str] = []
        self.time_outs: list[float] = []

    def get_json(self, url: str, *, timeout: float, headers: dict[str, str]) -> object:
        self.urls.append(url)
        self.time_outs.append(timeout)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def get_text(self, url: str, *, timeout: float, headers: dict[str, str]) -> str:
        raise NotImplementedError


def features(**facts: Any) -> dict[str, object]:
    properties = {"label": "12 Rue du Stade 62400 Béthune", "type": "housenumber", "score": 0.93, "city": "Béthune"}
    return {"features": [{"geometry": {"coordinates": [2.64, 50.53]}, "properties": properties | facts}]}


def asking(answer: object, seconds_between: float = 0) -> tuple[Geocoder, FakeService]:
    service = FakeService(answer)
    return Geocoder(DOMAIN, seconds_between=seconds_between, adapter_factory=lambda **_: service), service


def test_an_address_is_asked_at_the_national_service_within_its_postcode_and_around_the_roads() -> None:
    asked, service = asking(features())

    asked.find("12 Rue du Stade", "62400", "Béthune", near=(50.5, 2.6))

    url = urlsplit(service.urls[0])
    assert (url.scheme, url.netloc, url.path) == ("https", "data.geopf.fr", "/geocodage/search")
    assert parse_qs(url.query) == {
        "q": ["12 Rue du Stade 62400 Béthune"],
        "limit": ["1"],
        "postcode": ["62400"],
        "lat": ["50.5000"],
        "lon": ["2.6000"],
    }
    assert service.time_outs == [5]


def test_an_answer_says_where_how_well_and_in_which_communes() -> None:
    asked, _ = asking(features(oldcity="Annezin"))

    answer = asked.find("12 Rue du Stade", "62400", "Béthune")

    assert answer is not None
    assert (answer.lat, answer.lon, answer.precision) == (50.53, 2.64, "housenumber")
    assert answer.label == "12 Rue du Stade 62400 Béthune"
    assert answer.service == DOMAIN
    assert answer.communes == ("Béthune", "Annezin")


@pytest.mark.parametrize(
    ("kind", "precision"), [("street", "street"), ("locality", "street"), ("municipality", "locality")]
)
def test_a_hamlet_is_as_good_as_a_street_and_a_whole_commune_is_not(kind: str, precision: str) -> None:
    asked, _ = asking(features(type=kind))

    answer = asked.find("Le Mesplaux", "62400", "Locon")

    assert answer is not None
    assert answer.precision == precision


@pytest.mark.parametrize("answer", [{"features": []}, features(score=0.3), features(type="poi"), {}, []])
def test_an_answer_to_something_else_is_no_answer(answer: object) -> None:
    asked, _ = asking(answer)

    assert asked.find("12 Rue Qui N’Existe Pas", "62400", "Béthune") is None


def test_a_postcode_that_is_none_does_not_narrow_the_question() -> None:
    asked, service = asking(features())

    asked.find("24 Dorfstrasse", "9495", "Triesen")

    assert "postcode" not in parse_qs(urlsplit(service.urls[0]).query)


@pytest.mark.parametrize(
    "failure",
    [
        GeocoderTimedOut("slow"),
        GeocoderUnavailable("gone"),
        GeocoderParseError("not JSON"),
        AdapterHTTPError("busy", status_code=503, headers={}, text=""),
        AdapterHTTPError("too many", status_code=429, headers={}, text=""),
        {"features": [{}]},
        {"features": [{"geometry": {"coordinates": [1.0, 2.0]}, "properties": {}}]},
    ],
)
def test_a_service_that_does_not_answer_is_away(failure: object) -> None:
    asked, _ = asking(failure)

    with pytest.raises(ServiceAway) as away:
        asked.find("12 Rue du Stade", "62400", "Béthune")

    assert "ne répond pas" in away.value.sentence


def test_a_question_that_the_service_refuses_has_no_answer() -> None:
    asked, _ = asking(AdapterHTTPError("bad", status_code=400, headers={}, text="q too short"))

    assert asked.find("a", "", "") is None


def test_no_address_is_written_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    asked, _ = asking(GeocoderTimedOut("12 Rue du Stade"))

    with caplog.at_level(logging.INFO), pytest.raises(ServiceAway):
        asked.find("12 Rue du Stade", "62400", "Béthune")

    assert caplog.records
    assert "Stade" not in caplog.text


def test_a_question_without_end_is_cut() -> None:
    asked, service = asking(features())

    asked.find("rue " * 1_000, "62400", "Béthune")

    assert len(parse_qs(urlsplit(service.urls[0]).query)["q"][0]) <= 200


def test_questions_keep_their_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("geopy.extra.rate_limiter.sleep", waits.append)
    asked, service = asking(features(), seconds_between=3)

    for _ in range(3):
        asked.find("12 Rue du Stade", "62400", "Béthune")

    assert len(service.urls) == 3
    assert waits
    assert max(waits) > 2


def test_without_a_service_nothing_is_asked() -> None:
    assert geocoder("") is None
    assert geocoder("  ") is None


def test_one_process_shares_one_way_to_the_service() -> None:
    assert geocoder(DOMAIN) is geocoder(DOMAIN)
    assert geocoder("https://data.geopf.fr/geocodage/") is not None


def test_a_service_that_is_no_address_refuses_the_start() -> None:
    with pytest.raises(SettingsError):
        geocoder("ftp://data.geopf.fr/ est là")
