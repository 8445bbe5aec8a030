"""Negatives drawn once and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnnrec_negatives.drawn import Drawn

if TYPE_CHECKING:
    from torch import Generator, nn

    from gnnrec import Edges, Observed


class Static(Drawn):
    """The same negatives in every epoch: drawn before the first one, for each supervision edge."""

    name: Literal["static"] = "static"

    def build(self, observed: Observed, supervision: Edges, avoid: Edges, generator: Generator) -> nn.Module:
        """Draw the whole table at once."""
        import torch

        from gnnrec_negatives.static_module import StaticNegatives

        users = torch.from_numpy(supervision.users)
        return StaticNegatives(*self.draws(observed, avoid)(users, (self.ratio,), generator))
