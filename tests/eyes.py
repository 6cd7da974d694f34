"""Looks at a page in a real browser as those would who cannot see, cannot aim, zoom in four times, or trust nobody."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# 640 px is a screen of 1280 px enlarged twice, 320 px enlarged four times.
WIDTHS = (1280, 640, 390, 320)
_RULES = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_SMALL = """least => [...document.querySelectorAll("a, button, input, select, textarea, summary")]
  .filter(part => !part.closest(".option, .tick"))
  .map(part => [part, part.getBoundingClientRect()])
  .filter(([part, box]) => part.type !== "hidden" && box.width > 2 && box.height > 2 && box.height < least - 0.5)
  .map(([part, box]) => `${part.outerHTML.slice(0, 90)} ${box.height}`)"""


@dataclass
class Eyes:
    """Watches one page from its first request on."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.add(urlsplit(request.url).netloc))

    def look(self, least_px: int = 44, widths: tuple[int, ...] = WIDTHS) -> None:
        """Fail for what is wrong with the page as it stands."""
        self.page.wait_for_load_state("networkidle")
        where = f"{self.page.url} « {self.page.title()} »"
        before = self.page.viewport_size
        for width in widths:
            self.page.set_viewport_size({"width": width, "height": 800})
            beyond = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert beyond <= 0, f"{where} scrolls sideways by {beyond} px at {width} px"
            small = self.page.evaluate(_SMALL, least_px)
            assert small == [], f"{where} has small targets at {width} px: {small}"
        found = Axe().run(self.page, options={"runOnly": _RULES}).response["violations"]
        told = [(rule["id"], [node["html"][:120] for node in rule["nodes"]][:3]) for rule in found]
        assert told == [], f"{where}: {told}"
        if before is not None:
            self.page.set_viewport_size(before)

    def enlarge_the_letters(self) -> None:
        """Fail when the page scrolls sideways for who has told the browser to write twice as large."""
        self.page.set_viewport_size({"width": 1280, "height": 800})
        devtools = self.page.context.new_cdp_session(self.page)
        devtools.send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
        beyond = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        devtools.send("Page.setFontSizes", {"fontSizes": {"standard": 16}})
        devtools.detach()
        assert beyond <= 0, f"{self.page.url} scrolls sideways by {beyond} px with letters twice as large"

    def trust(self) -> None:
        """Fail when anything spoke against the policy of the page, or when anybody else was asked for anything."""
        # The browser also writes down each 4xx; what was typed wrong on purpose is one.
        blamed = [words for words in self.said if "status of 4" not in words]
        assert blamed == [], f"the browser said {blamed}"
        others = {netloc for netloc in self.asked if netloc} - {urlsplit(self.page.url).netloc}
        assert others == set(), f"asked of others: {others}"
