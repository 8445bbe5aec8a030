from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.stats import binom
from written_runs import write_run

from gnnrec import RunDirectoryError
from gnnrec.comparison.leaderboard import Entry, rank
from gnnrec.comparison.leaderboard_text import columns, explanation, shown_columns, shown_p_value, to_csv, to_markdown
from gnnrec.evaluation.statistics import sign_flip_p_value
from gnnrec.runs.record import read_finished_run

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec.comparison.leaderboard import Comparison

ONES = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]


def entry(folder: Path, label: str, *runs: dict[str, Any]) -> Entry:
    made = [
        write_run(folder, f"20260101-000000-s{seed}", recipe={"name": label}, **run) for seed, run in enumerate(runs)
    ]
    return Entry(label, label, (tuple(read_finished_run(path) for path in made),))


@pytest.fixture
def ranked(tmp_path: Path) -> Comparison:
    """Ten users. `middle` has two seeds; `worst` is 0.25 below the best for every user."""
    best = [value / 2 + 0.4 for value in ONES]
    lower = {"ndcg@10": [value - 0.2 for value in best], "hit@10": ONES}
    upper = {"ndcg@10": [value + 0.1 for value in best], "hit@10": ONES}
    entries = [
        entry(tmp_path, "worst", {"per_user": {"ndcg@10": [value - 0.25 for value in best]}}),
        entry(
            tmp_path,
            "middle",
            {"per_user": lower, "test": {"auc": 0.5}, "seconds": {"train": 1.0, "evaluate": 0.25, "total": 9.0}},
            {"per_user": upper, "test": {"auc": 0.75}, "seconds": {"train": 3.0, "evaluate": 0.75, "total": 9.0}},
        ),
        entry(tmp_path, "best", {"per_user": {"ndcg@10": best, "hit@10": [1.0] * 10}, "test": {"auc": 0.875}}),
    ]
    return rank(entries, "ndcg@10", ("f",))


def test_the_best_comes_first_with_means_over_seeds(ranked: Comparison) -> None:
    assert [row.entry.label for row in ranked.rows] == ["best", "middle", "worst"]
    assert [row.mean for row in ranked.rows] == pytest.approx([0.65, 0.6, 0.4])
    assert [row.sd for row in ranked.rows] == [None, pytest.approx(0.3 / 2**0.5), None]
    assert ranked.users == 10
    middle = ranked.rows[1]
    assert middle.metrics == pytest.approx({"ndcg@10": 0.6, "hit@10": 0.5, "auc": 0.625})
    assert middle.seconds == {"train": 2.0, "evaluate": 0.5, "total": 9.0}


def test_intervals_are_over_users_of_values_averaged_over_seeds(ranked: Comparison) -> None:
    # Resampling ten users, five of whom have 0.5 more than the others, is drawing from a binomial distribution.
    low, high = (0.4 + 0.5 * binom.ppf(share, 10, 0.5) / 10 for share in (0.025, 0.975))
    assert ranked.rows[0].interval == pytest.approx((low, high))
    assert ranked.rows[1].interval == pytest.approx((low - 0.05, high - 0.05))


def test_differences_to_the_best_are_paired_by_user(ranked: Comparison) -> None:
    best, middle, worst = ranked.rows
    assert (best.difference, best.difference_interval, best.p_value) == (None, None, None)
    assert middle.difference == pytest.approx(-0.05)
    # The same for every user, however widely users differ.
    assert middle.difference_interval == pytest.approx((-0.05, -0.05))
    assert worst.difference_interval == pytest.approx((-0.25, -0.25))


def test_p_values_are_those_of_sign_flips_corrected_for_the_number_of_comparisons(ranked: Comparison) -> None:
    # Ten equal differences: of 1024 sign patterns only the two that are all alike reach the observed mean.
    single = sign_flip_p_value(np.full(10, -0.25), seed=0)
    assert single == pytest.approx(2 / 1024, abs=1e-3)
    # Holm takes the smallest of two twice, and lets none fall below it.
    assert [row.p_value for row in ranked.rows[1:]] == pytest.approx([2 * single, 2 * single])


def test_equal_recipes_differ_by_nothing_and_stay_in_the_order_given(tmp_path: Path) -> None:
    same = {"per_user": {"ndcg@10": ONES}}
    ranked = rank([entry(tmp_path, name, same) for name in ("b", "a")], "ndcg@10", ("f",))
    assert [row.entry.label for row in ranked.rows] == ["b", "a"]
    assert (ranked.rows[1].difference, ranked.rows[1].difference_interval) == (0.0, (0.0, 0.0))
    assert ranked.rows[1].p_value == 1.0


@pytest.mark.parametrize(("metric", "first"), [("auc", "b"), ("loss", "a"), ("coverage@10", "b")])
def test_a_metric_of_no_single_user_ranks_without_intervals(tmp_path: Path, metric: str, first: str) -> None:
    entries = [
        entry(tmp_path, name, {"per_user": {"ndcg@10": ONES}, "test": {metric: value}})
        for name, value in (("a", 0.25), ("b", 0.75))
    ]
    ranked = rank(entries, metric, ("f",))
    assert ranked.rows[0].entry.label == first
    assert ranked.users is None
    assert abs(ranked.rows[1].difference or 0.0) == 0.5
    assert [(row.interval, row.difference_interval, row.p_value) for row in ranked.rows] == [(None, None, None)] * 2
    assert explanation(ranked).endswith(f"{metric} has no value per user to test with.")


def test_values_of_other_users_are_no_pairs(tmp_path: Path) -> None:
    more = {"per_user": {"ndcg@10": [*ONES, 1.0]}}
    mixed = entry(tmp_path, "mixed", {"per_user": {"ndcg@10": ONES}}, more)
    with pytest.raises(RunDirectoryError) as error:
        rank([mixed], "ndcg@10", ("f",))
    assert str(error.value) == "the runs of mixed judged different users, over the same split"
    few, many = entry(tmp_path, "few", {"per_user": {"ndcg@10": ONES}}), entry(tmp_path, "many", more)
    with pytest.raises(RunDirectoryError) as error:
        rank([few, many], "ndcg@10", ("f",))
    assert str(error.value) == "many and few judged different users, over the same split"


def test_json_holds_everything_and_where_each_run_lies(ranked: Comparison, tmp_path: Path) -> None:
    data = json.loads(json.dumps(ranked.to_dict()))
    assert (data["metric"], data["users"], data["split_fingerprint"]) == ("ndcg@10", 10, "f")
    middle = data["leaderboard"][1]
    assert [(run["run_dir"], run["seed"]) for run in middle["runs"]] == [
        (str(tmp_path / "middle" / f"20260101-000000-s{seed}"), seed) for seed in (0, 1)
    ]
    assert [run["test"]["auc"] for run in middle["runs"]] == [0.5, 0.75]
    assert middle["difference_interval"] == pytest.approx([-0.05, -0.05])
    assert data["leaderboard"][0]["p_value"] is None


HEADINGS = [
    "recipe",
    "runs",
    "ndcg@10",
    "sd",
    "low",
    "high",
    "vs best",
    "vs best low",
    "vs best high",
    "p",
    "hit@10",
    "auc",
    "train s",
    "evaluate s",
]


def test_csv_markdown_and_table_carry_the_same_columns(ranked: Comparison) -> None:
    rows = list(csv.reader(io.StringIO(to_csv(ranked))))
    lines = to_markdown(ranked).splitlines()
    assert list(columns(ranked)) == list(shown_columns(ranked)) == rows[0] == HEADINGS
    assert [cell.strip() for cell in lines[0].strip("|").split("|")] == HEADINGS
    assert [line.split("|")[1].strip() for line in lines[2:5]] == [row[0] for row in rows[1:]]
    assert lines[5:] == ["", *explanation(ranked).splitlines()]


def test_csv_has_figures_in_full_and_empty_cells(ranked: Comparison) -> None:
    best, middle, _ = csv.DictReader(io.StringIO(to_csv(ranked)))
    assert float(middle["sd"]) == ranked.rows[1].sd
    assert float(middle["p"]) == ranked.rows[1].p_value
    assert (best["sd"], best["vs best"], best["p"]) == ("", "", "")


def test_people_read_four_decimals_signs_and_dashes(ranked: Comparison) -> None:
    shown = shown_columns(ranked)
    assert shown["ndcg@10"] == ["0.6500", "0.6000", "0.4000"]
    assert shown["sd"] == ["–", "0.2121", "–"]
    assert shown["vs best high"] == ["–", "-0.0500", "-0.2500"]
    assert shown["hit@10"] == ["1.0000", "0.5000", "–"]
    assert shown["train s"] == ["2.0", "2.0", "2.0"]
    assert shown["runs"] == ["1", "2", "1"]


def test_a_bar_in_a_name_keeps_its_cell(tmp_path: Path) -> None:
    made = entry(tmp_path, "a", {"per_user": {"ndcg@10": ONES}})
    named = Entry("a|b", "a|b", made.by_split)
    assert to_markdown(rank([named], "ndcg@10", ("f",))).splitlines()[2].startswith("| a\\|b | 1 |")


@pytest.mark.parametrize(
    ("p_value", "shown"), [(1e-4, "<0.001"), (0.00099, "<0.001"), (0.001, "0.001"), (0.04251, "0.043"), (1.0, "1.000")]
)
def test_a_p_value_is_never_shown_as_zero(p_value: float, shown: str) -> None:
    assert shown_p_value(p_value) == shown


def test_the_explanation_fits_a_terminal_of_100_columns(ranked: Comparison) -> None:
    assert max(map(len, explanation(ranked).splitlines())) <= 100


def test_the_leaderboard_is_a_table_in_python(ranked: Comparison) -> None:
    table = ranked.to_table()
    assert table["recipe"].tolist() == ["best", "middle", "worst"]
    assert table["ndcg@10"].tolist() == pytest.approx([0.65, 0.6, 0.4])
    assert [*table.columns[:6]] == ["recipe", "ndcg@10", "low", "high", "difference", "p_value"]
    assert (table["low"] <= table["ndcg@10"]).all()
    assert (table["ndcg@10"] <= table["high"]).all()
    assert table["difference"].isna().tolist() == [True, False, False]
    assert table["auc"].tolist()[:2] == pytest.approx([0.875, 0.625])
    assert np.isnan(table["auc"].tolist()[2])
    assert "0.6500" in ranked._repr_html_()
    assert repr(ranked).splitlines()[0] == "Comparison by ndcg@10"
    assert len(repr(ranked).splitlines()) == 5
