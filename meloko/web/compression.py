"""Pages travel compressed: a list of seventy products is 160 KB of text and 20 KB on a slow line."""

import gzip
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, request

# Under so many bytes nothing is gained.
_LEAST = 1_000
_KINDS = frozenset({"text/html", "application/json", "image/svg+xml"})


def add_compression(app: Flask) -> None:
    """Compress the answers of the views for browsers that can read them so."""
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if response.mimetype not in _KINDS or response.direct_passthrough or response.content_encoding:
        return response
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings["gzip"] or len(response.get_data()) < _LEAST:
        return response
    # No file name and no hour in it: the same page is the same bytes.
    response.set_data(gzip.compress(response.get_data(), compresslevel=6, mtime=0))
    response.content_encoding = "gzip"
    return response


class CompressedFiles:
    """Compress styles, scripts and drawings of the static folder, once each; what is packed already passes by."""

    def __init__(self, app: WSGIApplication, prefix: str = "/static/") -> None:
        self._app, self._prefix = app, prefix
        self._packed: dict[tuple[str, str], bytes] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        wanted = path.startswith(self._prefix) and path.endswith((".css", ".js", ".svg"))
        plain = environ["REQUEST_METHOD"] != "GET" or "HTTP_RANGE" in environ
        if not wanted or plain or "gzip" not in environ.get("HTTP_ACCEPT_ENCODING", ""):
            return self._app(environ, start_response)
        answer = Response.from_app(self._app, environ, buffered=True)
        if answer.status_code == 200:
            # The same address with another mark is another file.
            key = (path, answer.headers.get("ETag", ""))
            if key not in self._packed:
                self._packed[key] = gzip.compress(answer.get_data(), mtime=0)
            answer.set_data(self._packed[key])
            answer.content_encoding = "gzip"
            answer.vary.add("Accept-Encoding")
        return answer(environ, start_response)
