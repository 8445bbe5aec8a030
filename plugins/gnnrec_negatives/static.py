"""Negatives drawn once and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnnrec import NegativeSampler

if TYPE_CHECKING:
    from torch import Generator, nn

    from gnnrec import Edges


class Static(NegativeSampler):
    """The same negatives in every epoch: drawn uniformly before the first one, for each supervision edge."""

    name: Literal["static"] = "static"

    def build(self, known: Edges, supervision: Edges, generator: Generator) -> nn.Module:
        """Draw the whole table at once."""
        import torch

        from gnnrec.pair_sampling import UnknownPairs
        from gnnrec_negatives.static_module import StaticNegatives

        unknown = UnknownPairs(known)
        shape = (len(supervision), self.ratio)
        if self.corrupt == "pair":
            return StaticNegatives(*unknown.draw_pairs(shape, generator))
        users = torch.from_numpy(supervision.users)[:, None].expand(shape)
        return StaticNegatives(users, unknown.draw_items(users, generator))
