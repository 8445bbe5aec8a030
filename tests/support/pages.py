"""What a page is made of, and what every page has to be."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs

from gnnrec.report import colours

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Page(HTMLParser):
    """What a page is made of: tags with attributes, the text of scripts, and all other text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._raw = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")
        self._raw = tag if tag in ("script", "style") else self._raw

    def handle_endtag(self, tag: str) -> None:
        self._raw = "" if tag == self._raw else self._raw

    def handle_data(self, data: str) -> None:
        if self._raw == "script":
            self.scripts[-1] += data
        elif not self._raw:
            self.text += data

    @property
    def figures(self) -> dict[str, Any]:
        """The figures' JSON."""
        found: dict[str, Any] = json.loads(self.scripts[0])
        return found

    @property
    def places(self) -> set[str | None]:
        """The names of the figures that have a place on the page."""
        return {attributes["data-figure"] for _, attributes in self.tags if "data-figure" in attributes}


def needs_nothing(html: str, of_its_own: int) -> None:
    """A page holds plotly once, less than so many bytes beside it, and asks nobody for more."""
    assert html.count(get_plotlyjs()) == 1
    own = html.replace(get_plotlyjs(), "")
    assert len(own.encode()) < of_its_own
    assert not re.search(r"@import|url\(", own)
    assert "default-src 'none'" in own
    for tag, attributes in Page(own).tags:
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), (tag, attributes)


def has_partners(html: str) -> None:
    """Every colour of a page's figures has a partner on dark ground."""
    written = Page(html)
    used = set(re.findall(r'"(#[0-9a-f]{6})"', written.scripts[0]))
    assert used <= set(json.loads(written.scripts[1])) == set(colours.DARK)


def is_known_to_plotly(html: str) -> None:
    """Plotly knows each property of a page's figures."""
    for figure in Page(html).figures.values():
        known = json.loads(go.Figure(figure).to_json())  # raises for a name or a value that plotly does not know
        assert known["data"] == figure["data"]
        assert {**known["layout"], "template": None} == {**figure["layout"], "template": None}


def browsed(html: str, folder: Path) -> str:
    """The document after its scripts have run in a browser that reaches no network; skips a test that has none."""
    if CHROMIUM is None:
        pytest.skip("no chromium is installed, so nobody looks whether the page draws")
    (folder / "page.html").write_text(html, encoding="utf-8")
    options = [
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
        *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--proxy-server=127.0.0.1:9",  # where nobody listens
        f"--user-data-dir={folder / 'profile'}",
        "--virtual-time-budget=20000",
        "--dump-dom",
    ]
    done = subprocess.run(
        [CHROMIUM, *options, (folder / "page.html").as_uri()],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=True,
    )
    return done.stdout


def drawn(html: str, folder: Path) -> set[str]:
    """The figures of a page that hold a drawing with marks; none may say that it could not be drawn."""
    document = browsed(html, folder).replace(get_plotlyjs(), "")
    body = document[: document.index('<script type="application/json"')]
    assert "could not be drawn" not in body
    assert "alert(" not in re.sub(r"&lt;script&gt;alert\(", "", body)
    parts = re.split(r'data-figure="([^"]+)"', body)
    marks = r'class="(?:trace|points|point|lines|js-line)[ "]'
    return {
        name
        for name, figure in zip(parts[1::2], parts[2::2], strict=True)
        if 'class="main-svg"' in figure and re.search(marks, figure) and "js-plotly-plot" in figure[:400]
    }
