"""Turns columns of a user's table into ids, numbers and parts, and names the first row that cannot be turned."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gnnrec import DataError
from gnnrec.data.cells import NOTHING, ROUNDED, WHOLE_NUMBER
from gnnrec.data.parts import OF_DATA
from gnnrec_datasets.table_text import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy.typing as npt

    from gnnrec_datasets.table_files import Origin

    Cells = pa.ChunkedArray[Any]
    Mask = npt.NDArray[np.bool_]

logger = logging.getLogger("gnnrec")

LARGEST = float(np.finfo(np.float32).max)
"""Of the numbers that weights can be."""

DROP = "dataset.missing: drop leaves such rows out"
"""What to do about gaps."""

EXACT_FLOATS = 2.0**53
"""From here on not every whole number has a float of its own."""


@dataclass(frozen=True)
class Column:
    """A column, and what messages need to know of it.

    Attributes:
        cells: What stands in it.
        name: Its name in the file.
        origin: Where its rows come from.
        fields: Those of the dataset: a message proposes no others.
        decimal: What stands before the fraction of a number.
    """

    cells: Cells
    name: str
    origin: Origin
    fields: Collection[str]
    decimal: str = "."

    def keep(self, chosen: Mask) -> Column:
        """The chosen rows."""
        return replace(self, cells=self.cells.filter(pa.array(chosen)), origin=self.origin.keep(chosen))

    def remedy(self, field: str, text: str) -> str:
        """What to do by a field, as the end of a message; nothing where the dataset does not have it."""
        return f"; {text}" if field in self.fields else ""

    @property
    def missing(self) -> Mask:
        """Whether there is nothing in a cell: bool [n]."""
        gone: Mask = pc.is_null(self.plain, nan_is_null=True).to_numpy()
        return gone

    @cached_property
    def plain(self) -> Cells:
        """The cells without what only saves space; in text no blanks around it, and null for what is `NOTHING`."""
        plain = self._unpacked()
        return _without_markers(plain.cast(pa.large_string())) if is_text(plain.type) else plain

    def ids(self, kind: str) -> pd.Series[Any]:
        """Whole numbers (int64) where all are, otherwise text; text that looks like whole numbers becomes numbers.

        Args:
            kind: Whose ids: `user` or `item`.

        Raises:
            DataError: One is missing, or is neither a whole number nor text.
        """
        values = self.plain
        if pa.types.is_floating(values.type) or pa.types.is_decimal(values.type):
            values = self._whole(values, kind)
        elif is_text(values.type):
            self._say_padded(kind)
            values = _numbers_if_all_are(values)
            if is_text(values.type):
                self.refuse(
                    matching(values, ROUNDED),
                    f"a rounded number for a {kind} id in column '{self.name}'",
                    "; a spreadsheet has cut it: export the column as text",
                )
        elif not (pa.types.is_integer(values.type) or pa.types.is_null(values.type)):
            raise DataError(
                f"{self.origin.name}: column '{self.name}' holds {values.type}; {kind} ids are whole numbers or text, "
                "so write it as one of them"
            )
        missing = values.is_null().to_numpy()
        if missing.any():
            raise DataError(
                f"{self.origin.name}: {missing.sum()} rows have no {kind} id; the first is "
                f"{self.origin.row(int(missing.argmax()))}{self.remedy('missing', DROP)}"
            )
        return _as_int64_or_text(values).to_pandas()

    def coded_ids(self, kind: str) -> pd.Series[Any]:
        """What `ids` gives, as a categorical where the cells are coded: however often an id stands, it is read once.

        Args:
            kind: See `ids`.
        """
        if not pa.types.is_dictionary(self.cells.type) or self.cells.null_count:
            return self.ids(kind)
        coded: Any = self.cells.unify_dictionaries().combine_chunks()
        coded = coded.chunk(0) if isinstance(coded, pa.ChunkedArray) else coded
        distinct = replace(self, cells=pa.chunked_array([coded.dictionary]))
        if not distinct.is_neat:
            return self.ids(kind)  # which numbers the rows that it tells of
        ids = distinct.ids(kind)
        codes = coded.indices.to_numpy()
        if not ids.is_unique:  # 1 and 1.0
            return pd.Series(ids.to_numpy()[codes])
        return pd.Series(pd.Categorical.from_codes(codes, pd.Index(ids), validate=False), copy=False)

    @property
    def is_neat(self) -> bool:
        """Whether nothing in a column of text is missing, stands between blanks, or was cut."""
        cells = self._unpacked()
        if not is_text(cells.type):
            return False
        as_they_stand = pc.equal(self.plain, cells.cast(pa.large_string()))
        return (
            not self.plain.null_count
            and bool(pc.all(as_they_stand).as_py())
            and not matching(self.plain, ROUNDED).any()
        )

    def numbers(self) -> npt.NDArray[np.float64]:
        """Finite numbers, such as fit into float32.

        Raises:
            DataError: A cell is missing, is no number, or is too large.
        """
        numbers = self.floats()
        bad = ~np.isfinite(numbers)
        other = {".": ",", ",": "."}[self.decimal]
        with_other = np.isfinite(replace(self, decimal=other).floats()) if bad.any() else ~bad
        hint = self.remedy("decimal", f"is dataset.decimal '{other}'?") if with_other.all() else ""
        self.refuse(bad, f"no number in column '{self.name}'", hint)
        self.refuse(np.abs(numbers) > LARGEST, f"a number in column '{self.name}' that is beyond {LARGEST:.1e}")
        return numbers

    def parts(self) -> pd.Series[Any]:
        """Names of parts, as text.

        Raises:
            DataError: A cell is missing or names none.
        """
        values = self.plain
        if is_text(values.type):
            known = pc.is_in(values, value_set=pa.array(OF_DATA, values.type)).to_numpy()
        else:
            known = np.zeros(len(values), bool)
        self.refuse(~known, f"no part, {', '.join(OF_DATA[:-1])} or {OF_DATA[-1]}, in column '{self.name}'")
        return values.to_pandas()

    def floats(self) -> npt.NDArray[np.float64]:
        """Numbers, float64 [n]; nan where there is none."""
        values = self.plain
        if is_text(values.type):
            if self.decimal == ",":
                plain_comma = pc.match_substring_regex(values, r"^[^.]*$")
                values = pc.if_else(plain_comma, pc.replace_substring(values, ",", "."), None)
            try:
                values = values.cast(pa.float64())  # to the last bit, which pandas' reader does not promise
            except pa.ArrowInvalid:
                return pd.to_numeric(values.to_pandas(), errors="coerce").to_numpy(np.float64, na_value=np.nan)
        if _is_number(values.type):
            floats: npt.NDArray[np.float64] = values.cast(pa.float64(), safe=False).to_numpy()
            return floats
        return np.full(len(values), np.nan)

    @property
    def is_whole(self) -> bool:
        """Whether all cells are integers that int64 holds, and none is missing."""
        kind = self.cells.type
        return pa.types.is_integer(kind) and not pa.types.is_uint64(kind) and not self.cells.null_count

    def whole_numbers(self) -> npt.NDArray[np.int64]:
        """The cells of a column that `is_whole`: int64 [n]."""
        numbers: npt.NDArray[np.int64] = self.cells.cast(pa.int64()).to_numpy()
        return numbers

    def refuse(self, bad: Mask, what: str, hint: str = "") -> None:
        """Say how many rows are bad, and show the first.

        Args:
            bad: bool [n].
            what: What each of them has.
            hint: What to do about it.

        Raises:
            DataError: There is one.
        """
        if bad.any():
            row = int(bad.argmax())
            hint = hint or (self.remedy("missing", DROP) if self.missing[bad].all() else "")
            value = shown(self.cells[row].as_py())
            raise DataError(
                f"{self.origin.name}: {bad.sum()} rows have {what}; {self.origin.row(row)} has {value}{hint}"
            )

    def _unpacked(self) -> Cells:
        kind = self.cells.type
        return self.cells.cast(kind.value_type) if pa.types.is_dictionary(kind) else self.cells

    def _say_padded(self, kind: str) -> None:
        padded = pc.sum(pc.not_equal(self.plain, self._unpacked().cast(pa.large_string())).cast(pa.int64())).as_py()
        if padded:
            logger.warning(
                "%s: blanks around %d %s ids in column '%s' are left out", self.origin.name, padded, kind, self.name
            )

    def _whole(self, values: Cells, kind: str) -> Cells:
        """Floats and decimals as whole numbers, which is what they are where the column once lacked one."""
        floats = values.cast(pa.float64(), safe=False).to_numpy()
        exact = np.abs(floats) < (2.0**63 if pa.types.is_decimal(values.type) else EXACT_FLOATS)
        missing = pc.is_null(values, nan_is_null=True)
        with np.errstate(invalid="ignore"):  # infinity has no remainder
            broken = (floats % 1 != 0) | ~exact
        self.refuse(broken & ~missing.to_numpy(), f"no whole number for a {kind} id in column '{self.name}'")
        whole: Cells = pc.if_else(missing, None, values).cast(pa.int64())
        return whole


def without_gaps(columns: Mapping[str, Column]) -> dict[str, Column]:
    """The columns of one table, by what each holds, without the rows in which one is empty; these are counted."""
    gaps = {field: column.missing for field, column in columns.items()}
    some: Mask = np.logical_or.reduce([*gaps.values()])
    if not some.any():
        return dict(columns)
    source = next(iter(columns.values())).origin.name
    told = ", ".join(f"{mask.sum()} without {field}" for field, mask in gaps.items() if mask.any())
    logger.warning("%s: %d of %d rows are left out: %s", source, some.sum(), len(some), told)
    return {field: column.keep(~some) for field, column in columns.items()}


def _without_markers(text: Cells) -> Cells:
    """Text without blanks around it, and null where it is `NOTHING`."""
    trimmed: Cells = pc.utf8_trim_whitespace(text)
    cells: Cells = pc.if_else(pc.is_in(trimmed, value_set=pa.array(NOTHING, trimmed.type)), None, trimmed)
    return cells


def matching(text: Cells, pattern: str) -> Mask:
    """Which cells match a pattern; those in which there is nothing do not: bool [n]."""
    found: Mask = pc.is_in(pc.match_substring_regex(text, pattern), value_set=pa.array([True])).to_numpy().copy()
    return found


def is_text(kind: pa.DataType) -> bool:
    """Whether cells are text."""
    return str(kind) in {"string", "large_string", "string_view"}


def _is_number(kind: pa.DataType) -> bool:
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean)
    return any(test(kind) for test in tests)


def _numbers_if_all_are(text: Cells) -> Cells:
    """Whole numbers, if every cell gives them back unchanged; the text itself otherwise."""
    if not pc.all(pc.match_substring_regex(text, WHOLE_NUMBER)).as_py():
        return text
    try:
        numbers: Cells = pc.replace_substring_regex(text, r"\.0$", "").cast(pa.int64())
    except pa.ArrowInvalid:  # more digits than 64 bits hold
        return text
    return numbers


def _as_int64_or_text(values: Cells) -> Cells:
    if not pa.types.is_integer(values.type):
        return values
    try:
        return values.cast(pa.int64())
    except pa.ArrowInvalid:  # uint64 beyond int64: as whole numbers of that many digits in text are
        return values.cast(pa.large_string())
