"""New films: the graph recommender that knows them by genres and years, against genres without learning, and chance.

    python -m benchmarks.cold_items [--out runs] [--seeds 3] [--split-seed 42]

Prints two tables in Markdown: test ndcg@10 where all films are ranked, and where the new ones of the test alone are, as
docs/evaluation.md shows them. Runs that are there already are taken as they are.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

import gnnrec
from gnnrec.comparison.leaderboard_text import to_markdown
from gnnrec.data.ranked_lists import Catalogue
from gnnrec.evaluation.ranking import RankingTask
from gnnrec.evaluation.statistics import bootstrap_interval, holm, sign_flip_p_value
from gnnrec_metrics.accuracy import NDCG

if TYPE_CHECKING:
    from torch import Tensor

    from gnnrec import Run
    from gnnrec.comparison.leaderboard import Comparison

RECIPE = "movielens_cold_items"

PLUGIN = Path(__file__).parent / "peers" / "genre_scorers.py"

BASELINE = """extends: baselines/random
name: {name}
split: {{name: cold_items}}
scorer: {scorer}
"""

SCORERS = {
    "cold_random": "{name: random}",
    "popular_genres": "{name: popular_genres}",
    "own_genres": "{name: own_genres}",
    "own_rare_genres": "{name: own_genres, rare: true}",
}

WITHOUT_GRAPH = """extends: baselines/features
name: cold_features
features: {item: [{name: genre_onehot}, {name: genre_onehot, column: year}]}
split: {name: cold_items}
trainer: {epochs: 60}
"""
"""The same genres and years, learned from without a graph."""

METRIC, K, SEED = "ndcg@10", 10, 0


def main() -> None:
    """Run what is missing, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--split-seed", type=int, default=42)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    gnnrec.load_plugin(PLUGIN)
    texts = {name: BASELINE.format(name=name, scorer=scorer) for name, scorer in SCORERS.items()}
    recipes = [RECIPE]
    for name, text in {**texts, "cold_features": WITHOUT_GRAPH}.items():
        path = arguments.out / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        recipes.append(str(path))
    split = {"split.seed": arguments.split_seed}
    board = gnnrec.compare(recipes, overrides=split, seeds=arguments.seeds, out=arguments.out, metric=METRIC)
    print(f"\n## Among all films\n\n{to_markdown(board)}\n\n## Among the new films\n\n{among_new(board)}", flush=True)


def among_new(board: Comparison) -> str:
    """The same runs, ranking the new items of the test alone: a table in Markdown, and below it what it says."""
    values = {
        row.entry.label: pd.concat([ndcg_among_new(gnnrec.load_run(run.directory)) for run in row.entry.runs], axis=1)
        for row in board.rows
    }
    ordered = sorted(values, key=lambda label: -values[label].to_numpy().mean())
    means = {label: values[label].mean(axis=1).to_numpy() for label in ordered}
    best, *others = ordered
    differences = {label: means[label] - means[best] for label in others}
    p_values = holm([sign_flip_p_value(each, seed=SEED) for each in differences.values()])
    lines = [f"| recipe | runs | {METRIC} | low | high | vs best | low | high | p |", "|---|" + "---:|" * 8]
    for label, p_value in zip(ordered, [None, *p_values], strict=True):
        cells = [str(values[label].shape[1]), f"{means[label].mean():.4f}", *_interval(means[label])]
        if p_value is not None:
            cells += [f"{differences[label].mean():+.4f}", *_interval(differences[label]), f"{p_value:.4f}"]
        lines.append("| " + " | ".join([label, *cells, *[""] * (8 - len(cells))]) + " |")
    users = len(next(iter(means.values())))
    return "\n".join([*lines, "", f"95% bootstrap intervals over {users} users; p by sign flips, Holm-corrected."])


def ndcg_among_new(run: Run) -> pd.Series[float]:
    """The test ndcg@10 of each user, where nothing is ranked but the items that are asked about in the test."""
    split = run.split
    held_out = split.edges("test")
    others = torch.ones(held_out.num_items, dtype=torch.bool)
    others[torch.from_numpy(np.unique(held_out.items))] = False

    def score(users: Tensor) -> Tensor:
        return run.scoring.score(users).masked_fill_(others, -torch.inf)

    lists = RankingTask(held_out, split.known("test")).rank(score, K)
    catalogue = Catalogue(torch.zeros(held_out.num_items), held_out.num_users)
    return pd.Series(NDCG().measure(lists, catalogue).numpy(), lists.users.numpy())


def _interval(values: np.ndarray) -> tuple[str, str]:
    low, high = bootstrap_interval(values, seed=SEED)
    return f"{low:.4f}", f"{high:.4f}"


if __name__ == "__main__":
    main()
