"""A recipe as trackers compare runs by it: dotted keys and plain values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gnnrec.contract.training import RunRecipe


def flat(recipe: RunRecipe) -> dict[str, str | bool | float]:
    """The recipe's dotted keys; what is no text, number or boolean is its JSON."""
    return {
        key: value if isinstance(value, str | bool | int | float) else json.dumps(value)
        for key, value in recipe.to_flat_dict().items()
    }
