"""A leaderboard as rows and columns: CSV with full figures, Markdown and the terminal with readable ones."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gnnrec.comparison.leaderboard import Comparison, Row

Cell = str | int | float | None

SMALLEST_SHOWN = 0.001
"""A p-value below it is shown as such, for sign flips know no smaller ones for sure."""

SECONDS = {"train": "train s", "evaluate": "evaluate s"}


def columns(comparison: Comparison) -> dict[str, list[Cell]]:
    """Every column of the leaderboard by its heading, best row first."""
    rows = comparison.rows
    decided: dict[str, list[Cell]] = {
        "recipe": [row.entry.label for row in rows],
        "runs": [len(row.entry.runs) or None for row in rows],
        comparison.metric: [row.mean for row in rows],
        "sd": [row.sd for row in rows],
        "low": [_end(row, 0) for row in rows],
        "high": [_end(row, 1) for row in rows],
        "vs best": [row.difference for row in rows],
        "vs best low": [_end(row, 0, difference=True) for row in rows],
        "vs best high": [_end(row, 1, difference=True) for row in rows],
        "p": [row.p_value for row in rows],
    }
    others: dict[str, list[Cell]] = {name: [row.metrics.get(name) for row in rows] for name in comparison.others}
    seconds: dict[str, list[Cell]] = {
        heading: [row.seconds.get(phase) for row in rows] for phase, heading in SECONDS.items()
    }
    return decided | others | seconds


def to_csv(comparison: Comparison) -> str:
    """With figures in full; an empty cell where there is no value."""
    table = columns(comparison)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return text.getvalue().rstrip("\n")


def to_markdown(comparison: Comparison) -> str:
    """A table in Markdown, and below it what its columns say."""
    table = shown_columns(comparison)
    cells = [list(table), ["---", *("---:" for _ in list(table)[1:])], *zip(*table.values(), strict=True)]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells]
    return "\n".join([*lines, "", explanation(comparison)])


def shown_columns(comparison: Comparison) -> dict[str, list[str]]:
    """Every column as people read it."""
    return {heading: [_shown(heading, cell) for cell in cells] for heading, cells in columns(comparison).items()}


def explanation(comparison: Comparison) -> str:
    """What the columns say, and what settings were chosen with."""
    words = _of_columns(comparison)
    return f"{words}\nSettings: {comparison.budget}." if comparison.budget else words


def _of_columns(comparison: Comparison) -> str:
    count, called = len(comparison.split_fingerprints), comparison.called
    if count > 1:
        return (
            f"Test metrics, means over {count} {called}s; sd: over {called}s; low, high: 95% interval;\n"
            f"vs best: difference to the first row, paired by {called}; p: of no difference (t-test, Holm).\n"
            f"Intervals and p know that {called}s share training data (Nadeau and Bengio 2003)."
        )
    if comparison.users is None:
        return f"Test metrics, means over runs; sd: over runs. {comparison.metric} has no value per user to test with."
    return (
        "Test metrics, means over runs; sd: over runs; "
        f"low, high: 95% bootstrap interval over {comparison.users:,} users;\n"
        "vs best: difference to the first row, paired by user; p: of no difference (sign flips, Holm)."
    )


def shown_p_value(p_value: float) -> str:
    """A p-value, never as zero.

    >>> shown_p_value(0.0001), shown_p_value(0.0312)
    ('<0.001', '0.031')
    """
    return f"<{SMALLEST_SHOWN}" if p_value < SMALLEST_SHOWN else f"{p_value:.3f}"


def _end(row: Row, end: int, *, difference: bool = False) -> float | None:
    interval = row.difference_interval if difference else row.interval
    return None if interval is None else interval[end]


def _shown(heading: str, cell: Cell) -> str:
    if cell is None:
        return "–"
    if not isinstance(cell, float):
        return str(cell)
    if heading == "p":
        return shown_p_value(cell)
    if heading in SECONDS.values():
        return f"{cell:.1f}"
    return f"{cell:+.4f}" if heading.startswith("vs best") else f"{cell:.4f}"
