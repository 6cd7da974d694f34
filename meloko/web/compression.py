"""Pages travel compressed: a list of seventy products is 160 KB of text and 20 KB on a slow line."""

import gzip

from flask import Flask, Response, request

# Under so many bytes nothing is gained.
_LEAST = 1_000
_KINDS = frozenset({"text/html", "application/json", "image/svg+xml"})


def add_compression(app: Flask) -> None:
    """Compress the answers of the views for browsers that can read them so; static files are not ours."""
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
