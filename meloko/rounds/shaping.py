"""Shape the rounds of a day by hand: see what a gesture brings, save it as new versions, undo it."""

from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import Session

from meloko.accounts.services import audit
from meloko.db import Table
from meloko.errors import Refusal
from meloko.orders.models import Order
from meloko.rounds.asking import Asked, gesture_of, stop_here
from meloko.rounds.effects import Proposal, propose
from meloko.rounds.gesture_words import done_words, if_words
from meloko.rounds.grounds import Ground, place_to_leave, read_ground
from meloko.rounds.models import Round
from meloko.rounds.shapes import Give, TakeOff, reshaped
from meloko.rounds.versions import changed_by, check_current, hold_day, last_shaping, undo, write_versions

STOP = Table.metadata.tables["stop"]


class CannotBeDriven(Refusal):
    """What is asked could not be done on the road, whatever the hours."""

    def __init__(self, why: tuple[str, ...]) -> None:
        super().__init__(f"Ce n’est pas possible : {' ; '.join(why)}. Rien n’a été changé.")


@dataclass(frozen=True, slots=True)
class Preview:
    """A gesture and what it would bring; nothing is changed."""

    title: str
    proposal: Proposal
    ground: Ground
    # The place that the gesture is about, and the round that shows it.
    place: str
    number: int


def preview(session: Session, round_id: int, asked: Asked) -> Preview:
    """Work out what a gesture would bring."""
    row = check_current(session, round_id)
    ground = read_ground(session, row.delivery_day_id, _more(session, asked))
    return _preview(session, ground, row.number, asked)


def save(session: Session, round_id: int, asked: Asked, *, by: int) -> tuple[int, str]:
    """Do a gesture: changed rounds become new versions. Returns the round to show and what was done."""
    day_id = hold_day(session, round_id)
    row = check_current(session, round_id)
    seen = _preview(session, read_ground(session, day_id, _more(session, asked)), row.number, asked)
    proposal = seen.proposal
    if proposal.impossible:
        raise CannotBeDriven(proposal.impossible)
    sentence = done_words(gesture_of(session, seen.ground, row.number, asked), seen.ground)
    write_versions(session, day_id, proposal.rounds, proposal.gone, sentence, by=by, left=proposal.left)
    shown = proposal.rounds.get(row.number) or next(iter(proposal.rounds.values()), None)
    return (shown.id if shown else 0), sentence


def undo_last(session: Session, round_id: int, *, by: int) -> tuple[int, str]:
    """Undo the newest act on the day of a round; return the round to show and what was undone."""
    day_id = hold_day(session, round_id)
    row = session.get_one(Round, round_id)
    act = undo(session, day_id, by=by)
    newer = changed_by(session, row).newer_id if not row.current else row.id
    return newer or next(iter(act.after), 0), act.sentence


def pin_stop(session: Session, round_id: int, stop_id: int, *, pinned: bool, by: int) -> str:
    """Fix the place of a stop, or free it: neither a hand nor a new plan moves a fixed one. Returns its name."""
    hold_day(session, round_id)
    check_current(session, round_id)
    stop = stop_here(session, round_id, stop_id)
    session.connection().execute(update(STOP).where(STOP.c.id == stop.id).values(pinned=pinned))
    audit(
        session, by, "stop.pinned" if pinned else "stop.freed", "round", round_id,
        after={"stop": stop.position, "name": stop.name},
    )  # fmt: skip
    return stop.name


def what_can_be_undone(session: Session, day_id: int) -> str:
    """Say the newest act of a day that can be undone, or nothing."""
    act = last_shaping(session, day_id)
    return act.sentence if act else ""


def _preview(session: Session, ground: Ground, number: int, asked: Asked) -> Preview:
    gesture = gesture_of(session, ground, number, asked)
    proposal = propose(ground, reshaped(ground.shape, gesture, ground.names))
    place = "" if isinstance(gesture, Give) else gesture.place
    to = number if isinstance(gesture, Give | TakeOff) else gesture.to
    return Preview(if_words(gesture, ground), proposal, ground, place, to)


def _more(session: Session, asked: Asked) -> list[str]:
    """Return the place that the gesture may bring to the day."""
    order = session.get(Order, asked.order_id) if asked.order_id is not None else None
    return list(filter(None, [asked.place, place_to_leave(order) if order else ""]))
