"""Lay a day and its pins out in the tables on which the compiled search runs."""

import numpy as np

from routing.columns import (
    ALIVE,
    AMOUNT,
    BACK,
    BY_THE_CLOCK,
    CALL_AT,
    CALL_COLUMNS,
    CALLS_MOST,
    CLOSES,
    DICE,
    DRIFT_FREE,
    EARLIER_COUNT,
    FARM,
    FARMED,
    FIRST,
    FOUND_AT,
    FOUND_VERSION,
    GOODS_AT,
    GOODS_COLUMNS,
    GOODS_COUNT,
    HABIT,
    HEAD_COLUMNS,
    HOURS_END,
    HOURS_START,
    KIND,
    KINDS_OF_LOAD,
    LAST,
    LATER_COUNT,
    LEFT_OUT,
    LENGTH,
    LISTS,
    LOCK,
    LONGEST,
    MOST_WORK,
    NEAR_COUNT,
    NODE,
    NODE_COLUMNS,
    NUMBERS,
    OPENS,
    OWN,
    PARTICULAR,
    PARTNER,
    PARTNERS_AT,
    PER_DRIFT,
    PER_WAITING,
    PINNED,
    REST_AFTER,
    REST_LONG,
    ROOM,
    ROUTE_ROWS,
    SCRATCH_ROWS,
    SERVICE,
    SEVERAL_WINDOWS,
    SHORTCUT,
    SPAN_FREE,
    SPEED,
    START,
    STOPS,
    TAKEN,
    TOUCHED,
    USE,
    VEHICLE_COLUMNS,
    VEHICLES,
    VISITS,
    WAITING_FREE,
    WHERE,
    WINDOW_AT,
    WINDOW_CLASS,
    WINDOW_COUNT,
    Ints,
    State,
    Tables,
)
from routing.cooling import SURPRISE_16
from routing.day import Day
from routing.pins import PinRules

# Orders of re-insertion and how often each is drawn: random, by load, far first, near first, narrow first, early first,
# late last (weights of the paper).
_SORTS = (0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6)


def tables_of(day: Day, pins: PinRules, alive: list[bool]) -> Tables:
    """Return the tables of a day; `alive` tells which vehicles may leave at all."""
    kinds = _kinds(day)
    goods, goods_at = _goods(day, kinds)
    partners, partners_at = _partners(day, pins)
    goods = _side_by_side(goods, partners)
    node = _nodes(day, pins, kinds)
    for stop in range(day.n_stops):
        node[stop, GOODS_AT], node[stop, GOODS_COUNT] = goods_at[stop], len(day.farm_goods[stop])
        node[stop, PARTNERS_AT] = partners_at[stop]
    return Tables(
        travel=np.ascontiguousarray(np.concatenate((day.travel, day.travel.transpose(0, 2, 1, 3)), axis=3)),
        windows=_windows(day),
        node=node,
        goods=goods,
        vehicle=_vehicles(day, pins, kinds, alive),
        by_stop=np.concatenate((_keys(day), _ride(day, pins), _near(day))),
        chances=np.array([*SURPRISE_16, *_SORTS], dtype=np.int64),
    )


def _kinds(day: Day) -> list[int]:
    """Return the kinds of load that anybody has."""
    return [kind for kind in range(2) if any(load[kind] for load in [*day.taken, *day.back])]


def _numbers(day: Day, pins: PinRules, seed: int) -> Ints:
    numbers = np.zeros(NUMBERS, dtype=np.int64)
    weights = day.problem.weights
    numbers[STOPS], numbers[VISITS], numbers[VEHICLES] = day.n_stops, day.n_visits, len(day.vehicles)
    numbers[KINDS_OF_LOAD], numbers[PINNED], numbers[FARMED] = len(_kinds(day)), bool(day.problem.pins), bool(day.farms)
    numbers[CALLS_MOST] = max((len(goods) for goods in day.farm_goods), default=0)
    numbers[PER_WAITING], numbers[WAITING_FREE] = weights.per_waiting_s, weights.waiting_free_s
    numbers[PER_DRIFT], numbers[DRIFT_FREE] = weights.per_drift_s, weights.drift_free_s
    numbers[BY_THE_CLOCK] = weights.per_drift_s > 0 and any(stop.habit is not None for stop in day.stops)
    numbers[NEAR_COUNT] = day.n_stops
    numbers[SEVERAL_WINDOWS] = any(len(windows) > 1 for windows in day.opening)
    numbers[SHORTCUT] = _longest_shortcut(day)
    numbers[DICE : DICE + 1] = np.array([seed & (2**64 - 1)], dtype=np.uint64).view(np.int64)
    return numbers


def _longest_shortcut(day: Day) -> int:
    """Return by how many seconds a way over a third place is shorter than the direct one, at most."""
    longest = 0
    for speed in range(len(day.travel)):
        seconds = day.travel[speed, :, :, 0]
        for over in range(len(seconds)):
            longest = max(longest, int((seconds - seconds[:, over, None] - seconds[None, over, :]).max()))
    return longest


def _nodes(day: Day, pins: PinRules, kinds: list[int]) -> Ints:
    node = np.zeros((len(day.service), NODE_COLUMNS), dtype=np.int64)
    node[:, SERVICE] = day.service
    node[:, HABIT] = -1
    for stop, asked in enumerate(day.stops):
        for column, kind in enumerate(kinds):
            node[stop, OWN + column] = day.own[stop][kind]
            node[stop, TAKEN + column] = day.taken[stop][kind]
            node[stop, BACK + column] = day.back[stop][kind]
        if asked.habit is not None:
            node[stop, HABIT] = asked.habit.arrival_s
        node[stop, FIRST], node[stop, LAST] = stop in pins.first, stop in pins.last
        node[stop, EARLIER_COUNT], node[stop, LATER_COUNT] = (
            len(pins.earlier.get(stop, ())),
            len(pins.later.get(stop, ())),
        )
        node[stop, LEFT_OUT] = day.left_out_cost(stop)
        pinned = stop in pins.vehicles or asked.vehicle_ids is not None
        node[stop, PARTICULAR] = pinned or asked.habit is not None
    return node


def _goods(day: Day, kinds: list[int]) -> tuple[Ints, list[int]]:
    rows: list[list[int]] = []
    at = []
    for goods in day.farm_goods:
        at.append(len(rows))
        for farm in sorted(goods):
            amounts = [goods[farm][kind] for kind in kinds]
            rows.append([farm - day.n_stops, *amounts, *[0] * (2 - len(amounts))])
    table = np.zeros((max(1, len(rows)), GOODS_COLUMNS), dtype=np.int64)
    for nth, (farm, *amounts) in enumerate(rows):
        table[nth, FARM], table[nth, AMOUNT : AMOUNT + 2] = farm, amounts
    return table, at


def _side_by_side(goods: Ints, partners: list[int]) -> Ints:
    table = np.zeros((max(len(goods), len(partners)), GOODS_COLUMNS), dtype=np.int64)
    table[: len(goods)] = goods
    table[: len(partners), PARTNER] = partners
    return table


def _partners(day: Day, pins: PinRules) -> tuple[list[int], list[int]]:
    listed: list[int] = []
    at = []
    for stop in range(day.n_stops):
        at.append(len(listed))
        listed += pins.partners(stop)
    return listed, at


def _windows(day: Day) -> Ints:
    classes = sorted(set(day.window_class))
    most = max((len(one) for windows in day.windows for one in windows), default=1)
    table = np.zeros((max(1, len(classes)), max(1, len(day.service)), WINDOW_AT + 2 * max(1, most)), dtype=np.int64)
    table[:, :, CLOSES] = -1
    for hours in classes:
        for at, windows in enumerate(day.windows[day.window_class.index(hours)]):
            table[hours, at, WINDOW_COUNT] = len(windows)
            if windows:
                table[hours, at, OPENS], table[hours, at, CLOSES] = windows[0][0], windows[-1][1]
            for nth, (start_s, end_s) in enumerate(windows):
                table[hours, at, WINDOW_AT + 2 * nth : WINDOW_AT + 2 * nth + 2] = start_s, end_s
    return table


def _vehicles(day: Day, pins: PinRules, kinds: list[int], alive: list[bool]) -> Ints:
    table = np.zeros((len(day.vehicles), VEHICLE_COLUMNS), dtype=np.int64)
    looks: list[tuple[int, int]] = []
    for k, asked in enumerate(day.vehicles):
        room = (asked.capacity.ambient, asked.capacity.chilled)
        row = table[k]
        row[START], row[HOURS_START], row[HOURS_END] = day.start(k), asked.hours.start_s, asked.hours.end_s
        row[LONGEST], row[USE] = asked.max_duration_s, asked.use_cost
        for column, kind in enumerate(kinds):
            row[ROOM + column] = room[kind]
        row[SPEED], row[WINDOW_CLASS], row[LOCK] = day.speed_class[k], day.window_class[k], len(pins.locks[k])
        row[SPAN_FREE], row[MOST_WORK] = asked.max_duration_s, asked.max_duration_s
        if asked.rest is not None:
            row[REST_AFTER], row[REST_LONG] = asked.rest.after_s, asked.rest.duration_s
            row[SPAN_FREE] = min(asked.max_duration_s, asked.rest.after_s)
            # Whoever drives and serves for longer than that rests besides.
            row[MOST_WORK] = max(row[SPAN_FREE], asked.max_duration_s - asked.rest.duration_s)
        look = (day.kinds[k], day.window_class[k])
        if look not in looks:
            looks.append(look)
        row[KIND], row[ALIVE] = looks.index(look), alive[k]
    return table


def _ride(day: Day, pins: PinRules) -> Ints:
    table = np.full((len(day.vehicles), max(1, day.n_stops)), -1, dtype=np.int64)
    change = day.problem.weights.change_vehicle
    for k, vehicle in enumerate(day.vehicles):
        for stop, asked in enumerate(day.stops):
            if pins.may_ride(stop, k):
                table[k, stop] = change if asked.habit is not None and asked.habit.vehicle_id != vehicle.id else 0
    return table


def _near(day: Day) -> Ints:
    """Give each stop all stops, itself first, then those cheapest to go to and come from."""
    count = day.n_stops
    if not day.vehicles or not count:
        return np.zeros((max(1, count), max(1, count)), dtype=np.int64)
    price = day.travel[day.speed_class[0], :count, :count, 1]
    both = price + price.T
    both[np.arange(count), np.arange(count)] = -1
    return np.argsort(both, axis=1, kind="stable").astype(np.int64)


def _keys(day: Day) -> Ints:
    """Give each stop its keys for the orders of re-insertion, smallest first; row 0 is not used."""
    table = np.zeros((7, max(1, day.n_stops)), dtype=np.int64)
    for stop in range(day.n_stops):
        opening = day.opening[stop] or [(0, 0)]
        far = min((day.price[k][day.start(k)][stop] for k in range(len(day.vehicles))), default=0)
        width = sum(end_s - start_s for start_s, end_s in opening)
        table[1:, stop] = (-sum(day.taken[stop]), -far, far, width, opening[0][0], -opening[-1][1])
    return table


def state_of(day: Day, pins: PinRules, seed: int) -> State:
    """Return a state in which every vehicle stays at home and every stop is absent."""
    stops, farms, vehicles = max(1, day.n_stops), max(1, len(day.farms)), len(day.vehicles)
    longest = day.n_visits + 4
    calls = max((len(goods) for goods in day.farm_goods), default=0)
    width = longest + calls + stops

    def empty(*shape: int) -> Ints:
        return np.zeros(shape, dtype=np.int64)

    state = State(
        routes=empty(3 * vehicles, ROUTE_ROWS, longest),
        heads=empty(3 * vehicles, HEAD_COLUMNS),
        calls=empty(2 * vehicles, farms, CALL_COLUMNS),
        lists=empty(LISTS, max(stops, vehicles)),
        found=empty(vehicles, stops, FOUND_AT + 2 * calls),
        scratch=empty(SCRATCH_ROWS, width),
        numbers=_numbers(day, pins, seed),
    )
    state.lists[WHERE] = -1
    state.heads[:, TOUCHED] = -1
    state.found[:, :, FOUND_VERSION] = -1
    state.calls[:, :, CALL_AT] = -1
    for k in range(vehicles):
        state.routes[k, NODE, :2] = day.start(k), day.start(k) + 1
        state.heads[k, LENGTH] = 2
    return state
