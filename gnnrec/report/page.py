"""The page of a run, and of several side by side."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from gnnrec.report.content import gather
from gnnrec.report.rendering import FILE, render
from gnnrec.report.side_by_side import put_side_by_side

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gnnrec.report.subject import Subject
    from gnnrec.runs.saved import Run

logger = logging.getLogger("gnnrec")


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
    return render("run.html.jinja", run_figures(content), run=content)


def side_by_side_page(runs: Sequence[Run]) -> str:
    """The page about several runs over one split, as HTML.

    Raises:
        UsageError: There are fewer than two, one is given twice, or their splits differ.
    """
    from gnnrec.report.figures import side_by_side_figures

    content = put_side_by_side(runs)
    return render("side_by_side.html.jinja", side_by_side_figures(content), runs=content)
