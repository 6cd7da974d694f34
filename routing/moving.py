"""Put stops on routes and take them off, remember what to undo, compiled."""

from routing.cargo import count_in, refresh_loads
from routing.columns import (
    BOARD,
    BY_HOURS,
    BY_THE_CLOCK,
    CALL_AT,
    CALL_COLUMNS,
    COST,
    DROPS,
    EARLY,
    FOUND_AT,
    FOUND_CALLS,
    FOUND_GAP,
    HEAD_COLUMNS,
    HOURS_END,
    HOURS_START,
    ITERATION,
    LATE,
    LEG,
    LENGTH,
    LOCK,
    MARKS,
    MOVED_ROWS,
    NEXT_VERSION,
    NODE,
    ORDER,
    PER_WAITING,
    POOL,
    POOL_COUNT,
    PRICE,
    READY,
    RIDE,
    ROUTE_ROWS,
    SERVICE,
    SPAN_FREE,
    STOPS,
    TOUCHED,
    TOUCHED_COUNT,
    TOUCHED_ROUTES,
    USE,
    USERS,
    VEHICLES,
    VERSION,
    VISITS,
    WAITING_FREE,
    WHERE,
    State,
    Tables,
)
from routing.compiled import inner
from routing.moments import hours_price, refresh_times


@inner
def touch(tables: Tables, state: State, k: int) -> None:
    """Give route k a new version, and keep what it was before the first change of this iteration."""
    heads, numbers = state.heads, state.numbers
    if heads[k, TOUCHED] != numbers[ITERATION]:
        old = k + numbers[VEHICLES]
        for row in range(ROUTE_ROWS):
            for i in range(heads[k, LENGTH]):
                state.routes[old, row, i] = state.routes[k, row, i]
        for column in range(HEAD_COLUMNS):
            state.heads[old, column] = heads[k, column]
        for farm in range(state.numbers[VISITS] - state.numbers[STOPS]):
            for column in range(CALL_COLUMNS):
                state.calls[old, farm, column] = state.calls[k, farm, column]
        heads[k, TOUCHED] = numbers[ITERATION]
        state.lists[TOUCHED_ROUTES, numbers[TOUCHED_COUNT]] = k
        numbers[TOUCHED_COUNT] += 1
    heads[k, VERSION] = numbers[NEXT_VERSION]
    numbers[NEXT_VERSION] += 1


@inner
def undo(tables: Tables, state: State) -> None:
    """Make every route touched in this iteration what it was before."""
    numbers, stops = state.numbers, state.numbers[STOPS]
    for nth in range(numbers[TOUCHED_COUNT]):
        k = state.lists[TOUCHED_ROUTES, nth]
        for i in range(1, state.heads[k, LENGTH] - 1):
            if state.routes[k, NODE, i] < stops:
                state.lists[WHERE, state.routes[k, NODE, i]] = -1
    for nth in range(numbers[TOUCHED_COUNT]):
        k = state.lists[TOUCHED_ROUTES, nth]
        old = k + numbers[VEHICLES]
        for column in range(HEAD_COLUMNS):
            state.heads[k, column] = state.heads[old, column]
        for row in range(ROUTE_ROWS):
            for i in range(state.heads[k, LENGTH]):
                state.routes[k, row, i] = state.routes[old, row, i]
        for farm in range(state.numbers[VISITS] - stops):
            for column in range(CALL_COLUMNS):
                state.calls[k, farm, column] = state.calls[old, farm, column]
        for i in range(1, state.heads[k, LENGTH] - 1):
            if state.routes[k, NODE, i] < stops:
                state.lists[WHERE, state.routes[k, NODE, i]] = k


@inner
def _make_room(state: State, k: int, at: int, node: int) -> None:
    for row in range(MOVED_ROWS):
        for i in range(state.heads[k, LENGTH], at, -1):
            state.routes[k, row, i] = state.routes[k, row, i - 1]
    state.routes[k, NODE, at] = node
    state.heads[k, LENGTH] += 1


@inner
def put(tables: Tables, state: State, k: int, stop: int) -> None:
    """Take the stop on board of route k at the place found for it, farm calls included."""
    touch(tables, state, k)
    found = state.found
    first = found[k, stop, FOUND_GAP] + 1
    last = first + found[k, stop, FOUND_CALLS]
    _make_room(state, k, first, stop)
    for nth in range(found[k, stop, FOUND_CALLS] - 1, -1, -1):
        first = found[k, stop, FOUND_AT + 2 * nth + 1] + 1
        _make_room(state, k, first, state.numbers[STOPS] + found[k, stop, FOUND_AT + 2 * nth])
    count_in(tables, state, k, stop, 1)
    state.heads[k, DROPS] += 1
    state.lists[WHERE, stop] = k
    refresh_times(tables, state, k, first, last)
    refresh_loads(tables, state, k)
    state.heads[k, BY_HOURS] = _strain(tables, state, k) if _needs_the_clock(tables, state, k) == 1 else 0


@inner
def _needs_the_clock(tables: Tables, state: State, k: int) -> int:
    """Tell whether waiting or drift may cost something on route k."""
    if state.numbers[BY_THE_CLOCK] == 1:
        return 1
    if state.numbers[PER_WAITING] == 0:
        return 0
    length = state.heads[k, LENGTH]
    idle = state.routes[k, EARLY, length - 1] - tables.vehicle[k, HOURS_START]
    for i in range(length - 1):
        idle -= state.routes[k, LEG, i] + tables.node[state.routes[k, NODE, i], SERVICE]
    return 1 if idle > state.numbers[WAITING_FREE] else 0


@inner
def _strain(tables: Tables, state: State, k: int) -> int:
    length = state.heads[k, LENGTH]
    if length == 2:
        return 0
    for i in range(length):
        state.scratch[ORDER, i] = state.routes[k, NODE, i]
    return hours_price(tables, state, k, length)


@inner
def settle(tables: Tables, state: State, k: int) -> int:
    """Note the whole price of route k; 0 when its rest or length forbids it."""
    heads = state.heads
    length = heads[k, LENGTH]
    if length == 2:
        heads[k, COST] = 0
        heads[k, BY_HOURS] = 0
        return 1
    span = state.routes[k, EARLY, length - 1] - tables.vehicle[k, HOURS_START]
    heads[k, BY_HOURS] = 0
    if span > tables.vehicle[k, SPAN_FREE] or _needs_the_clock(tables, state, k) == 1:
        heads[k, BY_HOURS] = _strain(tables, state, k)
        if heads[k, BY_HOURS] < 0:
            return 0
    cost = tables.vehicle[k, USE] + heads[k, BY_HOURS]
    for i in range(length - 1):
        cost += state.routes[k, PRICE, i]
        if state.routes[k, NODE, i] < state.numbers[STOPS]:
            cost += tables.by_stop[RIDE + k, state.routes[k, NODE, i]]
    heads[k, COST] = cost
    return 1


@inner
def take_off(tables: Tables, state: State, k: int) -> None:
    """Take the marked stops off route k and put them into the pool, with the farm calls nobody needs any more.

    A way past a stop may be longer than the way through it: if the rest cannot be driven, the whole free part goes.
    """
    touch(tables, state, k)
    if _compress(tables, state, k, 0) == 0:
        _compress(tables, state, k, 1)


@inner
def _compress(tables: Tables, state: State, k: int, whole: int) -> int:
    routes, heads, numbers, stops = state.routes, state.heads, state.numbers, state.numbers[STOPS]
    lock = tables.vehicle[k, LOCK]
    length = heads[k, LENGTH]
    for i in range(lock + 1, length - 1):
        a = routes[k, NODE, i]
        if a < stops and (whole == 1 or state.lists[MARKS, a] == 1):
            count_in(tables, state, k, a, -1)
            state.lists[WHERE, a] = -1
            heads[k, DROPS] -= 1
            state.lists[POOL, numbers[POOL_COUNT]] = a
            numbers[POOL_COUNT] += 1
    kept = lock + 1
    for i in range(lock + 1, length - 1):
        a = routes[k, NODE, i]
        if a < stops:
            stays = state.lists[WHERE, a] == k
        else:
            stays = state.calls[k, a - stops, USERS] > 0
            if not stays:
                state.calls[k, a - stops, CALL_AT] = -1
        if stays:
            routes[k, NODE, kept] = a
            kept += 1
    routes[k, NODE, kept] = routes[k, NODE, length - 1]
    heads[k, LENGTH] = kept + 1
    return renew(tables, state, k)


@inner
def renew(tables: Tables, state: State, k: int) -> int:
    """Count hours and loads of route k anew from its nodes; 0 when they forbid it."""
    routes, length = state.routes, state.heads[k, LENGTH]
    routes[k, EARLY, 0] = tables.vehicle[k, HOURS_START]
    routes[k, READY, 0] = tables.vehicle[k, HOURS_START]
    routes[k, LATE, length - 1] = tables.vehicle[k, HOURS_END]
    if refresh_times(tables, state, k, 1, length - 1) == 0 or refresh_loads(tables, state, k) == 0:
        return 0
    state.heads[k, BY_HOURS] = 0
    span = routes[k, EARLY, length - 1] - tables.vehicle[k, HOURS_START]
    if span > tables.vehicle[k, SPAN_FREE] or _needs_the_clock(tables, state, k) == 1:
        state.heads[k, BY_HOURS] = _strain(tables, state, k)
    return 1 if state.heads[k, BY_HOURS] >= 0 else 0


@inner
def lay(tables: Tables, state: State, k: int, length: int) -> int:
    """Make the order in the scratch row the route of k (start and end included); 0 when it cannot be driven."""
    stops, visits = state.numbers[STOPS], state.numbers[VISITS]
    touch(tables, state, k)
    heads = state.heads
    for i in range(heads[k, LENGTH]):
        a = state.routes[k, NODE, i]
        if a < stops and state.lists[WHERE, a] == k:
            state.lists[WHERE, a] = -1
    for farm in range(visits - stops):
        state.calls[k, farm, CALL_AT] = -1
        for column in range(1, CALL_COLUMNS):
            state.calls[k, farm, column] = 0
    heads[k, BOARD], heads[k, BOARD + 1], heads[k, DROPS] = 0, 0, 0
    heads[k, LENGTH] = length
    for i in range(length):
        a = state.scratch[ORDER, i]
        state.routes[k, NODE, i] = a
        if a < stops:
            count_in(tables, state, k, a, 1)
            heads[k, DROPS] += 1
            state.lists[WHERE, a] = k
    return renew(tables, state, k)
