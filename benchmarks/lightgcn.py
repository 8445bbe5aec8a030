"""A training step of LightGCN on Gowalla (3 layers, 64 channels, batches of 2,048), against one matrix over all nodes.

gnnrec's step is its trainer's: it draws a verified negative for each positive, propagates, and learns by Adam. The
peer is given negatives. That both follow the same gradient is asserted before anything is timed. Memory is that of a
process that takes a few such steps and does nothing else, with all that it has loaded.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch

import gnnrec
from benchmarks.data import gowalla
from benchmarks.harness import MIB, OURS, Measurement, seconds_of, take_turns
from benchmarks.peers.lightgcn import LightGCN
from benchmarks.processes import fresh, peak_bytes
from benchmarks.training import BPR, steps_of
from gnnrec_trainers.objectives import Pairwise, Supervision, half_squared_norm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from torch import Tensor
    from torch_geometric.data import HeteroData

    from gnnrec import Edges, EpochRecord, Recipe, Split, TrainingTask

STEPS, QUICK_STEPS = 15, 4

STEPS_FOR_MEMORY = 3

WARM_UP = 1
"""Steps of each that are not counted."""

TOLERANCE = 1e-5
"""How far gradients may lie apart, as a share of the largest."""

PEER = "torch.sparse"

LAYERS, CHANNELS, BATCH, L2, LEARNING_RATE = 3, 64, 2048, 1e-4, 0.001
"""Those of He et al. 2020."""


def measure(quick: bool) -> Iterator[Measurement]:
    """The seconds of a step, and the memory that steps take."""
    steps = WARM_UP + (QUICK_STEPS if quick else STEPS)
    seconds: dict[str, list[float]] = {OURS: [], PEER: []}
    generator = torch.Generator().manual_seed(0)

    def take_turn(record: EpochRecord) -> None:
        seconds[OURS].append(record.seconds)
        negatives = torch.randint(split.train.edges.num_items, (len(users),), generator=generator)
        seconds[PEER].append(seconds_of(lambda: peer.step(users, positives, negatives))())

    recipe = _recipe()
    split = recipe.split.split(recipe.dataset.load())
    task = steps_of(recipe, split, _graph(recipe, split), steps, take_turn)
    users, positives = (torch.from_numpy(each) for each in (task.supervision.users, task.supervision.items))
    tables = [table.weight.detach() for table in _tables(task)]
    peer = _peer(split.train.edges, torch.cat(tables))
    apart = _check_gradients(task, peer)
    recipe.model_sections().trainer.fit(task)
    counted = {who: each[WARM_UP:] for who, each in seconds.items()}
    yield Measurement.of("a step", "s", counted, note=f"gradients differ by {apart:.1e} of the largest")
    peaks = take_turns({OURS: partial(fresh, our_peak), PEER: partial(fresh, peak_of_peer)}, rounds=1, warm_up=0)
    yield Measurement.of("memory at its peak", "MiB", peaks, per=MIB)


def our_peak() -> int:
    """Bytes that gnnrec's steps take."""
    recipe = _recipe()
    split = recipe.split.split(recipe.dataset.load())
    recipe.model_sections().trainer.fit(
        steps_of(recipe, split, _graph(recipe, split), STEPS_FOR_MEMORY, lambda _: None)
    )
    return peak_bytes()


def peak_of_peer() -> int:
    """Bytes that the peer's steps take."""
    edges = gowalla("train")
    peer = _peer(edges, torch.randn(edges.num_users + edges.num_items, CHANNELS))
    users, items = (torch.from_numpy(each[:BATCH]) for each in (edges.users, edges.items))
    for _ in range(STEPS_FOR_MEMORY):
        peer.step(users, items, torch.randint(edges.num_items, (BATCH,)))
    return peak_bytes()


def _recipe() -> Recipe:
    return gnnrec.load_recipe(
        "gowalla_lightgcn",
        {
            **BPR,
            "encoder.layers": LAYERS,
            "encoder.channels": CHANNELS,
            "trainer.batch_size": BATCH,
            "trainer.l2": L2,
            "trainer.learning_rate": LEARNING_RATE,
            "trainer.device": "cpu",
        },
    )


def _graph(recipe: Recipe, split: Split) -> HeteroData:
    return recipe.model_sections().graph.build(split.observed("train"))


def _tables(task: TrainingTask) -> tuple[Any, Any]:
    """The embeddings of users and of items, layer 0."""
    initial: Any = task.model.encoder.initial
    return initial.ids["user"], initial.ids["item"]


def _peer(edges: Edges, initial: Tensor) -> LightGCN:
    users, items = (torch.from_numpy(each) for each in (edges.users, edges.items))
    return LightGCN(users, items, initial, edges.num_users, LAYERS, L2, LEARNING_RATE)


def _check_gradients(task: TrainingTask, peer: LightGCN) -> float:
    """How far the gradients of one batch lie apart, as a share of the largest.

    Raises:
        ArithmeticError: Too far.
    """
    objective = Pairwise(task, Supervision(task, None, task.model.device))
    loss, scored = objective.loss(task.model, 1, 0)
    (loss + L2 * half_squared_norm(task.model, scored)).backward()  # type: ignore[no-untyped-call]
    ours = torch.cat([table.weight.grad for table in _tables(task)])
    (users, items), count = scored.pairs, len(scored.edge_ids)
    (theirs,) = torch.autograd.grad(peer.loss(users[:count], items[:count], items[count:]), [peer.embeddings])
    apart = float((ours - theirs).abs().max() / theirs.abs().max())
    if not apart <= TOLERANCE:
        raise ArithmeticError(f"the gradients differ by {apart:.1e} of the largest; at most {TOLERANCE:g} is rounding")
    for table in _tables(task):
        table.weight.grad = None
    return apart
