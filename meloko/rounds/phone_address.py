"""The address that opens a round on a telephone: the same each time a paper is set, and nobody can guess it."""

import base64
import hashlib
import hmac

from meloko.rounds.models import Round

_TOKEN_BYTES = 16
PHONE_PAGE = "/tournee/"


def phone_token(secret_key: str, row: Round) -> str:
    """Return the 128-bit token of a day's round in the hands of its driver, whatever its version: 22 signs.

    It is made from the key of the house, so that no table holds it and a reprint carries the same code.
    """
    words = f"round on a phone:{row.delivery_day_id}:{row.number}:{row.driver_id}"
    made = hmac.new(secret_key.encode(), words.encode(), hashlib.sha256).digest()[:_TOKEN_BYTES]
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def round_url(public_url: str, row: Round, secret_key: str) -> str:
    """Return the address for the code on a sheet; the token stands behind a #, which no browser sends.

    A round that nobody drives yet has no token: its code leads to the page that asks who you are.
    """
    if row.driver_id is None:
        return f"{public_url}/livreur/tournees/{row.id}"
    return f"{public_url}{PHONE_PAGE}#{row.id}.{phone_token(secret_key, row)}"
