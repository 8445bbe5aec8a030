from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from toys import movielens_like, small_recipe

from gnnrec import TrainingError, load_recipe, run
from gnnrec.data.size import Size
from gnnrec.errors import LESS_MEMORY
from gnnrec.runs import needed_memory as needed
from gnnrec.runs.needed_memory import STARTED, Need, needed_memory, require_memory
from gnnrec_scorers.block_memory import memory_of_autoencoder

if TYPE_CHECKING:
    from pathlib import Path

LARGE = Size(1_000_000, 70_000, 20_000_000)


def test_what_components_say_is_added_up_with_what_ranking_takes() -> None:
    ranking = 4 * 3 * (2**22 // 70_000) * 70_000
    assert needed_memory(load_recipe("baselines/ease"), LARGE) == Need(
        STARTED + memory_of_autoencoder(LARGE) + ranking,
        "scorer ease",
        "a dense matrix of items by items; scorer sansa takes a sparse one",
    )
    assert needed_memory(load_recipe("baselines/popularity"), LARGE) == Need(
        STARTED + ranking, "ranking", "scores of all items for a block of users"
    )
    tables, edges = 4 * (1_000_000 + 70_000) * 256 * (4 + 2 * 2), 32 * 20_000_000
    softmax = 4 * 4 * (2**24 // 70_000) * 70_000
    assert needed_memory(load_recipe("movielens_lightgcn"), LARGE) == Need(
        STARTED + tables + edges + softmax + ranking,
        "encoder lightgcn",
        "embeddings, and what an optimizer keeps of them",
    )


def test_what_does_not_fit_is_refused_and_what_is_near_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recipe = load_recipe("baselines/ease")
    monkeypatch.setattr(needed, "free_memory", lambda: 12_000_000_000)
    told = (
        "ease needs about 20 GB for 1,000,000 users and 70,000 items "
        "(scorer ease: a dense matrix of items by items; scorer sansa takes a sparse one) and 12 GB are free"
    )
    with pytest.raises(TrainingError) as error:
        require_memory(recipe, LARGE)
    assert str(error.value) == f"memory would run out: {told}\n{LESS_MEMORY}"
    for free, warned in ((30, True), (45, False), (None, False)):
        caplog.clear()
        monkeypatch.setattr(needed, "free_memory", lambda free=free: free and free * 10**9)
        with caplog.at_level(logging.WARNING, "gnnrec"):
            require_memory(recipe, LARGE)
        told = [record.getMessage().partition(" for ")[0] for record in caplog.records]
        assert told == ["memory may run out: ease needs about 20 GB"] * warned


def test_a_model_that_may_be_trained_elsewhere_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needed, "free_memory", lambda: 1)
    recipe = load_recipe("movielens_lightgcn")
    monkeypatch.setattr(needed, "_has_accelerator", lambda: True)
    require_memory(recipe, LARGE)
    monkeypatch.setattr(needed, "_has_accelerator", lambda: False)
    with pytest.raises(TrainingError, match=r"\(encoder lightgcn: embeddings, .*\) and 0 MB are free"):
        require_memory(recipe, LARGE)


def test_a_run_ends_before_it_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needed, "free_memory", lambda: 1000)
    monkeypatch.setattr(needed, "_has_accelerator", lambda: False)
    with pytest.raises(TrainingError, match=r"^memory would run out: movielens_sage needs about 100 MB for 12 users"):
        run(small_recipe(movielens_like(tmp_path / "data")), out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


MEASURED = """
import json, sys
import numpy as np, torch
from gnnrec import Edges, Observed
from gnnrec.data.size import Size
from gnnrec.plugin.registry import installed

def status(name):
    return next(1024 * int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))

torch.set_num_threads(1)
rng = np.random.default_rng(0)
users, items = map(int, sys.argv[1:])
def edges(users, items, count):
    keys = np.unique(rng.integers(users * items, size=count))
    return Edges(keys // items, keys % items, users, items)

scorer = installed().component("scorer", "ease")()
scorer.fit(Observed(edges(50, 40, 300)), torch.Generator())
large = edges(users, items, 60_000)
open("/proc/self/clear_refs", "w").write("5")  # so that the peak is what comes from now on
before = status("VmRSS")
kept = scorer.fit(Observed(large), torch.Generator())
print(json.dumps([scorer.memory(Size.of(large)), status("VmHWM") - before]))
"""
"""Fits once in small, for what a first time takes besides."""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("shape", ["2000 4500", "2000 9000"])
def test_ease_takes_what_it_says_within_a_factor_of_two(shape: str) -> None:
    done = subprocess.run([sys.executable, "-c", MEASURED, *shape.split()], capture_output=True, text=True, check=True)
    said, taken = json.loads(done.stdout)
    assert said / 2 < taken < 2 * said
