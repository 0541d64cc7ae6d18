"""What the tests of all pages share: what a page would load, and a real browser that opens it."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Open a page in a real browser and return what its script wrote on the root element."""
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    if browser is None:
        pytest.skip("no Chromium on this machine: the page's script cannot be run")

    def said(page: str) -> dict[str, str]:
        path = tmp_path / "report.html"
        path.write_text(page, encoding="utf-8")
        done = subprocess.run(
            [
                browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=20000",
                "--window-size=1200,900", "--dump-dom", path.as_uri(),
            ],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        return dict(re.findall(r'data-(\w+)="([^"]*)"', re.search(r"<html[^>]*>", done.stdout)[0]))

    return said
