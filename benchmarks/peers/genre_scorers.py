"""Genres without learning, as a plugin: what a recommender of new films has to beat.

gnnrec -p benchmarks/peers/genre_scorers.py run RECIPE, with `scorer: {name: popular_genres}` or `own_genres`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import Tensor, nn

from gnnrec import Scorer, hookimpl

if TYPE_CHECKING:
    from torch import Generator

    from gnnrec import Observed


class PopularGenres(Scorer):
    """The mean over an item's genres of how many interactions an item of that genre has in training."""

    uses: ClassVar[tuple[str, ...]] = ("relations",)

    name: Literal["popular_genres"] = "popular_genres"

    def fit(self, observed: Observed, generator: Generator) -> nn.Module:  # noqa: ARG002 - nothing is drawn
        """Count, over the items that have interactions."""
        genres = _genres(observed)
        degree = torch.bincount(torch.from_numpy(observed.edges.items), minlength=len(genres)).float()
        of_genre = (degree @ genres) / ((degree > 0).float() @ genres).clamp(min=1)
        return _ByGenre(torch.zeros_like(genres), _per_item(genres), of_genre)


class OwnGenres(Scorer):
    """The mean over an item's genres of the share of the user's interactions that are in that genre."""

    uses: ClassVar[tuple[str, ...]] = ("relations",)

    name: Literal["own_genres"] = "own_genres"

    rare: bool = False
    """Divide a share by the genre's share of all items; else everybody likes best what is common."""

    def fit(self, observed: Observed, generator: Generator) -> nn.Module:  # noqa: ARG002 - nothing is drawn
        """Take the genres of items as they are."""
        genres = _genres(observed)
        weight = 1 / genres.mean(dim=0).clamp(min=1 / len(genres)) if self.rare else torch.ones(genres.size(1))
        return _ByGenre(genres * weight, _per_item(genres), torch.zeros(genres.size(1)))


class _ByGenre(nn.Module):
    """score(u, i) = Σ_g liked(u, g) · per_item(i, g), where liked(u, g) = all(g) + the mean of own(j, g) over u's j.

    Args:
        own: float32 [I, G].
        per_item: float32 [I, G].
        of_all: float32 [G].
    """

    own: Tensor
    per_item: Tensor
    of_all: Tensor

    def __init__(self, own: Tensor, per_item: Tensor, of_all: Tensor) -> None:
        super().__init__()
        for name, value in (("own", own), ("per_item", per_item), ("of_all", of_all)):
            self.register_buffer(name, value)

    def forward(self, histories: Tensor) -> Tensor:
        """Score all items: CSR [B, I] → [B, I]."""
        length = histories.crow_indices().diff().clamp(min=1)
        return (histories @ self.own / length[:, None] + self.of_all) @ self.per_item.T


def _genres(observed: Observed) -> Tensor:
    """A one where item i has genre g: float32 [I, G]."""
    relation = next(each for each in observed.relations if each.name == "has_genre")
    genres = torch.zeros(observed.count("item"), observed.count("genre"))
    genres[torch.from_numpy(relation.source), torch.from_numpy(relation.target)] = 1
    return genres


def _per_item(genres: Tensor) -> Tensor:
    """The same, each row divided by how many genres the item has."""
    return genres / genres.sum(dim=1, keepdim=True).clamp(min=1)


@hookimpl
def gnnrec_components() -> tuple[type[Scorer], ...]:
    """Contribute both."""
    return (PopularGenres, OwnGenres)
