"""Sets what is known of runs into a page that opens anywhere: styles, script, plotly and numbers are inside it."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

from gnnrec.report import colours
from gnnrec.report.content import gather
from gnnrec.report.side_by_side import put_side_by_side
from gnnrec.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gnnrec.report.subject import Subject
    from gnnrec.runs.saved import Run

logger = logging.getLogger("gnnrec")

FILE = "report.html"


def write_report(subject: Subject) -> Path | None:
    """Write the page about a run into its directory; where that fails, warn and give None: the run is worth more."""
    try:
        path = subject.directory / FILE
        path.write_text(run_page(subject), encoding="utf-8")
    except Exception as error:  # noqa: BLE001 - a run is finished whatever becomes of its report
        logger.warning("the run has no report: %s: %s", type(error).__name__, error)
        return None
    return path


def run_page(subject: Subject) -> str:
    """The page about one run, as HTML."""
    from gnnrec.report.figures import run_figures

    content = gather(subject)
    return _page("run.html.jinja", run_figures(content), run=content)


def side_by_side_page(runs: Sequence[Run]) -> str:
    """The page about several runs over one split, as HTML.

    Raises:
        UsageError: There are fewer than two, one is given twice, or their splits differ.
    """
    from gnnrec.report.figures import side_by_side_figures

    content = put_side_by_side(runs)
    return _page("side_by_side.html.jinja", side_by_side_figures(content), runs=content)


def _page(template: str, figures: Mapping[str, Any], **content: Any) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from plotly.offline import get_plotlyjs

    # Titles come from the data and are never trusted; only plotly's own script is.
    pages = Environment(
        loader=PackageLoader("gnnrec.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["figure"] = _figure
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


def _figure(value: float | None) -> str:
    """A metric as it stands in a table."""
    return "–" if value is None else f"{value:.4f}"
