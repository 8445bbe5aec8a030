"""Which columns of a file of interactions are probably what, by what such columns are usually called."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

USUAL = {
    "user": ("user", "userid", "uid", "customer", "customerid", "visitor", "visitorid", "member", "memberid", "reader"),
    "item": (
        *("item", "itemid", "iid", "movie", "movieid", "product", "productid", "article", "articleid", "book"),
        *("bookid", "track", "trackid", "song", "songid", "sku", "asin"),
    ),
    "rating": ("rating", "ratings", "stars", "score"),
    "timestamp": ("timestamp", "time", "ts", "date", "datetime", "when", "createdat"),
    "part": ("part",),
}
"""What columns are called, in small letters and without what stands between words; the first comes first."""

PARQUET = (".parquet", ".pq")

PACKED: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}

SEPARATORS = ("\t", ";", "|", ",")

LINE = 100_000
"""Characters of a first line, at the most."""


def usual_columns(path: Path) -> dict[str, str]:
    """Fields of a table of interactions (`user`, `item`, `rating`, `timestamp`, `part`) and the column of each.

    Only what is called as such columns usually are is found; nothing where the file is none that has a header, or
    cannot be read here.
    """
    by_word: dict[str, str] = {}
    for name in _header(path):
        by_word.setdefault(_word(name), name)
    found = {field: next((by_word[word] for word in words if word in by_word), None) for field, words in USUAL.items()}
    return {field: name for field, name in found.items() if name is not None}


def _word(name: str) -> str:
    """What a column is called, however it is written.

    >>> [_word(each) for each in ("userId", "User ID", "movie_id", "created-at")]
    ['userid', 'userid', 'movieid', 'createdat']
    """
    return re.sub(r"[\W_]+", "", name).lower()


def _header(path: Path) -> Iterable[str]:
    if not path.is_file():
        return ()
    if path.suffix.lower() in PARQUET:
        import pyarrow as pa
        from pyarrow import parquet

        with suppress(OSError, pa.ArrowException):
            return [str(name) for name in parquet.read_schema(path).names]
        return ()
    try:
        opened = PACKED.get(path.suffix.lower(), open)
        with opened(path, "rt", encoding="utf-8-sig", errors="replace") as file:
            line = str(file.readline(LINE)).rstrip("\r\n")
    except (OSError, EOFError, lzma.LZMAError):
        return ()
    separator = max(SEPARATORS, key=line.count)
    return [cell.strip().strip("\"'") for cell in line.split(separator)]
