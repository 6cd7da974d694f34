"""A service of addresses that answers what a test wants, and keeps what it was asked."""

from meloko.geocoding import Answer, Geocoder, HowWell, ServiceAway


class FakeGeocoder(Geocoder):
    """Answers every question alike: with an answer, with None, or by being away."""

    def __init__(self, answer: Answer | None = None, *, away: bool = False) -> None:
        self.service = "essai"
        self.answer, self.away = answer, away
        self.asked: list[tuple[str, str, str]] = []
        self.near: tuple[float, float] | None = None

    def find(self, address: str, postcode: str, commune: str, near: tuple[float, float] | None = None) -> Answer | None:
        self.asked.append((address, postcode, commune))
        self.near = near
        if self.away:
            raise ServiceAway
        return self.answer


def an_answer(
    lat: float = 50.53, lon: float = 2.64, precision: HowWell = "housenumber", commune: str = "Béthune"
) -> Answer:
    return Answer(lat, lon, precision, f"12 Rue du Stade 62400 {commune}", "essai", (commune,))
