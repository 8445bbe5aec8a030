"""Reads delimited text into Arrow tables whose cells are text, and says what is wrong with a file that is no table."""

from __future__ import annotations

import csv
import io
import logging
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.csv as pa_csv

from gnnrec import DataError
from gnnrec_datasets.table_bytes import PACKED, read_text
from gnnrec_datasets.table_words import BLANKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    Quote = Literal["double", "single", "none"]

logger = logging.getLogger("gnnrec")

SEPARATORS = {".csv": ",", ".tsv": "\t"}
"""What stands between cells by the ending; in other files it is found."""

LIKELY = ("\t", "::", ";", "|", ",", BLANKS)
"""Separators that are looked for, the likeliest first."""

LONGEST_HEADER = 2**20
"""Bytes; a first line without an end among them names no columns."""

LOOKED_AT = 20
"""Lines in which they are looked for."""

CONTROLS = (b"\x1f", b"\x1e", b"\x1d", b"\x1c")
"""Characters that stand for a longer separator while its file is parsed."""

QUOTES: dict[Quote, str] = {"double": '"', "single": "'"}

END = "gnnrecEndOfTheTable"
"""Stands in every cell of a row added below the last one; if it cannot be read, a quote was never closed. A separator
has no letters."""


TEXT = pa.large_string()
CODED = pa.dictionary(pa.int32(), pa.string())
"""Text of which the same cells stand many times."""

QUICK_BLOCK = 2**23
"""Bytes that a thread reads at once; of a longer line than that a file is read row by row."""


@dataclass(frozen=True)
class Layout:
    """How text is laid out, as far as it was said.

    Attributes:
        separator: What stands between cells, or `BLANKS`; None to go by the ending, or to find it.
        columns: The columns' names where the file has no header; None where its first line has them.
        quote: What stands around cells that hold a separator; None is `double` where the separator is one character.
        encoding: As Python names it; None to find it.
        field: What messages call `columns`.
    """

    separator: str | None = None
    columns: tuple[str, ...] | None = None
    quote: Quote | None = None
    encoding: str | None = None
    field: str = "columns"


@dataclass(frozen=True)
class TextFile:
    """A file of delimited text."""

    path: Path
    layout: Layout

    @cached_property
    def columns(self) -> list[str]:
        """The names of its columns, without blanks around them.

        Raises:
            DataError: The file is empty, cannot be read, or is no table.
        """
        return [name.strip() for name in self._header]

    @cached_property
    def looks_headerless(self) -> bool:
        """Whether its first line, taken as a header, is rather a row: it has numbers."""
        return any(re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", name) for name in self.columns)

    @cached_property
    def separator(self) -> str:
        """What stands between cells."""
        ending = next((each for each in reversed(self.path.suffixes) if each.lower() not in PACKED), "").lower()
        return self.layout.separator or SEPARATORS.get(ending) or self._found_separator()

    def read(self, columns: Sequence[str], likely: Mapping[str, pa.DataType] | None = None) -> pa.Table:
        """Some columns of all rows: text, null where there is nothing in it.

        Args:
            columns: Their names.
            likely: Of some columns the types of their cells, which they have if all cells can have them.

        Raises:
            DataError: The file is damaged.
        """
        names = self._header
        wanted = [names[self.columns.index(column)] for column in columns]
        quick: dict[str, Any] = {
            name: (likely or {}).get(column, TEXT) for name, column in zip(wanted, columns, strict=True)
        }
        table = self._read_quickly(names, quick)
        if table is None:
            table = self._read_row_by_row(names, wanted)
        return table.select(wanted).rename_columns(list(columns))

    def _read_quickly(self, names: list[str], types: dict[str, Any]) -> pa.Table | None:
        """The columns as they are likely to be, by all threads; None where anything is not as simple as that.

        Text that is coded stays so where numbers are none. What Arrow takes for a number and we do not is one in
        hexadecimal digits.
        """
        content, delimiter = self._single
        hexadecimal = (b"x" in content or b"X" in content) and re.search(rb"0[xX]", content)  # one byte is found soon
        if hexadecimal or (self._quote and self._quote.encode() in content):
            return None
        for attempt in (types, {name: each if pa.types.is_dictionary(each) else TEXT for name, each in types.items()}):
            try:
                return pa_csv.read_csv(
                    io.BytesIO(content),
                    read_options=pa_csv.ReadOptions(
                        column_names=None if self.layout.columns is None else names, block_size=QUICK_BLOCK
                    ),
                    parse_options=pa_csv.ParseOptions(delimiter=delimiter, quote_char=False),
                    convert_options=pa_csv.ConvertOptions(
                        include_columns=list(attempt), column_types=attempt, null_values=[""], strings_can_be_null=True
                    ),
                )
            except (pa.ArrowInvalid, pa.ArrowKeyError):
                continue
        return None

    def _read_row_by_row(self, names: list[str], wanted: Sequence[str]) -> pa.Table:
        """The columns as text; the first row that is none is told.

        Raises:
            DataError: There is one, or a quote is never closed.
        """
        malformed: list[Any] = []

        def keep(row: Any) -> Literal["skip"]:
            malformed.append(row)
            return "skip"

        content, delimiter = self._single
        end = delimiter.join([END] * len(names))
        # One thread: rows are numbered only then.
        try:
            table = pa_csv.read_csv(
                io.BytesIO(content + f"\n{end}\n".encode()),
                read_options=pa_csv.ReadOptions(
                    use_threads=False, column_names=None if self.layout.columns is None else names
                ),
                parse_options=pa_csv.ParseOptions(
                    delimiter=delimiter,
                    quote_char=self._quote or False,
                    newlines_in_values=bool(self._quote),
                    invalid_row_handler=keep,
                ),
                convert_options=pa_csv.ConvertOptions(
                    include_columns=list(dict.fromkeys(wanted)),
                    column_types=dict.fromkeys(wanted, TEXT),
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid as error:
            raise DataError(f"{self.path} {_reason(error)}") from None
        above = 0 if self.layout.columns else 1
        if not len(table) or table[wanted[0]][-1].as_py() != END:
            row = malformed[-1].number - above if malformed else len(table)
            raise DataError(
                f"{self.path} is no table: a quote that opens in row {row} is never closed; where quotes are "
                "characters like any other, say dataset.quote: none"
            )
        if malformed:
            self._refuse(malformed, above)
        return table.slice(0, len(table) - 1)

    def _refuse(self, malformed: Sequence[Any], above: int) -> None:
        first = malformed[0]
        source = "of the header" if above else f"that dataset.{self.layout.field} names"
        text = (first.text or "").replace(self._single[1], self.separator if self.separator != BLANKS else " ")
        raise DataError(
            f"{self.path}: {len(malformed)} rows do not have the {first.expected_columns} cells {source}; "
            f"row {first.number - above} has {first.actual_columns}: {shown(text)}"
        )

    @cached_property
    def _header(self) -> list[str]:
        """The names as they stand in the file, by which it is read."""
        if self.layout.columns is not None:
            return list(self.layout.columns)
        if not re.search(rb"[\r\n]", self._content[:LONGEST_HEADER]) and len(self._content) > LONGEST_HEADER:
            raise DataError(f"{self.path} is no table: its first line has more than a million characters")
        content, delimiter = self._single
        try:
            rows = csv.reader(
                io.TextIOWrapper(io.BytesIO(content), "utf-8", newline=""),
                delimiter=delimiter,
                quotechar=self._quote or None,
                quoting=csv.QUOTE_MINIMAL if self._quote else csv.QUOTE_NONE,
            )
            header = next(filter(None, rows), None)
        except csv.Error as error:
            raise DataError(f"{self.path} is no table: {error}") from None
        if header is None:
            raise DataError(f"{self.path} is empty")
        return header

    @cached_property
    def _content(self) -> bytes:
        return read_text(self.path, self.layout.encoding)

    @property
    def _quote(self) -> str:
        default: Quote = "double" if len(self.separator) == 1 else "none"
        return QUOTES.get(self.layout.quote or default, "")

    @cached_property
    def _single(self) -> tuple[bytes, str]:
        """The content with one character between cells, and which it is."""
        content, separator = self._content, self.separator
        if len(separator) == 1 and separator.isascii():
            return self._with_doubled_quotes(content, separator.encode()), separator
        control = next((each for each in CONTROLS if each not in content), None)
        if control is None:
            raise DataError(f"{self.path} is no text: it holds control characters such as {CONTROLS[0]!r}")
        if separator == BLANKS:
            stripped = re.sub(rb"(?m)^[ \t]+|[ \t]+(?=\r?$)", b"", content)
            return re.sub(rb"[ \t]+", control, stripped), control.decode()
        return content.replace(separator.encode(), control), control.decode()

    def _with_doubled_quotes(self, content: bytes, separator: bytes) -> bytes:
        """A quote after a backslash is doubled where one of them ends no cell: then backslashes escape quotes."""
        quote = self._quote.encode()
        within = rb"\\" + quote + rb"[^" + re.escape(quote + separator) + rb"\r\n]"
        if not quote or b"\\" not in content or not re.search(within, content):
            return content
        logger.warning("%s: quotes within cells are taken to be escaped by backslashes", self.path)
        return content.replace(b"\\" + quote, quote + quote)

    def _found_separator(self) -> str:
        """The likeliest of those that divide each of the first lines into the same number of cells."""
        lines = [line for line in self._content[: 2**16].decode(errors="ignore").splitlines() if line.strip()]
        for separator in LIKELY:
            counts = {
                len(re.split(separator, line.strip(" "))) if separator == BLANKS else line.count(separator) + 1
                for line in lines[:LOOKED_AT]
            }
            if len(counts) == 1 and counts != {1}:
                if separator != "\t":
                    word = "blanks" if separator == BLANKS else repr(separator)
                    logger.warning("%s: cells are taken to be separated by %s", self.path, word)
                return separator
        return "\t"


def shown(value: object) -> str:
    """A cell as a message shows it.

    >>> shown("good"), shown(None), shown(1.5)
    ("'good'", 'nothing', '1.5')
    """
    text = "nothing" if value is None else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - what fits on a line


def _reason(error: pa.ArrowInvalid) -> str:
    text = str(error).partition("\n")[0]
    if "straddl" in text:  # a cell larger than a block of a mebibyte
        return "is no table: it has a cell of more than a million characters; is a quote never closed?"
    return f"is no table: {text}"
