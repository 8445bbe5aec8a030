"""From a table with a row per interaction to one in which no pair stands twice, in an order that rows do not decide."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from gnnrec.data.parts import OF_DATA
from gnnrec.errors import ContractError, DataError

if TYPE_CHECKING:
    import numpy.typing as npt

logger = logging.getLogger("gnnrec")

Repeats = Literal["first", "last", "sum", "count", "mean"]
"""What a pair that stands more than once weighs: as its first or last row, or the sum, number or mean of all."""

LOG_COLUMNS = ("user", "item", "time", "weight", "part")
"""The columns that a log of interactions may have."""


def merged_log(log: pd.DataFrame, source: str, repeats: Repeats = "last") -> pd.DataFrame:
    """The rows that count: of a pair the latest or the earliest, or the last or first row where times are not known.

    Of rows of one time the one with the greatest weight is the last, so that their order does not matter.

    Args:
        log: See `Interactions.from_log`, which says what is raised, too.
        source: For messages.
        repeats: What a pair weighs; see `Interactions.from_log`.
    """
    _check_columns(log)
    if log.empty:
        raise DataError(f"{source}: there are no interactions in it")
    for column in log.columns:
        missing = log[column].isna().to_numpy()
        if missing.any():
            what = f"{column} id" if column in {"user", "item"} else column
            first = int(np.flatnonzero(missing)[0]) + 1
            raise DataError(f"{source}: {missing.sum()} rows have no {what}; the first is row {first}")
    for column, wanted, test in (
        ("time", "whole seconds", pd.api.types.is_integer_dtype),
        ("weight", "numbers", pd.api.types.is_numeric_dtype),
    ):
        if column in log and not test(log[column]):
            raise ContractError(f"{column} of a log is {wanted}; got {log[column].dtype}")
    if "weight" in log and not (finite := np.isfinite(log["weight"].to_numpy(np.float32))).all():
        raise DataError(f"{source}: {int((~finite).sum())} weights are not finite")
    deciding = [column for column in ("time", "weight", "part") if column in log]
    in_time = log.sort_values(deciding, kind="stable") if "time" in log else log
    pair = ["user", "item"]
    merged = in_time.drop_duplicates(pair, keep="first" if repeats == "first" else "last")
    if len(merged) < len(log):
        by_time = {"first": "earliest", "last": "latest"} if "time" in log else {}
        told = f"the {by_time.get(repeats, repeats)} counts" if repeats in {"first", "last"} else f"by {repeats}"
        logger.warning("%s: %d duplicate interactions merged: %s", source, len(log) - len(merged), told)
    return merged if repeats in {"first", "last"} else _weighed(merged, log, repeats)


def _weighed(merged: pd.DataFrame, log: pd.DataFrame, repeats: Repeats) -> pd.DataFrame:
    """The merged rows, with what all rows of each pair weigh together."""
    if repeats != "count" and "weight" not in log:
        raise ContractError(f"repeats: {repeats} needs weights; got {', '.join(log.columns)}")
    pairs = log.groupby(["user", "item"], sort=False)
    together = pairs.size() if repeats == "count" else pairs["weight"].agg(repeats)
    keys = pd.MultiIndex.from_frame(merged[["user", "item"]])
    return merged.assign(weight=together.reindex(keys).to_numpy(np.float64))


def parts_of(names: pd.Series[Any], source: str) -> npt.NDArray[np.int8]:
    """Positions in `PARTS` of parts by name: int8 [n].

    Raises:
        DataError: One is no part that data come in.
    """
    found: npt.NDArray[np.int8] = pd.Index(OF_DATA).get_indexer(pd.Index(names)).astype(np.int8)
    if (found < 0).any():
        strange = names.to_numpy()[found < 0]
        raise DataError(
            f"{source}: {len(strange)} rows are in a part that is none, such as {strange[0]!r}; "
            f"parts are called {', '.join(OF_DATA)}"
        )
    return found


def aligned(column: str, ids: pd.Index[Any], known: pd.DataFrame | None, source: str) -> pd.DataFrame:
    """The rows of `known` in the order of `ids`; missing where nothing is known of an id.

    Raises:
        DataError: An id stands twice.
    """
    if known is None:
        return pd.DataFrame({column: ids})
    if known[column].duplicated().any():
        twice = known[column][known[column].duplicated()].iloc[0]
        raise DataError(f"{source}: {column} {twice} stands twice in the table of {column}s")
    tell_left_out(column, int((~known[column].isin(ids)).sum()), len(known), source)
    return known.set_index(column).reindex(ids).rename_axis(column).reset_index()


def tell_left_out(kind: str, count: int, total: int, source: str) -> None:
    """Say how many users or items of a table have no interaction, so that nothing can be learned of them."""
    if count:
        told = "; gnnrec recommend RUN --new-items FILE recommends such" if kind == "item" else ""
        logger.info(
            "%s: %s of %s %ss have no interaction and are left out%s", source, f"{count:,}", f"{total:,}", kind, told
        )


def _check_columns(log: pd.DataFrame) -> None:
    strange = [str(column) for column in log.columns if column not in LOG_COLUMNS]
    if strange:
        raise ContractError(f"a log has the columns {', '.join(LOG_COLUMNS)}; got {', '.join(strange)} as well")
    for column in ("user", "item"):
        if column not in log:
            raise ContractError(f"a log has a column '{column}'; got {', '.join(map(str, log.columns))}")
