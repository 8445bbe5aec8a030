from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import torch
from dense_graphs import interactions_of
from random_graphs import random_graph

from gnnrec_encoders import ultragcn_module
from gnnrec_encoders.ultragcn import UltraGCN
from gnnrec_encoders.ultragcn_module import nearest_items

if TYPE_CHECKING:
    import pytest

GRAPH = random_graph((9, 8, 40, 1))
BATCH = SimpleNamespace(users=torch.tensor([3, 0, 3, 5]), items=torch.tensor([1, 1, 7, 2]))


def item_weights() -> torch.Tensor:
    """Equation 11, the diagonal left out: float32 [I, I]."""
    taken = (interactions_of(GRAPH) > 0).float()
    together = taken.T @ taken
    total = together.sum(1)
    weights = together / (total - together.diag())[:, None] * (total[:, None] / total).sqrt()
    return weights - weights.diag().diag()


def test_the_items_that_an_item_is_taken_with_by_the_papers_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ultragcn_module, "BLOCK_CELLS", 27)  # so that there are several blocks
    items, weights = nearest_items(GRAPH, 3)
    expected = item_weights()
    torch.testing.assert_close(weights, expected.sort(descending=True).values[:, :3])
    torch.testing.assert_close(weights, expected.gather(1, items))
    assert nearest_items(GRAPH, 20)[0].shape == (8, 8)


def test_the_loss_is_the_papers_two_constraints_by_hand() -> None:
    torch.manual_seed(0)
    encoder = UltraGCN(channels=6, negatives=5, constraint=2, negative_weight=3, item_constraint=4, neighbours=2)
    module = encoder.build(GRAPH)
    tables, taken, near = module.initial_embeddings(GRAPH), interactions_of(GRAPH), item_weights().topk(2)
    scores, of_user, of_item = tables["user"] @ tables["item"].T, taken.sum(1), taken.sum(0)
    beta = ((of_user + 1).sqrt() / of_user)[:, None] / (of_item + 1).sqrt()
    drawn = torch.randint(8, (5,), generator=torch.Generator().manual_seed(0)).tolist()
    expected = torch.zeros(())
    for user, item in zip(BATCH.users.tolist(), BATCH.items.tolist(), strict=True):
        kept = beta[user, item] * scores[user, item].sigmoid().log()
        refused = sum(beta[user, other] * (-scores[user, other]).sigmoid().log() for other in drawn)
        alike = sum(near.values[item, k] * scores[user, near.indices[item, k]].sigmoid().log() for k in range(2))
        expected = expected - (2 * (kept + 3 * refused / 5) + 4 * alike) / 4
    loss = module.auxiliary_loss(GRAPH, BATCH, torch.Generator().manual_seed(0))
    torch.testing.assert_close(loss, expected)
    loss.backward()
    assert all(parameter.grad.isfinite().all() and parameter.grad.any() for parameter in module.parameters())
