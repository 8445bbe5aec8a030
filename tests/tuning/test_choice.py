"""Of several recommenders the simplest that is as good as the best, by what single users say."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pytest

from gnnrec.tuning.choice import LeftOut, Row, chosen_among

if TYPE_CHECKING:
    from collections.abc import Sequence

USERS = 200
RNG = np.random.default_rng(0)
GOOD = RNG.random(USERS)
NOISE = np.where(np.arange(USERS) % 2, 0.2, -0.2)


def row(name: str, values: Sequence[float] | np.ndarray[Any, Any], seconds: float = 1.0) -> Row:
    """A run with a value for each user."""
    table = pd.DataFrame({"user": range(len(values)), "relevant": 1, "ndcg@10": values})
    metrics = {
        "val": {"ndcg@10": float(np.mean(values)), "auc": float(np.mean(values))},
        "seconds": {"total": seconds},
        "memory": {"peak_bytes": 5},
    }
    run = SimpleNamespace(metrics=metrics, val_per_user=table, test={"ndcg@10": 0.25}, directory=Path("runs") / name)
    return Row(name, cast("Any", None), cast("Any", run), "")


def test_the_simplest_whose_interval_includes_zero_is_chosen() -> None:
    choice = chosen_among(
        [row("plain", GOOD - 0.1), row("middle", GOOD + NOISE - 0.001), row("rich", GOOD)], (), "ndcg@10"
    )
    assert (choice.best.name, choice.chosen.name, choice.users) == ("rich", "middle", USERS)
    assert choice.chosen.interval is not None
    low, high = choice.chosen.interval
    assert low < -0.001 < 0 < high
    assert choice.rows[0].interval == pytest.approx((-0.1, -0.1))
    assert choice.rows[2].interval is None
    assert choice.sentence.startswith(
        f"Take middle: rich has the best figure (val ndcg@10 {GOOD.mean():.4f}), and the simpler middle is as good as "
        "far as 200 users tell: it differs by -0.0010, with a 95% interval of -0.0"
    )


def test_the_best_is_chosen_where_all_simpler_ones_are_worse_for_everybody() -> None:
    choice = chosen_among([row("plain", GOOD - 0.1), row("rich", GOOD)], (), "ndcg@10")
    assert choice.chosen.name == "rich"
    assert choice.sentence == (
        f"Take rich: it has the best figure (val ndcg@10 {GOOD.mean():.4f}), and no simpler one is as good."
    )


def test_what_costs_more_and_is_no_better_is_not_chosen() -> None:
    choice = chosen_among([row("plain", GOOD), row("rich", GOOD + NOISE - 0.001)], (), "ndcg@10")
    assert choice.chosen.name == "plain"
    assert choice.sentence == f"Take plain: it is the simplest, and nothing is better (val ndcg@10 {GOOD.mean():.4f})."


def test_users_are_paired_by_who_they_are() -> None:
    rich, plain = row("rich", GOOD), row("plain", GOOD - 0.1)
    vars(plain.run)["val_per_user"] = plain.run.val_per_user.sort_values("ndcg@10")
    assert chosen_among([plain, rich], (), "ndcg@10").rows[0].interval == pytest.approx((-0.1, -0.1))


def test_without_values_of_users_the_best_figure_is_chosen_and_there_is_no_interval() -> None:
    choice = chosen_among([row("plain", GOOD + NOISE - 0.001), row("rich", GOOD)], (), "auc")
    assert (choice.chosen.name, choice.users, choice.rows[0].interval) == ("rich", None, None)
    assert choice.rows[0].difference == pytest.approx(-0.001)
    assert choice.sentence.endswith("single users have no auc, so no interval.")


def test_one_alone_is_taken_and_what_is_said_of_it_is_plain_data() -> None:
    choice = chosen_among([row("plain", GOOD)], [LeftOut("rich", "no time")], "ndcg@10")
    assert choice.sentence == f"Take plain: nothing else was run (val ndcg@10 {GOOD.mean():.4f})."
    assert choice.to_dict() == {
        "metric": "ndcg@10",
        "users": USERS,
        "table": [
            {
                "model": "plain",
                "val": GOOD.mean(),
                "difference": None,
                "interval": None,
                "seconds": 1.0,
                "peak_bytes": 5,
                "note": "",
                "run_dir": "runs/plain",
            }
        ],
        "left_out": [{"model": "rich", "why": "no time"}],
        "best": "plain",
        "chosen": "plain",
        "test": {"ndcg@10": 0.25},
        "interrupted": False,
    }
