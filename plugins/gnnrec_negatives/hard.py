"""Negatives that the model takes for positives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, NonNegativeInt

from gnnrec import Tuned
from gnnrec_negatives.drawn import Drawn

if TYPE_CHECKING:
    from torch import Generator, nn

    from gnnrec import Edges, Observed


class Hard(Drawn):
    """Of several drawn candidates the one that the model scores highest (DNS, Zhang et al. 2013).

    "Optimizing Top-N Collaborative Filtering via Dynamic Negative Item Sampling", SIGIR 2013. There the candidates of
    one user are compared, as `corrupt: item` does it; `corrupt: pair` compares pairs of different users.
    """

    name: Literal["hard"] = "hard"

    candidates: Annotated[int, Field(ge=2), Tuned(2, 64, log=True)] = 16
    """How many are drawn for each negative (N): the more, the harder. With one it would be `dynamic`."""

    warm_up: NonNegativeInt = 0
    """Epochs with plain draws before, while the model's scores mean little."""

    def build(self, observed: Observed, supervision: Edges, avoid: Edges, generator: Generator) -> nn.Module:  # noqa: ARG002 - nothing is drawn yet
        """Only what is drawn from."""
        from gnnrec_negatives.hard_module import HardNegatives

        return HardNegatives(self.draws(observed, avoid), self.ratio, self.candidates, self.warm_up)
