"""Find the one change that would let a stop ride along, and try it out before saying so."""

from collections.abc import Sequence
from dataclasses import replace

from routing.by_hand import Fault, FaultKind, Judge
from routing.facts import Facts
from routing.plan import Nearest, Why
from routing.problem import Load, Problem, Vehicle, Window
from routing.refusals import LAST_SECOND
from routing.spread import pad_s

_WHY = {
    FaultKind.LATE: Why.LATE,
    FaultKind.TIGHT: Why.LATE,
    FaultKind.BACK_LATE: Why.BACK_LATE,
    FaultKind.TOO_LONG: Why.TOO_LONG,
    FaultKind.AMBIENT_OVER: Why.AMBIENT_OVER,
    FaultKind.CHILLED_OVER: Why.CHILLED_OVER,
}


def granted(problem: Problem, judge: Judge, vehicle_id: str, visit_ids: Sequence[str]) -> Nearest | None:
    """Return what alone keeps the vehicle from driving the order, None when that is not one thing.

    The change was made and the order driven with it: `Nearest.fits`. Pins are not looked at.
    """
    times = judge.time(vehicle_id, visit_ids)
    faults = judge.faults(times, visit_ids)
    if len(faults) != 1 or faults[0].kind not in _WHY:
        return None
    fault, end_s = faults[0], None
    if fault.kind in (FaultKind.LATE, FaultKind.TIGHT):
        start_s = times.drive.starts[visit_ids.index(fault.at_id or "")]
        end_s = start_s + pad_s(start_s - times.vehicle.hours.start_s, problem.weights.hours_quantile, problem.spread)
    elif fault.kind == FaultKind.BACK_LATE:
        end_s = times.drive.return_s
    if end_s is not None and end_s > LAST_SECOND:
        return None
    changed = _changed(problem, fault, end_s)
    if not Judge(Facts(changed)).drivable(vehicle_id, visit_ids):
        return None
    return Nearest(vehicle_id, _WHY[fault.kind], fault.by_s, fault.by_load, fault.at_id, end_s, fits=True)


def _changed(problem: Problem, fault: Fault, end_s: int | None) -> Problem:
    """Return the problem with what is missing granted."""
    if fault.kind in (FaultKind.LATE, FaultKind.TIGHT):
        return replace(
            problem,
            stops=tuple(
                replace(one, windows=_until(one.windows, end_s)) if one.id == fault.at_id else one
                for one in problem.stops
            ),
            farms=tuple(
                replace(one, windows=_until(one.windows, end_s)) if one.id == fault.at_id else one
                for one in problem.farms
            ),
        )
    vehicles = (_spared(one, fault, end_s) if one.id == fault.vehicle_id else one for one in problem.vehicles)
    return replace(problem, vehicles=tuple(vehicles))


def _spared(vehicle: Vehicle, fault: Fault, end_s: int | None) -> Vehicle:
    room = vehicle.capacity
    match fault.kind:
        case FaultKind.BACK_LATE:
            return replace(vehicle, hours=Window(vehicle.hours.start_s, end_s or vehicle.hours.end_s))
        case FaultKind.TOO_LONG:
            return replace(vehicle, max_duration_s=vehicle.max_duration_s + fault.by_s)
        case FaultKind.AMBIENT_OVER:
            return replace(vehicle, capacity=Load(room.ambient + fault.by_load, room.chilled))
        case _:
            return replace(vehicle, capacity=Load(room.ambient, room.chilled + fault.by_load))


def _until(windows: Sequence[Window], end_s: int | None) -> tuple[Window, ...]:
    """Return the windows, the last of them made to end later."""
    *others, last = sorted(windows)
    return (*others, Window(last.start_s, max(last.end_s, end_s or 0)))
