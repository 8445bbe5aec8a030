from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pytest
import torch
from mutants import Mutant, assert_caught, assert_every_check_catches_something, changed, each, failures, wrong
from pydantic import PositiveInt
from torch import nn

from gnnrec import Encoder
from gnnrec.graph.layer_sums import EmbeddedRows
from gnnrec.graph.new_nodes import look_up
from gnnrec.graph.propagation import propagate
from gnnrec.testing import check_encoder, toy_edges, toy_graph

if TYPE_CHECKING:
    from torch import Tensor
    from torch_geometric.data import HeteroData

TO_ITEM, TO_USER = ("user", "interacts", "item"), ("item", "rev_interacts", "user")


class Layers(nn.Module):
    """Neighbours' means, the mean of all layers, dropout before them, and everything that a module may have."""

    def __init__(self, graph: HeteroData, channels: int, layers: int) -> None:
        super().__init__()
        self.user = nn.Parameter(torch.randn(graph["user"].num_nodes, channels))
        self.item = nn.Parameter(torch.randn(graph["item"].num_nodes, channels))
        self.features = nn.Linear(graph["item"].x.size(1), channels)
        self.dropout = nn.Dropout(0.2)
        self.layers = layers

    def initial_embeddings(self, graph: HeteroData) -> dict[str, Tensor]:
        item = look_up(self.item, graph["item"]) + self.features(graph["item"].x)
        return {"user": self.dropout(look_up(self.user, graph["user"])), "item": self.dropout(item)}

    def propagate_layer(self, graph: HeteroData, layer: int, tables: dict[str, Tensor]) -> dict[str, Tensor]:
        weight, user, item = 1.0 / (layer + 1), tables["user"], tables["item"]
        return {
            "user": weight * propagate(item, graph[TO_USER].edge_index, len(user), self.reduce),
            "item": weight * propagate(user, graph[TO_ITEM].edge_index, len(item), self.reduce),
        }

    reduce: Any = "mean"

    def combine_layers(self, tables: list[Tensor]) -> Tensor:
        return torch.stack(tables).mean(dim=0)

    def forward(self, graph: HeteroData) -> Any:
        tables = [self.initial_embeddings(graph)]
        for layer in range(self.layers):
            tables.append(self.propagate_layer(graph, layer, tables[-1]))
        return tuple(Layers.combine_layers(self, [each[kind] for each in tables]) for kind in ("user", "item"))

    def auxiliary_loss(self, graph: HeteroData, batch: Any, generator: torch.Generator) -> Tensor:
        user, _ = self(graph)
        return (user[batch.users] * torch.rand(len(batch.users), 1, generator=generator)).sum()

    def fold_in(self, graph: HeteroData, histories: Any) -> Tensor:
        _, item = self(graph)
        users, items = torch.from_numpy(histories.users), torch.from_numpy(histories.items)
        return propagate(item, torch.stack([items, users]), histories.num_users)


class Deep(Encoder):
    """What is asked for, with layers."""

    name: Literal["deep"] = "deep"
    channels: PositiveInt = 4
    layers: PositiveInt = 2

    module: ClassVar[type] = Layers

    def build(self, graph: HeteroData) -> nn.Module:
        module: nn.Module = self.module(graph, self.channels, self.layers)
        return module


class Table(nn.Module):
    """An embedding for each node."""

    def __init__(self, graph: HeteroData) -> None:
        super().__init__()
        self.user = nn.Parameter(torch.randn(graph["user"].num_nodes, 4))
        self.item = nn.Parameter(torch.randn(graph["item"].num_nodes, 4))

    def forward(self, graph: HeteroData) -> Any:
        return self.user[graph["user"].node_id], self.item[graph["item"].node_id]


class Flat(Encoder):
    """What is asked for, without layers and anything else."""

    name: Literal["flat"] = "flat"

    module: ClassVar[type] = Table

    def build(self, graph: HeteroData) -> nn.Module:
        module: nn.Module = self.module(graph)
        return module


class Weighed(Layers):
    """Edges weighed by the degrees of both ends; on a subgraph, by those of the whole graph, which it bears."""

    def propagate_layer(self, graph: HeteroData, layer: int, tables: dict[str, Tensor]) -> dict[str, Tensor]:  # noqa: ARG002
        user, item = tables["user"], tables["item"]
        return {
            "user": self.weighed(graph, TO_USER, item, len(user)),
            "item": self.weighed(graph, TO_ITEM, user, len(item)),
        }

    def weighed(self, graph: HeteroData, edge_type: tuple[str, str, str], source: Tensor, num_targets: int) -> Tensor:
        store = graph[edge_type]
        sources, targets = store.edge_index
        source_degree = store.get("source_degree", torch.bincount(sources, minlength=len(source)))
        target_degree = store.get("target_degree", torch.bincount(targets, minlength=num_targets))
        weights = (source_degree[sources] * target_degree[targets]).float().rsqrt()
        return torch.zeros(num_targets, source.size(1)).index_add(0, targets, source[sources] * weights[:, None])


def drawn_anew(self: Any, graph: HeteroData) -> None:
    Table.__init__(self, graph)
    generator = torch.Generator()
    generator.seed()
    self.user.data.normal_(generator=generator)


def with_clipped_features(self: Any, graph: HeteroData) -> Any:
    graph["item"].x.clamp_(min=-0.1)
    return Table.forward(self, graph)


def as_a_list(self: Any, graph: HeteroData) -> Any:
    return list(Table.forward(self, graph))


def with_nan_where_there_is_no_edge(self: Any, graph: HeteroData) -> Any:
    user, item = Table.forward(self, graph)
    lonely = torch.bincount(graph[TO_ITEM].edge_index[1], minlength=len(item)) == 0
    return user, item.masked_fill(lonely[:, None] & self.training, torch.nan)


def with_users_detached(self: Any, graph: HeteroData) -> Any:
    user, item = Table.forward(self, graph)
    return user.detach(), item


def with_the_first_edge(self: Any, graph: HeteroData) -> Any:
    user, item = Table.forward(self, graph)
    return user + item[graph[TO_ITEM].edge_index[1, 0]], item


def by_place(self: Any, graph: HeteroData) -> Any:  # noqa: ARG001 - that is what is wrong
    return 1 * self.user, 1 * self.item


def with_a_list_of_tensors(self: Any, graph: HeteroData) -> None:
    Table.__init__(self, graph)
    self.scales = [torch.ones(2)]


def with_a_shift_that_is_not_saved(self: Any, graph: HeteroData) -> None:
    Table.__init__(self, graph)
    self.register_buffer("shift", torch.randn(4), persistent=False)


def shifted(self: Any, graph: HeteroData) -> Any:
    user, item = Table.forward(self, graph)
    return user + self.shift, item


def noisy_loss(self: Any, graph: HeteroData, batch: Any, generator: Any) -> Tensor:
    return Layers.auxiliary_loss(self, graph, batch, generator) + torch.rand(())


def loss_per_edge(self: Any, graph: HeteroData, batch: Any, generator: Any) -> Tensor:
    return Layers.auxiliary_loss(self, graph, batch, generator).expand(2).clone()


def without_the_last_user(self: Any, graph: HeteroData) -> Any:
    user, item = Table.forward(self, graph)
    return {"user": user[:-1], "item": item}


def as_a_dict(self: Any, graph: HeteroData) -> Any:
    return {kind: look_up(getattr(self, kind), graph[kind]) for kind in ("user", "item")}


def as_a_pair(self: Any, graph: HeteroData) -> Any:
    return Table.forward(self, graph)


def looked_up_by_id_alone(self: Any, graph: HeteroData) -> Any:
    rows = {kind: getattr(self, kind)[graph[kind].node_id.clamp(max=14)] for kind in ("user", "item")}
    return (
        {**rows, "item": rows["item"] + self.features(graph["item"].x)}
        if "is_new" in graph["item"]
        else (Layers.initial_embeddings(self, graph))
    )


def the_last_layer(self: Any, tables: list[Tensor]) -> Tensor:  # noqa: ARG001 - a method
    return tables[-1]


def one_number_per_user(self: Any, graph: HeteroData, histories: Any) -> Tensor:
    return Layers.fold_in(self, graph, histories)[:, 0]


def at_rows(self: Any, graph: HeteroData, rows: Any) -> EmbeddedRows:
    tables = [*self(graph), *(self.initial_embeddings(graph)[kind] for kind in ("user", "item"))]
    return EmbeddedRows(*(table[rows[place % 2]] for place, table in enumerate(tables)))


def at_other_rows(self: Any, graph: HeteroData, rows: Any) -> EmbeddedRows:
    return at_rows(self, graph, (rows[0].flip(0), rows[1]))


def at_rows_without_gradients(self: Any, graph: HeteroData, rows: Any) -> EmbeddedRows:
    found = at_rows(self, graph, rows)
    return found._replace(item=found.item.detach())


MUTANTS = (
    Mutant("same_seed_same_result", wrong(Flat, __init__=drawn_anew), "weights.user differs by up to"),
    Mutant("leaves_its_input_alone", wrong(Flat, forward=with_clipped_features), "item.x differs by up to"),
    Mutant("gives_user_and_item_embeddings", wrong(Flat, forward=as_a_list), "a list, not a tuple of tensors"),
    Mutant(
        "gives_finite_embeddings", wrong(Flat, forward=with_nan_where_there_is_no_edge), "1 item rows are not finite"
    ),
    Mutant(
        "gradients_reach_every_parameter", wrong(Flat, forward=with_users_detached), "no gradient reaches user [21, 4]"
    ),
    Mutant("ignores_the_order_of_edges", wrong(Flat, forward=with_the_first_edge), "embeddings.user differs by up to"),
    Mutant("looks_nodes_up_by_node_id", wrong(Flat, forward=by_place), "embeddings.user differs by up to"),
    Mutant(
        "full_fan_outs_give_the_whole_graphs_answer",
        wrong(Deep, reduce="symmetric"),
        "embeddings.user differs by up to",
    ),
    Mutant(
        "moves_as_a_whole", wrong(Flat, __init__=with_a_list_of_tensors), "scales[0]: no parameter, buffer or child"
    ),
    Mutant(
        "is_saved_as_a_whole",
        wrong(Flat, __init__=with_a_shift_that_is_not_saved, forward=shifted),
        "embeddings.user differs by up to",
    ),
    Mutant(
        "auxiliary_loss_is_a_scalar_drawn_from_its_generator",
        wrong(Deep, auxiliary_loss=noisy_loss),
        "the auxiliary loss differs by up to",
    ),
    Mutant(
        "auxiliary_loss_is_a_scalar_drawn_from_its_generator",
        wrong(Deep, auxiliary_loss=loss_per_edge),
        "tensor([",
    ),
    Mutant(
        "layer_zero_is_a_row_per_node",
        wrong(Flat, initial_embeddings=without_the_last_user),
        "[20, 4] for 21 user nodes",
    ),
    Mutant("layer_zero_is_a_row_per_node", wrong(Flat, initial_embeddings=as_a_pair), "tuple, not user and item"),
    Mutant(
        "new_nodes_have_the_mean_of_layer_zero",
        wrong(Deep, initial_embeddings=looked_up_by_id_alone),
        "layer 0 of new nodes.user differs by up to",
    ),
    Mutant(
        "layers_one_by_one_give_forward", wrong(Deep, combine_layers=the_last_layer), "embeddings.user differs by up to"
    ),
    Mutant("rows_are_those_of_forward", wrong(Deep, embed_rows=at_other_rows), "rows.user differs by up to"),
    Mutant(
        "rows_are_those_of_forward",
        wrong(Deep, embed_rows=at_rows_without_gradients),
        "gradients of rows.user differs by up to",
    ),
    Mutant("folds_users_in", wrong(Deep, fold_in=one_number_per_user), "torch.float32 [2], not float32 [2, 4]"),
)


@each(MUTANTS)
def test_exactly_the_right_check_catches_it(mutant: Mutant) -> None:
    assert_caught(mutant)


def test_every_check_catches_something() -> None:
    assert_every_check_catches_something("encoder", MUTANTS)


def test_encoders_that_are_right_pass() -> None:
    assert failures(Deep()) == []
    assert failures(Deep(layers=3)) == []
    assert failures(Flat()) == []


def test_an_encoder_that_reads_whole_graph_degrees_passes_at_every_depth() -> None:
    weighed = type(changed(Deep, module=Weighed))
    for layers in (1, 2, 3):
        assert failures(weighed(layers=layers)) == []


@pytest.mark.parametrize("embed_rows", [at_rows, lambda *_: None])
def test_an_encoder_that_embeds_rows_passes(embed_rows: Any) -> None:
    assert failures(wrong(Deep, embed_rows=embed_rows)) == []


def test_layers_without_a_number_of_layers_are_refused() -> None:
    layered = wrong(Flat, initial_embeddings=as_a_dict, propagate_layer=Layers.propagate_layer)
    (violation,) = failures(layered)
    assert violation.check == "layers_one_by_one_give_forward"
    assert "the component's hops is None, so nobody knows how many layers there are" in str(violation)


def test_an_encoder_is_checked_on_the_graph_that_it_is_given() -> None:
    bare = toy_graph(toy_edges(), {})
    check_encoder(Flat(), graph=bare)
    assert failures(Deep(), graph=bare)[0].check == "gives_user_and_item_embeddings"
    assert "'NodeStorage' object has no attribute 'x'" in str(failures(Deep(), graph=bare)[0])
