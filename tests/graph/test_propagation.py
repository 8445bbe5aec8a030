from __future__ import annotations

import gc
import weakref
from typing import Any, get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch_geometric.data import HeteroData
from toys import SHAPES

from gnnrec.graph import propagation
from gnnrec.graph.propagation import Degrees, Reduce, degrees, gather_scatter, propagate, propagate_over
from gnnrec.graph.sparse import Structure

EDGES = torch.tensor([[0, 2, 1, 0, 2], [0, 0, 2, 3, 2]])


def numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def dense(
    edge_index: Tensor, num_sources: int, num_targets: int, reduce: Reduce, edge_weight: Tensor | None = None
) -> Tensor:
    """The matrix [T, S] that a loop over edges counts; what has no weight at all divides nothing."""
    matrix = torch.zeros(num_targets, num_sources)
    weights = torch.ones(edge_index.size(1)) if edge_weight is None else edge_weight
    for (source, target), weight in zip(edge_index.T.tolist(), weights.tolist(), strict=True):
        matrix[target, source] += weight
    degrees = (matrix.sum(axis, keepdim=True) for axis in (1, 0))
    by_target, by_source = (torch.where(degree == 0, 1.0, degree) for degree in degrees)
    return matrix / {"sum": torch.ones(()), "mean": by_target, "symmetric": (by_source * by_target).sqrt()}[reduce]


@given(shape=SHAPES, reduce=st.sampled_from(get_args(Reduce)), weighted=st.booleans())
def test_values_and_gradients_are_those_of_the_dense_matrix_and_of_gather_scatter(
    shape: tuple[int, int, int, int], reduce: Reduce, weighted: bool
) -> None:
    num_sources, num_targets, num_edges, channels = shape
    generator = torch.Generator().manual_seed(sum(shape))
    edge_index = torch.stack(
        [torch.randint(count, (num_edges,), generator=generator) for count in (num_sources, num_targets)]
    )
    weight = torch.randint(4, (num_edges,), generator=generator) / 2 if weighted else None  # nothing, for some
    matrix = dense(edge_index, num_sources, num_targets, reduce, weight)
    source = numbers(num_sources, channels)
    upstream = numbers(num_targets, channels, seed=1)
    for method in (propagate, gather_scatter):
        leaf = source.clone().requires_grad_()
        out = method(leaf, edge_index, num_targets, reduce, edge_weight=weight)
        (gradient,) = torch.autograd.grad(out, leaf, upstream)
        torch.testing.assert_close(out.detach(), matrix @ source)
        torch.testing.assert_close(gradient, matrix.T @ upstream)


def test_gradients_are_the_differences_that_small_steps_make() -> None:
    source, upstream, step = numbers(3, 2).requires_grad_(), numbers(4, 2, seed=1), 0.5
    (gradient,) = torch.autograd.grad(propagate(source, EDGES, 4), source, upstream)
    for row, channel in ((0, 0), (1, 1), (2, 0)):
        moved = torch.zeros(3, 2)
        moved[row, channel] = step
        ahead, behind = (propagate(source.detach() + sign * moved, EDGES, 4) for sign in (1, -1))
        # The map is linear, so any step is small enough.
        difference = ((ahead - behind) * upstream).sum() / (2 * step)
        torch.testing.assert_close(gradient[row, channel], difference)


def test_a_target_without_edges_gets_zeros() -> None:
    out = propagate(torch.ones(3, 2), EDGES, 5)
    assert out.tolist() == [[1, 1], [0, 0], [1, 1], [1, 1], [0, 0]]
    assert propagate(torch.ones(3, 2), torch.zeros(2, 0, dtype=torch.int64), 2).tolist() == [[0, 0], [0, 0]]


def test_the_order_of_edges_does_not_matter() -> None:
    source = numbers(3, 4)
    for reduce in get_args(Reduce):
        out = propagate(source, EDGES, 4, reduce)
        assert torch.equal(out, propagate(source, EDGES[:, [3, 1, 4, 0, 2]], 4, reduce))


def test_parallel_edges_count_as_often_as_they_stand() -> None:
    edge_index = torch.tensor([[0, 0, 1], [0, 0, 0]])
    source = torch.tensor([[1.0], [4.0]])
    assert propagate(source, edge_index, 1, "sum").tolist() == [[6.0]]
    assert propagate(source, edge_index, 1, "mean").tolist() == [[2.0]]


def test_an_edge_index_that_is_changed_in_place_is_looked_at_again() -> None:
    edge_index, source = EDGES.clone(), torch.tensor([[1.0], [2.0], [4.0]])
    assert propagate(source, edge_index, 4, "sum").flatten().tolist() == [5, 0, 6, 1]
    edge_index[1, 0] = 1
    assert propagate(source, edge_index, 4, "sum").flatten().tolist() == [4, 1, 6, 1]


def test_one_edge_index_serves_both_reductions_and_any_number_of_targets() -> None:
    source = torch.tensor([[1.0], [2.0], [4.0]])
    assert propagate(source, EDGES, 4, "sum").flatten().tolist() == [5, 0, 6, 1]
    assert propagate(source, EDGES, 4, "mean").flatten().tolist() == [2.5, 0, 3, 1]
    assert propagate(source, EDGES, 5, "sum").flatten().tolist() == [5, 0, 6, 1, 0]
    wider = torch.cat([source, source])
    assert propagate(wider, EDGES, 4, "sum").flatten().tolist() == [5, 0, 6, 1]


def test_what_is_made_of_an_edge_index_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made, make = [], propagation._matrices_of
    monkeypatch.setattr(propagation, "_matrices_of", lambda *given: made.append(1) or make(*given))
    edge_index = EDGES.clone()
    for _ in range(3):
        propagate(numbers(3, 2), edge_index, 4)
    assert len(made) == 1
    edge_index[1, 0] = 1
    propagate(numbers(3, 2), edge_index, 4)
    assert len(made) == 2


def matrix_of(edge_index: Tensor) -> Tensor:
    """The transposed matrix that is kept for an edge index."""
    kept = propagation._matrices.get(edge_index, (3, 4, "mean", ()), lambda: pytest.fail("it is not kept"))
    return kept.transposed


@pytest.mark.parametrize("end", ["edge_index dies", "edge_index is changed"])
def test_what_was_made_of_an_edge_index_is_freed_with_it(end: str) -> None:
    edge_index = EDGES.clone()
    propagate(numbers(3, 2).requires_grad_(), edge_index, 4).sum().backward()
    kept = weakref.ref(matrix_of(edge_index))
    assert kept() is not None
    if end == "edge_index dies":
        del edge_index
    else:
        edge_index[1, 0] = 1
        propagate(numbers(3, 2), edge_index, 4)
    gc.collect()
    assert kept() is None


@pytest.mark.filterwarnings("error")
def test_inside_bf16_autocast_it_is_a_float32_island() -> None:
    source = numbers(3, 2).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        low = source @ numbers(2, 2, seed=1)
        assert low.dtype == torch.bfloat16
        out = propagate(low, EDGES, 4)
    out.sum().backward()
    assert out.dtype == torch.float32
    torch.testing.assert_close(out, dense(EDGES, 3, 4, "mean") @ low.float())
    assert source.grad is not None
    assert source.grad.dtype == torch.float32


def test_devices_without_sparse_products_gather_and_scatter(monkeypatch: pytest.MonkeyPatch) -> None:
    source = numbers(3, 2)
    expected = propagate(source, EDGES, 4)
    monkeypatch.setattr(propagation, "has_sparse_products", lambda device: device.type != "cpu")
    monkeypatch.setattr(propagation._SparseProduct, "apply", lambda *_: pytest.fail("a sparse product was asked for"))
    torch.testing.assert_close(propagate(source, EDGES, 4), expected)


def sampled(seed: int) -> tuple[Tensor, Degrees, Tensor]:
    """Two of each target's edges (of 5 sources), the whole graph's degrees, and its edges."""
    whole = torch.tensor([[0, 1, 2, 3, 4, 1, 4, 2], [0, 0, 0, 0, 1, 1, 1, 3]])
    of_source, of_target = torch.tensor([1, 2, 2, 1, 2]), torch.tensor([4, 3, 0, 1])
    order = torch.randperm(8, generator=torch.Generator().manual_seed(seed))
    kept = torch.cat([order[whole[1, order] == target][:2] for target in range(4)])
    return whole[:, kept], (of_source, of_target), whole


@pytest.mark.parametrize("method", [propagate, gather_scatter])
def test_on_a_sampled_subgraph_weights_are_those_of_the_whole_graph_times_the_share_drawn(method: Any) -> None:
    edge_index, of_nodes = torch.tensor([[0, 2, 1], [0, 0, 1]]), (torch.tensor([4, 9, 1]), torch.tensor([8, 4]))
    source = torch.eye(3)
    symmetric = method(source, edge_index, 2, "symmetric", of_nodes)
    # 4 of the first target's 8 edges for each of the two drawn, over sqrt(8·4) and sqrt(8·1).
    expected = torch.tensor([[4 / 32**0.5, 0, 4 / 8**0.5], [0, 4 / 36**0.5, 0]])
    torch.testing.assert_close(symmetric, expected)
    assert method(source, edge_index, 2, "sum", of_nodes).tolist() == [[4, 0, 4], [0, 4, 0]]
    assert method(source, edge_index, 2, "mean", of_nodes).tolist() == [[0.5, 0, 0.5], [0, 1, 0]]


@pytest.mark.parametrize("method", [propagate, gather_scatter])
def test_of_weighted_edges_what_was_drawn_stands_for_the_degree_that_counts(method: Any) -> None:
    edge_index, of_nodes = torch.tensor([[0, 2, 1], [0, 0, 1]]), (torch.tensor([4.0, 9, 1]), torch.tensor([8.0, 4]))
    weight, source = torch.tensor([1.5, 0.5, 4]), torch.eye(3)
    given_ = (source, edge_index, 2)
    # Of the first target's 8 edges of weight 2 together are here, each standing for 4 times as much.
    assert method(*given_, "sum", of_nodes, weight).tolist() == [[6, 0, 2], [0, 4, 0]]
    assert method(*given_, "mean", of_nodes, weight).tolist() == [[0.75, 0, 0.25], [0, 1, 0]]
    expected = torch.tensor([[6 / 32**0.5, 0, 2 / 8**0.5], [0, 4 / 36**0.5, 0]])
    torch.testing.assert_close(method(*given_, "symmetric", of_nodes, weight), expected)


@pytest.mark.parametrize("reduce", get_args(Reduce))
def test_an_edge_of_weight_two_is_two_edges(reduce: Reduce) -> None:
    source, twice = numbers(3, 2), torch.cat([EDGES, EDGES[:, :2]], dim=1)
    weight = torch.tensor([2.0, 2, 1, 1, 1])
    got = propagate(source, EDGES, 4, reduce, edge_weight=weight)
    torch.testing.assert_close(got, propagate(source, twice, 4, reduce))


def test_weights_so_small_that_their_product_is_nothing_still_make_a_mean() -> None:
    weight = torch.full((5,), 1e-30)
    for reduce in ("mean", "symmetric"):
        got = propagate(numbers(3, 2), EDGES, 4, reduce, edge_weight=weight)
        torch.testing.assert_close(got, propagate(numbers(3, 2), EDGES, 4, reduce))


@pytest.mark.parametrize("reduce", get_args(Reduce))
def test_the_mean_over_many_subgraphs_is_what_the_whole_graph_gives(reduce: Reduce) -> None:
    source = numbers(5, 3)
    *_, whole = sampled(0)
    draws = []
    for seed in range(3000):
        edge_index, of_nodes, _ = sampled(seed)
        draws.append(propagate(source, edge_index, 4, reduce, of_nodes))
    mean, spread = torch.stack(draws).mean(0), torch.stack(draws).std(0) / 3000**0.5
    assert ((mean - propagate(source, whole, 4, reduce)).abs() <= 4 * spread + 1e-5).all()


@pytest.mark.parametrize("reduce", get_args(Reduce))
def test_with_all_edges_degrees_change_nothing_whether_targets_ascend_or_not(reduce: Reduce) -> None:
    _, of_nodes, whole = sampled(0)
    leaf, upstream = numbers(5, 3).requires_grad_(), numbers(4, 3, seed=1)
    expected = propagate(leaf, whole, 4, reduce)
    (gradient,) = torch.autograd.grad(expected, leaf, upstream)
    for order in (torch.arange(8), torch.tensor([7, 0, 5, 3, 1, 6, 2, 4])):
        out = propagate(leaf, whole[:, order], 4, reduce, of_nodes)
        torch.testing.assert_close(out, expected)
        torch.testing.assert_close(torch.autograd.grad(out, leaf, upstream)[0], gradient)


def test_what_is_kept_is_kept_for_these_degrees_as_they_are() -> None:
    edge_index, source = torch.tensor([[0], [0]]), torch.ones(1, 1)
    four, nine = ((torch.tensor([number]), torch.tensor([1])) for number in (4, 9))
    assert propagate(source, edge_index, 1, "symmetric", four).item() == 0.5
    torch.testing.assert_close(propagate(source, edge_index, 1, "symmetric", nine).item(), 1 / 3)
    assert propagate(source, edge_index, 1, "symmetric").item() == 1
    four[0].fill_(16)
    assert propagate(source, edge_index, 1, "symmetric", four).item() == 0.25


def test_what_is_kept_is_kept_for_these_weights_as_they_are() -> None:
    edge_index, source, weight = torch.tensor([[0], [0]]), torch.ones(1, 1), torch.tensor([3.0])
    assert propagate(source, edge_index, 1, "sum", edge_weight=weight).item() == 3
    assert propagate(source, edge_index, 1, "sum").item() == 1
    weight.fill_(5)
    assert propagate(source, edge_index, 1, "sum", edge_weight=weight).item() == 5


def test_the_transpose_is_made_when_it_is_first_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    made, transposed = [], Structure.transposed
    monkeypatch.setattr(Structure, "transposed", lambda structure: made.append(1) or transposed(structure))
    edge_index = EDGES.clone()
    propagate(numbers(3, 2), edge_index, 4)
    assert not made
    for _ in range(2):
        propagate(numbers(3, 2).requires_grad_(), edge_index, 4).sum().backward()
    assert len(made) == 1


def test_degrees_are_read_from_edges_that_bear_them() -> None:
    graph = HeteroData()
    store = graph["user", "interacts", "item"]
    store.edge_index = EDGES
    assert degrees(store) is None
    store.source_degree, store.target_degree = torch.tensor([1, 2, 3]), torch.tensor([4])
    assert [degree.tolist() for degree in degrees(store) or ()] == [[1, 2, 3], [4]]


def test_what_edges_bear_is_minded() -> None:
    graph = HeteroData()
    store = graph["user", "interacts", "item"]
    store.edge_index, store.edge_weight = torch.tensor([[0], [0]]), torch.tensor([3.0])
    assert propagate_over(torch.ones(1, 1), store, 1, "sum").item() == 3
    store.source_degree, store.target_degree = torch.tensor([4.0]), torch.tensor([9.0])
    assert propagate_over(torch.ones(1, 1), store, 1, "symmetric").item() == 9 / 6
