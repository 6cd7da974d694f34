"""The doors of the web: ask one service, answer a refusal, ring after the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar, cast

from flask import Flask, Response, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine
from sqlmodel import Session
from werkzeug.exceptions import HTTPException

from meloko import db
from meloko.config import Settings
from meloko.errors import NotFound, Refusal
from meloko.jobs import DRAIN, bell
from meloko.languages import say

P = ParamSpec("P")
T = TypeVar("T")

_EXTENSION = "meloko"


@dataclass(frozen=True, slots=True)
class House:
    """What one application stands on: its settings and its own database."""

    settings: Settings
    engine: Engine


def house() -> House:
    """Return the house of the application that answers."""
    return cast(House, current_app.extensions[_EXTENSION])


def ask(service: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Ask one service of this application's own database."""
    g.asked = True
    return db.ask(house().engine, service, *args, **kwargs)


def connect(app: Flask, settings: Settings, engine: Engine) -> None:
    """Give the application its house, its refusals and its bell."""
    app.extensions[_EXTENSION] = House(settings, engine)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(500, _failed)
    app.after_request(_ring_after)


def _refused(refusal: Refusal) -> ResponseReturnValue:
    template = "errors/not_found.html" if isinstance(refusal, NotFound) else "errors/refusal.html"
    return render_template(template, sentence=refusal.sentence), refusal.status


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    if error.code == 404:
        return render_template("errors/not_found.html", sentence=NotFound().sentence), 404
    sentences = {
        400: say(
            "La page est restée ouverte trop longtemps, ou le formulaire est incomplet. Rien n’est perdu :"
            " revenez en arrière, rechargez la page et recommencez."
        ),
        405: say("Cette adresse ne s’ouvre pas de cette façon. Revenez en arrière et recommencez."),
        413: say("C’est trop volumineux pour nous. Envoyez un fichier plus petit."),
    }
    sentence = sentences.get(error.code) or say("Nous n’avons pas pu lire ce qui a été envoyé. Revenez en arrière.")
    return render_template("errors/refusal.html", sentence=sentence), error.code


def _failed(error: Exception) -> ResponseReturnValue:
    return render_template("errors/failure.html"), 500


def _ring_after(response: Response) -> Response:
    # After the answer, so that no buyer waits for the broker; once a POST, so that no view can forget it.
    if request.method == "POST" and g.get("asked"):
        response.call_on_close(lambda: bell.ring(DRAIN))
    return response
