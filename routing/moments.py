"""Give routes their hours, compiled: the rule of `routing.timing`, in the tables of the search."""

from routing.columns import (
    ARRIVALS,
    CLOSES,
    DRIFT_FREE,
    EARLY,
    HABIT,
    HOURS_END,
    HOURS_START,
    LATE,
    LEG,
    LENGTH,
    LONGEST,
    NODE,
    OPENS,
    ORDER,
    PER_DRIFT,
    PER_WAITING,
    PRICE,
    READY,
    REST_AFTER,
    REST_LONG,
    RESTS,
    SERVICE,
    SPEED,
    STARTS,
    STOPS,
    WAITING_FREE,
    WINDOW_AT,
    WINDOW_CLASS,
    WINDOW_COUNT,
    WORK,
    Ints,
    State,
    Tables,
)
from routing.compiled import inner


@inner
def begin(windows: Ints, hours: int, node: int, arrival_s: int) -> int:
    """Return the first moment in the windows of a node from the arrival on, -1 when there is none."""
    if arrival_s > windows[hours, node, CLOSES]:
        return -1
    if arrival_s <= windows[hours, node, OPENS]:
        return int(windows[hours, node, OPENS])
    count = windows[hours, node, WINDOW_COUNT]
    if count > 1:
        for nth in range(count):
            if arrival_s <= windows[hours, node, WINDOW_AT + 2 * nth + 1]:
                return int(max(arrival_s, windows[hours, node, WINDOW_AT + 2 * nth]))
    return arrival_s


@inner
def begin_latest(windows: Ints, hours: int, node: int, moment_s: int) -> int:
    """Return the last moment in the windows of a node up to the given one, -1 when there is none."""
    if moment_s < windows[hours, node, OPENS]:
        return -1
    if moment_s >= windows[hours, node, CLOSES]:
        return int(windows[hours, node, CLOSES])
    count = windows[hours, node, WINDOW_COUNT]
    if count > 1:
        for nth in range(count - 1, -1, -1):
            if moment_s >= windows[hours, node, WINDOW_AT + 2 * nth]:
                return int(min(moment_s, windows[hours, node, WINDOW_AT + 2 * nth + 1]))
    return moment_s


@inner
def refresh_times(tables: Tables, state: State, k: int, first: int, last: int) -> int:
    """Bring the hours of route k up to date after the nodes from `first` to `last` are new there; 0 when it fails."""
    routes, travel, windows, node = state.routes, tables.travel, tables.windows, tables.node
    speed, hours = tables.vehicle[k, SPEED], tables.vehicle[k, WINDOW_CLASS]
    length = state.heads[k, LENGTH]
    for i in range(first, length):
        a, b = routes[k, NODE, i - 1], routes[k, NODE, i]
        if i <= last + 1:
            routes[k, LEG, i - 1] = travel[speed, a, b, 0]
            routes[k, PRICE, i - 1] = travel[speed, a, b, 1]
        moment = begin(windows, hours, b, routes[k, READY, i - 1] + routes[k, LEG, i - 1])
        if moment < 0:
            return 0
        if i > last and moment == routes[k, EARLY, i]:
            break
        routes[k, EARLY, i] = moment
        routes[k, READY, i] = moment + node[b, SERVICE]
    for i in range(min(last, length - 2), -1, -1):
        a = routes[k, NODE, i]
        moment = begin_latest(windows, hours, a, routes[k, LATE, i + 1] - routes[k, LEG, i] - node[a, SERVICE])
        if i < first and moment == routes[k, LATE, i]:
            break
        routes[k, LATE, i] = moment
    if length == 2:
        routes[k, PRICE, 0] = 0
        routes[k, LEG, 0] = 0
    work = 0
    for i in range(length - 1):
        work += node[routes[k, NODE, i], SERVICE] + routes[k, LEG, i]
    state.heads[k, WORK] = work
    return 1


@inner
def _drive(tables: Tables, state: State, k: int, length: int, departure_s: int, resting: int) -> int:
    """Drive the order in `scratch`, filling in arrivals, starts and rests; return when it is back, -1 when it fails."""
    scratch = state.scratch
    travel, windows, node = tables.travel, tables.windows, tables.node
    speed, hours = tables.vehicle[k, SPEED], tables.vehicle[k, WINDOW_CLASS]
    after_s, pause_s = tables.vehicle[k, REST_AFTER], tables.vehicle[k, REST_LONG]
    ready = departure_s
    fresh = departure_s
    a = scratch[ORDER, 0]
    for i in range(1, length - 1):
        b = scratch[ORDER, i]
        arrival = ready + travel[speed, a, b, 0]
        start = begin(windows, hours, b, arrival)
        if start < 0:
            return -1
        ready = start + node[b, SERVICE]
        scratch[ARRIVALS, i] = arrival
        scratch[STARTS, i] = start
        scratch[RESTS, i] = 0
        if resting == 1:
            if start - arrival >= pause_s:
                if arrival - fresh > after_s:
                    return -1
                fresh = start
            following = scratch[ORDER, i + 1]
            pause_at = ready + travel[speed, b, following, 0]
            if i + 2 < length:
                then = begin(windows, hours, following, pause_at)
                if then >= 0 and then - pause_at < pause_s:
                    pause_at = then + node[following, SERVICE]
            if pause_at - fresh > after_s:
                if ready - fresh > after_s:
                    return -1
                scratch[RESTS, i] = pause_s
                ready += pause_s
                fresh = ready
        a = b
    back = ready + travel[speed, a, scratch[ORDER, length - 1], 0]
    if resting == 1 and back - fresh > after_s:
        return -1
    return int(back)


@inner
def _departure(tables: Tables, state: State, k: int, length: int, back_s: int) -> int:
    """Return the latest departure that comes home at `back_s`, the rests in `scratch` kept."""
    scratch = state.scratch
    travel, windows, node = tables.travel, tables.windows, tables.node
    speed, hours = tables.vehicle[k, SPEED], tables.vehicle[k, WINDOW_CLASS]
    moment = back_s
    for i in range(length - 2, 0, -1):
        a = scratch[ORDER, i]
        moment -= travel[speed, a, scratch[ORDER, i + 1], 0] + node[a, SERVICE] + scratch[RESTS, i]
        moment = begin_latest(windows, hours, a, moment)
    return int(moment - travel[speed, scratch[ORDER, 0], scratch[ORDER, 1], 0])


@inner
def _is_rested(tables: Tables, state: State, k: int, length: int, departure_s: int, back_s: int) -> int:
    scratch = state.scratch
    after_s, pause_s = tables.vehicle[k, REST_AFTER], tables.vehicle[k, REST_LONG]
    if after_s == 0 or back_s - departure_s <= after_s:
        return 1
    fresh = departure_s
    for i in range(1, length - 1):
        if scratch[STARTS, i] - scratch[ARRIVALS, i] >= pause_s:
            if scratch[ARRIVALS, i] - fresh > after_s:
                return 0
            fresh = scratch[STARTS, i]
    return 1 if back_s - fresh <= after_s else 0


@inner
def hours_price(tables: Tables, state: State, k: int, length: int) -> int:
    """Return the price of waiting and drift of the order in `scratch`, -1 when its hours, length or rest forbid it."""
    first_s, last_s = tables.vehicle[k, HOURS_START], tables.vehicle[k, HOURS_END]
    back = _drive(tables, state, k, length, first_s, 0)
    if back < 0 or back > last_s:
        return -1
    departure = _departure(tables, state, k, length, back)
    if departure != first_s:
        back = _drive(tables, state, k, length, departure, 0)
    if _is_rested(tables, state, k, length, departure, back) == 0:
        at_once = _drive(tables, state, k, length, first_s, 1)
        if at_once < 0 or at_once > last_s:
            return -1
        departure = _departure(tables, state, k, length, at_once)
        back = _drive(tables, state, k, length, departure, 1)
        if back < 0 or back > at_once:
            departure = first_s
            back = _drive(tables, state, k, length, departure, 1)
    if back - departure > tables.vehicle[k, LONGEST]:
        return -1
    return _strain(tables, state, length)


@inner
def _strain(tables: Tables, state: State, length: int) -> int:
    """Return the price of waiting and of drifting from the habitual hour."""
    scratch = state.scratch
    numbers, node = state.numbers, tables.node
    price = 0
    for i in range(1, length - 1):
        a = scratch[ORDER, i]
        arrival = scratch[ARRIVALS, i]
        price += numbers[PER_WAITING] * max(0, scratch[STARTS, i] - arrival - numbers[WAITING_FREE])
        if a < numbers[STOPS] and node[a, HABIT] >= 0:
            price += numbers[PER_DRIFT] * max(0, abs(arrival - node[a, HABIT]) - numbers[DRIFT_FREE])
    return price
