"""One log of interactions from a table per part."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pandas as pd

from gnnrec.data.parts import OF_DATA

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger("gnnrec")


def divided_log(parts: Mapping[str, pd.DataFrame], source: str) -> pd.DataFrame:
    """All rows, with a column `part`; of a pair in two parts those of the later one, of `train`, `val` and `test`.

    What is held out stays held out: a pair that training knew as well would be no question. A warning counts them.

    Args:
        parts: By name, each with columns `user`, `item` and whatever else is known.
        source: For the warning.
    """
    whole = pd.concat([table.assign(part=part) for part, table in parts.items()], ignore_index=True)
    order = whole["part"].map(OF_DATA.index)
    earlier = order < order.groupby([whole["user"], whole["item"]]).transform("max")
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
