"""A browser without a screen: cookies, pages, forms as a person would fill them in; standard library only."""

import html
import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPException
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin, urlsplit

from meloko.errors import MelokoError

_FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
# What a page says when it refuses: beside a field, else on top.
_BESIDE = re.compile(r'<(\w+)[^>]*class="(?:field__error|row-error)[^"]*"[^>]*>(.*?)</\1>', re.DOTALL)
_ON_TOP = re.compile(r'<(\w+)[^>]*class="(?:summary|note note--error)[^"]*"[^>]*>(.*?)</\1>', re.DOTALL)
_PATIENCE_S = 60.0


class PageFailed(MelokoError):
    """A page that did not answer, or answered with a fault of ours."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"La page {path} ne répond pas comme elle le devrait : {what}.")


class NoSuchForm(MelokoError):
    """A page without the form that was looked for."""

    def __init__(self, path: str, marker: str) -> None:
        super().__init__(f"La page {path} n’a pas le formulaire attendu ({marker}).")


@dataclass(slots=True)
class Form:
    """One form of a page, with what it already holds, as (name, value) in order."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    # What may be chosen, by the name of its field: value -> what a person reads beside it.
    choices: dict[str, dict[str, str]] = field(default_factory=dict)

    def fill(self, **values: str) -> None:
        """Write values in place of what the fields held."""
        for name, value in values.items():
            self.write(name, [value])

    def write(self, name: str, values: list[str]) -> None:
        """Write the values of one name, for rows and boxes that share it."""
        self.fields = [(other, value) for other, value in self.fields if other != name]
        self.fields += [(name, value) for value in values]


@dataclass(frozen=True, slots=True)
class Page:
    """What a browser shows."""

    url: str
    status: int
    content: bytes

    @property
    def path(self) -> str:
        """Return the path of its address."""
        return urlsplit(self.url).path

    @property
    def text(self) -> str:
        """Return the page as written."""
        return self.content.decode("utf-8")

    def form(self, marker: str) -> Form:
        """Return the first form that holds the marker in its writing, or refuse."""
        for written in _FORM.findall(self.text):
            if marker in written:
                return _read(written, self.url)
        raise NoSuchForm(self.path, marker)

    def forms(self, marker: str) -> list[Form]:
        """Return all forms that hold the marker in their writing."""
        return [_read(written, self.url) for written in _FORM.findall(self.text) if marker in written]

    def said(self) -> str:
        """Return the sentences with which the page refuses."""
        found = _BESIDE.findall(self.text) or _ON_TOP.findall(self.text)
        return " ".join(words(inner) for _, inner in found)


class Browser:
    """One person in front of one screen."""

    def __init__(self, address: str) -> None:
        self._address = address
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        # A proxy of the environment is not meant for this machine's own pages.
        straight = urllib.request.ProxyHandler({})
        self._following = urllib.request.build_opener(straight, cookies)
        self._staying = urllib.request.build_opener(straight, cookies, _Stay)

    def open(self, path: str) -> Page:
        """Open a page, an error page too."""
        return self._ask(self._following, urllib.request.Request(urljoin(self._address, path)))  # noqa: S310

    def send(self, form: Form, *, follow: bool = True) -> Page:
        """Send a form; `follow` False spares the page that would be shown next."""
        body = urlencode(form.fields).encode()
        request = urllib.request.Request(form.action, data=body, method=form.method.upper())  # noqa: S310
        return self._ask(self._following if follow else self._staying, request)

    def _ask(self, opener: urllib.request.OpenerDirector, request: urllib.request.Request) -> Page:
        path = urlsplit(request.full_url).path
        try:
            with opener.open(request, timeout=_PATIENCE_S) as answer:
                return Page(answer.url, answer.status, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                if error.code >= 500:
                    raise PageFailed(path, f"erreur {error.code}") from error
                return Page(error.url or request.full_url, error.code, error.read())
        except (OSError, HTTPException) as error:
            raise PageFailed(path, str(error) or type(error).__name__) from error


def words(markup: str) -> str:
    """Return what a person reads of a piece of a page."""
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Go nowhere: the redirection itself is the answer."""


class _Reader(HTMLParser):
    """Reads the fields of one form, as a browser would send them."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.form = Form(url, "get")
        self._url = url
        self._select = ""
        self._text = ""
        # The choice whose words are being read.
        self._beside = ("", "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "form":
            self.form.action = urljoin(self._url, given.get("action") or self._url)
            self.form.method = given.get("method", "get")
        elif tag == "select":
            self._select = name
            self.form.choices[name] = {}
        elif tag == "option":
            self._option(value, "selected" in given)
        elif tag == "textarea":
            self._text = name
            self.form.fields.append((name, ""))
        elif tag == "input" and name and "disabled" not in given:
            self._input(name, value, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._text = ""
        if tag in ("option", "label"):
            self._beside = ("", "")

    def handle_data(self, data: str) -> None:
        name, value = self._beside
        if name:
            before = self.form.choices[name][value]
            self.form.choices[name][value] = " ".join(f"{before} {data}".split())
        if self._text:
            name, before = self.form.fields.pop()
            self.form.fields.append((name, before + data))

    def _option(self, value: str, selected: bool) -> None:
        choices = self.form.choices[self._select]
        # Without a choice of its own a list sends its first one.
        if not choices or selected:
            self.form.write(self._select, [value])
        choices[value] = ""
        self._beside = (self._select, value)

    def _input(self, name: str, value: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind in ("radio", "checkbox"):
            self.form.choices.setdefault(name, {})[value or "on"] = ""
            self._beside = (name, value or "on")
            if "checked" in given:
                self.form.fields.append((name, value or "on"))
        elif kind not in ("submit", "button", "reset", "image", "file"):
            self.form.fields.append((name, value))


def _read(written: str, url: str) -> Form:
    reader = _Reader(url)
    reader.feed(written)
    reader.close()
    return reader.form
