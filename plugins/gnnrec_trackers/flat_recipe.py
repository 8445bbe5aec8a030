"""A recipe as one table of dotted keys, which is what trackers compare runs by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def flatten(data: Mapping[str, Any], prefix: str = "") -> dict[str, str | bool | float]:
    """Dotted keys, as `-s` takes them, and plain values; a list without mappings is one value, its JSON.

    >>> flatten({"seed": 1, "evaluation": {"k": [10, 20]}, "features": {"item": [{"name": "genre_onehot"}]}})
    {'seed': 1, 'evaluation.k': '[10, 20]', 'features.item.0.name': 'genre_onehot'}
    """
    flat: dict[str, str | bool | float] = {}
    for key, value in data.items():
        place = f"{prefix}{key}"
        if isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
            flat |= flatten({str(index): each for index, each in enumerate(value)}, f"{place}.")
        elif isinstance(value, Mapping):
            flat |= flatten(value, f"{place}.")
        else:
            flat[place] = value if isinstance(value, str | bool | int | float) else json.dumps(value)
    return flat
