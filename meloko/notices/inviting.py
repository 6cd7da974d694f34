"""Write to somebody at work: the link with which she chooses her password."""

from sqlmodel import Session

from meloko.accounts.models import User
from meloko.accounts.people import INVITED_FOR, invite
from meloko.accounts.services import hashed, organisation
from meloko.notices.models import Channel
from meloko.notices.services import Addressee, post


def send_invitation(session: Session, user_id: int, root: str, *, by: int) -> User:
    """Make a new link to choose a password and send it; `root` is the address at which Meloko is reached."""
    invited = invite(session, user_id, by=by)
    name = organisation(session).name
    post(
        session,
        key=f"invitation:{hashed(invited.token)[:32]}",
        to=Addressee(Channel.EMAIL, invited.user.email or ""),
        subject=f"Choisissez votre mot de passe, {name}",
        body=f"Bonjour {invited.user.name},\n\n{name} vous ouvre Meloko. Choisissez votre mot de passe ici :\n"
        f"{root}/invitation/{invited.token}\n\nCe lien sert une fois, pendant {INVITED_FOR.days} jours.",
    )
    return invited.user
