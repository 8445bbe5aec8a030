"""Turns a column of a user's table into seconds since 1970."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gnnrec import DataError
from gnnrec.data.cells import ROUNDED
from gnnrec_datasets.table_columns import is_text, matching

if TYPE_CHECKING:
    import numpy.typing as npt

    from gnnrec_datasets.table_columns import Column

    Cells = pa.ChunkedArray[Any]
    Numbers = npt.NDArray[np.float64] | npt.NDArray[np.int64]
    Seconds = npt.NDArray[np.int64]
    Unit = Literal["s", "ms", "us", "ns"]

logger = logging.getLogger("gnnrec")

PER_SECOND: dict[Unit, int] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
"""Numbers of each unit."""

SECONDS_OF_A_DAY = 86_400

FIRST_OF_UNIT = 1e11
"""A number from here on counts no seconds (the year 5138) but milliseconds (1973), a thousand times it microseconds."""

LONG = 10**8
"""A number from here on is not written with an exponent unless digits were to be saved."""

YEAR_10000 = 253_402_300_800
"""In seconds since 1970."""

DAY = r"^(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])$"
"""A date in eight digits."""

FIRST_DAY, LAST_DAY = 19_000_101, 20_991_231

FORMATS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d %b %Y", "%b %d, %Y",
)  # fmt: skip
"""Dates that are proposed where they fit, each alone or with a time of day."""

DAYTIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")

KNOWN = "a number, ISO 8601 or 20240531"


def seconds_of(column: Column, unit: Unit | None, form: str | None) -> Seconds:
    """Seconds since 1970 in UTC, rounded down: int64 [n].

    Args:
        column: Numbers, text, or times of Parquet's own.
        unit: What numbers count; None to find it by their size, which is said.
        form: How text is written, as strptime has it; None where it is a number, ISO 8601 or a date in eight digits.

    Raises:
        DataError: A cell is missing, is no time, is rounded, or is so late that the unit must be another.
    """
    kind = column.plain.type
    if form is None and (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return _of_moments(column)
    if form is not None:
        dates = _by_format(column, form)
    else:
        numbers = column.whole_numbers() if column.is_whole else column.floats()
        no_number = ~np.isfinite(numbers)
        if not no_number.any() and not (unit is None and _are_days(column)):
            return _counted(column, numbers, unit)
        dates = _dates(column)
        no_date = dates.isna().to_numpy(bool)
        if no_date.any():
            # What most cells are is what the others should have been.
            bad = min(no_number, no_date, key=np.sum)
            column.refuse(bad, f"no time, {KNOWN}, in column '{column.name}'", _fitting(column))
    seconds = (dates - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1)
    return np.asarray(seconds, np.int64)


def _of_moments(column: Column) -> Seconds:
    """Times and dates of Parquet's own, which are whole numbers since 1970 in UTC."""
    values: Any = column.plain
    column.refuse(values.is_null().to_numpy(), f"no time, {KNOWN}, in column '{column.name}'")
    if pa.types.is_date32(values.type):
        return np.asarray(values.cast(pa.int32()).to_numpy(), np.int64) * SECONDS_OF_A_DAY
    per_second = PER_SECOND["ms" if pa.types.is_date(values.type) else values.type.unit]
    return np.asarray(values.cast(pa.int64()).to_numpy() // per_second, np.int64)


def _counted(column: Column, numbers: Numbers, unit: Unit | None) -> Seconds:
    """Numbers as seconds."""
    if is_text(column.plain.type):
        column.refuse(
            _cut(column, np.abs(numbers) >= LONG),
            f"a rounded time in column '{column.name}'",
            "; a spreadsheet has cut it: export the column with all digits, or do without it",
        )
    taken = unit or _found(column, numbers)
    seconds = numbers if taken == "s" and numbers.dtype == np.int64 else numbers // PER_SECOND[taken]
    late = f"a time in column '{column.name}' beyond the year 9999"
    smaller = ", ".join(list(PER_SECOND)[list(PER_SECOND).index(taken) + 1 :])
    column.refuse(np.abs(seconds) >= YEAR_10000, late, f"; is dataset.timestamp_unit {smaller}?" if smaller else "")
    return seconds.astype(np.int64, copy=False)


def _found(column: Column, numbers: Numbers) -> Unit:
    """The unit by which the numbers are times of our age, if it is one for all of them."""
    sizes = numbers if len(numbers) and numbers.min() > 0 else np.abs(numbers[numbers != 0])
    if not len(sizes) or sizes.max() < FIRST_OF_UNIT:
        return "s"
    firsts = [FIRST_OF_UNIT * 1000**step for step in range(3)]
    least, most = np.searchsorted(firsts, [float(sizes.min()), float(sizes.max())], side="right")
    if least != most:
        column.refuse(
            np.abs(numbers) >= FIRST_OF_UNIT,
            f"a time in column '{column.name}' that counts no seconds, as others do",
            "; dataset.timestamp_unit says what they count",
        )
    unit: Unit = list(PER_SECOND)[least]
    logger.warning(
        "%s: times in column '%s' are taken to count %s, by their size; dataset.timestamp_unit names another unit",
        column.origin.name,
        column.name,
        unit,
    )
    return unit


def _cut(column: Column, long: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether a long number with an exponent has fewer digits than it stands for: bool [n]."""
    cut = matching(column.plain, ROUNDED) & long
    if cut.any():
        parts = column.plain.filter(pa.array(cut)).to_pandas().str.extract(r"(?:\.([0-9]+))?E\+([0-9]+)$")
        cut[cut] = parts[0].fillna("").str.len() < parts[1].astype(int)
    return cut


def _may_be_days(values: Cells) -> bool:
    """Whether whole numbers are all as large as dates in eight digits."""
    ends: Any = pc.min_max(values).as_py()
    return bool(len(values)) and bool(ends["min"] >= FIRST_DAY and ends["max"] <= LAST_DAY)


def _are_days(column: Column) -> bool:
    """Whether all cells are dates in eight digits; as seconds they would all lie in one week of 1970."""
    values = column.plain
    if pa.types.is_integer(values.type) and not _may_be_days(values):
        return False
    text = (
        values if is_text(values.type) else values.cast(pa.large_string()) if pa.types.is_integer(values.type) else None
    )
    if text is None or not len(text) or not pc.all(pc.match_substring_regex(text, DAY)).as_py():
        return False
    logger.warning(
        "%s: times in column '%s' are taken to be dates such as 20240531; dataset.timestamp_unit says that they count",
        column.origin.name,
        column.name,
    )
    return True


def _dates(column: Column) -> pd.Series[Any]:
    """Times in UTC; NaT where there is none."""
    values = column.plain
    if pa.types.is_integer(values.type):
        values = values.cast(pa.large_string())
    if is_text(values.type):
        return pd.to_datetime(values.to_pandas(), format="ISO8601", utc=True, errors="coerce")
    return pd.Series(pd.NaT, index=range(len(values)), dtype="datetime64[ns, UTC]")


def _by_format(column: Column, form: str) -> pd.Series[Any]:
    """Times by a format that was named."""
    values = column.plain
    if not is_text(values.type):
        raise DataError(
            f"{column.origin.name}: column '{column.name}' holds {values.type} and no text, so that "
            "dataset.timestamp_format says nothing of it; leave it out"
        )
    dates = pd.to_datetime(values.to_pandas(), format=form, utc=True, errors="coerce")
    column.refuse(dates.isna().to_numpy(bool), f"no time like {form!r} in column '{column.name}'", _fitting(column))
    return dates


def _fitting(column: Column) -> str:
    """The formats of those known that all cells have, as the end of a message."""
    values = column.plain
    if not is_text(values.type) or values.null_count:
        return ""
    text = values.to_pandas()
    forms = (date + daytime for date in FORMATS for daytime in DAYTIMES)
    fit = [form for form in forms if _fits(text.head(1), form) and _fits(text, form)]
    proposal = f"is dataset.timestamp_format {' or '.join(map(repr, fit))}?"
    if not fit:
        proposal = "dataset.timestamp_format says how times are written, such as '%d/%m/%Y %H:%M'"
    return column.remedy("timestamp_format", proposal)


def _fits(text: pd.Series[Any], form: str) -> bool:
    return bool(pd.to_datetime(text, format=form, utc=True, errors="coerce").notna().all())
