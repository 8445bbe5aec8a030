"""Reads lists of each user's items."""

from __future__ import annotations

import logging
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gnnrec import DataError, Interactions
from gnnrec.data.files import find_file
from gnnrec_datasets.divided_log import divided_log

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    Line = list[bytes]

logger = logging.getLogger("gnnrec")

ID = r"^(?:0|-?[1-9][0-9]{0,17})$"
"""A whole number that its text gives back (no leading zeros, no plus), of 64 bits."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

CELLS_OF_A_TABLE = (3, 4)
"""How many cells a row of interactions has: user, item, rating, and perhaps a time."""

LONGEST_LINE = 2**24
"""Bytes; more than a million items, more than any one user has."""

LONGEST_SHOWN = 30


def load(files: Mapping[str, str]) -> Interactions:
    """The interactions of all files, divided where there is more than one.

    Args:
        files: Path by part.

    Raises:
        DataError: A file is not there or is no text, or something in it is no id.
    """
    found = {part: find_file(path, f"dataset.{part}") for part, path in files.items()}
    source = " and ".join(map(str, found.values()))
    parts = {part: _read(file) for part, file in found.items()}
    return Interactions.from_log(divided_log(parts, source) if len(parts) > 1 else parts["train"], source=source)


def _read(file: Path) -> pd.DataFrame:
    """The pairs in a file: columns `user` and `item`, int64."""
    try:
        content = file.read_bytes().removeprefix(BYTE_ORDER_MARK)
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}") from None
    lines = _lines(file, content)
    ids = _ids(file, lines)
    counts = np.fromiter(map(len, lines), np.int64, len(lines))
    is_user = np.zeros(len(ids), bool)
    is_user[(counts.cumsum() - counts)[counts > 0]] = True
    _refuse_table(file, counts[counts > 0], ids[is_user])
    users = np.repeat(ids[is_user], counts[counts > 0] - 1)
    if (counts == 1).any():
        logger.warning(
            "%s: %d lines have a user and no items, which say nothing; the first is line %d",
            file,
            (counts == 1).sum(),
            (counts == 1).argmax() + 1,
        )
    if not len(users):
        raise DataError(f"{file} has no interactions; a line is a user's id and then the ids of their items: 7 12 31")
    return pd.DataFrame({"user": users, "item": ids[~is_user]})


def _lines(file: Path, content: bytes) -> list[Line]:
    """The cells of each line.

    Raises:
        DataError: A line is too long to be one.
    """
    lines = content.splitlines()
    number, length = max(enumerate(map(len, lines), 1), key=lambda each: each[1], default=(0, 0))
    if length > LONGEST_LINE:
        raise DataError(
            f"{file}:{number}: this line has {length:,} characters; a line is a user's id and then the ids of their "
            "items: was the file written without line ends?"
        )
    return [line.split() for line in lines]


def _ids(file: Path, lines: Sequence[Line]) -> npt.NDArray[np.int64]:
    """Every id, line after line: int64 [n].

    Raises:
        DataError: One is none; the message has its line and column.
    """
    said = pa.array(chain.from_iterable(lines), pa.large_binary())
    good = pc.match_substring_regex(said, ID)
    if not pc.all(good, min_count=0).as_py():
        raise DataError(f"{file}{_first_that_is_none(lines, pc.index(good, False).as_py())}")
    ids: npt.NDArray[np.int64] = said.cast(pa.large_string()).cast(pa.int64()).to_numpy()
    return ids


def _first_that_is_none(lines: Sequence[Line], position: int) -> str:
    for number, line in enumerate(lines, 1):
        if position < len(line):
            cell = line[position].decode(errors="replace")
            got = repr(cell if len(cell) <= LONGEST_SHOWN else f"{cell[:LONGEST_SHOWN]}…")
            place = "the user" if not position else f"item {position}"
            comma = "; separate ids by blanks" if any(each in cell for each in ",;:|") else ""
            return (
                f":{number}: {place} of this line is no id: a whole number of at most 18 digits without leading zeros "
                f"was expected, got {got}{comma}. Other ids, and other layouts, are read by dataset table"
            )
        position -= len(line)
    raise IndexError(position)


def _refuse_table(file: Path, counts: npt.NDArray[np.int64], users: npt.NDArray[np.int64]) -> None:
    """A table of interactions would be read as something else, and nobody would notice.

    Args:
        file: For the message.
        counts: int64 [n], how many ids each line has.
        users: int64 [n], the first of each.
    """
    has_cells = len(counts) and counts[0] in CELLS_OF_A_TABLE and (counts == counts[0]).all()
    if has_cells and len(np.unique(users)) <= len(users) / 2:
        raise DataError(
            f"{file} looks like a table of interactions: each line has {counts[0]} numbers, and users have several "
            "lines. Read it by dataset table; if it is a list of items, put those of a user on one line"
        )
