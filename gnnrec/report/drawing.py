"""What figures are made of: traces and layouts as plotly's JSON, in the colours of the light theme.

plotly's Python objects are left aside: checking and copying each property takes them longer than a run's whole page.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from gnnrec.report.colours import GRID, INK, QUIET, SURFACE

if TYPE_CHECKING:
    from collections.abc import Sequence

Figure = dict[str, Any]
"""`data`, a list of traces, and `layout`: https://plotly.com/javascript/reference/."""

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "star", "circle-open")
WHOLE = {"tickformat": ",d"}


def figure(traces: Sequence[Any], *, x: str, y: str, **layout: Any) -> Figure:
    """A figure on no ground of its own, so that the page's shows through."""
    axis = {"gridcolor": GRID, "linecolor": GRID, "zerolinecolor": GRID, "automargin": True}
    own = {name: layout.pop(name, {}) for name in ("xaxis", "yaxis")}
    titles = {name: {"title": {"text": text, "standoff": 10}} for name, text in (("xaxis", x), ("yaxis", y))}
    return {
        "data": list(traces),
        "layout": {
            "font": {"color": INK, "family": "system-ui, sans-serif", "size": 13},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "hoverlabel": {"bgcolor": SURFACE, "bordercolor": GRID, "font": {"color": INK}},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": QUIET, "activecolor": INK},
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            "margin": {"l": 56, "r": 16, "t": 32, "b": 48},
            "hovermode": "x",
            "height": 340,
            "uirevision": "kept",
            **{name: axis | titles[name] | own[name] for name in own},
            **layout,
        },
    }


def scatter(**fields: Any) -> dict[str, Any]:
    """A trace of points or lines."""
    return {"type": "scatter", **fields}


def bar(**fields: Any) -> dict[str, Any]:
    """A trace of bars."""
    return {"type": "bar", **fields}


def words(name: str) -> str:
    """`val_ndcg@10` as people say it."""
    return escape(name.replace("_", " ", 1))


def at(choices: Sequence[str], place: int) -> str:
    """The choice for a place; after the last comes the first again."""
    return choices[place % len(choices)]
