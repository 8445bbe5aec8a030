"""What behaviours, moments and recency do, on data of which it is known what they are worth.

`pytest tests/test_planted.py -rP` prints what is measured; docs/evaluation.md has the table.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from planted import planted, reader_of_views

from gnnrec import load_recipe, run
from gnnrec.data.clearing import Clearing
from gnnrec.data.split import Split
from gnnrec.modelling import fitting
from gnnrec.modelling.leaks import LeakError
from gnnrec.plugin.registry import Registry
from gnnrec_graphs.relational import Relational
from gnnrec_splits.temporal import Temporal

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch_geometric.data import HeteroData

    from gnnrec import Observed
    from gnnrec.data.split import Phase

    Ndcg = Callable[..., float]

# Users have no embedding of their own: what is known of them is their edges, and so what is compared is graphs.
RECIPE = """\
name: planted
dataset: {name: planted}
features:
  user: [{name: genre_onehot, column: kind}]
split: {name: temporal, disjoint_train: 0.3}
graph: {name: bipartite}
encoder: {name: hetero_sage, channels: 32, layers: 1, id_types: [item]}
decoder: {name: cosine}
loss: {name: softmax}
trainer: {name: device_aware, device: cpu, epochs: 100, learning_rate: 0.02, monitor: ndcg@10}
evaluation: {k: [10], metrics: [ndcg]}
"""

SPLITS = {
    "temporal": {"split.name": "temporal", "split.disjoint_train": 0.3},
    "temporal, all of train is both": {"split.name": "temporal", "split.disjoint_train": 0},
    "random_link": {"split.name": "random_link"},
    "random_link, all of train is both": {"split.name": "random_link", "split.disjoint_train": 0},
    "leave_last": {"split.name": "leave_last", "split.disjoint_train": 0.3},
}
RELATIONAL = {"graph.name": "relational"}

NOISE = 0.04
"""More than four standard errors of the difference between two runs on `views_after`: it is of some 340 users."""


@pytest.fixture(scope="module")
def ndcg(tmp_path_factory: pytest.TempPathFactory) -> Ndcg:
    """Test ndcg@10 of the recipe with what is changed, over that many seeds."""
    folder = tmp_path_factory.mktemp("planted")
    path = folder / "planted.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    registry = Registry([*entry_points(group="gnnrec"), EntryPoint("planted", "planted", "gnnrec")])

    def ndcg(signal: str, *changes: dict[str, Any], seeds: int = 1) -> float:
        changed = {key: value for each in changes for key, value in each.items()}
        found = []
        for seed in range(seeds):
            recipe = load_recipe(path, {"dataset.signal": signal, "seed": seed} | changed, registry=registry)
            found.append(run(recipe, out=folder).metrics["test"]["ndcg@10"])
        print(f"{signal}, {changed}: {np.mean(found):.3f}")  # noqa: T201 - for who asks for it
        return float(np.mean(found))

    return ndcg


@pytest.mark.parametrize("strength", [pytest.param(0.4, marks=pytest.mark.slow), 0.8])
def test_views_that_come_before_purchases_are_worth_what_a_reader_of_them_gets(ndcg: Ndcg, strength: float) -> None:
    reader = reader_of_views(Temporal(disjoint_train=0.3).split(planted("views_before", strength)))
    of_strength = {"dataset.strength": strength}
    without, lifted = ndcg("views_before", of_strength), ndcg("views_before", of_strength, RELATIONAL)
    print(f"a reader of views: {reader:.3f}")  # noqa: T201 - for who asks for it
    assert 0.85 * strength < reader < strength  # some of what is viewed is never bought
    assert without < 0.12  # ten of some 56 items that are not bought yet, at random, have .08
    assert 0.7 * (reader - without) < lifted - without < reader - without + NOISE


@pytest.mark.slow
def test_a_refit_learns_from_views_as_the_first_stage_does(ndcg: Ndcg) -> None:
    once, anew = (ndcg("views_before", RELATIONAL, {"refit": refit}) for refit in (False, True))
    assert anew > once - NOISE


@pytest.mark.slow
def test_mini_batches_learn_from_views_as_the_whole_graph_does(ndcg: Ndcg) -> None:
    """Their own pairs are taken out of what they propagate over, and not the views that training may know of them."""
    sampled = {
        "loss.name": "bpr",
        "negatives": {"name": "dynamic", "corrupt": "item", "ratio": 4, "every": "step"},
        "trainer": {"name": "device_aware", "device": "cpu", "epochs": 15, "learning_rate": 0.02, "monitor": "ndcg@10"}
        | {"batch_size": 256, "fan_out": [-1]},
    }
    without, lifted = ndcg("views_before", sampled), ndcg("views_before", sampled, RELATIONAL)
    assert lifted > without + 0.4


@pytest.mark.slow
def test_views_are_worth_something_where_all_of_train_is_propagated_over(ndcg: Ndcg) -> None:
    """A purchase in the graph tells of itself, so that views are needed less; but what they tell is not unlearned."""
    both = SPLITS["temporal, all of train is both"]
    assert ndcg("views_before", both, RELATIONAL) > ndcg("views_before", both) + 0.08


@pytest.mark.slow
def test_views_are_worth_nothing_where_none_may_tell_of_what_is_learned(ndcg: Ndcg) -> None:
    """Under leave_last supervision is drawn from all that a user did before the moment: see docs/evaluation.md."""
    by_user = SPLITS["leave_last"]
    assert abs(ndcg("views_before", by_user, RELATIONAL) - ndcg("views_before", by_user)) < NOISE


@pytest.mark.parametrize(
    "name", ["temporal", *(pytest.param(name, marks=pytest.mark.slow) for name in SPLITS if name != "temporal")]
)
def test_views_that_purchases_make_are_worth_nothing_and_do_no_harm(ndcg: Ndcg, name: str) -> None:
    seeds = 1 if name == "temporal" else 2
    without, beside = (ndcg("views_after", SPLITS[name], graph, seeds=seeds) for graph in ({}, RELATIONAL))
    assert without > 0.2  # taste is there to be learned
    assert abs(beside - without) < NOISE


def build_of_everything(self: Relational, observed: Observed) -> HeteroData:
    """The graph of a builder that knows all views from somewhere else."""
    return BUILD(self, replace(observed, behaviours=planted("views_after").behaviours))


BUILD = Relational.build


@pytest.mark.parametrize("name", ["temporal", "random_link", "leave_last"])
def test_a_graph_with_the_views_that_purchases_make_is_refused(
    ndcg: Ndcg, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Relational, "build", build_of_everything)
    with pytest.raises(LeakError, match=r"edges of \(user, view, item\) are propagated over in the train phase, which"):
        ndcg("views_after", SPLITS[name], RELATIONAL)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["temporal", "random_link", "leave_last"])
@pytest.mark.parametrize("mutant", ["a builder and no gate", "no clearing"])
def test_nothing_but_the_clearing_and_the_gate_keeps_them_from_telling_all(
    ndcg: Ndcg, name: str, mutant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate asks the clearing what may be known: where that lets all pass, so does the gate."""
    if mutant == "no clearing":
        monkeypatch.setattr(Clearing, "behaviour", lambda _, each: each)
    else:
        monkeypatch.setattr(Relational, "build", build_of_everything)
        monkeypatch.setattr(fitting, "check_graph", lambda *_: None)
    assert ndcg("views_after", SPLITS[name], RELATIONAL) > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("name", ["random_link", "leave_last"])
def test_a_model_that_is_shown_views_of_what_it_learns_relies_on_them(
    ndcg: Ndcg, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the views of its supervision pairs in training it need not learn taste, and test has no such views."""
    without = ndcg("views_after", SPLITS[name], seeds=2)
    clearing = Split._clearing

    def telling(split: Split, phase: Phase) -> Clearing:
        held_out = split.edges("val", "test").keys
        return replace(
            clearing(split, phase),
            learned=held_out[:0],
            beside=held_out[:0],
            **({"hidden": held_out} if phase == "train" else {}),
        )

    monkeypatch.setattr(Split, "_clearing", telling)
    assert ndcg("views_after", SPLITS[name], RELATIONAL, seeds=2) < without - NOISE


@pytest.mark.slow
def test_recency_is_worth_something_where_taste_drifts_and_nothing_where_it_stays(ndcg: Ndcg) -> None:
    by_time = SPLITS["temporal, all of train is both"]
    recency = {"graph.weights": "recency", "graph.half_life": 60}
    alike, recent = (ndcg("taste_drifts", by_time, weights) for weights in ({}, recency))
    assert recent > alike + 0.05
    alike, recent = (ndcg("taste_stays", by_time, weights) for weights in ({}, recency))
    assert recent > alike - NOISE
