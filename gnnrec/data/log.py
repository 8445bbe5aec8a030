"""From a table with a row per interaction to one in which no pair stands twice, in an order that rows do not decide."""

from __future__ import annotations

import logging
from dataclasses import dataclass
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

MERGED = "merged"
"""The attribute of a log record that counts rows that are merged with others."""

LOG_COLUMNS = ("user", "item", "time", "weight", "part")
"""The columns that a log of interactions may have."""


@dataclass(frozen=True)
class MergedLog:
    """A log in which no pair stands twice, sorted by user and item.

    Attributes:
        users: int64 [E], positions in `user_ids`.
        items: int64 [E], positions in `item_ids`.
        user_ids: Original ids, sorted.
        item_ids: Original ids, sorted.
        time: int64 [E], or None.
        weight: float32 [E], or None.
        parts: int8 [E], positions in `PARTS`, or None.
    """

    users: npt.NDArray[np.int64]
    items: npt.NDArray[np.int64]
    user_ids: pd.Index[Any]
    item_ids: pd.Index[Any]
    time: npt.NDArray[np.int64] | None
    weight: npt.NDArray[np.float32] | None
    parts: npt.NDArray[np.int8] | None


def merged_log(log: pd.DataFrame, source: str, repeats: Repeats = "last") -> MergedLog:
    """The rows that count: of a pair the latest or the earliest, or the last or first row where times are not known.

    Of rows of one time the one with the greatest weight is the last, so that their order does not matter.

    Args:
        log: See `Interactions.from_log`, which says what is raised, too.
        source: For messages.
        repeats: What a pair weighs; see `Interactions.from_log`.
    """
    _check_columns(log)
    _check_cells(log, source)
    if repeats in {"sum", "mean"} and "weight" not in log:
        raise ContractError(f"repeats: {repeats} needs weights; got {', '.join(log.columns)}")
    users, user_ids = _numbered(log["user"])
    items, item_ids = _numbered(log["item"])
    keys = users * len(item_ids) + items
    in_order = bool((keys[1:] >= keys[:-1]).all())  # as many files are
    order = np.arange(len(keys)) if in_order else np.argsort(keys, kind="stable")
    keys = keys if in_order else keys[order]
    begins = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    if len(begins) < len(keys) and "time" in log:
        order = _by_what_decides(order, keys, begins, log)
    if len(begins) < len(log):
        by_time = {"first": "earliest", "last": "latest"} if "time" in log else {}
        told = f"the {by_time.get(repeats, repeats)} counts" if repeats in {"first", "last"} else f"by {repeats}"
        count = len(log) - len(begins)
        logger.warning("%s: %d duplicate interactions merged: %s", source, count, told, extra={MERGED: count})
    if len(begins) == len(log) and in_order:
        taken: Any = slice(None)  # nothing is copied
    else:
        taken = order[begins if repeats == "first" else np.append(begins[1:], len(log)) - 1]
    known = {name: log[name].to_numpy() for name in ("time", "weight") if name in log}
    weight = known["weight"][taken].astype(np.float32) if "weight" in known else None
    if repeats == "count" or (len(begins) < len(log) and repeats in {"sum", "mean"}):
        weight = _together(known.get("weight"), order, begins, repeats)
    return MergedLog(
        users[taken],
        items[taken],
        user_ids,
        item_ids,
        known["time"][taken].astype(np.int64, copy=False) if "time" in known else None,
        weight,
        parts_of(log["part"].iloc[taken], source) if "part" in log else None,
    )


def _numbered(ids: pd.Series[Any]) -> tuple[npt.NDArray[np.int64], pd.Index[Any]]:
    """Positions in the sorted ids, int64 [n], and these; of a categorical nothing is hashed again."""
    if isinstance(ids.dtype, pd.CategoricalDtype):
        codes, categories = ids.cat.codes.to_numpy(), ids.cat.categories
        used = np.flatnonzero(np.bincount(codes, minlength=len(categories)))
        used = used[categories[used].argsort()]
        position = np.empty(len(categories), np.int64)
        position[used] = np.arange(len(used))
        return position[codes], categories[used]
    codes, uniques = pd.factorize(ids, sort=True)
    return codes.astype(np.int64, copy=False), pd.Index(uniques)


def _by_what_decides(
    order: npt.NDArray[np.intp], keys: npt.NDArray[np.int64], begins: npt.NDArray[np.intp], log: pd.DataFrame
) -> npt.NDArray[np.intp]:
    """The order of rows by pair, in which the last row of a pair is the one that counts as the last.

    Args:
        order: By pair, rows of one pair as they stand.
        keys: Of the pairs, in this order.
        begins: Where each pair begins.
        log: Has times.
    """
    counts = np.diff(np.append(begins, len(keys)))
    of_several = np.repeat(counts > 1, counts)
    rows, of_pair = order[of_several], keys[of_several]
    deciding = [log[name].iloc[rows] for name in ("part", "weight", "time") if name in log]
    order[of_several] = rows[np.lexsort((*(pd.factorize(each, sort=True)[0] for each in deciding), of_pair))]
    return order


def _together(
    weight: npt.NDArray[Any] | None, order: npt.NDArray[np.intp], begins: npt.NDArray[np.intp], repeats: Repeats
) -> npt.NDArray[np.float32]:
    """What all rows of each pair weigh: their number, their sum or their mean."""
    counts = np.diff(np.append(begins, len(order)))
    if repeats == "count" or weight is None:
        return counts.astype(np.float32)
    sums = np.add.reduceat(weight[order].astype(np.float64), begins)
    return (sums if repeats == "sum" else sums / counts).astype(np.float32)


def _check_cells(log: pd.DataFrame, source: str) -> None:
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
