"""blend: a weighted sum of standardised scores, by weights that are given or the best on validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import torch

from gnnrec.contract.blending import BlendedPart
from gnnrec.testing import check_scorer
from gnnrec_scorers import EASE, Blend, Popularity
from gnnrec_scorers.blend_module import BlendModule, chosen_weights, standardised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor


@dataclass
class Held:
    """A block of users."""

    scores: Tensor
    relevant: Tensor
    seen: Tensor

    def blocks(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        yield self.scores, self.relevant, self.seen


def held(*parts: list[list[float]], relevant: list[list[int]], seen: list[list[int]] | None = None) -> Held:
    wanted = torch.tensor(relevant, dtype=torch.bool)
    known = torch.zeros_like(wanted) if seen is None else torch.tensor(seen, dtype=torch.bool)
    return Held(torch.tensor(parts), wanted, known)


def test_scores_are_the_weighted_sum_of_what_lies_how_far_from_the_mean() -> None:
    scores = torch.tensor([[[1.0, 2.0, 3.0]], [[0.0, 0.0, 30.0]]])
    first = torch.tensor([-(1.5**0.5), 0.0, 1.5**0.5])
    second = torch.tensor([-(0.5**0.5), -(0.5**0.5), 2**0.5])
    torch.testing.assert_close(BlendModule([0.25, 2.0])(scores)[0], 0.25 * first + 2 * second)


def test_a_part_that_scores_all_alike_adds_nothing() -> None:
    assert standardised(torch.full((2, 5), 7.0)).tolist() == [[0.0] * 5] * 2


def test_a_part_that_is_right_gets_the_weight_and_seen_items_do_not_count() -> None:
    wrong, right = [[9.0, 1.0, 0.0, 0.0]], [[0.0, 0.0, 5.0, 4.0]]
    found = chosen_weights(held(wrong, right, relevant=[[0, 0, 0, 1]], seen=[[0, 0, 1, 0]]), 2, 1)
    assert found[0] < 0.5 < found[1]
    assert sum(found) == pytest.approx(1.0)


def test_equal_weights_stay_where_nothing_is_better() -> None:
    same = [[3.0, 2.0, 1.0]]
    assert chosen_weights(held(same, same, same, relevant=[[1, 0, 0]]), 3, 2) == [1 / 3] * 3


def test_of_three_parts_the_one_that_misleads_is_left_out() -> None:
    one, two = [[3.0, 0.0, 1.0, 2.0]], [[3.0, 1.0, 0.0, 2.0]]
    misleads = [[0.0, 50.0, 0.0, 0.0]]
    found = chosen_weights(held(one, misleads, two, relevant=[[1, 0, 0, 1]]), 3, 2)
    joined = BlendModule(found)(torch.tensor([one, misleads, two]))
    assert set(joined.topk(2).indices[0].tolist()) == {0, 3}


@pytest.mark.parametrize("weight", [None, 0.5])
def test_it_conforms(weight: float | None) -> None:
    parts = (BlendedPart(scorer=Popularity(), weight=weight), BlendedPart(scorer=EASE(), weight=weight))
    check_scorer(Blend(parts=parts))


def test_it_is_fitted_by_a_run_alone() -> None:
    parts = (BlendedPart(scorer=Popularity(), weight=1.0), BlendedPart(scorer=EASE(), weight=1.0))
    with pytest.raises(TypeError, match="scorer 'blend' is made of parts"):
        Blend(parts=parts).fit(None, None)  # type: ignore[arg-type]
