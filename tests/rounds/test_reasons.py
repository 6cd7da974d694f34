import pytest

from meloko.rounds.reasons import sentence
from routing.plan import LeftOut, Nearest, Reason, Why
from routing.problem import Before, First, Last, LockedPrefix, OnVehicle

NAMES = {"home:1": "Mme Legrand", "home:2": "M. Wattel", "relay:3": "Café du Pont", "vehicle:2": "Camion 2"}
TEN_PAST_ELEVEN = 11 * 3600 + 600


def _left(reason: Reason, **facts: object) -> LeftOut:
    return LeftOut("home:1", reason, "", **facts)  # type: ignore[arg-type]


def test_what_alone_would_let_an_order_ride_along_is_said() -> None:
    late = Nearest("vehicle:2", Why.LATE, by_s=600, at_id="relay:3", end_s=TEN_PAST_ELEVEN, fits=True)

    words = sentence(_left(Reason.DAY_FULL, nearest=late, instead_id="home:2"), NAMES)

    assert words == (
        "la journée est pleine : tiendrait sur Camion 2 si le créneau de Café du Pont finissait à 11 h 10"
        " ; tiendrait à la place de M. Wattel"
    )


@pytest.mark.parametrize(
    ("nearest", "words"),
    [
        (
            Nearest("vehicle:2", Why.BACK_LATE, 300, end_s=TEN_PAST_ELEVEN, fits=True),
            "son retour était permis jusqu’à 11 h 10",
        ),
        (Nearest("vehicle:2", Why.TOO_LONG, 300, fits=True), "sa journée durait 5 min de plus"),
        (Nearest("vehicle:2", Why.CHILLED_OVER, by_load=150, fits=True), "il prenait 2 caisses de froid de plus"),
    ],
)
def test_each_missing_thing_has_its_words(nearest: Nearest, words: str) -> None:
    assert sentence(_left(Reason.DAY_FULL, nearest=nearest), NAMES).endswith(f"tiendrait sur Camion 2 si {words}")


def test_what_was_not_tried_out_is_not_promised() -> None:
    words = sentence(_left(Reason.DAY_FULL, nearest=Nearest("vehicle:2", Why.LATE, 600, at_id="relay:3")), NAMES)

    assert words == "la journée est pleine : Camion 2, en retard de 10 min (Café du Pont)"


def test_the_pins_that_contradict_each_other_are_named() -> None:
    pins = (
        First("home:1"),
        Last("home:2"),
        Before("home:1", "home:2"),
        OnVehicle("home:1", "vehicle:2"),
        LockedPrefix("vehicle:2", ("home:2",)),
    )

    words = sentence(_left(Reason.PIN_CONFLICT, pins=pins), NAMES)

    assert words == (
        "les arrêts épinglés se contredisent : Mme Legrand en premier ; M. Wattel en dernier"
        " ; Mme Legrand avant M. Wattel ; Mme Legrand sur Camion 2 ; le début verrouillé de Camion 2"
    )


@pytest.mark.parametrize(("metres", "words"), [(412, "à 412 m"), (1_999, "à 1999 m"), (100_000, "à plus de 2 km")])
def test_a_point_far_from_every_road_is_told_with_a_length_one_can_believe(metres: int, words: str) -> None:
    said = sentence(_left(Reason.OFF_ROAD, by=metres), NAMES)

    assert said == f"{words} de la première route : vérifier le point sur la carte"


def test_every_reason_has_a_sentence() -> None:
    assert all(sentence(_left(reason), NAMES) for reason in Reason)
