"""Turns columns of a user's table into ids, numbers and times, and names the first row that cannot be turned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gnnrec import DataError
from gnnrec.data.parts import OF_DATA
from gnnrec_datasets.table_files import shown

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Cells = pa.ChunkedArray[Any]

NOTHING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")
"""What programs write for a missing number. In a column of text these are words like any other."""

WHOLE_NUMBER = r"^(?:0|-?[1-9][0-9]*)$"
"""Text that a whole number gives back unchanged: no leading zeros, no plus."""

FLOAT_OF_A_WHOLE_NUMBER = r"^(?:0|-?[1-9][0-9]*)\.0$"
"""How pandas writes whole numbers of a column that once lacked one."""

LARGEST = float(np.finfo(np.float32).max)
"""Of the numbers that weights can be."""

EXACT_FLOATS = 2.0**53
"""From here on not every whole number has a float of its own."""

YEAR_10000 = 253_402_300_800
"""In seconds since 1970."""


@dataclass(frozen=True)
class Column:
    """A column, and what messages need to know of it.

    Attributes:
        values: Its cells.
        name: Its name in the file.
        path: The file.
    """

    values: Cells
    name: str
    path: Path

    def ids(self, kind: str) -> pd.Series[Any]:
        """Whole numbers (int64) where all are, otherwise text; text that looks like whole numbers becomes numbers.

        Args:
            kind: Whose ids: `user` or `item`.

        Raises:
            DataError: One is missing, or is neither a whole number nor text.
        """
        values = self._plain()
        if pa.types.is_floating(values.type) or pa.types.is_decimal(values.type):
            values = self._whole(values, kind)
        elif _is_text(values.type):
            values = _numbers_if_all_are(values)
        elif not (pa.types.is_integer(values.type) or pa.types.is_null(values.type)):
            raise DataError(
                f"{self.path}: column '{self.name}' holds {values.type}; {kind} ids are whole numbers or text"
            )
        missing = values.is_null().to_numpy()
        if missing.any():
            raise DataError(
                f"{self.path}: {missing.sum()} rows have no {kind} id; the first is row {missing.argmax() + 1}"
            )
        return _as_int64_or_text(values).to_pandas()

    def numbers(self) -> npt.NDArray[np.float64]:
        """Finite numbers, such as fit into float32.

        Raises:
            DataError: A cell is missing, is no number, or is too large.
        """
        numbers = self._floats()
        self._refuse(~np.isfinite(numbers), f"no number in column '{self.name}'")
        self._refuse(np.abs(numbers) > LARGEST, f"a number in column '{self.name}' that is beyond {LARGEST:.1e}")
        return numbers

    def parts(self) -> pd.Series[Any]:
        """Names of parts, as text.

        Raises:
            DataError: A cell is missing or names none.
        """
        values = self._plain()
        if _is_text(values.type):
            named = pc.is_in(values, value_set=pa.array(OF_DATA, values.type)).to_numpy()
        else:
            named = np.zeros(len(values), bool)
        self._refuse(~named, f"no part, {', '.join(OF_DATA[:-1])} or {OF_DATA[-1]}, in column '{self.name}'")
        return values.to_pandas()

    def times(self, unit: Literal["s", "ms"]) -> npt.NDArray[np.int64]:
        """Seconds since 1970, rounded down.

        Args:
            unit: What numbers count.

        Raises:
            DataError: A cell is missing, is no time, or is so late that the unit must be another.
        """
        numbers = self._floats()
        no_number = ~np.isfinite(numbers)
        if not no_number.any():
            return self._seconds(numbers, unit)
        dates = self._dates()
        no_date = dates.isna().to_numpy(bool)
        # What most cells are is what the others should have been.
        self._refuse(min(no_number, no_date, key=np.sum), f"no time, a number or ISO 8601, in column '{self.name}'")
        seconds = (dates - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1)
        return np.asarray(seconds, np.int64)

    def _seconds(self, numbers: npt.NDArray[np.float64], unit: Literal["s", "ms"]) -> npt.NDArray[np.int64]:
        seconds = np.floor(numbers / 1000 if unit == "ms" else numbers)
        hint = "; is dataset.timestamp_unit ms?" if unit == "s" else ""
        self._refuse(np.abs(seconds) >= YEAR_10000, f"a time in column '{self.name}' beyond the year 9999", hint)
        return seconds.astype(np.int64)

    def _plain(self) -> Cells:
        """The cells without what only saves space."""
        kind = self.values.type
        plain = self.values.cast(kind.value_type) if pa.types.is_dictionary(kind) else self.values
        return plain.cast(pa.large_string()) if _is_text(plain.type) else plain

    def _floats(self) -> npt.NDArray[np.float64]:
        """Numbers; nan where there is none."""
        values = self._plain()
        if _is_text(values.type):
            try:
                values = values.cast(pa.float64())  # to the last bit, which pandas' reader does not promise
            except pa.ArrowInvalid:
                return pd.to_numeric(values.to_pandas(), errors="coerce").to_numpy(np.float64, na_value=np.nan)
        if _is_number(values.type):
            floats: npt.NDArray[np.float64] = values.cast(pa.float64(), safe=False).to_numpy()
            return floats
        return np.full(len(values), np.nan)

    def _dates(self) -> pd.Series[pd.Timestamp]:
        """Times in UTC; NaT where there is none."""
        values = self._plain()
        if _is_text(values.type):
            return pd.to_datetime(values.to_pandas(), format="ISO8601", utc=True, errors="coerce")
        if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
            return pd.to_datetime(values.to_pandas(date_as_object=False), utc=True)
        return pd.Series(pd.NaT, index=range(len(values)), dtype="datetime64[ns, UTC]")

    def _whole(self, values: Cells, kind: str) -> Cells:
        """Floats and decimals as whole numbers, which is what they are where the column once lacked one."""
        floats = values.cast(pa.float64(), safe=False).to_numpy()
        exact = np.abs(floats) < (2.0**63 if pa.types.is_decimal(values.type) else EXACT_FLOATS)
        missing = pc.is_null(values, nan_is_null=True)
        with np.errstate(invalid="ignore"):  # infinity has no remainder
            broken = (floats % 1 != 0) | ~exact
        self._refuse(broken & ~missing.to_numpy(), f"no whole number for a {kind} id in column '{self.name}'")
        whole: Cells = pc.if_else(missing, None, values).cast(pa.int64())
        return whole

    def _refuse(self, bad: npt.NDArray[np.bool_], what: str, hint: str = "") -> None:
        if bad.any():
            row = int(bad.argmax())
            value = shown(self.values[row].as_py())
            raise DataError(f"{self.path}: {bad.sum()} rows have {what}; row {row + 1} has {value}{hint}")


def _is_text(kind: pa.DataType) -> bool:
    return str(kind) in {"string", "large_string", "string_view"}


def _is_number(kind: pa.DataType) -> bool:
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean)
    return any(test(kind) for test in tests)


def _numbers_if_all_are(text: Cells) -> Cells:
    """Whole numbers, if every cell gives them back unchanged; the text itself otherwise."""
    nothing = pc.is_in(text, value_set=pa.array(NOTHING, text.type))
    filled: Cells = pc.if_else(nothing, None, text)
    for pattern in (WHOLE_NUMBER, FLOAT_OF_A_WHOLE_NUMBER):
        if pc.all(pc.match_substring_regex(filled, pattern)).as_py():
            try:
                numbers: Cells = pc.replace_substring(filled, ".0", "").cast(pa.int64())
            except pa.ArrowInvalid:  # more digits than 64 bits hold
                return filled
            return numbers
    return text


def _as_int64_or_text(values: Cells) -> Cells:
    if not pa.types.is_integer(values.type):
        return values
    try:
        return values.cast(pa.int64())
    except pa.ArrowInvalid:  # uint64 beyond int64: as whole numbers of that many digits in text are
        return values.cast(pa.large_string())
