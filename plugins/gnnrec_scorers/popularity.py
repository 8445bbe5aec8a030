"""Scores by popularity."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gnnrec import Scorer

if TYPE_CHECKING:
    from torch import Generator, nn

    from gnnrec import Observed


class Popularity(Scorer):
    """The number of an item's training interactions, the same for every user (Cremonesi et al. 2010, TopPop)."""

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["popularity"] = "popularity"

    def fit(self, observed: Observed, generator: Generator) -> nn.Module:  # noqa: ARG002 - nothing is drawn
        """Count."""
        import torch

        from gnnrec_scorers.popularity_module import PopularityModule

        return PopularityModule(
            torch.bincount(torch.from_numpy(observed.edges.items), minlength=observed.edges.num_items).float()
        )
