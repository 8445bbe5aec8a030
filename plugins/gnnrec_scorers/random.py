"""Random scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gnnrec import Scorer

if TYPE_CHECKING:
    from torch import Generator, nn

    from gnnrec import Observed


class Random(Scorer):
    """Uniformly random scores: what a metric gives where nothing was learned.

    A score is a hash of the user's history and the item (splitmix64, Steele et al. 2014), so it is the same however
    users are divided into blocks. Users with equal histories get equal scores.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["random"] = "random"

    deterministic: ClassVar[bool] = False

    def fit(self, observed: Observed, generator: Generator) -> nn.Module:
        """Draw a key for each item."""
        import torch

        from gnnrec_scorers.random_module import RandomModule

        bounds = torch.iinfo(torch.int64)
        return RandomModule(torch.randint(bounds.min, bounds.max, (observed.edges.num_items,), generator=generator))
