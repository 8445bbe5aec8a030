"""The names of the parts that interactions are divided into."""

from __future__ import annotations

from typing import Literal

Part = Literal["train", "val", "test", "shown"]

PARTS: tuple[Part, ...] = ("train", "val", "test", "shown")
"""An interaction's `part` is a position in this tuple. `shown` are those of a new user or item that evaluation may know
and training may not."""

TRAIN, VAL, TEST, SHOWN = range(len(PARTS))

HELD_OUT: tuple[Part, ...] = ("val", "test")
"""What a recommender is judged by."""

OF_DATA = PARTS[TRAIN : TEST + 1]
"""The parts that data may come divided into."""
