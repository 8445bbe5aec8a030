from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import BACKWARD, FORWARD, GRAPHS, random_graph, relational_graph
from sampled_encoders import ENCODERS, built
from torch import Tensor, nn

from gnnrec.graph import incoming_edges
from gnnrec.graph.new_nodes import mark, silence
from gnnrec.modelling import scoring
from gnnrec.modelling.layerwise import FLOATS_PER_EDGE, encode
from gnnrec.modelling.model import Model
from gnnrec.modelling.scoring import EncodedScoring
from gnnrec_decoders.dot import Dot
from gnnrec_encoders.lightgcn import LightGCN
from gnnrec_encoders.lightgcn_module import LightGCNModule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch_geometric.data import HeteroData

    from gnnrec import Encoder

CHANNELS = 5


def cells(block_edges: int) -> int:
    """The bound on blocks of so many edges and targets."""
    return block_edges * (CHANNELS + FLOATS_PER_EDGE)


@given(
    shape=GRAPHS,
    encoder=st.sampled_from(ENCODERS),
    block_edges=st.sampled_from((1, 3, 10, 1000)),
    made=st.sampled_from((random_graph, relational_graph)),
)
def test_in_blocks_of_any_size_it_is_the_forward_pass(
    shape: tuple[int, int, int, int], encoder: Encoder, block_edges: int, made: Callable[..., HeteroData]
) -> None:
    graph = made(shape)
    second = {kind: torch.arange(graph[kind].num_nodes) == 1 for kind in ("user", "item")}
    silence(graph, second)
    mark(graph, second)
    module = built(encoder, graph)
    for got, expected in zip(encode(module, graph, 0, cells(block_edges)), module(graph), strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)
        assert got.grad_fn is None


@pytest.mark.parametrize("block_edges", [9, 25, 60])
def test_no_block_has_more_edges_or_nodes_than_the_bound(block_edges: int) -> None:
    graph = random_graph((40, 30, 200, 1))
    module = built(LightGCN(channels=5, layers=2), graph)
    parts: list[HeteroData] = []
    whole = module.propagate_layer
    module.propagate_layer = lambda graph, layer, tables: parts.append(graph) or whole(graph, layer, tables)
    encode(module, graph, 0, cells(block_edges))
    degrees = torch.cat([graph[relation].edge_index[1].bincount() for relation in (FORWARD, BACKWARD)])
    bound = max(block_edges, int(degrees.max()) + 1)
    sizes = [sum(part[relation].edge_index.size(1) for relation in part.edge_types) for part in parts]
    assert max(sizes) <= bound
    assert max(part["user"].num_nodes + part["item"].num_nodes for part in parts) <= bound
    assert sum(sizes) == 2 * 400, "each edge once per layer"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["lightgcn", "hetero_sage"])
def test_blocks_take_less_memory_than_the_whole(encoder: str) -> None:
    def least(edges: int) -> int:
        """Of some measurements: what else happens on the machine adds to them."""
        command = [sys.executable, "-c", PEAK, encoder, str(edges)]
        return min(int(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(3))

    assert least(0) < 0.85 * least(2**40)


PEAK = """
import sys, torch
from torch_geometric.data import HeteroData
from gnnrec.modelling.layerwise import encode
from gnnrec.plugin.registry import installed

def status(name):
    return next(1024 * int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))

def graph(users, items, count):
    keys = torch.randint(users * items, (count,)).unique()
    made, edges = HeteroData(), torch.stack([keys // items, keys % items])
    made["user"].node_id, made["item"].node_id = torch.arange(users), torch.arange(items)
    made["user", "interacts", "item"].edge_index = edges
    made["item", "rev_interacts", "user"].edge_index = edges.flip(0)
    return made

component = installed().component("encoder", sys.argv[1])(channels=64)
small, large = graph(50, 40, 300), graph(100_000, 25_000, 2_500_000)
encode(component.build(small), small, int(sys.argv[2]))
module = component.build(large)
open("/proc/self/clear_refs", "w").write("5")  # so that the peak is what comes from now on
before = status("VmRSS")
encode(module, large, int(sys.argv[2]))
print(status("VmHWM") - before)
"""
"""Encodes once in small, for what a first time takes besides."""


class Concatenating(LightGCNModule):
    """Puts layers side by side."""

    def combine_layers(self, tables: Sequence[Tensor]) -> Tensor:
        return torch.cat(list(tables), dim=1)


@pytest.mark.parametrize("layers", [0, 2])
@pytest.mark.parametrize("made", [LightGCNModule, Concatenating])
def test_layers_are_combined_in_blocks_and_weights_stay(made: type[LightGCNModule], layers: int) -> None:
    graph = random_graph((9, 12, 40, 1))
    module = made({}, {"user": 9, "item": 12}, CHANNELS, layers, 1.0)
    expected, weights = module(graph), {name: value.clone() for name, value in module.state_dict().items()}
    for got, wanted in zip(encode(module, graph, 0, 31), expected, strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-5, atol=1e-5)
    assert all(torch.equal(value, weights[name]) for name, value in module.state_dict().items())


class Watched(nn.Module):
    """Remembers the graphs it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[HeteroData] = []

    def forward(self, graph: HeteroData) -> tuple[Tensor, Tensor]:
        self.seen.append(graph)
        return graph["user"].node_id[:, None].float(), graph["item"].node_id[:, None].float()


def test_a_module_that_cannot_go_layer_by_layer_gets_the_whole_graph() -> None:
    graph, module = random_graph((9, 9, 40, 1)), Watched()
    user, _ = encode(module, graph, 0)
    assert module.seen == [graph]
    assert user.shape == (9, 1)


@pytest.mark.parametrize(("whole_edges", "at_once"), [(80, True), (79, False)])
def test_a_graph_of_one_block_is_encoded_by_the_module_itself(*, whole_edges: int, at_once: bool) -> None:
    graph = random_graph((9, 9, 40, 1))
    module = built(LightGCN(channels=5), graph)
    seen: list[HeteroData] = []
    module.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    got = encode(module, graph, whole_edges)
    assert seen == ([graph] if at_once else [])
    if at_once:
        assert all(torch.equal(one, two) for one, two in zip(got, module(graph), strict=True))


def test_scoring_encodes_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = random_graph((9, 9, 40, 1))
    model = Model.build(LightGCN(channels=5), Dot(), graph)
    expected = EncodedScoring(model, graph, lambda _: pytest.fail("nobody is folded in")).score(torch.arange(9))
    calls: list[Any] = []

    def in_blocks(module: nn.Module, graph: HeteroData) -> tuple[Tensor, Tensor]:
        assert not module.training
        calls.append(graph)
        return encode(module, graph, 0, cells(3))

    monkeypatch.setattr(scoring, "encode", in_blocks)
    got = EncodedScoring(model, graph, lambda _: pytest.fail("nobody is folded in")).score(torch.arange(9))
    assert len(calls) == 1
    assert model.training
    torch.testing.assert_close(got, expected)


def test_edges_are_sorted_once_and_forgotten_with_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = random_graph((9, 9, 40, 1))
    module = built(LightGCN(channels=5), graph)
    made: list[weakref.ref[Any]] = []
    make = incoming_edges.IncomingEdges

    def remembered(*given: Any) -> Any:
        incoming = make(*given)
        made.append(weakref.ref(incoming))
        return incoming

    monkeypatch.setattr(incoming_edges, "IncomingEdges", remembered)
    for _ in range(2):
        encode(module, graph, 0, cells(3))
    assert len(made) == 2
    assert all(reference() is not None for reference in made)
    del graph
    gc.collect()
    assert all(reference() is None for reference in made)
