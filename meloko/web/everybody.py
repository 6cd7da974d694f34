"""Pages that are the same for everybody: kept by browsers and proxies for a while, named to search engines."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

from flask import Flask, Response, current_app, g, request, session
from flask.typing import ResponseReturnValue

from meloko.web.door import house

V = TypeVar("V", bound=Callable[..., ResponseReturnValue])

# A price that has just changed is seen by everybody after so many seconds.
KEPT_S = 60


def for_everybody(view: V) -> V:
    """State that a page says the same to every visitor: it may be kept, and search engines may show it."""
    view.__dict__["for_everybody"] = True
    return view


def is_for_everybody(endpoint: str | None) -> bool:
    """Tell whether the view behind an endpoint is for everybody."""
    return endpoint is not None and getattr(current_app.view_functions.get(endpoint), "for_everybody", False)


def public(address: str) -> str:
    """Return an address of ours with its host, as search engines and messages want it."""
    return (house().settings.public_url or request.host_url.rstrip("/")) + address


def let_keep(app: Flask) -> None:
    """Mark the answers that may be kept, and answer "nothing new" to who has the same page already."""
    app.after_request(_mark)
    app.jinja_env.globals["public"] = public
    app.context_processor(lambda: {"indexed": is_for_everybody(request.endpoint)})


def _mark(response: Response) -> Response:
    # A page with a form carries the token of one browser, a page of who has signed in her name.
    alone = g.get("person") is not None or session.modified or "Set-Cookie" in response.headers
    if request.method not in ("GET", "HEAD") or response.status_code != 200 or alone:
        return response
    if not is_for_everybody(request.endpoint):
        return response
    response.headers["Cache-Control"] = f"public, max-age={KEPT_S}"
    response.vary.add("Cookie")
    # Weak: the same page is sent packed or plain.
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:24], weak=True)
    response.make_conditional(request)
    return response
