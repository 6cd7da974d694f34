"""Check that public instances become the right days, and that files which are none are refused by name."""

from math import hypot
from pathlib import Path

import pytest

from benchmarks.instances import BadInstance, best_known, instances, read_pdptw, read_vrptw
from routing.problem import Window

SOLOMON = """small

VEHICLE
NUMBER     CAPACITY
  3         50

CUSTOMER
CUST NO.  XCOORD.    YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE TIME

    0      0         0          0          0        100          0
    1      3         4         10         20         40         10
    2      1         1         30          0         90          5
"""
LI_LIM = """2 20 1
0 0 0 0 0 100 0 0 0
1 3 4 7 10 50 5 0 2
2 6 8 -7 20 90 5 1 0
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "small.txt"
    path.write_text(text)
    return path


def test_a_solomon_file_becomes_a_day_of_its_customers(tmp_path: Path) -> None:
    one = read_vrptw(written(tmp_path, SOLOMON))
    first = one.problem.stops[0]
    seconds = one.problem.matrix.duration_s("0", "1") // 5

    assert (one.name, len(one.problem.stops), len(one.problem.vehicles)) == ("small", 2, 3)
    assert first.windows == (Window(20 * seconds, 40 * seconds),)
    assert (first.service_s, first.goods[0].load.ambient) == (10 * seconds, 10)
    assert one.problem.vehicles[0].capacity.ambient == 50
    assert one.problem.vehicles[0].hours == Window(0, 100 * seconds)


def test_durations_are_rounded_up_and_lengths_are_not_rounded(tmp_path: Path) -> None:
    one = read_vrptw(written(tmp_path, SOLOMON))
    seconds = one.problem.matrix.duration_s("0", "1") // 5

    assert one.problem.matrix.duration_s("0", "2") >= hypot(1, 1) * seconds
    assert one.length({"v000": ["c1", "c2"]}) == pytest.approx(5 + hypot(2, 3) + hypot(1, 1))
    assert one.length({"v000": []}) == 0


def test_a_pair_becomes_a_farm_with_one_drop(tmp_path: Path) -> None:
    one = read_pdptw(written(tmp_path, LI_LIM))
    (stop,), (farm,) = one.problem.stops, one.problem.farms

    assert (stop.id, farm.id, stop.goods[0].farm_id, stop.goods[0].load.ambient) == ("d2", "p1", "p1", 7)
    assert len(one.problem.vehicles) == 2
    assert one.length({"v000": ["p1", "d2"]}) == pytest.approx(20)


def test_the_fleet_of_pairs_is_that_of_the_best_known_plan(tmp_path: Path) -> None:
    (tmp_path / "best_known.csv").write_text(
        "kind,instance,bks_vehicles_first_vehicles,bks_vehicles_first_distance,bks_distance_only\nPDPTW,Small,1,20.5,\n"
    )
    one = read_pdptw(written(tmp_path, LI_LIM), best_known(tmp_path)["PDPTW", "small"])

    assert (len(one.problem.vehicles), one.best_known) == (1, 20.5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00\x01",
        SOLOMON.replace("CUST NO.", "WHO"),
        SOLOMON.replace("20         40", "40         20"),
        SOLOMON.replace("    1      3", "    1      three"),
        SOLOMON.replace("         10\n    2", "\n    2"),
    ],
)
def test_what_is_no_solomon_file_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInstance, match=r"small\.txt"):
        read_vrptw(written(tmp_path, text))


@pytest.mark.parametrize(
    "text", ["", SOLOMON, LI_LIM.replace("1 0\n", "9 0\n"), LI_LIM.replace("-7", "-6"), "2 20 1\n"]
)
def test_what_is_no_file_of_pairs_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInstance, match=r"small\.txt"):
        read_pdptw(written(tmp_path, text))


def test_a_folder_without_instances_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(BadInstance, match="VRPTW"):
        instances(tmp_path, "VRPTW")


def test_best_known_values_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "best_known.csv").write_text("kind,instance\nVRPTW,c101\n")

    with pytest.raises(BadInstance, match=r"best_known\.csv"):
        best_known(tmp_path)
