"""The language of a page: its address says it, `/en/…` for English, and every link on the page keeps it."""

import re
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, redirect, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from meloko.languages import Language, speaking, spoken, translated, translated_many

_PREFIX = f"/{Language.ENGLISH}"
# Those who work here read French: their pages have no other language.
_WORK = re.compile(r"/(equipe|livreur|hote|partenaire|producteur|demo|health|ready)(/|$)")


class Spoken:
    """Take the language off the address before the application sees it; `url_for` puts it back by itself."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request in the language of its address."""
        path = environ.get("PATH_INFO", "")
        if path != _PREFIX and not path.startswith(f"{_PREFIX}/"):
            return self._app(environ, start_response)
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + _PREFIX
        environ["PATH_INFO"] = path.removeprefix(_PREFIX) or "/"
        with speaking(Language.ENGLISH):
            return self._app(environ, start_response)


def teach(app: Flask) -> None:
    """Teach the templates of an application to speak, and its addresses to keep their language."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.install_gettext_callables(translated, translated_many, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(spoken=spoken, in_french=in_french, in_language=in_language, here_in=here_in)
    app.before_request(_french_at_work)
    app.after_request(_say_which)


def in_language(address: str, language: str) -> str:
    """Return an address of ours, without its host, in another language."""
    plain = address.removeprefix(_PREFIX) if address == _PREFIX or address.startswith(f"{_PREFIX}/") else address
    return _PREFIX + plain if language == Language.ENGLISH else plain or "/"


def here_in(language: str) -> str:
    """Return the address of the page being answered, in a language."""
    asked = request.query_string.decode("ascii", "replace")
    return in_language(request.path, language) + (f"?{asked}" if asked else "")


def in_french() -> Markup:
    """Mark an element whose words stay French on an English page: a name, a place, what a producer wrote."""
    return Markup("") if spoken() is Language.FRENCH else Markup(' lang="fr"')


def _french_at_work() -> ResponseReturnValue | None:
    if spoken() is Language.FRENCH or not _WORK.match(request.path):
        return None
    code = 303 if request.method == "GET" else 307
    return redirect(here_in(Language.FRENCH), code)


def _say_which(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = spoken()
    return response
