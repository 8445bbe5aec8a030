"""Static against dynamic, uniform against popular, and hard negatives: the study of docs/negative_sampling.md.

    python -m benchmarks.negative_sampling [--seeds 5] [--out runs] [--plot docs/negative_sampling.svg]

Prints a line per recipe, and draws each seed's test loss and ndcg@10. Runs that are there already
are taken as they are.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

import gnnrec

if TYPE_CHECKING:
    from gnnrec.comparison.leaderboard import Comparison
    from gnnrec.runs.record import RunRecord

RECIPES = ("static", "static_popularity", "dynamic", "dynamic_popularity", "hard")
SHOWN = ("loss", "auc", "ndcg@10", "recall@10", "coverage@10")
PANELS = (("loss", "test loss (lower is better)"), ("ndcg@10", "test ndcg@10 (higher is better)"))
ROW, LEFT, WIDTH, TOP = 34, 150, 300, 46


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", default="runs")
    parser.add_argument("--plot", type=Path, help="where to draw it, an .svg")
    arguments = parser.parse_args()
    study = gnnrec.compare([f"negatives/{name}" for name in RECIPES], seeds=arguments.seeds, out=arguments.out)
    values = {row.entry.label: {name: by_seed(row.entry.runs, name) for name in SHOWN} for row in study.rows}
    print(f"{'':20}" + "".join(f"{name:>18}" for name in SHOWN))
    for label, metrics in values.items():
        cells = (f"{statistics.mean(each):.4f} ± {statistics.stdev(each):.4f}" for each in metrics.values())
        print(f"{label:20}" + "".join(f"{cell:>18}" for cell in cells))
    print_differences(study)
    if arguments.plot is not None:
        arguments.plot.write_text(drawing(values), encoding="utf-8")


def by_seed(runs: tuple[RunRecord, ...], metric: str) -> list[float]:
    """A test metric of each seed."""
    return [run.test[metric] for run in runs]


def print_differences(study: Comparison) -> None:
    """The statistics of the deciding metric, against the best."""
    for row in study.rows[1:]:
        if row.difference_interval is not None and row.p_value is not None:
            low, high = row.difference_interval
            print(
                f"{row.entry.label} less {study.rows[0].entry.label}: {study.metric} {row.difference:+.4f} "
                f"[{low:+.4f}, {high:+.4f}], p = {row.p_value:.4f}, over {study.users} users"
            )


def drawing(values: dict[str, dict[str, list[float]]]) -> str:
    """Both panels as SVG: a dot for each seed, a bar at the mean."""
    labels = [name for name in RECIPES if name in values]
    height = TOP + ROW * len(labels) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + 2 * (WIDTH + 60)}" height="{height}">',
        "<style>text { font: 13px sans-serif }</style>",
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for place, label in enumerate(labels):
        parts.append(f'<text x="{LEFT - 12}" y="{TOP + ROW * place + 21}" text-anchor="end">{label}</text>')
    for panel, (metric, title) in enumerate(PANELS):
        start = LEFT + panel * (WIDTH + 60)
        every = [value for label in labels for value in values[label][metric]]
        low, high = min(every), max(every)
        margin = (high - low or 1) * 0.06
        low, high = low - margin, high + margin
        parts.append(f'<text x="{start}" y="24" font-weight="bold">{title}</text>')
        for share in (0.0, 0.5, 1.0):
            x = start + share * WIDTH
            parts.append(f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{height - 28}" stroke="#dddddd"/>')
            parts.append(
                f'<text x="{x}" y="{height - 10}" text-anchor="middle">{low + share * (high - low):.3f}</text>'
            )
        for place, label in enumerate(labels):
            y = TOP + ROW * place + 17
            points = [start + (value - low) / (high - low) * WIDTH for value in values[label][metric]]
            mean = statistics.mean(points)
            parts.append(
                f'<line x1="{mean}" x2="{mean}" y1="{y - 10}" y2="{y + 10}" stroke="#b03020" stroke-width="2"/>'
            )
            parts += [f'<circle cx="{x:.1f}" cy="{y}" r="4" fill="#205090" fill-opacity="0.6"/>' for x in points]
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    main()
