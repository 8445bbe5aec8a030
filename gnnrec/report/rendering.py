"""Sets what is known into a page that opens anywhere: styles, script, plotly and numbers are inside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gnnrec.report import colours
from gnnrec.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "report.html"
"""The page's name in the directory of what it is about."""


def render(template: str, figures: Mapping[str, Any], *, room: str = "gnnrec.report", **content: Any) -> str:
    """A page, as HTML.

    Args:
        template: What it says; it extends `template.html.jinja`.
        figures: As plotly's JSON, by the name that the template has them by.
        room: The package that the template lies in.
        content: What the template speaks of.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
    from plotly.offline import get_plotlyjs

    # Titles come from the data and are never trusted; only plotly's own script is.
    pages = Environment(
        loader=ChoiceLoader([PackageLoader(each, ".") for each in (room, "gnnrec.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["figure"] = _number
    return pages.get_template(template).render(
        figures={name: _of_json(figure) for name, figure in figures.items()},
        heights={name: figure["layout"]["height"] for name, figure in figures.items()},
        dark=colours.DARK,
        plotly=get_plotlyjs(),
        version=__version__,
        **content,
    )


def _of_json(value: Any) -> Any:
    """What JSON can say of a value: null for a number that is not finite."""
    if isinstance(value, dict):
        return {name: _of_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_of_json(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _number(value: float | None) -> str:
    """A metric as it stands in a table."""
    return "–" if value is None else f"{value:.4f}"
