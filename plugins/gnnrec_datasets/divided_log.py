"""One log of interactions that come in parts, each pair in one of them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from gnnrec.data.parts import OF_DATA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gnnrec_datasets.table_columns import Cells
    from gnnrec_datasets.table_files import Origin

logger = logging.getLogger("gnnrec")


def divided_log(parts: Mapping[str, pd.DataFrame], source: str) -> pd.DataFrame:
    """All rows, with a column `part`, as `held_out_once` leaves them.

    Args:
        parts: By name, each with columns `user`, `item` and whatever else is known, ids of one type in all.
        source: For the warning.
    """
    whole = pd.concat([table.assign(part=part) for part, table in parts.items()], ignore_index=True)
    return held_out_once(whole, source)


def part_by_file(parts: Sequence[str], origin: Origin) -> Cells:
    """The part of each row as text, of rows that come from several files.

    Args:
        parts: What each file holds.
        origin: How many rows each of them has.
    """
    return pa.chunked_array([np.repeat(parts, [count for _, count in origin.parts])], pa.large_string())


def held_out_once(whole: pd.DataFrame, source: str) -> pd.DataFrame:
    """Of a pair in two parts the rows of the later one, of `train`, `val` and `test`.

    What is held out stays held out: a pair that training knew as well would be no question. A warning counts them.

    Args:
        whole: Columns `user`, `item`, `part` and whatever else is known.
        source: For the warning.
    """
    order = whole["part"].map(OF_DATA.index)
    earlier = order < order.groupby([whole["user"], whole["item"]], observed=True).transform("max")
    if earlier.any():
        first = whole[earlier].iloc[0]
        logger.warning(
            "%s: %d rows are left out of a part, as their pair of user and item stands in a later one; the first is "
            "user %s and item %s in %s",
            source,
            earlier.sum(),
            first["user"],
            first["item"],
            first["part"],
        )
    return whole[~earlier]
