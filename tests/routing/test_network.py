import os
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from routing.network import RoadNetwork
from routing.network_file import (
    MAGIC,
    NetworkFileDamaged,
    NetworkFileError,
    NetworkFileMissing,
    NetworkFileOfOtherVersion,
)
from routing.osm import read_osm
from routing.speeds import SHARP_LEFT_MS, U_TURN_MS
from tests.routing.maps import LIECHTENSTEIN, Sketch


@pytest.fixture(scope="module")
def liechtenstein() -> RoadNetwork:
    return read_osm(LIECHTENSTEIN)


def turn_costs(network: RoadNetwork) -> dict[tuple[int, int], int]:
    """Give the cost of each turn by the ways it leads from and to."""
    ways = network.stretch_way[network.arc_stretch]
    pairs = zip(ways[network.turn_from].tolist(), ways[network.turn_to].tolist(), strict=True)
    return dict(zip(pairs, network.turn_cost.tolist(), strict=True))


def crossing() -> Sketch:
    """Four streets that meet: 1 west, 2 north, 3 east, 4 south."""
    sketch = Sketch()
    for number, arm in enumerate([(-1, 0), (0, 1), (1, 0), (0, -1)], start=1):
        sketch.way(number, arm, (0, 0))
    return sketch


def test_a_left_turn_waits_and_a_van_turns_round_only_at_a_dead_end(tmp_path: Path) -> None:
    costs = turn_costs(read_osm(crossing().write(tmp_path)))

    assert costs[1, 2] == SHARP_LEFT_MS
    assert costs[1, 3] == 0
    assert costs[1, 4] == 0
    assert costs[3, 4] == SHARP_LEFT_MS
    # Way 1 onto itself: at its far end, never at the crossing.
    network = read_osm(crossing().write(tmp_path))
    round_about = network.arc_stretch[network.turn_from] == network.arc_stretch[network.turn_to]
    assert set(network.turn_cost[round_about].tolist()) == {U_TURN_MS}
    assert int(round_about.sum()) == 4


def test_a_bend_without_a_choice_costs_nothing(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(1, (-1, 0), (0, 0))
    sketch.way(2, (0, 0), (0, 1))

    assert turn_costs(read_osm(sketch.write(tmp_path)))[1, 2] == 0


def test_a_forbidden_turn_is_no_turn(tmp_path: Path) -> None:
    sketch = crossing()
    sketch.rule("no_left_turn", 1, (0, 0), 2)
    sketch.rule("no_right_turn", 3, (0, 0), 2, **{"except": "motorcar"})

    network = read_osm(sketch.write(tmp_path))

    assert (1, 2) not in turn_costs(network)
    assert {(1, 3), (1, 4), (3, 2)} <= set(turn_costs(network))
    assert len(network.banned_turns) == 1
    assert network.graph().graph["banned_turns"] == {(int(a), int(b)) for a, b in network.banned_turns}


def test_an_only_rule_forbids_the_others(tmp_path: Path) -> None:
    sketch = crossing()
    sketch.rule("only_straight_on", 1, (0, 0), 3)

    assert {pair for pair in turn_costs(read_osm(sketch.write(tmp_path))) if pair[0] == 1} == {(1, 3), (1, 1)}


def test_the_strong_component_is_the_one_networkx_finds(liechtenstein: RoadNetwork) -> None:
    largest = max(nx.strongly_connected_components(liechtenstein.arc_graph()), key=len)

    assert set(np.flatnonzero(liechtenstein.strong).tolist()) == largest
    assert len(largest) > 0.95 * len(liechtenstein.arc_tail)


def test_a_dead_one_way_street_is_not_strong(tmp_path: Path) -> None:
    sketch = crossing()
    sketch.way(9, (1, 0), (2, 0), oneway="yes")

    network = read_osm(sketch.write(tmp_path))

    lost = network.stretch_way[network.arc_stretch[~network.strong]]
    assert lost.tolist() == [9]


def test_the_networkx_model_shows_the_same_roads(liechtenstein: RoadNetwork) -> None:
    graph = liechtenstein.graph()

    assert graph.number_of_nodes() == len(liechtenstein.node_id)
    assert graph.number_of_edges() == len(liechtenstein.arc_tail)
    assert sum(road["length_m"] for *_, road in graph.edges(data=True)) == int(liechtenstein.arc_length.sum())
    assert "Landstrasse" in {road["name"] for *_, road in graph.edges(data=True)}
    for tail, head, road in list(graph.edges(data=True))[::500]:
        shape = liechtenstein.shape(road["stretch"])
        ends = {(graph.nodes[node]["lat"], graph.nodes[node]["lon"]) for node in (tail, head)}
        assert {shape[0], shape[-1]} == ends


def test_a_saved_network_comes_back_the_same(liechtenstein: RoadNetwork, tmp_path: Path) -> None:
    liechtenstein.save(tmp_path / "roads")

    again = RoadNetwork.load(tmp_path / "roads")

    assert again.digest == liechtenstein.digest
    assert again.places == liechtenstein.places
    assert again.name_list == liechtenstein.name_list
    assert again.bbox == liechtenstein.bbox
    assert (again.turn_to == liechtenstein.turn_to).all()
    assert [path.name for path in tmp_path.iterdir()] == ["roads"]


def test_the_same_map_gives_the_same_digest_and_another_map_another(liechtenstein: RoadNetwork, tmp_path: Path) -> None:
    assert read_osm(LIECHTENSTEIN).digest == liechtenstein.digest
    assert read_osm(crossing().write(tmp_path)).digest != liechtenstein.digest


def test_a_saved_network_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    network = read_osm(crossing().write(tmp_path))
    network.save(tmp_path / "roads")
    data = (tmp_path / "roads").read_bytes()
    flipped = bytearray(data)
    flipped[-40] ^= 1
    bad: dict[bytes, type[NetworkFileError]] = {
        b"": NetworkFileDamaged,
        b"PK rubbish": NetworkFileDamaged,
        data[:20]: NetworkFileDamaged,
        data[:-1]: NetworkFileDamaged,
        data[: len(data) // 2]: NetworkFileDamaged,
        bytes(flipped): NetworkFileDamaged,
        MAGIC + (99).to_bytes(2, "big") + data[len(MAGIC) + 2 :]: NetworkFileOfOtherVersion,
    }
    for contents, refusal in bad.items():
        (tmp_path / "bad").write_bytes(contents)
        with pytest.raises(refusal, match=r"\.$"):
            RoadNetwork.load(tmp_path / "bad")
    with pytest.raises(NetworkFileMissing):
        RoadNetwork.load(tmp_path / "absent")


def test_a_save_that_fails_leaves_the_old_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = read_osm(crossing().write(tmp_path))
    network.save(tmp_path / "roads")

    def full(handle: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        read_osm(LIECHTENSTEIN).save(tmp_path / "roads")

    assert RoadNetwork.load(tmp_path / "roads").digest == network.digest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["roads", "sketch.osm"]


def test_a_map_of_islands_and_streets_that_only_lead_away_is_read(tmp_path: Path) -> None:
    sketch = Sketch()
    for island in range(60):
        sketch.way(1 + island, (0, 2 * island), (3, 2 * island))
    for street in range(1500):
        sketch.way(100 + street, (10 + street, 0), (11 + street, 0), oneway="yes")
    sketch.way(5000, (0, 500), (3, 500), (3, 503), (0, 503), (0, 500))

    network = read_osm(sketch.write(tmp_path))

    assert set(network.stretch_way[network.arc_stretch[network.strong]].tolist()) == {1}
