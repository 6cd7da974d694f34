"""The acts of a phone as they travel: plain data in and out; an act that cannot be read does not stop the others."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from meloko.driving.acting import LONGEST_WORDS, Answer, Said
from meloko.driving.models import ActKind, OtherWay
from meloko.errors import Refusal

_GREATEST = 2**31 - 1
_UUID = re.compile(r"[0-9a-fA-F-]{32,36}")


class NoActs(Refusal):
    """What was sent holds no list of acts."""

    status = 422

    def __init__(self) -> None:
        super().__init__("Ce qui a été envoyé ne contient pas d’actes. Rien n’est perdu : renvoyez-les.")


class _Sent(BaseModel):
    """One act as it travels."""

    model_config = ConfigDict(extra="forbid")

    uuid: UUID
    kind: ActKind
    said_at: AwareDatetime
    stop_id: int | None = Field(default=None, ge=1, le=_GREATEST)
    order_id: int | None = Field(default=None, ge=1, le=_GREATEST)
    how: OtherWay | None = None
    cents: int | None = Field(default=None, ge=0, le=_GREATEST)
    count: int | None = Field(default=None, ge=0, le=_GREATEST)
    words: str = Field(default="", max_length=LONGEST_WORDS)
    undoes: UUID | None = None


class _Envelope(BaseModel):
    """What a phone sends: the hour of its clock now, and the acts, oldest first."""

    model_config = ConfigDict(extra="ignore")

    sent_at: AwareDatetime
    acts: list[object]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a phone sent, as far as it can be read."""

    sent_at: dt.datetime
    acts: tuple[Said, ...]
    unreadable: tuple[Answer, ...]


def read_acts(data: object) -> Batch:
    """Read what a phone sent; refuses it whole only when it is no list of acts."""
    try:
        envelope = _Envelope.model_validate(data)
    except ValidationError:
        raise NoActs from None
    acts, unreadable = [], []
    for item in envelope.acts:
        try:
            acts.append(Said(**dict(_Sent.model_validate(item))))
        except ValidationError:
            unreadable.append(Answer(_uuid_of(item), "refused", "unreadable"))
    return Batch(envelope.sent_at, tuple(acts), tuple(unreadable))


def answer_data(answers: Iterable[Answer]) -> list[dict[str, str]]:
    """Return the answers as plain data."""
    return [
        {"uuid": each.uuid, "state": each.state, "reason": each.reason, "sentence": each.sentence} for each in answers
    ]


def _uuid_of(item: object) -> str:
    """Return the uuid of an act that cannot be read, so that the phone knows which; nothing when there is none."""
    said = cast(dict[object, object], item).get("uuid") if isinstance(item, dict) else None
    return said if isinstance(said, str) and _UUID.fullmatch(said) else ""
