"""The losses as functions of a batch's embeddings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import normalize, softplus

from gnnrec_losses.log_sums import log_sums

if TYPE_CHECKING:
    from gnnrec.contract.training import EmbeddedBatch

NEWTON_STEPS = 30
"""Enough for float32 wherever the root is, at the end of the domain included, where the error halves each time."""


class InBatch(NamedTuple):
    """A batch whose items are the negatives of all of its users, but for each user's own.

    Attributes:
        user: float32 [n, D], of norm 1.
        item: float32 [m, D], of norm 1.
        pairs: int64 [2, B], rows of both.
        log_share: ln of the item's share of all positives, to a power, which is taken off its scores: float32 [m].
        log_weight: ln of how often an item stands in the batch, less `log_share`: float32 [m].
    """

    user: Tensor
    item: Tensor
    pairs: Tensor
    log_share: Tensor
    log_weight: Tensor

    @classmethod
    def of(cls, batch: EmbeddedBatch, correction: float) -> InBatch:
        """Of a batch; `correction` is the power."""
        log_share = correction * batch.frequency.log()
        counts = torch.bincount(batch.pairs[1], minlength=len(batch.item))
        return cls(normalize(batch.user), normalize(batch.item), batch.pairs, log_share, counts.log() - log_share)

    @property
    def cosines(self) -> Tensor:
        """Of the positives: float32 [B]."""
        rows, columns = self.pairs
        return (self.user[rows] * self.item[columns]).sum(dim=1)

    def negatives(self, temperature: float | Tensor) -> Tensor:
        """The logarithm of Σ_j exp(cos(u, j)/t - ln q_j) over each user's negatives j: float32 [n], as t may be."""
        scale = temperature[:, None] if isinstance(temperature, Tensor) else temperature
        return log_sums(self.user / scale, self.item, self.log_weight, self.pairs)


def in_batch_softmax(batch: EmbeddedBatch, temperature: float, correction: float) -> Tensor:
    """Mean over positives of the cross-entropy of each against the batch's items that are none of its user's.

    Args:
        batch: The positives.
        temperature: t.
        correction: The power of q.

    >>> from gnnrec import EmbeddedBatch
    >>> one = EmbeddedBatch(torch.eye(2), torch.eye(2), torch.tensor([[0, 1], [0, 1]]), torch.tensor([0.5, 0.5]))
    >>> in_batch_softmax(one, 1.0, 0.0)  # ln(1 + exp(0 - 1))
    tensor(0.3133)
    """
    inside = InBatch.of(batch, correction)
    rows, columns = inside.pairs
    return softplus(
        inside.negatives(temperature)[rows] - inside.cosines / temperature + inside.log_share[columns]
    ).mean()


def bsl(batch: EmbeddedBatch, positive: float, negative: float, correction: float) -> Tensor:
    """Mean over positives of t⁻ ln E_j exp(cos(u, j)/t⁻) - t⁺ ln E_i exp(cos(u, i)/t⁺), both of the positive's user.

    Args:
        batch: The positives.
        positive: t⁺; the mean is over the user's positives in the batch.
        negative: t⁻; the mean is over the batch's items that are none of the user's.
        correction: The power of q.

    >>> from gnnrec import EmbeddedBatch
    >>> one = EmbeddedBatch(torch.eye(2), torch.eye(2), torch.tensor([[0, 1], [0, 1]]), torch.tensor([0.5, 0.5]))
    >>> bsl(one, 1.0, 1.0, 0.0)  # 0 - 1
    tensor(-1.)
    """
    inside = InBatch.of(batch, correction)
    rows, cosines = inside.pairs[0], inside.cosines
    zeros = cosines.new_zeros(len(inside.user))
    highest = zeros.scatter_reduce(0, rows, cosines.detach(), "amax", include_self=False)
    sums = zeros.index_add(0, rows, ((cosines - highest[rows]) / positive).exp())
    counts = torch.bincount(rows, minlength=len(zeros))
    of_positives = highest + positive * (sums / counts).log()
    everything = log_sums(zeros[:, None], torch.zeros_like(inside.item[:, :1]), inside.log_weight, inside.pairs)
    of_negatives = negative * (inside.negatives(negative) - everything)
    return (of_negatives - of_positives)[rows].mean()


def adap_tau(batch: EmbeddedBatch, spread: float, least: float, correction: float) -> Tensor:
    """The softmax of `in_batch_softmax` with a temperature for each user, which follows from the batch.

    t_0 = (mean cosine of positives - mean cosine of all pairs) / ln(nm/2B), at least `least`; a user's own is
    t_0 exp(W((l_u - mean l) / spread)), with W Lambert's function and l_u the user's mean softmax loss at a temperature
    of 1.

    Args:
        batch: The positives.
        spread: How far a user's loss has to be from the mean to count.
        least: A bound of t_0 from below.
        correction: The power of q.
    """
    inside = InBatch.of(batch, correction)
    rows, columns = inside.pairs
    cosines = inside.cosines
    temperatures = temperatures_of(inside, cosines, spread, least)
    logits = cosines / temperatures[rows] - inside.log_share[columns]
    return softplus(inside.negatives(temperatures)[rows] - logits).mean()


@torch.no_grad()
def temperatures_of(inside: InBatch, cosines: Tensor, spread: float, least: float) -> Tensor:
    """Those of `adap_tau`: float32 [n]."""
    rows, count = inside.pairs[0], len(inside.user)
    above = cosines.mean() - inside.user.mean(dim=0) @ inside.item.mean(dim=0)
    sparsity = math.log(count * len(inside.item) / (2 * len(rows)))
    common = (above / max(sparsity, 1.0)).clamp_min(least)
    mean = cosines.new_zeros(count).index_add(0, rows, cosines) / torch.bincount(rows, minlength=count)
    losses = inside.negatives(1.0) - mean
    return common * exp_of_lambert((losses - losses.mean()) / spread)


def exp_of_lambert(x: Tensor) -> Tensor:
    """exp(W(x)), W the principal branch of Lambert's function; what is below -1/e, where W ends, is taken for -1/e.

    It is the root r ≥ 1/e of r ln r = x, found by Newton's method from above.

    >>> exp_of_lambert(torch.tensor([0.0, math.e, -9.0]))  # W(0) = 0, W(e) = 1, W(-1/e) = -1
    tensor([1.0000, 2.7183, 0.3679])
    """
    x = x.clamp_min(-1 / math.e)
    root = x.clamp_min(math.e)
    for _ in range(NEWTON_STEPS):
        root = ((root + x) / (1 + root.log()).clamp_min(1e-6)).clamp_min(1 / math.e)
    return root


def directau(batch: EmbeddedBatch, gamma: float) -> Tensor:
    """Mean squared distance of positives, plus gamma times the mean of users' and items' ln E exp(-2 ‖x - y‖²).

    Args:
        batch: The positives.
        gamma: The weight of uniformity.

    >>> from gnnrec import EmbeddedBatch
    >>> one = EmbeddedBatch(torch.eye(2), torch.eye(2), torch.tensor([[0, 1], [0, 1]]), torch.tensor([0.5, 0.5]))
    >>> directau(one, 1.0)  # 0 - 2 · 2
    tensor(-4.)
    """
    user, item = normalize(batch.user), normalize(batch.item)
    rows, columns = batch.pairs
    alignment = (user[rows] - item[columns]).square().sum(dim=1).mean()
    return alignment + gamma * (uniformity(user, rows) + uniformity(item, columns)) / 2


def uniformity(unit: Tensor, drawn: Tensor) -> Tensor:
    """The logarithm of E exp(-2 ‖x - y‖²) over pairs of different rows that were drawn; 0 where there is no such pair.

    Args:
        unit: float32 [n, D], of norm 1, so that -2 ‖x - y‖² = 4 <x, y> - 4.
        drawn: int64 [B], rows; each stands at least once.
    """
    if len(unit) == 1:
        return unit.new_zeros(())
    counts = torch.bincount(drawn)
    itself = torch.arange(len(unit), device=unit.device).expand(2, -1)
    log_counts = counts.log()
    sums = log_sums(4 * unit, unit, log_counts, itself)
    pairs = float(len(drawn)) ** 2 - float(counts.double().square().sum())
    return (sums + log_counts).logsumexp(dim=0) - 4 - math.log(pairs)
