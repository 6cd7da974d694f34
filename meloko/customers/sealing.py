"""Door codes and key places: sealed before they reach the database, opened one at a time, each reading written down.

AES-256-GCM with the place of the note as associated data: a sealed note moved to another customer does not open.
The key is not in the database nor in its backups; the newest of `MELOKO_KEYS` seals, the older ones still open.
"""

import datetime as dt
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import Session, col, func, select

from meloko.accounts.models import AuditEntry, Role, User
from meloko.accounts.services import audit
from meloko.clock import from_local, now, today
from meloko.customers.models import AccessNote
from meloko.customers.services import find_customer
from meloko.errors import NotFound, Refusal

NONCE_BYTES = 12
LONGEST_NOTE = 500
# So many in one day, one at a time, are more than a round has doors.
MANY_READINGS = 30
READ = "access_note.read"


class NoteTooLong(Refusal):
    """A note that is longer than a door code and the place of a key."""

    status = 422
    field = "access_note"

    def __init__(self) -> None:
        super().__init__(f"Cette note est trop longue : {LONGEST_NOTE} signes au plus.")


class NoteUnreadable(Refusal):
    """A note that no key of this installation opens."""

    def __init__(self) -> None:
        super().__init__(
            "Cette note ne s’ouvre pas avec les clés de cette installation. Demandez le code à la personne et"
            " notez-le de nouveau."
        )


def write_access_note(session: Session, customer_id: int, words: str, keys: Sequence[bytes], *, by: int) -> None:
    """Seal a customer's door code and key place in the place of the old ones; empty words erase them."""
    if len(words) > LONGEST_NOTE:
        raise NoteTooLong
    customer = find_customer(session, customer_id)
    note = _note(session, customer.id)
    if not words.strip():
        if note is not None:
            session.delete(note)
            audit(session, by, "access_note.erased", "customer", customer.id)
        return
    note = note or AccessNote(customer_id=customer.id, sealed=b"")
    note.sealed, note.changed_at = seal(keys, customer.id, words.strip()), now()
    session.add(note)
    # That it changed is written down, never what it says.
    audit(session, by, "access_note.written", "customer", customer.id)


def read_access_note(session: Session, customer_id: int, keys: Sequence[bytes], *, by: int) -> str:
    """Open one customer's note, and write down who read it."""
    note = _note(session, customer_id)
    if note is None:
        raise NotFound("Aucun code n’est gardé pour ce client.")
    words = unseal(keys, customer_id, note.sealed)
    audit(session, by, READ, "customer", customer_id)
    return words


def many_readers(session: Session) -> list[tuple[str, int]]:
    """Return who has opened more notes today than a round has doors, and how many: name and count, most first.

    Staff are left out: they print the sheets of all rounds.
    """
    readings = func.count(col(AuditEntry.id))
    rows = session.exec(
        select(User.name, readings)
        .join(User, col(User.id) == col(AuditEntry.user_id))
        .where(
            col(AuditEntry.act) == READ,
            col(AuditEntry.at) >= from_local(today(), dt.time()),
            ~col(User.roles).contains([Role.STAFF]),
        )
        .group_by(col(User.id))
        .having(readings > MANY_READINGS)
        .order_by(readings.desc())
    )
    return list(rows)


def has_access_note(session: Session, customer_id: int) -> bool:
    """Tell whether a note is kept, without opening it."""
    return _note(session, customer_id) is not None


def seal(keys: Sequence[bytes], customer_id: int, words: str) -> bytes:
    """Seal words for one customer with the newest key (32 bytes each)."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(keys[0]).encrypt(nonce, words.encode(), _place(customer_id))


def unseal(keys: Sequence[bytes], customer_id: int, sealed: bytes) -> str:
    """Open what was sealed for this customer with any of the keys; raises NoteUnreadable."""
    nonce, closed = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    for key in keys:
        try:
            return AESGCM(key).decrypt(nonce, closed, _place(customer_id)).decode()
        except (InvalidTag, ValueError):
            continue
    raise NoteUnreadable


def _note(session: Session, customer_id: int) -> AccessNote | None:
    return session.exec(select(AccessNote).where(col(AccessNote.customer_id) == customer_id)).first()


def _place(customer_id: int) -> bytes:
    return f"access_note:{customer_id}:sealed".encode()
