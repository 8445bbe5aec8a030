"""A split: each interaction's part, and the use of each training interaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gnnrec.data.interactions import Edges
from gnnrec.errors import ContractError

if TYPE_CHECKING:
    import numpy.typing as npt

    from gnnrec.data.interactions import Interactions

Part = Literal["train", "val", "test"]

PARTS: tuple[Part, ...] = ("train", "val", "test")
"""The parts' names; an interaction's `part` is a position in this tuple."""


@dataclass(frozen=True)
class Split:
    """Interactions divided into parts.

    Attributes:
        interactions: What was divided.
        part: int8 [E], positions in `PARTS`.
        message: bool [E]; true for training edges that are propagated over in training.
        supervision: bool [E]; true for training edges that are scored and learned from.

    Raises:
        ContractError: A shape or dtype is wrong, a training edge has no use, a held-out edge has one, or nothing
            is left to learn from.
    """

    interactions: Interactions
    part: npt.NDArray[np.int8]
    message: npt.NDArray[np.bool_]
    supervision: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        count = len(self.interactions)
        for name, dtype in (("part", np.int8), ("message", np.bool_), ("supervision", np.bool_)):
            values = getattr(self, name)
            if values.shape != (count,) or values.dtype != dtype:
                raise ContractError(
                    f"a split's {name} is {np.dtype(dtype)} [{count}]; got {values.dtype} {list(values.shape)}"
                )
        if count and not 0 <= self.part.min() <= self.part.max() < len(PARTS):
            raise ContractError(f"a split's part lies in 0..{len(PARTS) - 1}")
        if ((self.part == 0) != (self.message | self.supervision)).any():
            raise ContractError("each training edge is message, supervision or both, and no held-out edge is either")
        if not self.supervision.any():
            raise ContractError("the split leaves no supervision edges: there is nothing to learn from")

    def edges(self, *parts: Part) -> Edges:
        """All edges of the given parts."""
        return self._select(np.isin(self.part, [PARTS.index(part) for part in parts]))

    @property
    def message_edges(self) -> Edges:
        """The edges that training propagates over."""
        return self._select(self.message)

    @property
    def supervision_edges(self) -> Edges:
        """The edges that training scores and learns from."""
        return self._select(self.supervision)

    @property
    def fingerprint(self) -> str:
        """A digest of the interactions and of each one's part: runs with the same one answered the same questions."""
        digest = hashlib.sha256(self.interactions.fingerprint.encode())
        digest.update(np.ascontiguousarray(self.part).tobytes())
        return digest.hexdigest()

    def to_table(self) -> pd.DataFrame:
        """Columns `user`, `item` (original ids), `part` (by name), `message`, `supervision`."""
        data, edges = self.interactions, self.interactions.edges
        return pd.DataFrame(
            {
                "user": data.users["user"].to_numpy()[edges.users],
                "item": data.items["item"].to_numpy()[edges.items],
                "part": np.array(PARTS)[self.part],
                "message": self.message,
                "supervision": self.supervision,
            }
        )

    def _select(self, chosen: npt.NDArray[np.bool_]) -> Edges:
        edges = self.interactions.edges
        return Edges(edges.users[chosen], edges.items[chosen], edges.num_users, edges.num_items)
