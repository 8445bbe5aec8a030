"""How each stage grows with the number of interactions: the same code at several sizes, each in a process of its own.

The ratings are generated, as dense as those of ml-32m: users and items grow with the root of the interactions. LightGCN
(3 layers, 64 channels) is trained by steps of 2,048 pairs over the whole graph; the first step lays out its matrices.
Memory is what is taken at the peak beyond a process that has done all of it with a few ratings. An exponent is that of
the power law through the first and the last size; 1 is proportional. There is no peer: what loading is measured against
stands under load.
"""

from __future__ import annotations

import math
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.generated_movielens import write
from benchmarks.harness import OURS, Measurement
from benchmarks.processes import fresh, peak_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gnnrec import EpochRecord

SIZES = (1_000_000, 4_000_000, 16_000_000, 25_000_000)

QUICK_SIZES = (250_000, 1_000_000, 2_000_000)

FEW = 20_000

STEPS = 4

RANKED, K = 512, 20
"""Users that are ranked for, and the length of their lists."""


class Stages(NamedTuple):
    """Seconds of each stage at one size, and bytes at the peak."""

    load: float
    split: float
    graph: float
    first_step: float
    step: float
    ranking_a_user: float
    peak_of_loading: int
    peak: int


def stages_after_few(few: str, folder: str) -> Stages:
    """The stages of `folder`, once those of `few` ratings have imported all that they need."""
    stages(few)
    before = peak_bytes()
    found = stages(folder)
    return found._replace(peak_of_loading=found.peak_of_loading - before, peak=found.peak - before)


def stages(folder: str) -> Stages:
    """Go from a file of ratings to rankings."""
    os.environ["XDG_CACHE_HOME"] = folder  # the user's is to hold nothing of this
    import torch

    import gnnrec
    from benchmarks.training import BPR, steps_of
    from gnnrec.evaluation.ranking import RankingTask
    from gnnrec_datasets.table import Table
    from gnnrec_splits.random_link import RandomLink

    recipe = gnnrec.load_recipe("gowalla_lightgcn", {**BPR, "trainer.device": "cpu"})
    sections, seconds = recipe.model_sections(), []
    named = {"user": "userId", "item": "movieId", "rating": "rating", "timestamp": "timestamp"}
    dataset = Table.model_validate({"path": f"{folder}/ratings.csv", **named})
    splitter = RandomLink(val=0.1, test=0.1, disjoint_train=0)

    started = time.perf_counter()
    interactions = dataset.load()
    loaded, peak_of_loading = time.perf_counter(), peak_bytes()
    split = splitter.split(interactions)
    divided = time.perf_counter()
    graph = sections.graph.build(split.observed("train"))
    built = time.perf_counter()

    def after_each(record: EpochRecord) -> None:
        seconds.append(record.seconds)

    task = steps_of(recipe, split, graph, STEPS, after_each)
    sections.trainer.fit(task)
    with torch.no_grad():
        user, item = task.model.encoder(graph)
    held_out = split.edges("test")
    ranking = RankingTask(held_out.keep(held_out.users < RANKED), split.known("test"))
    before = time.perf_counter()
    ranking.rank(lambda users: user[users] @ item.T, K)
    ranked = (time.perf_counter() - before) / len(ranking.users)
    first, *others = seconds
    return Stages(
        loaded - started,
        divided - loaded,
        built - divided,
        first,
        statistics.median(others),
        ranked,
        peak_of_loading,
        peak_bytes(),
    )


TIMES = {
    "load": ("s", 1.0),
    "split": ("s", 1.0),
    "graph": ("s", 1.0),
    "first_step": ("s", 1.0),
    "step": ("s", 1.0),
    "ranking_a_user": ("ms", 1e-3),
}
"""The units that stages are told in."""


def measure(quick: bool) -> Iterator[Measurement]:
    """Each stage at each size, and its exponent."""
    sizes, found = QUICK_SIZES if quick else SIZES, []
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder, "few"), FEW)
            write(Path(folder, "all"), rows)
            at = fresh(stages_after_few, f"{folder}/few", f"{folder}/all")
        found.append(at)
        for name, (unit, per) in TIMES.items():
            yield Measurement.of(_named(name, rows), unit, {OURS: [getattr(at, name)]}, per=per)
        for name in ("peak_of_loading", "peak"):
            yield Measurement.of(_named(name, rows), "bytes an interaction", {OURS: [getattr(at, name)]}, per=rows)
    for name in TIMES:
        ends = (getattr(found[0], name), getattr(found[-1], name))
        value = math.log(ends[1] / ends[0]) / math.log(sizes[-1] / sizes[0])
        yield Measurement.of(f"{name.replace('_', ' ')} grows", "exponent", {OURS: [value]})


def _named(stage: str, rows: int) -> str:
    return f"{stage.replace('_', ' ')}, {rows / 1e6:g} million"
