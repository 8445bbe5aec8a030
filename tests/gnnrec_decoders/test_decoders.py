"""Decoders with weights, against what their formulas say."""

from __future__ import annotations

import pytest
import torch

from gnnrec_decoders import MLP, Bilinear, DistMult, Dot, mlp_module

USER = torch.tensor([[1.0, 2.0], [0.0, -1.0]])
ITEM = torch.tensor([[3.0, 1.0], [2.0, 2.0], [1.0, 0.0]])


@pytest.mark.parametrize("component", [Bilinear(), DistMult()], ids=lambda each: each.name)
def test_forms_begin_as_the_inner_product(component: Bilinear | DistMult) -> None:
    torch.testing.assert_close(component.build(2).score_all(USER, ITEM), Dot().build(2).score_all(USER, ITEM))  # type: ignore[operator]


def test_a_bilinear_form_weighs_each_pair_of_channels() -> None:
    decoder = Bilinear().build(2)
    decoder.load_state_dict({"weight": torch.tensor([[1.0, 2.0], [0.0, -1.0]])})
    assert decoder(USER[:1], ITEM[:1]).tolist() == [1 * 3 + 2 * 1 * 1 - 2 * 1]


def test_distmult_weighs_each_channel() -> None:
    decoder = DistMult().build(2)
    decoder.load_state_dict({"weight": torch.tensor([2.0, -1.0])})
    assert decoder(USER[:1], ITEM[:1]).tolist() == [2 * 3 - 2]


def test_a_perceptron_is_one_over_both_embeddings() -> None:
    decoder = MLP(hidden=(3, 2)).build(2)
    weights = decoder.state_dict()
    joined = torch.cat([weights["of_user.weight"], weights["of_item.weight"]], dim=1)
    first = (joined @ torch.cat([USER[0], ITEM[1]]) + weights["of_user.bias"]).relu()
    second = (weights["rest.1.weight"] @ first + weights["rest.1.bias"]).relu()
    expected = weights["rest.3.weight"] @ second + weights["rest.3.bias"]
    torch.testing.assert_close(decoder(USER[:1], ITEM[1:2]), expected)


@pytest.mark.parametrize("cells", [2**24, 8, 1])
def test_a_perceptron_scores_all_items_in_blocks(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlp_module, "BLOCK_CELLS", cells)
    decoder, user = mlp_module.MLPDecoder(2, (4,)), USER.clone().requires_grad_()
    scores = decoder.score_all(user, ITEM)
    expected = decoder(user.repeat_interleave(3, dim=0), ITEM.repeat(2, 1)).view(2, 3)
    torch.testing.assert_close(scores, expected)
    got, wanted = (torch.autograd.grad(each.square().sum(), user)[0] for each in (scores, expected))
    torch.testing.assert_close(got, wanted)
    with torch.no_grad():
        torch.testing.assert_close(decoder.score_all(user, ITEM), expected)
