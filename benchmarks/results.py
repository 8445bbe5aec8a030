"""Measurements as text: RESULTS.md, a line of the terminal, and plain data."""

from __future__ import annotations

import statistics
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from benchmarks.harness import OURS, spread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.harness import Measurement, Outcome

HEAD = """# Results

Written by `{command}`. [README.md](README.md) says how to read it. A ratio is the peer's median
divided by gnnrec's: above 1 gnnrec takes less. Behind each median stands its spread.
"""

COLUMNS = ("what", "unit", OURS, "spread", "against", "median", "spread", "rounds", "ratio")


def number(value: float) -> str:
    """Four digits or so.

    >>> [number(value) for value in (12345.6, 123.4, 12.34, 1.234, 0.12345)]
    ['12,346', '123.4', '12.34', '1.234', '0.1235']
    """
    digits = next((digits for least, digits in ((1000, 0), (100, 1), (10, 2), (1, 3)) if abs(value) >= least), 4)
    return f"{value:,.{digits}f}"


def to_markdown(command: str, machine: Mapping[str, str], about: Mapping[str, str], outcomes: Sequence[Outcome]) -> str:
    """RESULTS.md.

    Args:
        command: What was typed.
        machine: What the measurements hang on, by name.
        about: A sentence on each benchmark.
        outcomes: What became of each.
    """
    parts = [HEAD.format(command=command), _table(("", ""), list(machine.items()))]
    for outcome in outcomes:
        if outcome.measurements:
            parts += [f"## {outcome.name}\n\n{about[outcome.name]}\n", _table(COLUMNS, _rows(outcome))]
            notes = [f"- {each.name}: {each.note}.\n" for each in outcome.measurements if each.note and each.peer]
            parts += ["".join(notes)] if notes else []
    missing = [(outcome.name, outcome.failed) for outcome in outcomes if outcome.failed]
    missing += [
        (f"{outcome.name}, {each.name}", each.note)
        for outcome in outcomes
        for each in outcome.measurements
        if each.note and not each.peer
    ]
    if missing:
        parts += ["## Not measured, or not to the end\n", _table(("benchmark", "why"), missing)]
    return "\n".join(parts)


def to_line(measurement: Measurement) -> str:
    """A measurement on the terminal."""
    ours, _ = _figures(measurement.ours)
    theirs, _ = _figures(measurement.peer)
    told = [f"{OURS} {ours} {measurement.unit}"] if ours else []
    told += [f"{measurement.against} {theirs}"] if theirs else []
    told += [] if measurement.ratio is None else [f"ratio {measurement.ratio:.2f}"]
    told += [measurement.note] if measurement.note else []
    return f"  {measurement.name}: {', '.join(told)}"


def to_data(machine: Mapping[str, str], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The same as plain data, every sample included."""
    benchmarks = {
        outcome.name: {
            "measurements": [asdict(each) | {"ratio": each.ratio} for each in outcome.measurements],
            "failed": outcome.failed or None,
        }
        for outcome in outcomes
    }
    return {"machine": dict(machine), "benchmarks": benchmarks}


def _rows(outcome: Outcome) -> list[tuple[str, ...]]:
    return [
        (
            each.name,
            each.unit,
            *_figures(each.ours),
            each.against,
            *_figures(each.peer),
            str(len(each.ours)),
            "" if each.ratio is None else f"{each.ratio:.2f}",
        )
        for each in outcome.measurements
        if each.ours
    ]


def _figures(samples: tuple[float, ...]) -> tuple[str, str]:
    """The median and the spread."""
    if not samples:
        return "", ""
    if len(samples) == 1:
        return number(samples[0]), ""
    return number(statistics.median(samples)), "–".join(map(number, spread(samples)))


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |\n" for row in lines
    )
