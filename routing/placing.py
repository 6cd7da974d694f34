"""Find the cheapest place for a stop on a route, with the farm calls it still needs, compiled.

What is found can be driven and carried: quick tests first, the whole rule of the hours where rest, length or the
price of hours may count.
"""

from routing.cargo import carries
from routing.columns import (
    ALONE,
    ALONE_BEST,
    ALONE_WORK,
    AMOUNT,
    BIG,
    BY_HOURS,
    BY_THE_CLOCK,
    CALL_AT,
    CLOSES,
    EARLIER_COUNT,
    EARLY,
    FARM,
    FIRST,
    FOUND_AT,
    FOUND_CALLS,
    FOUND_GAP,
    FOUND_PRICE,
    FOUND_VERSION,
    GAPS,
    GOODS_AT,
    GOODS_COUNT,
    HEAD,
    HOURS_START,
    KINDS_OF_LOAD,
    LAST,
    LATE,
    LATER_COUNT,
    LEG,
    LENGTH,
    LOAD,
    LOCK,
    MISSING,
    MOST_WORK,
    NODE,
    OPENS,
    ORDER,
    OWN,
    PARTNER,
    PARTNERS_AT,
    PER_WAITING,
    PINNED,
    PRICE,
    READY,
    ROOM,
    SERVICE,
    SEVERAL_WINDOWS,
    SHORTCUT,
    SPAN_FREE,
    SPEED,
    STACK,
    STEPS,
    STOPS,
    USE,
    VERSION,
    WAITING_FREE,
    WANTED,
    WINDOW_CLASS,
    WORK,
    State,
    Tables,
)
from routing.compiled import inner
from routing.moments import begin, hours_price


@inner
def find(tables: Tables, state: State, k: int, stop: int, avoided: int, every: int, limit: int) -> None:
    """Find the cheapest place for the stop on route k, below the price `limit`.

    It is kept in `state.found`: its price and calls, or the limit and -1 calls when there is none. The gap `avoided` is
    not looked at. With `every` nothing is cut short that a road network without triangles might hide.
    """
    state.found[k, stop, FOUND_VERSION] = state.heads[k, VERSION]
    state.found[k, stop, FOUND_PRICE] = limit
    state.found[k, stop, FOUND_CALLS] = -1
    low, high = _span(tables, state, k, stop)
    missing = 0
    node, goods = tables.node, tables.goods
    for row in range(node[stop, GOODS_AT], node[stop, GOODS_AT] + node[stop, GOODS_COUNT]):
        at = state.calls[k, goods[row, FARM], CALL_AT]
        if at < 0:
            state.scratch[MISSING, missing] = goods[row, FARM]
            missing += 1
        else:
            low = max(low, at)
    if low > high:
        state.found[k, stop, FOUND_PRICE] = BIG
        return
    if missing == 0:
        _scan(tables, state, k, stop, low, high, avoided)
    elif missing == 1 and every == 0:
        _pair(tables, state, k, stop, low, high, avoided)
    else:
        _walk(tables, state, k, stop, low, high, missing, avoided, every)


@inner
def _span(tables: Tables, state: State, k: int, stop: int) -> tuple[int, int]:
    """Return the first and the last gap that lock and pins leave to the stop."""
    low, high = tables.vehicle[k, LOCK], state.heads[k, LENGTH] - 2
    if state.numbers[PINNED] == 0:
        return low, high
    node = tables.node
    at = node[stop, PARTNERS_AT]
    between = at + node[stop, EARLIER_COUNT]
    for i in range(1, state.heads[k, LENGTH] - 1):
        other = state.routes[k, NODE, i]
        if other >= state.numbers[STOPS]:
            continue
        if node[other, FIRST] == 1:
            low = max(low, i)
        if node[other, LAST] == 1 or node[stop, FIRST] == 1:
            high = min(high, i - 1)
        for nth in range(at, between):
            if tables.goods[nth, PARTNER] == other:
                low = max(low, i)
        for nth in range(between, between + node[stop, LATER_COUNT]):
            if tables.goods[nth, PARTNER] == other:
                high = min(high, i - 1)
    if node[stop, LAST] == 1:
        low = max(low, state.heads[k, LENGTH] - 2)
    return low, high


@inner
def _delay_at_the_end(tables: Tables, state: State, k: int, gap: int, delay: int) -> int:
    """Return how much later the route ends when what follows the gap begins so much later.

    A small delay may push a visit past its first window and into the next: the end is then later by far more.
    """
    routes, hours = state.routes, tables.vehicle[k, WINDOW_CLASS]
    last = state.heads[k, LENGTH] - 1
    moment = routes[k, EARLY, gap + 1] + delay
    for i in range(gap + 1, last + 1):
        moment = begin(tables.windows, hours, routes[k, NODE, i], moment)
        if moment <= routes[k, EARLY, i]:
            return 0
        if i < last:
            moment += tables.node[routes[k, NODE, i], SERVICE] + routes[k, LEG, i]
    return int(moment - routes[k, EARLY, last])


@inner
def _consider(
    tables: Tables, state: State, k: int, stop: int, gap: int, called: int, price: int, delay: int, waits: int
) -> None:
    """Keep a place whose quick tests hold if it is cheaper than the best; settle its hours where they may count."""
    heads, scratch = state.heads, state.scratch
    length = heads[k, LENGTH]
    span = state.routes[k, EARLY, length - 1] + delay - tables.vehicle[k, HOURS_START]
    by_hours = heads[k, BY_HOURS]
    if delay > 0 and state.numbers[SEVERAL_WINDOWS] == 1 and span <= tables.vehicle[k, SPAN_FREE]:
        span += _delay_at_the_end(tables, state, k, gap, delay) - delay
    if span > tables.vehicle[k, SPAN_FREE] or state.numbers[BY_THE_CLOCK] == 1 or by_hours > 0 or waits == 1:
        n = 0
        nth = 0
        for i in range(length):
            scratch[ORDER, n] = state.routes[k, NODE, i]
            n += 1
            while nth < called and scratch[GAPS, nth] == i:
                scratch[ORDER, n] = state.numbers[STOPS] + scratch[MISSING, nth]
                n += 1
                nth += 1
            if i == gap:
                scratch[ORDER, n] = stop
                n += 1
        strain = hours_price(tables, state, k, n)
        if strain < 0:
            return
        price += strain - by_hours
    found = state.found
    if price >= found[k, stop, FOUND_PRICE]:
        return
    found[k, stop, FOUND_PRICE] = price
    found[k, stop, FOUND_GAP] = gap
    found[k, stop, FOUND_CALLS] = called
    for nth in range(called):
        found[k, stop, FOUND_AT + 2 * nth] = scratch[MISSING, nth]
        found[k, stop, FOUND_AT + 2 * nth + 1] = scratch[GAPS, nth]


@inner
def _scan(tables: Tables, state: State, k: int, stop: int, low: int, high: int, avoided: int) -> None:
    """Try the stop alone in every gap: the farms it needs are called at already."""
    routes, travel, found = state.routes, tables.travel, state.found
    speed, hours = tables.vehicle[k, SPEED], tables.vehicle[k, WINDOW_CLASS]
    service = tables.node[stop, SERVICE]
    opens, closes = tables.windows[hours, stop, OPENS], tables.windows[hours, stop, CLOSES]
    extra = tables.vehicle[k, USE] if state.heads[k, LENGTH] == 2 else 0
    extra -= state.heads[k, BY_HOURS]
    kinds = state.numbers[KINDS_OF_LOAD]
    room, own, room2, own2 = tables.vehicle[k, ROOM], tables.node[stop, OWN], BIG, 0
    if kinds == 2:
        room2, own2 = tables.vehicle[k, ROOM + 1], tables.node[stop, OWN + 1]
    wait_free = state.numbers[WAITING_FREE] if state.numbers[PER_WAITING] > 0 else BIG
    spare = tables.vehicle[k, MOST_WORK] - state.heads[k, WORK]
    for p in range(low, high + 1):
        if routes[k, LATE, p + 1] < opens + service:
            continue
        if routes[k, READY, p] > closes:
            break
        if kinds > 0 and routes[k, HEAD, p] + own > room:
            break
        if kinds == 2 and routes[k, HEAD + 1, p] + own2 > room2:
            break
        a, b = routes[k, NODE, p], routes[k, NODE, p + 1]
        price = travel[speed, stop, a, 3] + travel[speed, stop, b, 1] - routes[k, PRICE, p] + extra
        if price >= found[k, stop, FOUND_PRICE] or p == avoided:
            continue
        arrival = routes[k, READY, p] + travel[speed, stop, a, 2]
        start = begin(tables.windows, hours, stop, arrival)
        if start < 0:
            continue
        following = start + service + travel[speed, stop, b, 0]
        work = travel[speed, stop, a, 2] + service + travel[speed, stop, b, 0] - routes[k, LEG, p]
        if following > routes[k, LATE, p + 1] or work > spare:
            continue
        if kinds > 0 and carries(tables, state, k, stop, p, 0) == 0:
            continue
        delay = max(0, following - routes[k, EARLY, p + 1])
        waits = 1 if start - arrival > wait_free else 0
        _consider(tables, state, k, stop, p, 0, price + state.heads[k, BY_HOURS], delay, waits)


@inner
def _alone(tables: Tables, state: State, k: int, stop: int, low: int, high: int) -> None:
    """Note what the drop alone would cost in each gap, `BIG` where it cannot stand, and the least from each gap on."""
    routes, travel, scratch = state.routes, tables.travel, state.scratch
    speed, hours = tables.vehicle[k, SPEED], tables.vehicle[k, WINDOW_CLASS]
    service = tables.node[stop, SERVICE]
    spare = tables.vehicle[k, MOST_WORK] - state.heads[k, WORK]
    scratch[ALONE_BEST, high + 1] = BIG
    for p in range(high, low - 1, -1):
        a, b = routes[k, NODE, p], routes[k, NODE, p + 1]
        start = begin(tables.windows, hours, stop, routes[k, READY, p] + travel[speed, stop, a, 2])
        price = BIG
        work = travel[speed, stop, a, 2] + service + travel[speed, stop, b, 0] - routes[k, LEG, p]
        scratch[ALONE_WORK, p] = work
        if start >= 0 and start + service + travel[speed, stop, b, 0] <= routes[k, LATE, p + 1] and work <= spare:
            price = travel[speed, stop, a, 3] + travel[speed, stop, b, 1] - routes[k, PRICE, p]
        scratch[ALONE, p] = price
        scratch[ALONE_BEST, p] = min(price, scratch[ALONE_BEST, p + 1])
    for p in range(low - 1, -1, -1):
        scratch[ALONE, p] = BIG
        scratch[ALONE_BEST, p] = scratch[ALONE_BEST, p + 1]


@inner
def _pair(tables: Tables, state: State, k: int, stop: int, low: int, high: int, avoided: int) -> None:
    """Try one farm call in every gap and the drop in every gap from there on."""
    routes, travel, found, scratch = state.routes, tables.travel, state.found, state.scratch
    speed, hours = tables.vehicle[k, SPEED], tables.vehicle[k, WINDOW_CLASS]
    called = scratch[MISSING, 0]
    farm = state.numbers[STOPS] + called
    service, farm_service = tables.node[stop, SERVICE], tables.node[farm, SERVICE]
    opens, closes = tables.windows[hours, farm, OPENS], tables.windows[hours, farm, CLOSES]
    kinds = state.numbers[KINDS_OF_LOAD]
    by_hours = state.heads[k, BY_HOURS]
    extra = (tables.vehicle[k, USE] if state.heads[k, LENGTH] == 2 else 0) - by_hours
    wait_free = state.numbers[WAITING_FREE] if state.numbers[PER_WAITING] > 0 else BIG
    amount, amount2 = 0, 0
    for row in range(tables.node[stop, GOODS_AT], tables.node[stop, GOODS_AT] + tables.node[stop, GOODS_COUNT]):
        if tables.goods[row, FARM] == called:
            amount, amount2 = tables.goods[row, AMOUNT], tables.goods[row, AMOUNT + 1]
    room, own = tables.vehicle[k, ROOM], tables.node[stop, OWN]
    room2, own2 = tables.vehicle[k, ROOM + 1], tables.node[stop, OWN + 1]
    spare = tables.vehicle[k, MOST_WORK] - state.heads[k, WORK]
    _alone(tables, state, k, stop, low, high)
    for i in range(tables.vehicle[k, LOCK], high + 1):
        if routes[k, READY, i] > closes:
            break
        if routes[k, LATE, i + 1] < opens + farm_service:
            continue
        if kinds > 0 and routes[k, HEAD, i] + own > room:
            break
        if kinds == 2 and routes[k, HEAD + 1, i] + own2 > room2:
            break
        if kinds > 0 and routes[k, LOAD, i] + own + amount > room:
            continue
        if kinds == 2 and routes[k, LOAD + 1, i] + own2 + amount2 > room2:
            continue
        a, b = routes[k, NODE, i], routes[k, NODE, i + 1]
        to_farm = travel[speed, farm, a, 3] - routes[k, PRICE, i] + extra
        beside = to_farm + travel[speed, farm, stop, 1] + travel[speed, stop, b, 1]
        apart = to_farm + travel[speed, farm, b, 1]
        try_beside = i >= low and i != avoided and beside < found[k, stop, FOUND_PRICE]
        try_apart = (
            scratch[ALONE_BEST, i + 1] < BIG and apart + scratch[ALONE_BEST, i + 1] < found[k, stop, FOUND_PRICE]
        )
        if not (try_beside or try_apart):
            continue
        arrival = routes[k, READY, i] + travel[speed, farm, a, 2]
        start = begin(tables.windows, hours, farm, arrival)
        work = travel[speed, farm, a, 2] + farm_service - routes[k, LEG, i]
        if start < 0 or work > spare:
            continue
        waits = 1 if start - arrival > wait_free else 0
        ready = start + farm_service
        scratch[GAPS, 0] = i
        if try_beside:
            arrival = ready + travel[speed, farm, stop, 0]
            start = begin(tables.windows, hours, stop, arrival)
            following = start + service + travel[speed, stop, b, 0]
            fits = start >= 0 and following <= routes[k, LATE, i + 1]
            fits = fits and work + travel[speed, farm, stop, 0] + service + travel[speed, stop, b, 0] <= spare
            if fits and carries(tables, state, k, stop, i, 1) == 1:
                delay = max(0, following - routes[k, EARLY, i + 1])
                late = 1 if start - arrival > wait_free else waits
                _consider(tables, state, k, stop, i, 1, beside + by_hours, delay, late)
        if not try_apart or apart + scratch[ALONE_BEST, i + 1] >= found[k, stop, FOUND_PRICE]:
            continue
        moment = ready + travel[speed, farm, b, 0]
        work += travel[speed, farm, b, 0]
        for j in range(i + 1, high + 1):
            moment = begin(tables.windows, hours, routes[k, NODE, j], moment)
            if moment < 0 or moment > routes[k, LATE, j]:
                break
            if kinds > 0 and routes[k, LOAD, j] + own + amount > room:
                break
            if kinds == 2 and routes[k, LOAD + 1, j] + own2 + amount2 > room2:
                break
            a, b = routes[k, NODE, j], routes[k, NODE, j + 1]
            ready = moment + tables.node[a, SERVICE]
            if apart + scratch[ALONE_BEST, j] >= found[k, stop, FOUND_PRICE]:
                break
            if scratch[ALONE, j] < BIG and apart + scratch[ALONE, j] < found[k, stop, FOUND_PRICE] and j != avoided:
                arrival = ready + travel[speed, stop, a, 2]
                start = begin(tables.windows, hours, stop, arrival)
                following = start + service + travel[speed, stop, b, 0]
                fits = start >= 0 and following <= routes[k, LATE, j + 1] and work + scratch[ALONE_WORK, j] <= spare
                if fits and carries(tables, state, k, stop, j, 1) == 1:
                    delay = max(0, following - routes[k, EARLY, j + 1])
                    late = 1 if start - arrival > wait_free else waits
                    _consider(tables, state, k, stop, j, 1, apart + scratch[ALONE, j] + by_hours, delay, late)
            moment = ready + routes[k, LEG, j]


@inner
def _walk(
    tables: Tables, state: State, k: int, stop: int, low: int, high: int, missing: int, avoided: int, every: int
) -> None:
    """Try all orders of several farm calls in all gaps, and the drop after them, depth first.

    A row of the stack: gap, last node, when it is ready, price so far, calls made (bits), next thing to try, the call
    that led here, work added.
    """
    routes, travel, scratch = state.routes, tables.travel, state.scratch
    speed, hours = tables.vehicle[k, SPEED], tables.vehicle[k, WINDOW_CLASS]
    lock = tables.vehicle[k, LOCK]
    by_hours = state.heads[k, BY_HOURS]
    extra = (tables.vehicle[k, USE] if state.heads[k, LENGTH] == 2 else 0) - by_hours
    for nth in range(missing):
        scratch[WANTED, nth] = scratch[MISSING, nth]
    spare = tables.vehicle[k, MOST_WORK] - state.heads[k, WORK]
    depth = 0
    scratch[STACK + 0, 0], scratch[STACK + 1, 0], scratch[STACK + 2, 0] = 0, routes[k, NODE, 0], routes[k, READY, 0]
    scratch[STACK + 3, 0], scratch[STACK + 4, 0], scratch[STACK + 5, 0] = extra, 0, 0
    scratch[STACK + 6, 0], scratch[STACK + 7, 0] = -1, 0
    # The latest hours and the work of the route count its legs as they are: what is put between may shorten each.
    made_up_for = state.numbers[SHORTCUT] * (missing + 1) if every == 1 else 0
    steps = state.numbers[STEPS]
    while depth >= 0 and steps > 0:
        p, last, ready = scratch[STACK + 0, depth], scratch[STACK + 1, depth], scratch[STACK + 2, depth]
        price, made, act = scratch[STACK + 3, depth], scratch[STACK + 4, depth], scratch[STACK + 5, depth]
        work = scratch[STACK + 7, depth]
        scratch[STACK + 5, depth] += 1
        best = state.found[k, stop, FOUND_PRICE] if every == 0 else BIG
        if act == missing:
            if made == (1 << missing) - 1 and p >= low and p != avoided:
                _drop(tables, state, k, stop, p, depth)
            continue
        if act > missing + 1 or (act == missing + 1 and p >= high):
            depth -= 1
            continue
        if act < missing and ((made >> act) & 1 == 1 or p < lock):
            continue
        steps -= 1
        node = state.numbers[STOPS] + scratch[WANTED, act] if act < missing else routes[k, NODE, p + 1]
        moment = begin(tables.windows, hours, node, ready + travel[speed, last, node, 0])
        price += travel[speed, last, node, 1]
        work += travel[speed, last, node, 0]
        if act < missing:
            work += tables.node[node, SERVICE]
            least = price + travel[speed, node, routes[k, NODE, p + 1], 1] - routes[k, PRICE, p]
        else:
            price -= routes[k, PRICE, p]
            work -= routes[k, LEG, p]
            least = price
        late_s = max(moment - routes[k, LATE, p + 1], work - routes[k, LEG, p] - spare)
        if moment < 0 or late_s > made_up_for or (every == 0 and least >= best):
            continue
        depth += 1
        scratch[STACK + 0, depth], scratch[STACK + 1, depth] = p if act < missing else p + 1, node
        scratch[STACK + 2, depth], scratch[STACK + 3, depth] = moment + tables.node[node, SERVICE], price
        scratch[STACK + 4, depth], scratch[STACK + 5, depth] = made | (1 << act) if act < missing else made, 0
        scratch[STACK + 6, depth], scratch[STACK + 7, depth] = act if act < missing else -1, work


@inner
def _drop(tables: Tables, state: State, k: int, stop: int, gap: int, depth: int) -> None:
    """End a walk: put the drop behind its last node in the gap, if it fits there."""
    travel, routes, scratch = tables.travel, state.routes, state.scratch
    speed, hours = tables.vehicle[k, SPEED], tables.vehicle[k, WINDOW_CLASS]
    last, ready, price = scratch[STACK + 1, depth], scratch[STACK + 2, depth], scratch[STACK + 3, depth]
    b, service = routes[k, NODE, gap + 1], tables.node[stop, SERVICE]
    price += travel[speed, last, stop, 1] + travel[speed, stop, b, 1] - routes[k, PRICE, gap]
    if price >= state.found[k, stop, FOUND_PRICE]:
        return
    start = begin(tables.windows, hours, stop, ready + travel[speed, last, stop, 0])
    following = start + service + travel[speed, stop, b, 0]
    work = travel[speed, last, stop, 0] + service + travel[speed, stop, b, 0] - routes[k, LEG, gap]
    work += state.heads[k, WORK] + scratch[STACK + 7, depth]
    if start < 0 or following > routes[k, LATE, gap + 1] or work > tables.vehicle[k, MOST_WORK]:
        return
    called = 0
    for d in range(1, depth + 1):
        if scratch[STACK + 6, d] >= 0:
            scratch[MISSING, called] = scratch[WANTED, scratch[STACK + 6, d]]
            scratch[GAPS, called] = scratch[STACK + 0, d]
            called += 1
    if carries(tables, state, k, stop, gap, called) == 0:
        return
    delay = max(0, following - routes[k, EARLY, gap + 1])
    waits = 1 if state.numbers[PER_WAITING] > 0 else 0
    _consider(tables, state, k, stop, gap, called, price + state.heads[k, BY_HOURS], delay, waits)
