"""Ruin and recreate a plan again and again, compiled: SISR (Christiaens & Vanden Berghe 2020).

Strings of neighbouring drops leave a few routes and are put back one by one, each where it costs least; a dearer plan
is accepted now and then, ever more rarely. On days that are nearly full, stops that were often left out weigh more, as
when their fleet is made smaller.
"""

import numpy as np

from routing.columns import (
    ABSENCES,
    ABSENT_NOW,
    ALIVE,
    BEST,
    BIG,
    CALL_AT,
    COST,
    COUNTING,
    DICE,
    DROPS,
    EARLIER_COUNT,
    FARM,
    FARMED,
    FOUND_CALLS,
    FOUND_GAP,
    FOUND_PRICE,
    FOUND_VERSION,
    GAPS,
    GOODS_AT,
    GOODS_COUNT,
    ITERATION,
    KIND,
    LATER_COUNT,
    LEFT_OUT,
    LENGTH,
    LOCK,
    MARKS,
    MISSING,
    NEAR,
    NEAR_COUNT,
    NODE,
    NOW,
    ORDER,
    PARTICULAR,
    PARTNER,
    PARTNERS_AT,
    PINNED,
    POOL,
    POOL_COUNT,
    RIDE,
    SPEED,
    STOPS,
    TOUCHED,
    TOUCHED_COUNT,
    TOUCHED_ROUTES,
    VEHICLES,
    VERSION,
    VISITS,
    WANTED,
    WHERE,
    Ints,
    State,
    Tables,
)
from routing.compiled import entrance, inner
from routing.moving import lay, put, settle, take_off, undo
from routing.placing import find

_LONGEST_STRING = 10
_MEAN_REMOVED = 10
_MOST_TRIED = 12
_NEAREST = 8
_CALMER_BITS = 3  # while somebody is left out, routes are packed rather than shaken
_BLINK = 100  # one place in so many is not seen
# One more try of the farm calls' order in so many iterations.
_FARM_MOVES = 4
LAY, BEGIN, SEARCH, TAKE_IN = range(4)


@inner
def draw(state: State, limit: int) -> int:
    """Return a number from 0 to limit - 1 (splitmix64: Steele, Lea & Flood 2014, doi 10.1145/2660193.2660195)."""
    state.numbers[DICE] += np.int64(-0x61C8864680B583EB)
    z = np.uint64(state.numbers[DICE])
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return int(np.int64(((z >> np.uint64(32)) * np.uint64(limit)) >> np.uint64(32)))


@inner
def _may_join(tables: Tables, state: State, k: int, stop: int) -> int:
    """Tell whether no other route holds a stop that must ride with this one."""
    node = tables.node
    at = node[stop, PARTNERS_AT]
    for nth in range(at, at + node[stop, EARLIER_COUNT] + node[stop, LATER_COUNT]):
        if state.lists[WHERE, tables.goods[nth, PARTNER]] >= 0 and state.lists[WHERE, tables.goods[nth, PARTNER]] != k:
            return 0
    return 1


@inner
def _nearest_route(tables: Tables, state: State, stop: int) -> int:
    """Return the route of the nearest stop that rides, among the nearest few, -1 when none does."""
    for nth in range(1, min(_NEAREST, state.numbers[NEAR_COUNT])):
        k = state.lists[WHERE, tables.by_stop[NEAR + state.numbers[VEHICLES] + stop, nth]]
        if k >= 0:
            return int(k)
    return -1


@inner
def cheapest(tables: Tables, state: State, stop: int, every: int) -> int:
    """Return the route that takes the stop at least price, -1 when none can; now and then a place is not seen.

    The route of a near stop is asked first: what the others could offer at more than its price is not looked for.
    """
    best, best_price = -1, BIG
    seen = 0
    first = _nearest_route(tables, state, stop)
    for nth in range(-1, state.numbers[VEHICLES]):
        k = first if nth < 0 else nth
        if k < 0 or (nth >= 0 and k == first):
            continue
        ride = tables.by_stop[RIDE + k, stop]
        if ride < 0 or tables.vehicle[k, ALIVE] == 0:
            continue
        if state.numbers[PINNED] == 1 and _may_join(tables, state, k, stop) == 0:
            continue
        if state.heads[k, LENGTH] == 2 and tables.node[stop, PARTICULAR] == 0 and every == 0:
            kind = np.int64(1) << min(tables.vehicle[k, KIND], 62)
            if seen & kind:
                continue
            seen |= kind
        price = price_on(tables, state, k, stop, best_price - ride, every)
        if price < best_price - ride:
            best, best_price = k, price + ride
    return best


@inner
def price_on(tables: Tables, state: State, k: int, stop: int, limit: int, every: int) -> int:
    """Return the price of the stop on route k if it is below the limit, else `BIG`; nothing is sought twice."""
    found = state.found
    known = found[k, stop, FOUND_VERSION] == state.heads[k, VERSION]
    known = known and (found[k, stop, FOUND_CALLS] >= 0 or found[k, stop, FOUND_PRICE] >= limit)
    if every == 1 or not known:
        find(tables, state, k, stop, -1, every, limit)
    if found[k, stop, FOUND_CALLS] < 0 or found[k, stop, FOUND_PRICE] >= limit:
        return BIG
    if every == 0 and draw(state, _BLINK) == 0:
        find(tables, state, k, stop, found[k, stop, FOUND_GAP], 0, limit)
        found[k, stop, FOUND_VERSION] = -1
        if found[k, stop, FOUND_CALLS] < 0:
            return BIG
    return int(found[k, stop, FOUND_PRICE])


@inner
def _sort_pool(tables: Tables, state: State) -> None:
    """Put the pool in random order, then by load, far first, near first, narrow first, early first or late last."""
    lists, count = state.lists, state.numbers[POOL_COUNT]
    for i in range(1, count):  # by number first: how they came into the pool must not show
        stop = lists[POOL, i]
        j = i
        while j > 0 and lists[POOL, j - 1] > stop:
            lists[POOL, j] = lists[POOL, j - 1]
            j -= 1
        lists[POOL, j] = stop
    for i in range(count - 1, 0, -1):
        j = draw(state, i + 1)
        lists[POOL, i], lists[POOL, j] = lists[POOL, j], lists[POOL, i]
    kind = tables.chances[1024 + draw(state, len(tables.chances) - 1024)]
    if kind == 0:
        return
    for i in range(1, count):
        stop = lists[POOL, i]
        j = i
        while j > 0 and tables.by_stop[kind, lists[POOL, j - 1]] > tables.by_stop[kind, stop]:
            lists[POOL, j] = lists[POOL, j - 1]
            j -= 1
        lists[POOL, j] = stop


@inner
def _mark_string(tables: Tables, state: State, k: int, stop: int, longest: int) -> None:
    """Mark a string of drops around the stop, half of the time with some in the middle spared."""
    routes, scratch = state.routes, state.scratch
    count = 0
    at = 0
    for i in range(tables.vehicle[k, LOCK] + 1, state.heads[k, LENGTH] - 1):
        if routes[k, NODE, i] < state.numbers[STOPS]:
            if routes[k, NODE, i] == stop:
                at = count
            scratch[ORDER, count] = routes[k, NODE, i]
            count += 1
    length = 1 + draw(state, min(longest, count))
    spared = 0
    if length > 1 and length < count and draw(state, 2) == 0:
        spared = 1
        while length + spared < count and draw(state, 100) == 0:
            spared += 1
    whole = length + spared
    low, high = max(0, at - whole + 1), min(at, count - whole)
    first = low + draw(state, high - low + 1)
    skip = 1 + draw(state, length - 1) if spared > 0 else length
    for nth in range(whole):
        if nth < skip or nth >= skip + spared:
            state.lists[MARKS, scratch[ORDER, first + nth]] = 1


@inner
def _ruin(tables: Tables, state: State) -> None:
    """Take strings of drops near a random stop off several routes, or now and then all drops of one farm call."""
    numbers, node = state.numbers, tables.node
    seed = draw(state, numbers[STOPS])
    while state.lists[WHERE, seed] == -2:
        seed = (seed + 1) % numbers[STOPS]
    if numbers[FARMED] == 1 and state.lists[WHERE, seed] >= 0 and node[seed, GOODS_COUNT] > 0 and draw(state, 8) == 0:
        k = state.lists[WHERE, seed]
        farm = tables.goods[node[seed, GOODS_AT] + draw(state, node[seed, GOODS_COUNT]), FARM]
        for i in range(tables.vehicle[k, LOCK] + 1, state.heads[k, LENGTH] - 1):
            stop = state.routes[k, NODE, i]
            if stop < numbers[STOPS]:
                for row in range(node[stop, GOODS_AT], node[stop, GOODS_AT] + node[stop, GOODS_COUNT]):
                    if tables.goods[row, FARM] == farm:
                        state.lists[MARKS, stop] = 1
        take_off(tables, state, k)
        _unmark(tables, state)
        return
    served, driven = 0, 0
    for k in range(numbers[VEHICLES]):
        if state.heads[k, LENGTH] > 2:
            driven += 1
            served += state.heads[k, DROPS]
    if served == 0:
        return
    longest = max(1, min(_LONGEST_STRING, served // driven))
    # floor(U(1, 4c/(1 + l))): the mean of the removed is c when strings are drawn evenly.
    strings = 1 + draw(state, 4 * _MEAN_REMOVED * 1024 // (1 + longest) - 1024) // 1024
    ruined = 0
    for nth in range(numbers[NEAR_COUNT]):
        stop = tables.by_stop[NEAR + numbers[VEHICLES] + seed, nth]
        k = state.lists[WHERE, stop]
        if k < 0 or state.heads[k, TOUCHED] == numbers[ITERATION]:
            continue
        if _is_locked(tables, state, k, stop) == 1:
            continue
        _mark_string(tables, state, k, stop, longest)
        take_off(tables, state, k)
        _unmark(tables, state)
        ruined += 1
        if ruined == strings:
            break


@inner
def _is_locked(tables: Tables, state: State, k: int, stop: int) -> int:
    for i in range(1, tables.vehicle[k, LOCK] + 1):
        if state.routes[k, NODE, i] == stop:
            return 1
    return 0


@inner
def _unmark(tables: Tables, state: State) -> None:
    for nth in range(state.numbers[POOL_COUNT]):
        state.lists[MARKS, state.lists[POOL, nth]] = 0


@inner
def _call_up_the_absent(tables: Tables, state: State) -> None:
    """Put the absent into the pool: all of them when they are few, else some drawn by lot."""
    numbers = state.numbers
    ruined = numbers[POOL_COUNT]
    absent = 0
    if numbers[ABSENT_NOW] == 0:
        return
    for stop in range(state.numbers[STOPS]):
        if state.lists[WHERE, stop] == -1:
            state.scratch[ORDER, absent] = stop
            absent += 1
    # Those just taken off are absent too: they are in the pool already.
    for nth in range(ruined):
        state.lists[MARKS, state.lists[POOL, nth]] = 2
    left = 0
    for nth in range(absent):
        if state.lists[MARKS, state.scratch[ORDER, nth]] == 0:
            state.scratch[ORDER, left] = state.scratch[ORDER, nth]
            left += 1
    for nth in range(ruined):
        state.lists[MARKS, state.lists[POOL, nth]] = 0
    for nth in range(min(left, _MOST_TRIED)):
        other = nth + draw(state, left - nth) if left > _MOST_TRIED else nth
        stop = state.scratch[ORDER, other]
        state.scratch[ORDER, other] = state.scratch[ORDER, nth]
        state.lists[POOL, numbers[POOL_COUNT]] = stop
        numbers[POOL_COUNT] += 1


@inner
def recreate(tables: Tables, state: State) -> None:
    """Put everybody of the pool where it costs least, one after the other; who fits nowhere stays absent."""
    _sort_pool(tables, state)
    for nth in range(state.numbers[POOL_COUNT]):
        stop = state.lists[POOL, nth]
        k = cheapest(tables, state, stop, 0)
        if k >= 0:
            put(tables, state, k, stop)
    state.numbers[POOL_COUNT] = 0


@inner
def _move_a_farm_call(tables: Tables, state: State) -> None:
    """Take a farm call of a touched route out and put it back at its best place before its first drop; or swap two."""
    numbers, scratch, stops = state.numbers, state.scratch, state.numbers[STOPS]
    if numbers[TOUCHED_COUNT] == 0:
        return
    k = state.lists[TOUCHED_ROUTES, draw(state, numbers[TOUCHED_COUNT])]
    lock, length = tables.vehicle[k, LOCK], state.heads[k, LENGTH]
    count = 0
    for i in range(lock + 1, length - 1):
        if state.routes[k, NODE, i] >= stops:
            scratch[WANTED, count] = i
            count += 1
    if count == 0 or settle(tables, state, k) == 0:
        return
    at = scratch[WANTED, draw(state, count)]
    other = scratch[WANTED, draw(state, count)]
    farm = state.routes[k, NODE, at] - stops
    for i in range(length):
        scratch[GAPS, i] = state.routes[k, NODE, i]
    best_at, best = at, state.heads[k, COST]
    if draw(state, 2) == 0 and other != at:
        scratch[GAPS, at], scratch[GAPS, other] = scratch[GAPS, other], scratch[GAPS, at]
        _try_order(tables, state, k, length, best)
        return
    first_drop = length - 1
    for i in range(length - 2, at, -1):
        stop = scratch[GAPS, i]
        if stop < stops:
            for row in range(tables.node[stop, GOODS_AT], tables.node[stop, GOODS_AT] + tables.node[stop, GOODS_COUNT]):
                if tables.goods[row, FARM] == farm:
                    first_drop = i
    best_price = 0
    speed = tables.vehicle[k, SPEED]
    moved = scratch[GAPS, at]
    a, b = scratch[GAPS, at - 1], scratch[GAPS, at + 1]
    saved = tables.travel[speed, a, moved, 1] + tables.travel[speed, moved, b, 1] - tables.travel[speed, a, b, 1]
    for i in range(lock, first_drop):
        if i == at or i == at - 1:
            continue
        a, b = scratch[GAPS, i], scratch[GAPS, i + 1]
        price = tables.travel[speed, a, moved, 1] + tables.travel[speed, moved, b, 1] - tables.travel[speed, a, b, 1]
        if price - saved < best_price:
            best_price, best_at = price - saved, i
    if best_price == 0:
        return
    if best_at < at:
        for i in range(at, best_at + 1, -1):
            scratch[GAPS, i] = scratch[GAPS, i - 1]
        scratch[GAPS, best_at + 1] = moved
    else:
        for i in range(at, best_at):
            scratch[GAPS, i] = scratch[GAPS, i + 1]
        scratch[GAPS, best_at] = moved
    _try_order(tables, state, k, length, best)


@inner
def _try_order(tables: Tables, state: State, k: int, length: int, limit: int) -> None:
    """Make the order in the scratch row 7 the route of k if every farm comes before its drops and it is cheaper."""
    scratch, stops = state.scratch, state.numbers[STOPS]
    for farm in range(state.numbers[VISITS] - stops):
        state.calls[k, farm, CALL_AT] = -1
    for i in range(1, length - 1):
        a = scratch[GAPS, i]
        if a >= stops:
            state.calls[k, a - stops, CALL_AT] = i
        else:
            for row in range(tables.node[a, GOODS_AT], tables.node[a, GOODS_AT] + tables.node[a, GOODS_COUNT]):
                if state.calls[k, tables.goods[row, FARM], CALL_AT] < 0:
                    limit = -1
    for i in range(length):
        scratch[MISSING, i] = state.routes[k, NODE, i]
        scratch[ORDER, i] = scratch[GAPS, i]
    sound = limit >= 0 and lay(tables, state, k, length) == 1 and settle(tables, state, k) == 1
    if sound and state.heads[k, COST] < limit:
        return
    for i in range(length):
        scratch[ORDER, i] = scratch[MISSING, i]
    lay(tables, state, k, length)
    settle(tables, state, k)


@inner
def price_now(tables: Tables, state: State) -> int:
    """Return the price of the plan as it stands, everybody absent included; -1 when a route may not be driven so."""
    numbers = state.numbers
    for nth in range(numbers[TOUCHED_COUNT]):
        if settle(tables, state, state.lists[TOUCHED_ROUTES, nth]) == 0:
            return -1
    total = 0
    for k in range(state.numbers[VEHICLES]):
        total += state.heads[k, COST]
    numbers[ABSENT_NOW] = 0
    for stop in range(state.numbers[STOPS]):
        if state.lists[WHERE, stop] == -1:
            total += tables.node[stop, LEFT_OUT]
            numbers[ABSENT_NOW] += 1
    return total


@inner
def keep_best(tables: Tables, state: State) -> None:
    """Copy the plan as it stands to the best one."""
    for k in range(state.numbers[VEHICLES]):
        best = k + 2 * state.numbers[VEHICLES]
        state.heads[best, LENGTH] = state.heads[k, LENGTH]
        for i in range(state.heads[k, LENGTH]):
            state.routes[best, NODE, i] = state.routes[k, NODE, i]


@inner
def begin_search(tables: Tables, state: State) -> None:
    """Put everybody who is absent on the routes as they stand, and take that for the current and the best plan."""
    numbers = state.numbers
    for stop in range(state.numbers[STOPS]):
        if state.lists[WHERE, stop] == -1:
            state.lists[POOL, numbers[POOL_COUNT]] = stop
            numbers[POOL_COUNT] += 1
    recreate(tables, state)
    for k in range(state.numbers[VEHICLES]):
        settle(tables, state, k)
    numbers[NOW] = price_now(tables, state)
    numbers[BEST] = numbers[NOW]
    numbers[TOUCHED_COUNT] = 0
    keep_best(tables, state)


@inner
def _weight_of_the_absent(tables: Tables, state: State) -> int:
    total = 0
    for stop in range(state.numbers[STOPS]):
        if state.lists[WHERE, stop] == -1:
            total += state.lists[ABSENCES, stop]
    return total


@inner
def take_in(tables: Tables, state: State) -> None:
    """Put everybody absent who fits anywhere on the routes as they stand, until nobody more does."""
    changed = True
    while changed:
        changed = False
        for stop in range(state.numbers[STOPS]):
            if state.lists[WHERE, stop] == -1:
                k = cheapest(tables, state, stop, 1)
                if k >= 0:
                    put(tables, state, k, stop)
                    changed = True


@inner
def search(tables: Tables, state: State, temperatures: Ints, count: int) -> None:
    """Do `count` iterations; `temperatures` holds one for each, in 8 bits after the point."""
    numbers = state.numbers
    for nth in range(count):
        numbers[ITERATION] += 1
        numbers[TOUCHED_COUNT] = 0
        numbers[POOL_COUNT] = 0
        absent_before = numbers[ABSENT_NOW]
        counting = numbers[COUNTING] == 1 and absent_before > 0
        weight_before = _weight_of_the_absent(tables, state) if counting else 0
        _ruin(tables, state)
        _call_up_the_absent(tables, state)
        recreate(tables, state)
        if state.numbers[FARMED] == 1 and draw(state, _FARM_MOVES) == 0:
            _move_a_farm_call(tables, state)
        price = price_now(tables, state)
        allowance = temperatures[nth] * tables.chances[draw(state, 1024)] >> 24
        if absent_before > 0:
            allowance >>= _CALMER_BITS
        accepted = 0 <= price < numbers[NOW] + allowance
        if counting and price >= 0 and not accepted and numbers[ABSENT_NOW] > 0:
            accepted = _weight_of_the_absent(tables, state) < weight_before
        if numbers[COUNTING] == 1:
            for stop in range(state.numbers[STOPS]):
                if state.lists[WHERE, stop] == -1:
                    state.lists[ABSENCES, stop] += 1
        if accepted:
            numbers[NOW] = price
            if price < numbers[BEST]:
                numbers[BEST] = price
                keep_best(tables, state)
        else:
            undo(tables, state)
            numbers[ABSENT_NOW] = absent_before


@entrance
def run(tables: Tables, state: State, temperatures: Ints, task: int, count: int) -> int:
    """Do one of the tasks: lay the order in scratch as the route of vehicle `count`, begin, search, or take in.

    One door for all of them: what lies behind it is compiled once.
    """
    if task == LAY:
        return lay(tables, state, count, temperatures[0])
    if task == BEGIN:
        begin_search(tables, state)
    elif task == SEARCH:
        search(tables, state, temperatures, count)
    else:
        take_in(tables, state)
    return 1
