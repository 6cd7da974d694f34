"""Telephones send when they have a network: whatever comes first, however often, the outcomes are the same."""

import datetime as dt
import random
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meloko.clock import now
from meloko.driving.acting import Said
from meloko.driving.models import OF_BEFORE, OUTCOMES, Act, ActKind, ActSource, OtherWay
from meloko.driving.outcomes import outcomes, round_state
from tests.driving.driven import Driven, drive, said
from tests.make import Make

KINDS = [kind for kind in OUTCOMES if kind not in OF_BEFORE]
MORNING = dt.datetime(2026, 11, 26, 7, tzinfo=dt.UTC)


@st.composite
def lists_of_acts(draw: st.DrawFn) -> list[Act]:
    """Draw acts on three orders, some undone, some said in the same second, some keyed from paper."""
    acts: list[Act] = []
    for n in range(draw(st.integers(1, 12))):
        undoes = draw(st.sampled_from([act.uuid for act in acts] or [uuid.uuid4()])) if draw(st.booleans()) else None
        acts.append(
            Act(
                id=n + 1,
                uuid=draw(st.uuids(version=4)),
                kind=ActKind.UNDO if undoes else draw(st.sampled_from([*KINDS, ActKind.START, ActKind.RETURN])),
                order_id=None if undoes else draw(st.integers(1, 3)),
                undoes=undoes,
                said_at=(at := MORNING + dt.timedelta(seconds=draw(st.integers(0, 5)))),
                done_at=at,
                delivery_day_id=1,
                round_number=1,
                round_id=1,
                said_by=1,
                source=draw(st.sampled_from(ActSource)),
            )
        )
    return acts


@given(acts=lists_of_acts(), seed=st.integers(0, 10_000))
def test_any_order_of_the_same_acts_says_the_same(acts: list[Act], seed: int) -> None:
    shuffled = acts + acts
    random.Random(seed).shuffle(shuffled)  # noqa: S311

    assert {key: act.uuid for key, act in outcomes(acts).items()} == {
        key: act.uuid for key, act in outcomes(shuffled).items()
    }
    assert round_state(acts) is round_state(shuffled)


@pytest.mark.parametrize("seed", range(2))
def test_batches_in_any_order_and_twice_leave_the_same_rows(make: Make, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311
    straight, shaken = drive(make), drive(make)
    plan = _plan(draw)

    straight.record(*_acts(plan, straight))
    acts = _acts(plan, shaken) * 2
    draw.shuffle(acts)
    for start in range(0, len(acts), 5):
        shaken.record(*acts[start : start + 5])

    assert straight.states() == shaken.states()
    assert _by_place(straight) == _by_place(shaken)
    assert straight.round_state() is shaken.round_state()
    assert len(straight.acts()) == len(shaken.acts()) == len(plan)


def _plan(draw: random.Random) -> list[tuple[uuid.UUID, ActKind, int, uuid.UUID | None, float]]:
    """Plan acts: what, on which order of the sheet, undoing which, how many seconds ago."""
    plan: list[tuple[uuid.UUID, ActKind, int, uuid.UUID | None, float]] = []
    for n in range(14):
        undoes = draw.choice(plan)[0] if plan and draw.random() < 0.4 else None
        kind = ActKind.UNDO if undoes else draw.choice([*KINDS, ActKind.RETURN])
        plan.append((uuid.UUID(int=draw.getrandbits(128)), kind, draw.randrange(4), undoes, 600 - n))
    return plan


def _acts(plan: list[tuple[uuid.UUID, ActKind, int, uuid.UUID | None, float]], driven: Driven) -> list[Said]:
    at = now()
    return [
        said(
            kind,
            driven.orders[place] if kind in OUTCOMES else None,
            # Each act is of its own round.
            uuid=uuid.uuid5(key, str(driven.round_id)),
            said_at=at - dt.timedelta(seconds=ago_s),
            undoes=uuid.uuid5(undoes, str(driven.round_id)) if undoes else None,
            how=OtherWay.NEIGHBOUR if kind is ActKind.OTHERWISE else None,
        )
        for key, kind, place, undoes, ago_s in plan
    ]


def _by_place(driven: Driven) -> dict[int, str]:
    return {driven.orders.index(order): kind for order, kind in driven.outcomes().items()}
