from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import BACKWARD, FORWARD, GRAPHS, random_graph, relational_graph, some_of
from torch import Tensor

from gnnrec.graph import layer_sums as module
from gnnrec.graph.layer_sums import layer_sums
from gnnrec.graph.propagation import propagate_over


@given(GRAPHS, st.integers(1, 4), st.booleans(), st.sampled_from([0.0, 0.5, 2.0]), st.booleans())
def test_sums_and_gradients_are_those_of_layers_one_by_one(
    shape: tuple[int, int, int, int], layers: int, weighted: bool, most: float, mean: bool
) -> None:
    graph = relational_graph(shape) if weighted else random_graph(shape)
    counts = shape[0], shape[1]
    generator = torch.Generator().manual_seed(shape[3])
    tables = [torch.randn(count, 3, generator=generator, requires_grad=True) for count in counts]
    rows = some_of(counts[0], 1), some_of(counts[1], 2)
    reduce = "mean" if mean else "symmetric"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_OF_ALL", most)
        found = layer_sums(*tables, graph[BACKWARD], graph[FORWARD], layers, rows, reduce)
    user, item = tables
    sums: list[Tensor] = [user, item]
    for _ in range(layers):
        user, item = (
            propagate_over(item, graph[BACKWARD], counts[0], reduce),
            propagate_over(user, graph[FORWARD], counts[1], reduce),
        )
        sums = [sums[0] + user, sums[1] + item]
    wanted = (sums[0][rows[0]], sums[1][rows[1]], tables[0][rows[0]], tables[1][rows[1]])
    of = [torch.randn(each.shape, generator=generator) for each in wanted]
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)
    gradients = [
        torch.autograd.grad(sum((each * weight).sum() for each, weight in zip(some, of, strict=True)), tables)
        for some in (found, wanted)
    ]
    torch.testing.assert_close(gradients[0], gradients[1], atol=1e-5, rtol=1e-5)


def test_it_runs_in_float32_under_autocast() -> None:
    graph = random_graph((4, 5, 12, 0))
    tables = torch.randn(4, 3), torch.randn(5, 3)
    rows = torch.arange(4), torch.arange(5)
    plain = layer_sums(*tables, graph[BACKWARD], graph[FORWARD], 2, rows)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = layer_sums(*tables, graph[BACKWARD], graph[FORWARD], 2, rows)
    assert all(torch.equal(one, other) for one, other in zip(plain, mixed, strict=True))
