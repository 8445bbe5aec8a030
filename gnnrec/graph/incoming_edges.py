"""The incoming edges of one edge type in compressed rows, and draws from them: what neighbour sampling reads.

Some edges may be left out of a draw. With the positions of the ones left out p_0 < p_1 < …, the kept edge with number
g is at the position g plus the number of j with p_j - j ≤ g: one binary search, and the draw stays exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gnnrec.graph.sparse import PerTensor, Structure

if TYPE_CHECKING:
    from torch import Generator

RANDOM_BITS = 62
"""Of a product of random bits and a degree, so that it fits into 63."""


@dataclass(frozen=True)
class LeftOut:
    """Edges that a draw must not give.

    Attributes:
        positions: int64 [X], ascending, where they are in an `IncomingEdges`.
        sources: int64 [X], and
        targets: int64 [X], their ends.
    """

    positions: Tensor
    sources: Tensor
    targets: Tensor

    @cached_property
    def gaps(self) -> Tensor:
        """How many edges are kept before each: int64 [X], ascending."""
        return self.positions - torch.arange(len(self.positions), device=self.positions.device)


@dataclass(frozen=True)
class Drawn:
    """Incoming edges of n targets, those of the first target first.

    Attributes:
        positions: int64 [M], where each is in the `IncomingEdges`.
        counts: int64 [n], how many each target has.
    """

    positions: Tensor
    counts: Tensor


class IncomingEdges:
    """The sources of each target's incoming edges.

    Attributes:
        start: int64 [T + 1], where each target's edges start.
        sources: int32 or int64 [E], by target, ascending for each.
        edge_ids: The same dtype [E], which column of the `edge_index` each one is.
        in_degree: int64 [T].
        out_degree: int64 [S].

    Args:
        edge_index: int64 [2, E], row 0 sources, row 1 targets.
        num_sources: S.
        num_targets: T.
    """

    def __init__(self, edge_index: Tensor, num_sources: int, num_targets: int) -> None:
        structure = Structure.of(edge_index[1], edge_index[0], (num_targets, num_sources))
        self.start = structure.crow.long()
        self.sources, self.edge_ids = structure.col, structure.order.to(structure.col.dtype)
        self.in_degree = self.start.diff()
        self.out_degree = torch.bincount(edge_index[0], minlength=num_sources)
        self.max_degree = int(self.in_degree.max()) if num_targets else 0

    def find(self, sources: Tensor, targets: Tensor) -> LeftOut:
        """The edges between pairs, two int64 [B]; a pair without an edge gives none, parallel edges all."""
        ends = self._lower_bound(torch.cat([targets, targets]), torch.cat([sources, sources + 1]))  # [2 B]
        first, end = ends.view(2, -1)
        counts = end - first
        positions = _ranges(first, counts)
        order = torch.argsort(positions)
        positions, pair = positions[order], torch.repeat_interleave(counts)[order]
        if len(positions):
            once = torch.ones_like(positions, dtype=torch.bool)
            once[1:] = positions[1:] != positions[:-1]
            positions, pair = positions[once], pair[once]
        return LeftOut(positions, sources[pair], targets[pair])

    def draw(
        self,
        targets: Tensor,
        fan_out: int,
        generator: Generator | None,
        *,
        replace: bool = False,
        left_out: LeftOut | None = None,
        places: Tensor | None = None,
    ) -> Drawn:
        """Draw up to `fan_out` incoming edges of each target; all of them where it is -1.

        Args:
            targets: int64 [n].
            fan_out: k. Without replacement every set of k of a target's edges is equally likely, and a target with no
                more than k edges gives all; with replacement each target that has edges gives k.
            generator: On the edges' device.
            replace: An edge may be drawn more than once.
            left_out: Never drawn.
            places: int64 [X], which of `targets` the target of each left-out edge is; out of range if it is none.
        """
        first = self.start.index_select(0, targets)
        degree = self.in_degree.index_select(0, targets)
        touched = None
        if left_out is not None and places is not None:
            places = places[(places >= 0) & (places < len(targets))]
            degree.index_add_(0, places, torch.full_like(places, -1))
            touched = torch.zeros_like(degree, dtype=torch.bool).index_fill_(0, places, value=True)
            rows = touched.nonzero().flatten()
            first[rows] -= torch.searchsorted(left_out.positions, first[rows])
        if fan_out < 0:
            counts = degree
            positions = _ranges(first, counts)
        else:
            counts = torch.where(degree > 0, fan_out, 0) if replace else degree.clamp(max=fan_out)
            positions = self._choose(first, degree, fan_out, generator, replace=replace)  # [n, k]
            if fan_out and bool((counts == fan_out).all()):
                positions = positions.flatten()
            else:
                place = torch.arange(fan_out, device=targets.device)
                positions = positions.flatten()[(place < counts[:, None]).flatten().nonzero().flatten()]
        if touched is not None and left_out is not None:
            moved = torch.repeat_interleave(touched, counts).nonzero().flatten()
            number = positions[moved]
            positions[moved] = number + torch.searchsorted(left_out.gaps, number, right=True)
        return Drawn(positions, counts)

    def _choose(
        self, first: Tensor, degree: Tensor, fan_out: int, generator: Generator | None, *, replace: bool
    ) -> Tensor:
        """Positions int64 [n, k]; of a row with fewer edges than k only so many are meant."""
        if replace:
            return first[:, None] + self._below(degree.expand(fan_out, -1), generator).t()
        many = degree > fan_out
        if bool(many.all()):
            return first[:, None] + self._subsets(degree, fan_out, generator)
        positions = first[:, None] + torch.arange(fan_out, device=first.device)
        rows = many.nonzero().flatten()
        if len(rows):
            positions[rows] = first[rows, None] + self._subsets(degree[rows], fan_out, generator)
        return positions

    def _subsets(self, degree: Tensor, size: int, generator: Generator | None) -> Tensor:
        """A uniform subset of 0 … d - 1 for each row's d > k: int64 [n, k]; Floyd's algorithm over all rows at once.

        For j = d - k … d - 1 it draws t from 0 … j and takes t, or j where t is taken already.
        """
        last = degree - size + torch.arange(size, device=degree.device)[:, None]  # [k, n]
        drawn = self._below(last + 1, generator)
        for place in range(1, size):
            taken = (drawn[:place] == drawn[place]).any(dim=0)
            drawn[place] = torch.where(taken, last[place], drawn[place])
        return drawn.t()

    def _below(self, bound: Tensor, generator: Generator | None) -> Tensor:
        """Uniform integers from 0 to bound - 1, int64 like `bound`.

        Random bits times the bound, shifted: a division each would cost more than all the rest. The bias is below
        bound / 2^bits, that is 2^-28 for a degree of 100,000.
        """
        bits = RANDOM_BITS - self.max_degree.bit_length()
        drawn = torch.randint(2**bits, bound.shape, generator=generator, device=bound.device)
        return drawn.mul_(bound).bitwise_right_shift_(bits)

    def _lower_bound(self, targets: Tensor, sources: Tensor) -> Tensor:
        """The first position in each target's row whose source is not below the given one: int64 [B]."""
        low, high = self.start[targets], self.start[targets + 1]
        for _ in range(self.max_degree.bit_length()):
            middle = (low + high) // 2
            open_ = low < high
            below = open_ & (self.sources[middle.clamp(max=len(self.sources) - 1)] < sources)
            low, high = torch.where(below, middle + 1, low), torch.where(open_ & ~below, middle, high)
        return low


_incoming = PerTensor()


def incoming_edges(edge_index: Tensor, num_sources: int, num_targets: int) -> IncomingEdges:
    """The `IncomingEdges` of an edge index, made once and kept while it lives."""
    made: IncomingEdges = _incoming.get(
        edge_index, (num_sources, num_targets), lambda: IncomingEdges(edge_index, num_sources, num_targets)
    )
    return made


def _ranges(first: Tensor, counts: Tensor) -> Tensor:
    """first_i, first_i + 1, … with `counts_i` numbers for each i, one after the other: int64 [counts.sum()]."""
    end = counts.cumsum(0)
    total = int(end[-1]) if len(end) else 0
    shift = torch.repeat_interleave(first - end + counts, counts, output_size=total)
    return shift.add_(torch.arange(total, device=first.device))
