from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import torch
from mutants import Mutant, assert_caught, assert_every_check_catches_something, changed, each, failures
from torch.nn.functional import normalize, softplus

from gnnrec import EmbeddedBatch, Loss

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


def bpr(positive: Tensor, negative: Tensor) -> Tensor:
    return softplus(negative - positive[:, None]).mean()


def cross_entropy(scores: Tensor, positives: Tensor) -> Tensor:
    return (scores.logsumexp(dim=1)[positives[0]] - scores[positives[0], positives[1]]).mean()


def of_batch(batch: EmbeddedBatch) -> Tensor:
    return cross_entropy(normalize(batch.user) @ normalize(batch.item).T, batch.pairs)


def by_division(batch: EmbeddedBatch) -> Tensor:
    user, item = (table / table.norm(dim=1, keepdim=True) for table in (batch.user, batch.item))
    return cross_entropy(user @ item.T, batch.pairs)


class Pairwise(Loss):
    """What is asked for."""

    name: Literal["pairwise"] = "pairwise"

    function: ClassVar[Any] = staticmethod(bpr)

    def build(self) -> Callable[..., Tensor]:
        function: Callable[..., Tensor] = self.function
        return function


class Listwise(Pairwise):
    """What is asked for, over all items."""

    listwise: ClassVar[bool] = True

    function: ClassVar[Any] = staticmethod(cross_entropy)


class Batchwise(Pairwise):
    """What is asked for, over a batch's own items."""

    batchwise: ClassVar[bool] = True

    function: ClassVar[Any] = staticmethod(of_batch)


def computing(function: Callable[..., Tensor], base: type[Loss] = Pairwise) -> Loss:
    return changed(base, function=staticmethod(function))


def with_noise(positive: Tensor, negative: Tensor) -> Tensor:
    return bpr(positive, negative) + torch.rand(())


def clipping(positive: Tensor, negative: Tensor) -> Tensor:
    with torch.no_grad():
        negative.clamp_(min=-0.5)
    return bpr(positive, negative)


def per_positive(positive: Tensor, negative: Tensor) -> Tensor:
    return softplus(negative - positive[:, None]).mean(dim=1)


def by_logarithm(positive: Tensor, negative: Tensor) -> Tensor:
    return -(torch.log(positive.sigmoid()).mean() + torch.log(1 - negative.sigmoid()).mean())


def of_positives_alone(positive: Tensor, negative: Tensor) -> Tensor:
    return bpr(positive, negative.detach())


def upside_down(positive: Tensor, negative: Tensor) -> Tensor:
    return softplus(positive[:, None] - negative).mean()


def summed(scores: Tensor, positives: Tensor) -> Tensor:
    return cross_entropy(scores, positives) * len(scores)


def against_the_mean(scores: Tensor, positives: Tensor) -> Tensor:
    return (scores.mean(dim=1)[positives[0]] - scores[positives[0], positives[1]]).mean()


MUTANTS = (
    Mutant("same_seed_same_result", computing(with_noise), "the whole differs by up to"),
    Mutant("leaves_its_input_alone", computing(clipping), "1 differs by up to"),
    Mutant(
        "gives_a_finite_scalar",
        computing(per_positive),
        "torch.float32 [14], not a scalar tensor",
        also=("stands_large_scores", "gradients_reach_the_scores", "is_lower_where_positives_score_higher"),
    ),
    Mutant("stands_large_scores", computing(by_logarithm), "with positives -100 above negatives, inf"),
    Mutant("gradients_reach_the_scores", computing(of_positives_alone), "no gradient reaches the negative scores"),
    Mutant("is_lower_where_positives_score_higher", computing(upside_down), "2.127 with positives above, 0.1269"),
    Mutant("is_a_mean_over_positives", computing(summed, Listwise), "the loss, whole and in blocks, differs by up to"),
    Mutant("stands_items_out_of_the_question", computing(against_the_mean, Listwise), "-inf"),
    Mutant("stands_embeddings_of_zeros", computing(by_division, Batchwise), "nan"),
)


@each(MUTANTS)
def test_exactly_the_right_check_catches_it(mutant: Mutant) -> None:
    assert_caught(mutant)


def test_every_check_catches_something() -> None:
    assert_every_check_catches_something("loss", MUTANTS)


def test_losses_that_are_right_pass() -> None:
    assert failures(Pairwise()) == []
    assert failures(Listwise()) == []
    assert failures(Batchwise()) == []
