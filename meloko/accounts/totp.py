"""Time-based one-time passwords (RFC 6238 on RFC 4226), as telephones reckon them: SHA-1, 30 seconds, six digits."""

import base64
import hashlib
import hmac
import struct
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
SECRET_BYTES = 20
# A telephone's clock may be half a minute early or late.
DRIFT = 1


def totp(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Reckon the code of one half minute: `step` counts them since 1970."""
    digest = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"


def matching_step(secret: bytes, typed: str, unix_s: float, last_step: int | None) -> int | None:
    """Return the half minute whose code was typed, never one that has already served; None for a wrong code."""
    here = int(unix_s // STEP_S)
    for step in range(here - DRIFT, here + DRIFT + 1):
        served = last_step is not None and step <= last_step
        if hmac.compare_digest(totp(secret, step), typed) and not served:
            return step
    return None


def in_letters(secret: bytes) -> str:
    """Write a secret as people type it into a telephone that reads no square code."""
    return base64.b32encode(secret).decode().rstrip("=")


def enrolment_uri(secret: bytes, issuer: str, name: str) -> str:
    """Return what the square code holds, as authenticator programs read it."""
    label = quote(f"{issuer}:{name}", safe="")
    wanted = {"secret": in_letters(secret), "issuer": issuer, "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{label}?{urlencode(wanted, quote_via=quote)}"
