"""Negatives drawn anew again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnnrec_negatives.drawn import Drawn

if TYPE_CHECKING:
    from torch import Generator, nn

    from gnnrec import Edges, Observed


class Dynamic(Drawn):
    """Fresh negatives in each epoch or step, so that in time every unknown pair is met."""

    name: Literal["dynamic"] = "dynamic"

    every: Literal["epoch", "step"] = "epoch"
    """When they are drawn anew. `epoch` draws for all edges at once, `step` for the edges of each step."""

    def build(self, observed: Observed, supervision: Edges, avoid: Edges, generator: Generator) -> nn.Module:  # noqa: ARG002 - nothing is drawn yet
        """Only what is drawn from."""
        from gnnrec_negatives.dynamic_module import DynamicNegatives

        return DynamicNegatives(self.draws(observed, avoid), self.ratio, self.every)
