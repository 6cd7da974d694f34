"""Count what is on board after every visit of a route, compiled."""

from routing.columns import (
    AMOUNT,
    BACK,
    BOARD,
    CALL_AT,
    FARM,
    GAPS,
    GOODS_AT,
    GOODS_COUNT,
    HEAD,
    KINDS_OF_LOAD,
    LENGTH,
    LOAD,
    MISSING,
    NODE,
    OWN,
    ROOM,
    STOPS,
    SUM,
    TAIL,
    TAKEN,
    USERS,
    VISITS,
    State,
    Tables,
)
from routing.compiled import inner


@inner
def refresh_loads(tables: Tables, state: State, k: int) -> int:
    """Count the loads of route k anew, with the most so far and the most still to come; 0 when it is too much."""
    routes, heads, calls, node = state.routes, state.heads, state.calls, tables.node
    stops, visits = state.numbers[STOPS], state.numbers[VISITS]
    length = heads[k, LENGTH]
    fits = 1
    for kind in range(state.numbers[KINDS_OF_LOAD]):
        load = heads[k, BOARD + kind]
        most = load
        routes[k, LOAD + kind, 0] = load
        routes[k, HEAD + kind, 0] = load
        for i in range(1, length):
            a = routes[k, NODE, i]
            if a < stops:
                load += node[a, BACK + kind] - node[a, TAKEN + kind]
            elif a < visits:
                load += calls[k, a - stops, SUM + kind]
            most = max(most, load)
            routes[k, LOAD + kind, i] = load
            routes[k, HEAD + kind, i] = most
        if most > tables.vehicle[k, ROOM + kind]:
            fits = 0
        most = load
        for i in range(length - 1, -1, -1):
            most = max(most, routes[k, LOAD + kind, i])
            routes[k, TAIL + kind, i] = most
    if visits > stops:
        for i in range(1, length - 1):
            a = routes[k, NODE, i]
            if a >= stops:
                calls[k, a - stops, CALL_AT] = i
    return fits


@inner
def count_in(tables: Tables, state: State, k: int, stop: int, sign: int) -> None:
    """Note that route k takes a stop on board (sign 1) or not any more (sign -1)."""
    node, goods, calls = tables.node, tables.goods, state.calls
    for kind in range(state.numbers[KINDS_OF_LOAD]):
        state.heads[k, BOARD + kind] += sign * node[stop, OWN + kind]
    for row in range(node[stop, GOODS_AT], node[stop, GOODS_AT] + node[stop, GOODS_COUNT]):
        farm = goods[row, FARM]
        calls[k, farm, USERS] += sign
        for kind in range(state.numbers[KINDS_OF_LOAD]):
            calls[k, farm, SUM + kind] += sign * goods[row, AMOUNT + kind]


@inner
def carries(tables: Tables, state: State, k: int, stop: int, gap: int, called: int) -> int:
    """Tell whether route k can carry one more stop after position `gap`: all its goods together, wherever from.

    `called` farm calls are to be inserted, listed in the scratch rows as farms and gaps; the others are on the route.
    """
    node, goods, scratch = tables.node, tables.goods, state.scratch
    count = node[stop, GOODS_COUNT]
    for kind in range(state.numbers[KINDS_OF_LOAD]):
        room = tables.vehicle[k, ROOM + kind]
        if state.routes[k, TAIL + kind, gap] + node[stop, BACK + kind] > room:
            return 0
        if state.routes[k, HEAD + kind, gap] + node[stop, TAKEN + kind] <= room:
            continue
        if state.routes[k, HEAD + kind, gap] + node[stop, OWN + kind] > room or count == 0:
            return 0
        for i in range(gap + 1):
            load = state.routes[k, LOAD + kind, i] + node[stop, OWN + kind]
            for row in range(node[stop, GOODS_AT], node[stop, GOODS_AT] + count):
                farm = goods[row, FARM]
                since = state.calls[k, farm, CALL_AT]
                for nth in range(called):
                    if scratch[MISSING, nth] == farm:
                        since = scratch[GAPS, nth]
                if since <= i:
                    load += goods[row, AMOUNT + kind]
            if load > room:
                return 0
    return 1
