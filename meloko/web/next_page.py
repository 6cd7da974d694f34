"""Where to go on after a door: a page of ours, never an address of somebody else's."""

from urllib.parse import urlsplit

from flask import request


def next_page() -> str:
    """Return the page that was asked for in `next`, or nothing when it is none of ours."""
    wanted = request.values.get("next", "")
    try:
        where = urlsplit(wanted)
    except ValueError:
        return ""
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not (where.scheme or where.netloc)
    return wanted if ours and wanted.isprintable() else ""
