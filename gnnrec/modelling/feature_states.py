"""What feature encoders learned, as plain data for JSON: values as they are, arrays with their type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

ARRAY = "array"


def to_plain(value: Any) -> Any:
    """Plain data for JSON; every number comes back as it was.

    >>> to_plain({"mean": np.array([0.5], np.float32)})
    {'mean': {'array': [0.5], 'dtype': 'float32'}}
    """
    if isinstance(value, np.ndarray):
        return {ARRAY: value.tolist(), "dtype": str(value.dtype)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def from_plain(value: Any) -> Any:
    """What `to_plain` was given; tuples are lists.

    >>> from_plain(to_plain({"mean": np.array([[1, 2]], np.int8)}))
    {'mean': array([[1, 2]], dtype=int8)}
    """
    if isinstance(value, dict):
        if set(value) == {ARRAY, "dtype"}:
            return np.array(value[ARRAY], value["dtype"])
        return {key: from_plain(each) for key, each in value.items()}
    return [from_plain(each) for each in value] if isinstance(value, list) else value
