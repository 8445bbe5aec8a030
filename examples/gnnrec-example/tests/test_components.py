"""The contracts, by gnnrec's own checks; and what only these three promise, by known answers."""

from pathlib import Path

import pytest
import torch
from gnnrec import Batch, Tuned, load_recipe
from gnnrec.testing import checks_of, installed_components, toy_graph, toy_observed

from gnnrec_example import APPNP, GMF, Mixed

RECIPE = Path(__file__).parents[1] / "recipes" / "movielens_appnp.yaml"

COMPONENTS = (
    APPNP(),
    APPNP(layers=1, alpha=0.9, channels=3),
    GMF(),
    Mixed(),
    Mixed(uniform=0, ratio=4),
    Mixed(uniform=1),
)


@pytest.mark.parametrize("check", [check for each in COMPONENTS for check in checks_of(each)], ids=str)
def test_components_keep_their_contracts(check) -> None:  # noqa: ANN001
    check()


def test_gnnrec_finds_all_three_by_the_entry_point() -> None:
    found = {str(each) for each in installed_components(plugin="gnnrec_example")}
    assert found == {"encoder-appnp", "decoder-gmf", "negatives-mixed"}


def test_the_recipe_uses_all_three() -> None:
    recipe = load_recipe(RECIPE).to_dict()
    assert [recipe[kind]["name"] for kind in ("encoder", "decoder", "negatives")] == ["appnp", "gmf", "mixed"]


def test_a_search_tries_teleport_probabilities_that_the_recipe_takes() -> None:
    [tuned] = [mark for mark in APPNP.model_fields["alpha"].metadata if isinstance(mark, Tuned)]
    assert tuned == Tuned(0.05, 0.5)
    for alpha in (tuned.low, tuned.high):
        assert load_recipe(RECIPE, {"encoder.alpha": alpha}).to_dict()["encoder"]["alpha"] == alpha


def test_many_layers_reach_the_closed_form_of_personalised_pagerank() -> None:
    """Gasteiger et al. 2019, equation 3: α (I - (1 - α) Â)⁻¹ H."""
    graph, alpha = toy_graph(), 0.2
    module = APPNP(layers=100, alpha=alpha).build(graph)
    users, items = graph["user"].num_nodes, graph["item"].num_nodes
    adjacency = torch.zeros(users + items, users + items, dtype=torch.float64)
    source, target = graph["user", "interacts", "item"].edge_index
    adjacency[source, users + target] = adjacency[users + target, source] = 1
    scale = adjacency.sum(1).clamp(min=1).rsqrt()
    normalised = scale[:, None] * adjacency * scale
    home = torch.cat([module.user, module.item]).double()
    expected = alpha * torch.linalg.solve(torch.eye(users + items).double() - (1 - alpha) * normalised, home)
    torch.testing.assert_close(torch.cat(module(graph)).double(), expected, rtol=1e-4, atol=1e-5)


def test_a_channels_weight_counts() -> None:
    decoder = GMF().build(2)
    decoder.load_state_dict({"weight": torch.tensor([2.0, -1.0])})
    assert decoder.score_all(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0], [0.0, 1.0]])).tolist() == [[-2, -2]]


@pytest.mark.parametrize("uniform", [0.0, 0.5, 1.0])
def test_an_item_is_drawn_as_often_as_the_mixture_says(uniform: float) -> None:
    observed = toy_observed()
    known = observed.edges
    sampler = Mixed(uniform=uniform, ratio=20_000).build(observed, known, known, torch.Generator().manual_seed(0))
    user = torch.tensor([known.users[0]])
    batch = Batch(torch.tensor([0]), user, torch.tensor([known.items[0]]))
    _, drawn = sampler(batch, torch.Generator().manual_seed(1))
    counts = torch.bincount(torch.from_numpy(known.items), minlength=known.num_items)
    expected = (1 - uniform) * counts / counts.sum() + uniform / known.num_items
    expected[known.items[known.users == known.users[0]]] = 0
    share = torch.bincount(drawn.flatten(), minlength=known.num_items) / drawn.numel()
    torch.testing.assert_close(share, expected / expected.sum(), rtol=0, atol=0.015)
