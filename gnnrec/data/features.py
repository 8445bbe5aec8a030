"""Features of nodes, and what encodes them once it is fitted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gnnrec.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import pandas as pd


@dataclass(frozen=True)
class FeatureBlock:
    """Features of one node type.

    Attributes:
        values: float32 [N, F], row i belongs to node i.
        names: F names, one a column.

    Raises:
        ContractError: Shape, dtype or the number of names is wrong, or a value is not finite.
    """

    values: npt.NDArray[np.float32]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.dtype != np.float32:  # noqa: PLR2004 - rows and columns
            got = f"{self.values.dtype} {list(self.values.shape)}"
            raise ContractError(f"a feature block is float32 [N, F]; got {got}")
        if self.values.shape[1] != len(self.names):
            raise ContractError(f"{self.values.shape[1]} feature columns but {len(self.names)} names")
        if not np.isfinite(self.values).all():
            raise ContractError("a feature block has values that are not finite")


class Encoding(ABC):
    """A feature encoder that is fitted: it encodes the rows that it was fitted on and new ones alike."""

    @abstractmethod
    def encode(self, table: pd.DataFrame) -> FeatureBlock:
        """Encode a table with the columns that `fit` was given: float32 [N, F] with F names, the same for any rows."""

    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """What was learned, from which `FeatureEncoder.restore` makes an equal encoding.

        Numbers, text, lists and dicts of them, and numpy arrays, by name; it is saved with the run.
        """
