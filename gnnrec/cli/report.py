"""`gnnrec report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gnnrec.cli.answers import require_form
from gnnrec.console import require_place, say_or_write
from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnnrec.runs.saved import Run

RunsArgument = Annotated[list[str], typer.Argument(metavar="RUN…", help="Directories of finished runs.")]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="Where to; report-….html in the working folder if not given."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")]

ENDINGS = {".html": "html", ".htm": "html"}
"""What --out may end in."""


def add_commands(app: typer.Typer) -> None:
    """Add `report`."""
    app.command("report")(report)


def report(runs: RunsArgument, out: OutOption = None, force: ForceOption = False) -> None:
    """Write a page about a finished run, or about several over the same split side by side; no run is changed.

    The page is one HTML file that opens without a network. A single run has one already: its report.html.

    Example:  gnnrec report runs/movielens_sage/20260101-120000-s0 runs/ease/20260101-130000-s0 --out both.html
    """
    if out is not None:
        require_form(None, out, ENDINGS)
        require_place(out, force=force)
    from gnnrec.report.page import run_page, side_by_side_page
    from gnnrec.report.subject import Subject
    from gnnrec.runs.saved import load_run

    opened = [load_run(run) for run in runs]
    target = out if out is not None else Path(_name_of(opened))
    require_place(target, force=force)
    for run in opened:
        if target.resolve().is_relative_to(run.directory.resolve()):
            raise UsageError(f"{target} lies in a run, and a finished run is never changed; choose another --out")
    page = run_page(Subject.of(opened[0])) if len(opened) == 1 else side_by_side_page(opened)
    say_or_write(page, target, force=force)


def _name_of(runs: Sequence[Run]) -> str:
    """The file's name where none is given."""
    if len(runs) == 1:
        return f"report-{runs[0].recipe.name}-{runs[0].directory.resolve().name}.html"
    return f"report-{len(runs)}-runs.html"
