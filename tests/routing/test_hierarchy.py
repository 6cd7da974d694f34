import numpy as np
import pytest

from routing import hierarchy
from routing.hierarchy import DOWN, FAR, UP


@pytest.mark.parametrize("seed", range(4))
def test_climbs_and_weights_are_those_of_a_plain_elimination(seed: int) -> None:
    chance = np.random.default_rng(seed)
    count = 14
    pairs = np.unique(np.sort(chance.integers(0, count, (24, 2)), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    tails = np.concatenate([pairs[:, 0], pairs[:, 1]]).astype(np.int32)
    targets = np.concatenate([pairs[:, 1], pairs[:, 0]]).astype(np.int32)
    costs = chance.integers(1, 100, len(tails))

    first, heads = hierarchy.climbs(count, pairs[:, 0].astype(np.int32), pairs[:, 1].astype(np.int32))
    first, heads, _ = hierarchy.turned_round(count, *hierarchy.turned_round(count, first, heads)[:2])
    below = hierarchy.turned_round(count, first, heads)
    weights = hierarchy.weigh(first, heads, *below, tails, targets, costs)

    expected = plain_elimination(count, tails.tolist(), targets.tolist(), costs.tolist())
    found = {
        (node, int(heads[climb])): (int(weights[climb, UP]), int(weights[climb, DOWN]))
        for node in range(count)
        for climb in range(first[node], first[node + 1])
    }
    assert found == expected


def plain_elimination(
    count: int, tails: list[int], targets: list[int], costs: list[int]
) -> dict[tuple[int, int], tuple[int, int]]:
    """Contract node by node in a dictionary: (lower, higher) -> (least upward, least downward)."""
    least: dict[tuple[int, int], int] = {}
    for tail, target, cost in zip(tails, targets, costs, strict=True):
        least[tail, target] = min(cost, least.get((tail, target), FAR))
    for node in range(count):
        above = {other for pair in least for other in pair if node in pair and other > node}
        for one in above:
            for other in above - {one}:
                through = least.get((one, node), FAR) + least.get((node, other), FAR)
                least[one, other] = min(through, least.get((one, other), FAR))
    return {(a, b): (cost, least.get((b, a), FAR)) for (a, b), cost in least.items() if a < b}


def test_warming_compiles_without_a_network() -> None:
    hierarchy.warm()
