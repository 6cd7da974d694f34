"""The devices on which somebody is signed in: listed in words, and signed out from afar."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, delete, select

from meloko.accounts.models import SignIn
from meloko.accounts.services import hashed
from meloko.clock import now
from meloko.errors import NotFound
from meloko.languages import say

# The first word that is found names the program; the order matters, since each also names those it descends from.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "Chromebook"),
    ("Mac OS", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """One signed-in browser; `here` is the one that asks."""

    sign_in: SignIn
    here: bool


def browser_words(user_agent: str) -> str:
    """Name a browser and its system as a person would: "Firefox, Windows"; empty when it says nothing."""
    named = [next((words for sign, words in known if sign in user_agent), "") for known in (_BROWSERS, _SYSTEMS)]
    return ", ".join(filter(None, named))


def list_devices(session: Session, user_id: int, token: str) -> Sequence[OwnDevice]:
    """Return the browsers in which somebody is signed in, this one first, then the last seen."""
    at = now()
    rows = session.exec(
        select(SignIn)
        .where(col(SignIn.user_id) == user_id, col(SignIn.idle_until) > at, col(SignIn.ends_at) > at)
        .order_by(col(SignIn.seen_at).desc(), col(SignIn.id).desc())
    ).all()
    mine = hashed(token)
    return sorted((OwnDevice(row, row.token_hash == mine) for row in rows), key=lambda device: not device.here)


def sign_out_device(session: Session, user_id: int, device_id: int) -> None:
    """Sign one browser out from afar; somebody else's is not found."""
    gone = session.exec(delete(SignIn).where(col(SignIn.id) == device_id, col(SignIn.user_id) == user_id))
    if gone.rowcount != 1:
        raise NotFound(say("Cet appareil n’est plus connecté."))


def sign_out_others(session: Session, user_id: int, token: str = "") -> int:
    """Sign out every browser but the one of this token, or all without a token; return how many."""
    gone = session.exec(delete(SignIn).where(col(SignIn.user_id) == user_id, col(SignIn.token_hash) != hashed(token)))
    return int(gone.rowcount)
