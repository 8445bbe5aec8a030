"""Runs of which nothing is val: no epoch is chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gnnrec
from gnnrec import UsageError, pipeline

pytest_plugins = ["working_folder"]

DATA = """\
name: divided
dataset: {name: table, path: log.csv, part: part}
split: {name: predefined, val: 0}
"""
MODEL = """\
graph: {name: bipartite, reverse: true}
negatives: {name: static}
encoder: {name: mf, channels: 4}
decoder: {name: dot}
loss: {name: bce}
trainer: {name: device_aware, epochs: 3, patience: 1, learning_rate: 0.1, device: cpu}
"""


@pytest.fixture(autouse=True)
def divided(working_folder: Path) -> None:  # noqa: ARG001 - the test runs in it
    pairs = [(user, item) for user in range(12) for item in range(16) if (user + item) % 2 == 0]
    log = pd.DataFrame(pairs, columns=["user", "item"])
    log.assign(part=np.where(np.arange(len(log)) % 5 == 0, "test", "train")).to_csv("log.csv", index=False)


def put(text: str) -> str:
    Path("recipe.yaml").write_text(DATA + text, encoding="utf-8")
    return "recipe.yaml"


def test_a_scorer_is_judged_on_test_alone() -> None:
    run = gnnrec.run(put("scorer: {name: item_knn}"))
    assert (run.metrics["val"], run.metrics["best_epoch"]) == ({}, None)
    assert run.metrics["test"]["auc"] == 1  # two squares of a checkerboard
    assert (run.directory / "report.html").is_file()


def test_a_model_is_trained_to_the_last_epoch_and_can_be_refitted() -> None:
    run = gnnrec.run(put(MODEL))
    assert (run.metrics["val"], run.metrics["best_epoch"]) == ({}, 3)
    assert list(run.history.columns) == ["epoch", "train_loss", "lr", "seconds"]
    assert len(run.history) == 3
    assert "the last of 3 epochs was kept, as nothing is val" in (run.directory / "report.html").read_text("utf-8")
    again = pipeline.refit(run.directory, "all")
    assert again.metrics["refit"] == {"on": "all", "epochs": 3}


PLATEAU = (
    "trainer.scheduler: plateau goes by validation, and nothing is val; take another one, or hold something out: "
    "split.val: 0.1"
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"refit": True}, "refit fits anew on train and val, and nothing is val: leave refit out, or hold some out"),
        ({"trainer.scheduler.name": "plateau"}, PLATEAU),
    ],
)
def test_what_goes_by_validation_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as error:
        gnnrec.run(put(MODEL), change)
    assert str(error.value) == message
    assert not list(Path("runs").glob("*/*"))
