"""Key the outcomes of a sheet: what makes sense is kept line by line, what does not stays as typed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from sqlmodel import Session

from meloko.clock import now
from meloko.delivery_days.models import DayState
from meloko.driving.acting import MOST_ACTS, Said, record_acts
from meloko.driving.models import Act, ActKind, ActSource, OtherWay
from meloko.errors import Refusal
from meloko.evening.lines import GIVEN_OVER, KEY_WORDS, WAITING_WORDS, Line, Typed, lines_of
from meloko.evening.reading import SaidOf, read_sheet

_WITH_WORDS = (OtherWay.OTHER, OtherWay.NEIGHBOUR)


class DaySettled(Refusal):
    """A day that is settled stays as it is."""

    def __init__(self) -> None:
        super().__init__("Ce jour est clos : ses issues et ses caisses ne changent plus.")


class LineUnclear(Refusal):
    """One field of a line that makes no sense."""

    status = 422

    def __init__(self, name: str, sentence: str) -> None:
        self.field = name
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line as it was read: the sums by how they were paid, None where all that is due was paid so."""

    shown: Typed
    typed: Typed
    missing: frozenset[str] = frozenset()
    paid: tuple[tuple[ActKind, int | None], ...] = ()
    empties: int = 0
    # Field -> sentence, for what could not even be read.
    unclear: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Change:
    """Acts that follow from one line."""

    line: Line
    wanted: Wanted
    key: UUID
    round_id: int

    def said(self, kind: ActKind, of: str, **facts: object) -> Said:
        """Say an act whose uuid comes from the page, so that the page sent twice says it once."""
        name = f"{self.round_id}:{self.line.id}:{kind}:{of}"
        return Said(uuid=uuid5(self.key, name), kind=kind, said_at=now(), stop_id=self.line.halt.stop.id, **facts)  # type: ignore[arg-type]

    def undo(self, act: Act) -> Said:
        """Say that an act did not happen."""
        return Said(uuid=uuid5(self.key, f"undo:{act.uuid}"), kind=ActKind.UNDO, said_at=now(), undoes=act.uuid)


def key_sheet(session: Session, round_id: int, wanted: Mapping[str, Wanted], *, key: UUID, by: int) -> dict[str, str]:
    """Keep each line that was changed and makes sense; return what is wrong with the others, by field.

    A line is changed when it is typed otherwise than it was shown: what the phone said meanwhile is not wiped out.
    `key` is the page's own: the same page sent twice counts once.
    """
    sheet = read_sheet(session, round_id)
    if sheet.day.state is DayState.SETTLED:
        raise DaySettled
    wrong: dict[str, str] = {}
    acts: list[Said] = []
    for line in lines_of(sheet):
        line_wanted = wanted.get(line.id)
        if line_wanted is None or line_wanted.typed == line_wanted.shown:
            continue
        if line_wanted.unclear:
            wrong.update(line_wanted.unclear)
            continue
        try:
            acts += _of_line(_Change(line, line_wanted, key, sheet.round.id))
        except LineUnclear as unclear:
            wrong[unclear.field or f"issue-{line.id}"] = unclear.sentence
    for start in range(0, len(acts), MOST_ACTS):
        answers = record_acts(session, sheet.round.id, acts[start : start + MOST_ACTS], by=by, source=ActSource.PAPER)
        for answer in answers:
            if answer.reason:
                raise Refusal(answer.sentence)
    return wrong


def _of_line(change: _Change) -> list[Said]:
    outcomes = list(_outcomes(change)) if _said_changed(change.wanted) else []
    return [*outcomes, *_money(change)]


def _said_changed(wanted: Wanted) -> bool:
    shown, typed = wanted.shown, wanted.typed
    return (shown.key, shown.missing, shown.words) != (typed.key, typed.missing, typed.words)


def _outcomes(change: _Change) -> Iterator[Said]:
    line, typed = change.line, change.wanted.typed
    if typed.key and typed.key not in line.keys:
        known = ", ".join(f"{key} {words}" for key, words in (WAITING_WORDS if line.waiting else KEY_WORDS).items())
        raise LineUnclear(f"issue-{line.id}", f"La touche « {typed.key} » ne dit rien ici. Tapez {known}.")
    strangers = change.wanted.missing - {order.number for order in line.orders}
    if strangers:
        numbers = ", ".join(f"n° {number}" for number in sorted(strangers))
        raise LineUnclear(f"manque-{line.id}", f"Pas à cet arrêt : {numbers}. Relisez le numéro sur la feuille.")
    if not typed.key and change.wanted.missing:
        raise LineUnclear(f"issue-{line.id}", "Tapez aussi ce que les autres commandes de cet arrêt sont devenues.")
    kind, how = line.keys[typed.key] if typed.key else (None, None)
    if how in _WITH_WORDS and not typed.words:
        raise LineUnclear(f"mot-{line.id}", "Écrivez chez qui, ou comment, la commande a été laissée.")
    for each in line.said:
        if each.order.number in change.wanted.missing:
            yield from _outcome(change, each, ActKind.MISSING, None)
        else:
            yield from _outcome(change, each, kind, how)


def _outcome(change: _Change, of: SaidOf, kind: ActKind | None, how: OtherWay | None) -> Iterator[Said]:
    act, words = of.act, change.wanted.typed.words
    if act is not None and (act.kind, act.how, act.words) == (kind, how, words):
        return
    if act is not None and (kind is None or act.source is ActSource.PAPER):
        yield change.undo(act)
    if kind is not None:
        yield change.said(kind, f"{of.order.id}:{how}:{words}", order_id=of.order.id, how=how, words=words)


def _money(change: _Change) -> Iterator[Said]:
    """Say what was paid and brought back, when that was typed anew; what was noted before is undone first."""
    line, wanted = change.line, change.wanted
    empties = [act for act in line.halt.money if act.kind is ActKind.EMPTIES]
    if wanted.typed.paid != wanted.shown.paid:
        order_id = line.orders[0].id if len(line.orders) == 1 else None
        paid = [change.said(kind, str(cents), cents=cents, order_id=order_id) for kind, cents in _sums(change)]
        yield from _instead(change, [act for act in line.halt.money if act not in empties], paid)
    if wanted.typed.empties != wanted.shown.empties:
        back = [change.said(ActKind.EMPTIES, str(wanted.empties), count=wanted.empties)] if wanted.empties else []
        yield from _instead(change, empties, back)


def _instead(change: _Change, before: Sequence[Act], after: Sequence[Said]) -> Iterator[Said]:
    """Undo what was noted and note something else; what this very page noted when it was sent before stays."""
    said = {each.uuid for each in after}
    yield from (change.undo(act) for act in before if act.uuid not in said)
    yield from after


def _sums(change: _Change) -> Iterator[tuple[ActKind, int]]:
    line, wanted = change.line, change.wanted
    given = line.keys.get(wanted.typed.key, (None, None))[0] in GIVEN_OVER
    due = sum(order.total_cents for order in line.orders if order.number not in wanted.missing) if given else 0
    for kind, cents in wanted.paid:
        amount = due if cents is None else cents
        if amount <= 0:
            raise LineUnclear(f"paye-{line.id}", "Rien n’est dû ici : écrivez la somme reçue, par exemple E12,80.")
        yield kind, amount
