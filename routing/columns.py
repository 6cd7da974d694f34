"""Name the columns of the tables on which the compiled search runs, and the tables themselves.

All tables are int64 in C order. Nodes, stops, farms and vehicles are numbered as in `routing.day`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
BIG = 4 * 10**18  # beyond every price and moment

# numbers: what a day is
STOPS, VISITS, VEHICLES, KINDS_OF_LOAD, PINNED, FARMED, CALLS_MOST = range(7)
PER_WAITING, WAITING_FREE, PER_DRIFT, DRIFT_FREE, BY_THE_CLOCK, NEAR_COUNT, SEVERAL_WINDOWS, SHORTCUT = range(7, 15)
# numbers: how far a search is
NOW, BEST, NEXT_VERSION, ITERATION, TOUCHED_COUNT, POOL_COUNT, ABSENT_NOW, COUNTING, STEPS, DICE, NUMBERS = range(
    15, 26
)

# node
SERVICE, OWN, TAKEN, BACK = 0, 1, 3, 5  # the loads take two columns, one a kind of load
GOODS_AT, GOODS_COUNT, HABIT, FIRST, LAST, PARTNERS_AT, EARLIER_COUNT, LATER_COUNT, LEFT_OUT, PARTICULAR = range(7, 17)
NODE_COLUMNS = 17

# goods: one row for each stop and farm; the last column lists partners of pins
FARM, AMOUNT, PARTNER, GOODS_COLUMNS = 0, 1, 3, 4

# by stop: the keys of the orders of re-insertion (1 to 6), then each vehicle's price of a ride, then neighbours
RIDE, NEAR = 7, 7  # the neighbours begin `VEHICLES` rows later

# lists: by stop where it is, the pool, by stop whether it is marked, by stop how often it was absent, routes touched
WHERE, POOL, MARKS, ABSENCES, TOUCHED_ROUTES, LISTS = range(6)

# windows: class of hours, node
OPENS, CLOSES, WINDOW_COUNT, WINDOW_AT = 0, 1, 2, 3

# vehicle
START, HOURS_START, HOURS_END, LONGEST, ROOM, USE, SPEED, WINDOW_CLASS = 0, 1, 2, 3, 4, 6, 7, 8
REST_AFTER, REST_LONG, LOCK, KIND, SPAN_FREE, ALIVE, MOST_WORK, VEHICLE_COLUMNS = range(9, 17)

# route: vehicle, row, position; position 0 is the start of the vehicle
NODE, EARLY, READY, LATE, LEG, PRICE, LOAD, HEAD, TAIL, ROUTE_ROWS = 0, 1, 2, 3, 4, 5, 6, 8, 10, 12
MOVED_ROWS = 6  # those that an insertion shifts; the loads are counted anew

# head of a route
LENGTH, VERSION, COST, BY_HOURS, DROPS, BOARD, TOUCHED, WORK, HEAD_COLUMNS = 0, 1, 2, 3, 4, 5, 7, 8, 9

# call of a route at a farm
CALL_AT, USERS, SUM, CALL_COLUMNS = 0, 1, 2, 4

# place found for a stop on a route: version it was found for, price, gap, calls as (farm, gap)
FOUND_VERSION, FOUND_PRICE, FOUND_GAP, FOUND_CALLS, FOUND_AT = 0, 1, 2, 3, 4

# scratch rows
ORDER, ARRIVALS, STARTS, RESTS, ALONE, ALONE_BEST, ALONE_WORK, MISSING, GAPS, WANTED = range(10)
STACK, SCRATCH_ROWS = 10, 18


class Tables(NamedTuple):
    """Hold what a day asks; nothing here changes during a search."""

    travel: Ints  # speed, a, b: seconds a→b, price a→b, seconds b→a, price b→a
    windows: Ints
    node: Ints
    goods: Ints
    vehicle: Ints
    by_stop: Ints
    chances: Ints  # 1024 surprises, then the orders of re-insertion, each as often as it weighs


class State(NamedTuple):
    """Hold one search under way. After the routes as they are come those before this iteration, then the best ones."""

    routes: Ints
    heads: Ints
    calls: Ints
    lists: Ints
    found: Ints
    scratch: Ints
    numbers: Ints
