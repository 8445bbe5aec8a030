"""Ranking Gowalla's users over all items, against the bare matrix products and top-k that it cannot do without.

All take turns over the same random embeddings of 64 channels. gnnrec masks seen items, settles ties and tells which
items are relevant. The second peer masks them too and updates torch_geometric's LinkPred metrics block by block; both
then have recall, precision and ndcg at 20, and that these agree is asserted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch_geometric.metrics import (
    LinkPredMetricCollection,
    LinkPredNDCG,
    LinkPredPrecision,
    LinkPredRecall,
)

from benchmarks.data import gowalla
from benchmarks.harness import MIB, OURS, Measurement, seconds_of, take_turns
from benchmarks.processes import peak_bytes
from gnnrec.data.ranked_lists import Catalogue
from gnnrec.data.size import RANKED_CELLS
from gnnrec.evaluation.ranking import RankingTask
from gnnrec_metrics.accuracy import NDCG, Precision, Recall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from gnnrec import Edges

K, CHANNELS = 20, 64

ROUNDS, QUICK_ROUNDS, QUICK_USERS = 3, 3, 4_096

TOLERANCE = 1e-5
"""How far means over users may lie apart: they are summed in another order."""


def measure(quick: bool) -> Iterator[Measurement]:
    """The seconds that all users take, and the memory at its peak."""
    train, test = gowalla("train"), gowalla("test")
    rounds = QUICK_ROUNDS if quick else ROUNDS
    if quick:
        test = test.keep(test.users < QUICK_USERS)
    generator = torch.Generator().manual_seed(0)
    user = torch.randn(train.num_users, CHANNELS, generator=generator)
    item = torch.randn(train.num_items, CHANNELS, generator=generator)
    task = RankingTask(test, train)
    blocks = torch.split(task.users, RANKED_CELLS // train.num_items)

    def bare() -> None:
        for users in blocks:
            (user[users] @ item.T).topk(K, dim=1)

    def ours() -> None:
        task.rank(lambda users: user[users] @ item.T, K)

    seconds = take_turns({OURS: seconds_of(ours), "products and topk": seconds_of(bare)}, rounds)
    yield Measurement.of(f"ranking {len(task.users):,} users over {train.num_items:,} items", "s", seconds)
    yield Measurement.of("memory of the process at its peak", "MiB", {OURS: [peak_bytes()]}, per=MIB)

    found: dict[str, list[float]] = {}

    def our_metrics() -> None:
        lists = task.rank(lambda users: user[users] @ item.T, K)
        catalogue = Catalogue(torch.zeros(train.num_items), train.num_users)
        found[OURS] = [
            float(metric.measure(lists, catalogue).double().mean()) for metric in (Recall(), Precision(), NDCG())
        ]

    def their_metrics() -> None:
        metrics = LinkPredMetricCollection([LinkPredRecall(K), LinkPredPrecision(K), LinkPredNDCG(K)])
        for users in blocks:
            scores = user[users] @ item.T
            scores[_rows(train, users)] = -torch.inf
            metrics.update(scores.topk(K, dim=1).indices, torch.stack(_rows(test, users)))
        found["LinkPred metrics"] = [float(value) for value in metrics.compute().values()]

    seconds = take_turns({OURS: seconds_of(our_metrics), "LinkPred metrics": seconds_of(their_metrics)}, rounds)
    apart = max(abs(one - other) for one, other in zip(*found.values(), strict=True))
    if not apart <= TOLERANCE:
        raise ArithmeticError(f"recall, precision and ndcg of both differ: {found}")
    yield Measurement.of("the same with recall, precision, ndcg", "s", seconds, note=f"values differ by {apart:.0e}")


def _rows(edges: Edges, users: Tensor) -> tuple[Tensor, Tensor]:
    """Row of the block and item of each of the users' interactions, from a matrix sorted by user."""
    rows, items = edges.items_of(users.numpy())
    return torch.from_numpy(rows), torch.from_numpy(items)
