"""Climb a network from both ends of a way and meet: the compiled loops behind `matrix.py`.

Customizable contraction hierarchies (Dibbelt, Strasser & Wagner, J. Exp. Algorithmics 21, 2016, doi 10.1145/2886843).
A node here is an arc of the road, named by its rank: the place at which it is contracted. A climb leads from a node to
a higher neighbour; it may be driven upward, downward or both ways. `climbs` depends on turns and order only, `weigh`
fits milliseconds and metres to it, `table` answers all pairs, `climb_from` and `unpack` single ways.

A weight is one whole number, milliseconds × 2²⁴ + metres: it adds and compares like the pair, so the best way is the
fastest and, of equally fast ones, the shortest, in one search and without rounding. 2²⁴ metres lead a third round
the Earth; milliseconds have room for a year.
"""

import numpy as np

from routing.compiled import compiled
from routing.network import Ints, Longs

METRES_BITS = 24
# Two of them still add up within 64 bits; what is more than half of one is no way at all.
FAR = 1 << 61
UP, DOWN = 0, 1


@compiled
def climbs(count: int, low: Ints, high: Ints) -> tuple[Longs, Ints]:
    """Contract the nodes 0, 1, … of a graph: give the higher neighbours of each, those added by contraction included.

    Parameters: the pairs of neighbours, low < high, in any order. Returns: (first, heads): those of node v are
    heads[first[v]:first[v + 1]], in no order. The lowest of them is the parent of v in the elimination tree; to it
    alone v hands on the others.
    """
    begin, near = _by_low(count, low, high)
    first, heads = np.zeros(count + 1, np.int64), np.empty(4 * len(low) + 16, np.int32)
    seen = np.full(count, -1, np.int32)
    child, sibling = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
    size = 0
    for node in range(count):
        seen[node], parent = node, count
        most = begin[node + 1] - begin[node]
        below = child[node]
        while below >= 0:
            most += first[below + 1] - first[below]
            below = sibling[below]
        if size + most > len(heads):
            grown = np.empty(len(heads) + len(heads) // 2 + most, np.int32)
            grown[:size] = heads[:size]
            heads = grown
        for at in range(begin[node], begin[node + 1]):
            size, parent = _take(near[at], node, seen, heads, size, parent)
        below = child[node]
        while below >= 0:
            for at in range(first[below], first[below + 1]):
                size, parent = _take(heads[at], node, seen, heads, size, parent)
            below = sibling[below]
        first[node + 1] = size
        if parent < count:
            sibling[node], child[parent] = child[parent], node
    return first, heads[:size].copy()


@compiled
def _by_low(count: int, low: Ints, high: Ints) -> tuple[Longs, Ints]:
    """Sort pairs by their low node: those of node v are near[begin[v]:begin[v + 1]]."""
    begin = np.zeros(count + 1, np.int64)
    for node in low:
        begin[node + 1] += 1
    for node in range(count):
        begin[node + 1] += begin[node]
    fill = begin[:-1].copy()
    near = np.empty(len(low), np.int32)
    for pair in range(len(low)):
        near[fill[low[pair]]] = high[pair]
        fill[low[pair]] += 1
    return begin, near


@compiled
def _take(head: int, node: int, seen: Ints, heads: Ints, size: int, parent: int) -> tuple[int, int]:
    """Add a head to a node once; give the size and the lowest head then."""
    if seen[head] == node:
        return size, parent
    seen[head] = node
    heads[size] = head
    return size + 1, min(parent, head)


@compiled
def turned_round(count: int, first: Longs, heads: Ints) -> tuple[Longs, Ints, Ints]:
    """List for each node the climbs that end at it, by ascending tail: (first, tails, numbers of the climbs)."""
    down_first = np.zeros(count + 1, np.int64)
    for head in heads:
        down_first[head + 1] += 1
    for node in range(count):
        down_first[node + 1] += down_first[node]
    fill = down_first[:-1].copy()
    tails, numbers = np.empty(len(heads), np.int32), np.empty(len(heads), np.int32)
    for tail in range(count):
        for at in range(first[tail], first[tail + 1]):
            place = fill[heads[at]]
            fill[heads[at]] += 1
            tails[place], numbers[place] = tail, at
    return down_first, tails, numbers


@compiled
def find(first: Longs, heads: Ints, tail: int, head: int) -> int:
    """Find the climb between two nodes; -1 when there is none."""
    low, end = first[tail], first[tail + 1]
    high = end
    while low < high:
        middle = (low + high) // 2
        if heads[middle] < head:
            low = middle + 1
        else:
            high = middle
    return int(low) if low < end and heads[low] == head else -1


@compiled
def weigh(
    first: Longs, heads: Ints, down_first: Longs, down_tails: Ints, down: Ints, tails: Ints, targets: Ints, turns: Longs
) -> Longs:
    """Fit the weights of turns (tail, target, weight) to the climbs: row c holds the least (upward, downward).

    A climb from y to z is made right by the triangles x, y, z below it, lowest y first: what leaves y is then final.
    """
    weights = np.full((len(heads), 2), FAR, np.int64)
    for turn in range(len(turns)):
        tail, target = tails[turn], targets[turn]
        side = UP if tail < target else DOWN
        climb = find(first, heads, min(tail, target), max(tail, target))
        weights[climb, side] = min(weights[climb, side], turns[turn])
    at_head = np.zeros(len(first), np.int32)
    for y in range(len(first) - 1):
        for climb in range(first[y], first[y + 1]):
            at_head[heads[climb]] = climb
        for nth in range(down_first[y], down_first[y + 1]):
            to_y = down[nth]
            x_up, x_down = weights[to_y, UP], weights[to_y, DOWN]
            if min(x_up, x_down) >= FAR:
                continue
            end = first[down_tails[nth] + 1]
            if end - to_y - 1 == first[y + 1] - first[y]:
                # Every head of x above y is one of y: as many, hence the same, in one row.
                _lower_both(weights[first[y] : first[y + 1]], weights[to_y + 1 : end], x_down, x_up)
                continue
            for to_z in range(to_y + 1, end):
                climb = at_head[heads[to_z]]
                weights[climb, UP] = min(weights[climb, UP], x_down + weights[to_z, UP])
                weights[climb, DOWN] = min(weights[climb, DOWN], x_up + weights[to_z, DOWN])
    return weights


@compiled
def _lower_both(rows: Longs, others: Longs, before: int, after: int) -> None:
    for nth in range(len(rows)):
        rows[nth, UP] = min(rows[nth, UP], before + others[nth, UP])
        rows[nth, DOWN] = min(rows[nth, DOWN], after + others[nth, DOWN])


@compiled
def table(first: Longs, heads: Ints, weights: Longs, seeds: Longs, rests: Longs) -> Longs:
    """Search all pairs of many places at once: the weights of the best ways, half of `FAR` and more for none.

    Parameters: two seeds a place, the same twice where it has one, sorted by the lower; what is left from each. A node
    keeps a row of numbers, one for each place below it. Since neighbours in the order are neighbours on the map, these
    places stand side by side, and a climb is driven for all of them in one short loop over whole rows.
    """
    low, start = _rows(first, heads, seeds)
    # Row of the node, place: the weight from the place up to the node, and from the node down to the place.
    spent, left = np.full(start[-1], FAR, np.int64), np.full(start[-1], FAR, np.int64)
    for place in range(len(seeds)):
        for nth in range(2):
            at = start[seeds[place, nth]] + place - low[seeds[place, nth]]
            spent[at] = min(spent[at], rests[place, nth])
            left[at] = min(left[at], -rests[place, nth])
    best = np.full((len(seeds), len(seeds)), 2 * FAR, np.int64)
    for node in range(len(low)):
        here, size = start[node], start[node + 1] - start[node]
        if size == 0:
            continue
        gone, to_go = spent[here : here + size], left[here : here + size]
        for climb in range(first[node], first[node + 1]):
            head = heads[climb]
            there = start[head] + low[node] - low[head]
            _lower(spent[there : there + size], gone, weights[climb, UP])
            _lower(left[there : there + size], to_go, weights[climb, DOWN])
        for nth in range(size):
            if gone[nth] < FAR:
                _lower(best[low[node] + nth, low[node] : low[node] + size], to_go, gone[nth])
    return best


@compiled
def _rows(first: Longs, heads: Ints, seeds: Longs) -> tuple[Ints, Longs]:
    """Give each node the first place below it and the start of its row, as long as the last one below it asks."""
    top = len(first) - 1
    low, high = np.full(top, len(seeds), np.int32), np.zeros(top, np.int32)
    for place in range(len(seeds)):
        for node in seeds[place]:
            while node < top and (low[node] > place or high[node] <= place):
                low[node], high[node] = min(low[node], place), max(high[node], place + 1)
                node = heads[first[node]] if first[node] < first[node + 1] else top
    start = np.zeros(top + 1, np.int64)
    for node in range(top):
        start[node + 1] = start[node] + max(0, high[node] - low[node])
    return low, start


@compiled
def _lower(row: Longs, other: Longs, weight: int) -> None:
    for nth in range(len(row)):
        row[nth] = min(row[nth], other[nth] + weight)


@compiled
def climb_from(first: Longs, heads: Ints, weights: Longs, side: int, seeds: Longs, values: Longs) -> tuple[Longs, Ints]:
    """Climb from a few nodes: the weight to each node, and the climb by which it was reached (-1: begun there)."""
    top = len(first) - 1
    distance, reached = np.full(top, FAR, np.int64), np.full(top, -1, np.int32)
    above = np.zeros(top, np.bool_)
    low = top
    for nth in range(len(seeds)):
        node = seeds[nth]
        distance[node] = min(distance[node], values[nth])
        low = min(low, node)
        while node < top and not above[node]:
            above[node] = True
            node = heads[first[node]] if first[node] < first[node + 1] else top
    for node in range(low, top):
        if not above[node]:
            continue
        for climb in range(first[node], first[node + 1]):
            through = distance[node] + weights[climb, side]
            if through < distance[heads[climb]]:
                distance[heads[climb]], reached[heads[climb]] = through, climb
    return distance, reached


@compiled
def unpack(
    first: Longs, heads: Ints, down_first: Longs, down_tails: Ints, down: Ints, weights: Longs, steps: Longs
) -> Ints:
    """Resolve climbs into turns: the nodes entered by each, in order of travel.

    Parameters: rows (tail, head, climb) in order of travel, where tail and head are those of the journey. A climb that
    weighs as much as two below it leads over their common tail; one without such a pair is a turn.
    """
    nodes = np.empty(1 << 10, np.int32)
    waiting = [(steps[nth, 0], steps[nth, 1], steps[nth, 2]) for nth in range(len(steps) - 1, -1, -1)]
    size = 0
    while len(waiting) > 0:
        origin, target, climb = waiting.pop()
        lower, side = min(origin, target), UP if origin < target else DOWN
        over = -1
        for nth in range(down_first[lower], down_first[lower + 1]):
            onward = find(first, heads, down_tails[nth], max(origin, target))
            if onward < 0:
                continue
            near, far = (down[nth], onward) if side == UP else (onward, down[nth])
            if weights[near, DOWN] + weights[far, UP] == weights[climb, side]:
                over = down_tails[nth]
                waiting.append((over, target, far))
                waiting.append((origin, over, near))
                break
        if over < 0:
            if size == len(nodes):
                nodes = np.append(nodes, nodes)
            nodes[size] = target
            size += 1
    return nodes[:size].copy()


def warm() -> None:
    """Compile all of this on a graph of two nodes, so that the first day planned does not wait for it."""
    low, high = np.zeros(1, np.int32), np.ones(1, np.int32)
    first, heads = climbs(2, low, high)
    below = turned_round(2, first, heads)
    tails, targets = np.array([0, 1], np.int32), np.array([1, 0], np.int32)
    weights = weigh(first, heads, *below, tails, targets, np.ones(2, np.int64))
    table(first, heads, weights, np.array([[0, 1]]), np.zeros((1, 2), np.int64))
    climb_from(first, heads, weights, UP, np.zeros(1, np.int64), np.zeros(1, np.int64))
    unpack(first, heads, *below, weights, np.array([[0, 1, 0]]))
