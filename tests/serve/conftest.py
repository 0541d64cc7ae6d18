"""What the tests of all pages share: what a page would load, and a real browser that opens it."""

from __future__ import annotations

import shutil
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page


class Loads(HTMLParser):
    """Collects whatever could make a browser fetch something or run a script."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        if named.get("http-equiv") == "Content-Security-Policy":
            self.policy = named["content"] or ""
        self.found += [
            f"{tag} {name}" for name in named
            if name in {"src", "href", "srcset", "data", "action", "style"} or name.startswith("on")
        ]  # fmt: skip


@pytest.fixture(scope="session")
def loads() -> Callable[[str], Loads]:
    """Say what a page would load or run."""

    def parsed(page: str) -> Loads:
        parser = Loads()
        parser.feed(page)
        return parser

    return parsed


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the machine's Chromium; what needs it is skipped where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium on this machine: the page cannot be looked at")
    driver = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with driver.sync_playwright() as started:
        yield started.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])


@pytest.fixture
def shown(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Open a page once it is drawn; at the end it must have asked for nothing and said no error."""
    wrong: list[str] = []
    contexts: list[BrowserContext] = []

    def asked(url: str) -> None:
        if not url.startswith(("file:", "data:", "blob:")):
            wrong.append(f"asked for {url}")

    def show(html: str, until: str = "drawn", **settings: Any) -> Page:
        path = tmp_path / f"report{len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **settings})
        contexts.append(context)
        sheet = context.new_page()
        sheet.on("request", lambda request: asked(request.url))
        sheet.on("pageerror", lambda error: wrong.append(str(error)))
        sheet.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        sheet.goto(path.as_uri())
        sheet.wait_for_selector(f"html[data-{until}], html[data-error]", state="attached")
        return sheet

    yield show
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def opened(shown: Callable[..., Page]) -> Callable[..., dict[str, str]]:
    """Open a page, do there what a script says, and return what it wrote on the root element."""

    def said(html: str, acts: str = "() => {}", until: str = "drawn") -> dict[str, str]:
        sheet = shown(html, until)
        sheet.evaluate(acts)
        return sheet.evaluate("({ ...document.documentElement.dataset })")

    return said
