"""The guard on every view: a view that does not say who may enter lets nobody in."""

from collections.abc import Callable
from typing import TypeVar, cast

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from meloko.accounts.devices import browser_words
from meloko.accounts.models import Organisation, Role
from meloko.accounts.recognising import who_and_where
from meloko.accounts.services import Device, Person, SignedIn, organisation, sign_out
from meloko.errors import NotFound
from meloko.web.door import ask, house

V = TypeVar("V", bound=Callable[..., ResponseReturnValue])

COOKIE = "meloko_sign_in"
SET_UP = "accounts.set_up"


def open_to(*roles: Role) -> Callable[[V], V]:
    """State who may enter a view."""

    def state(view: V) -> V:
        view.__dict__["audience"] = frozenset(roles)
        return view

    return state


def audience(view: Callable[..., object]) -> frozenset[Role] | None:
    """Return who may enter a view, or None when it does not say."""
    stated: frozenset[Role] | None = getattr(view, "audience", None)
    return stated


def person() -> Person | None:
    """Return who asks, or None for a visitor."""
    if "person" not in g:
        token = request.cookies.get(COOKIE, "")
        if token:
            g.organisation, g.person = ask(who_and_where, token)
        else:
            g.person = None
    asking: Person | None = g.person
    return asking


def owner() -> Organisation:
    """Return the organisation whose site this is."""
    if person() is None and "organisation" not in g:
        g.organisation = ask(organisation)
    return cast(Organisation, g.organisation)


def signed_in_person() -> Person:
    """Return who asks, on a view that no visitor may enter."""
    asking = person()
    if asking is None:
        raise NotFound
    return asking


def device(*, own: bool = False) -> Device:
    """Return what the person who asks signs in with."""
    return Device(browser_words(request.user_agent.string), own)


def keep(response: Response, signed_in: SignedIn, *, long: bool) -> Response:
    """Put the token of a new session into the browser's cookie; the session it had before ends."""
    if COOKIE in request.cookies:
        ask(sign_out, request.cookies[COOKIE])
    response.set_cookie(
        COOKIE,
        signed_in.token,
        expires=signed_in.ends_at if long else None,
        httponly=True,
        secure=house().settings.https,
        samesite="Lax",
    )
    return response


def origin() -> str:
    """Return where a request comes from, a /64 for IPv6, for counting tries."""
    address = request.remote_addr or "unknown"
    return ":".join(address.split(":")[:4]) if ":" in address else address


def guard(app: Flask) -> None:
    """Stand before every view of the application."""
    app.before_request(_let_in)


def _half_in(asking: Person) -> bool:
    """Tell whether somebody at work must set up her second factor before anything else."""
    wanted = house().settings.totp and asking.works and not asking.second_factor
    return wanted and request.endpoint not in (SET_UP, f"{SET_UP}_done")


def _let_in() -> ResponseReturnValue | None:
    if request.endpoint is None or request.endpoint == "static":
        return None
    allowed = audience(current_app.view_functions[request.endpoint])
    if allowed is None:
        raise NotFound
    if Role.VISITOR in allowed:
        return None
    asking = person()
    if asking is not None and _half_in(asking):
        return redirect(url_for(SET_UP), 303)
    if asking is not None and asking.roles & allowed:
        return None
    if asking is None and request.method == "GET":
        door = "customers.sign_in" if Role.CUSTOMER in allowed else "accounts.staff_sign_in"
        return redirect(url_for(door, next=request.script_root + request.full_path.rstrip("?")), 303)
    raise NotFound
