"""Weights of edges: as they are given, their logarithm, or how recent an edge is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from gnnrec import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gnnrec import Edges
    from gnnrec.data.edges import Weights

Kind = Literal["none", "given", "log", "recency"]

SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class Weighting:
    """How edges are weighed.

    Attributes:
        graph: The graph builder, for messages.
        kind: `none`; `given`, w; `log`, log(1 + w); `recency`, 2^(-age / half-life).
        half_life: In days.
        latest: What age is counted back from, seconds since 1970; None where no time is known.
    """

    graph: str
    kind: Kind
    half_life: float
    latest: int | None

    def required(self, edges: Edges, what: str, tables: Mapping[str, pd.DataFrame]) -> Weights | None:
        """The weights of edges that have to have what is looked at: float32 [E]; None for `none`.

        Raises:
            DataError: They do not have it, or a weight is negative.
        """
        if self.kind == "recency" and edges.time is None:
            raise DataError(f"graph '{self.graph}': weights: recency needs times, and the {what} have none")
        if self.kind in {"given", "log"} and edges.weight is None:
            raise DataError(f"graph '{self.graph}': weights: {self.kind} needs weights, and the {what} have none")
        return self.where_known(edges, what, tables)

    def where_known(self, edges: Edges, what: str, tables: Mapping[str, pd.DataFrame]) -> Weights | None:
        """The same, None for edges that do not have what is looked at: then all count alike.

        Raises:
            DataError: A weight is negative.
        """
        if self.kind == "recency" and edges.time is not None and self.latest is not None:
            age = (self.latest - edges.time) / (SECONDS_PER_DAY * self.half_life)
            return np.exp2(-age).astype(np.float32)
        if self.kind in {"given", "log"} and edges.weight is not None:
            negative = np.flatnonzero(edges.weight < 0)
            if len(negative):
                first = {"user": edges.users[negative[0]], "item": edges.items[negative[0]]}
                named = [
                    f"{kind} {tables[kind][kind].iloc[node] if kind in tables else node}"
                    for kind, node in first.items()
                ]
                raise DataError(
                    f"graph '{self.graph}': {len(negative)} weights of the {what} are negative, the first is "
                    f"{edges.weight[negative[0]]:g}, of {' and '.join(named)}; an edge cannot count less than nothing"
                )
            return np.log1p(edges.weight) if self.kind == "log" else edges.weight
        return None
