"""The page of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnnrec.report.rendering import FILE, render
from gnnrec.runs.directory import RunFolder
from gnnrec.tuning.content import gather

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gnnrec.tuning.record import Record


def write_page(record: Record, importances: Mapping[str, float]) -> Path:
    """Write the page of a study into its directory, in place of what is there.

    Args:
        record: The search as it stands.
        importances: How much of the differences between trials each parameter accounts for; empty where that is not
            known (`Study.importances`).

    Returns:
        `<study>/report.html`.

    Raises:
        RunDirectoryError: It cannot be written.
    """
    RunFolder(record.directory, record.directory).write_text(FILE, study_page(record, importances))
    return record.directory / FILE


def study_page(record: Record, importances: Mapping[str, float]) -> str:
    """The page about a study, as HTML."""
    from gnnrec.tuning.figures import study_figures

    content = gather(record, importances)
    return render("study.html.jinja", study_figures(record, content), room="gnnrec.tuning", study=content)
