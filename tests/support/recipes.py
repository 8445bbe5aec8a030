"""What a recipe's parts are asked for by themselves, without the run around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnnrec.modelling.features import Features
from gnnrec.modelling.phases import PhaseGraphs

if TYPE_CHECKING:
    from gnnrec import Recipe, Split


def phase_graphs(recipe: Recipe, split: Split) -> PhaseGraphs:
    """The graphs that a recipe's model is given."""
    sections = recipe.model_sections()
    return PhaseGraphs(sections.graph, sections.encoder, Features.fit(dict(recipe.features), split), split)
