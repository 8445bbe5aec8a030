"""For whom does the graph pay? Finished runs over the same split or splits, by users' activity.

    python -m benchmarks.graph_pays LightGCN=RUN "no graph=RUN" EASE=RUN [--plot docs/does_the_graph_pay.svg]

Prints a table in Markdown, as docs/does_the_graph_pay.md shows it: test ndcg@10 of the fifths of users with the fewest
to the most training interactions, and how far the first is above the second. A name that stands several times is of
several splits.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

import gnnrec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

METRIC = "ndcg@10"
COLOURS = ("#205090", "#b03020", "#808080", "#c09020")
LEFT, WIDTH, TOP, HEIGHT = 60, 560, 50, 220


def main() -> None:
    """Read, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="NAME=RUN", help="what it is called, and its directory")
    parser.add_argument("--plot", type=Path, help="where to draw it, an .svg")
    arguments = parser.parse_args()
    labels, values = by_group(each.split("=", 1) for each in arguments.runs)
    print(table(labels, values))
    if arguments.plot is not None:
        arguments.plot.write_text(drawing(labels, values), encoding="utf-8")


def by_group(named: Iterable[Sequence[str]]) -> tuple[list[str], dict[str, list[list[float]]]]:
    """What the groups are called, by the first run, and by name the metric of each group on each split.

    From split to split their bounds move a little.
    """
    labels: list[str] = []
    values: dict[str, list[list[float]]] = {}
    for name, directory in named:
        groups = gnnrec.load_run(directory).metrics["groups"]["activity"]
        labels = labels or [str(each["label"]) for each in groups]
        found = values.setdefault(name, [[] for _ in groups])
        for of_group, each in zip(found, groups, strict=True):
            of_group.append(each["metrics"][METRIC])
    return labels, values


def table(labels: Sequence[str], values: Mapping[str, list[list[float]]]) -> str:
    """A row per group: each recommender's mean, and how far the first is above the second, with a deviation."""
    lines = [f"| training interactions | {' | '.join(values)} | first less second |", "|---" * (len(values) + 2) + "|"]
    first, second, *_ = values.values()
    for place, label in enumerate(labels):
        cells = [f"{statistics.mean(each[place]):.3f}" for each in values.values()]
        gains = [one - other for one, other in zip(first[place], second[place], strict=True)]
        spread = f" ± {statistics.stdev(gains):.3f}" if len(gains) > 1 else ""
        lines.append(f"| {label} | {' | '.join(cells)} | {statistics.mean(gains):+.3f}{spread} |")
    return "\n".join(lines)


def drawing(labels: Sequence[str], values: Mapping[str, list[list[float]]]) -> str:
    """Bars by group as SVG, and a dot for each split."""
    highest = max(value for groups in values.values() for each in groups for value in each) * 1.05
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 20}" height="{TOP + HEIGHT + 50}">',
        "<style>text { font: 13px sans-serif }</style>",
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for place, title in enumerate(values):
        left = LEFT + 140 * place
        parts.append(f'<rect x="{left}" y="14" width="12" height="12" fill="{COLOURS[place]}"/>')
        parts.append(f'<text x="{left + 18}" y="25">{title}</text>')
    for share in (0.0, 0.5, 1.0):
        y = TOP + HEIGHT * (1 - share)
        parts.append(f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y}" y2="{y}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{share * highest:.2f}</text>')
    step = WIDTH / len(labels)
    bar = step * 0.8 / len(values)
    for place, label in enumerate(labels):
        start = LEFT + step * (place + 0.1)
        for number, groups in enumerate(values.values()):
            x, tall = start + bar * number, statistics.mean(groups[place]) / highest * HEIGHT
            colour = COLOURS[number]
            parts.append(
                f'<rect x="{x:.1f}" y="{TOP + HEIGHT - tall:.1f}" width="{bar - 2:.1f}" height="{tall:.1f}" '
                f'fill="{colour}" fill-opacity="0.6"/>'
            )
            parts += [
                f'<circle cx="{x + bar / 2 - 1:.1f}" cy="{TOP + HEIGHT - value / highest * HEIGHT:.1f}" r="3" '
                f'fill="{colour}"/>'
                for value in groups[place]
            ]
        middle = start + step * 0.4
        parts.append(f'<text x="{middle:.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{label}</text>')
    bottom = TOP + HEIGHT + 40
    parts.append(
        f'<text x="{LEFT + WIDTH / 2}" y="{bottom}" text-anchor="middle">training interactions of the user</text>'
    )
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    main()
