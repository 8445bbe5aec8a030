"""The features of a run: fitted once on what training may know, encoded for all nodes, saved and restored."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gnnrec.data.features import FeatureBlock
from gnnrec.errors import ContractError, DataError, suggestion
from gnnrec.modelling.feature_states import from_plain, to_plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from gnnrec.contract.kinds import FeatureEncoder
    from gnnrec.data.features import Encoding
    from gnnrec.data.observed import Observed
    from gnnrec.data.split import Split

    States = Mapping[str, Sequence[Mapping[str, Any]]]
    """What the encodings of each node type learned, in their order; a name for annotations."""


@dataclass(frozen=True)
class Features:
    """Fitted features.

    Attributes:
        encodings: Of each node type that has some, in order; their blocks stand side by side.
        blocks: What they give for all nodes, by node type.
    """

    encodings: Mapping[str, tuple[Encoding, ...]]
    blocks: Mapping[str, FeatureBlock]

    @classmethod
    def fit(cls, encoders: Mapping[str, Sequence[FeatureEncoder]], split: Split) -> Self:
        """Fit on all of train, over the nodes that are there in training.

        Raises:
            ContractError: An encoding gives another number of rows than there are nodes.
            DataError: The data have no such node type.
        """
        known = split.train if split.present is None else split.train.only(split.present)
        encodings = {
            node_type: tuple(encoder.fit(_table(known, node_type), known) for encoder in some)
            for node_type, some in encoders.items()
        }
        return cls._of(encoders, encodings, split.interactions.tables)

    @classmethod
    def restore(cls, encoders: Mapping[str, Sequence[FeatureEncoder]], states: States, split: Split) -> Self:
        """The features that were saved.

        Raises:
            ContractError: The states do not belong to the encoders.
        """
        counts = {node_type: (len(some), len(states.get(node_type, ()))) for node_type, some in encoders.items()}
        wrong = next((name for name, (wanted, got) in counts.items() if wanted != got), None)
        if wrong is not None:
            raise ContractError(f"{counts[wrong][1]} fitted {wrong} features for {counts[wrong][0]} feature encoders")
        encodings = {
            node_type: tuple(
                encoder.restore(from_plain(state))
                for encoder, state in zip(some, states.get(node_type, ()), strict=True)
            )
            for node_type, some in encoders.items()
        }
        return cls._of(encoders, encodings, split.interactions.tables)

    def states(self, encoders: Mapping[str, Sequence[FeatureEncoder]]) -> dict[str, list[dict[str, Any]]]:
        """What is saved, by node type: plain data.

        Raises:
            ContractError: A state holds what JSON cannot.
        """
        return {
            node_type: [_plain(encoder, each) for encoder, each in zip(encoders[node_type], some, strict=True)]
            for node_type, some in self.encodings.items()
        }

    @classmethod
    def _of(
        cls,
        encoders: Mapping[str, Sequence[FeatureEncoder]],
        encodings: Mapping[str, tuple[Encoding, ...]],
        tables: Mapping[str, pd.DataFrame],
    ) -> Self:
        used = {node_type: some for node_type, some in encodings.items() if some}
        features = cls(used, {})
        blocks = {node_type: features.encode(node_type, tables[node_type], encoders[node_type]) for node_type in used}
        return replace(features, blocks=blocks)

    def encode(self, node_type: str, table: pd.DataFrame, encoders: Sequence[FeatureEncoder] = ()) -> FeatureBlock:
        """The features of any nodes of a type that has some, a row for each row of their table.

        Args:
            node_type: The type.
            table: With the columns that were known in training.
            encoders: Of that type, for the message where one of them errs.

        Raises:
            ContractError: An encoding gives another number of rows than there are nodes.
        """
        encoded = [encoding.encode(table) for encoding in self.encodings[node_type]]
        for encoder, block in zip_longest(encoders, encoded):
            if len(block.values) != len(table):
                name = "" if encoder is None else f" '{encoder.name}'"
                raise ContractError(f"features{name} gave {len(block.values)} rows for {len(table)} {node_type} nodes")
        names = tuple(name for block in encoded for name in block.names)
        return FeatureBlock(np.concatenate([_matrix(block) for block in encoded], axis=1), names)


def _table(known: Observed, node_type: str) -> pd.DataFrame:
    if node_type not in known.tables:
        there = ", ".join(known.tables)
        hint = suggestion(node_type, known.tables)
        raise DataError(f"features.{node_type}: the data have no {node_type} nodes{hint}; there are {there}")
    return known.tables[node_type]


def _matrix(block: FeatureBlock) -> npt.NDArray[np.float32]:
    return block.values  # noqa: PD011 - a block is no table


def _plain(encoder: FeatureEncoder, encoding: Encoding) -> dict[str, Any]:
    state: dict[str, Any] = to_plain(dict(encoding.state()))
    try:
        json.dumps(state)
    except TypeError as error:
        raise ContractError(f"features '{encoder.name}' learned what cannot be saved: {error}") from None
    return state
