"""The interactions of a store as a table that the next training reads as it is."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from gnnrec.errors import UsageError
from gnnrec.serving.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gnnrec.serving.changes import Catalogue, Change

WRITERS: dict[str, Any] = {".csv": pa_csv.CSVWriter, ".parquet": pa_parquet.ParquetWriter}
"""By how a file's name ends."""


def write_table(
    path: Path, store: str, pages: Iterable[list[Change]], catalogue: Catalogue, *, with_weights: bool
) -> int:
    """Write interactions with the columns user, item, timestamp, and weight where any has one; the number of rows.

    Where nothing is said an interaction weighs 1.

    Args:
        path: See `Store.export`; nothing lies there unless all of it was written.
        store: What messages call the store.
        pages: The log, in pieces.
        catalogue: What ids are.
        with_weights: Whether there are weights.

    Raises:
        UsageError: The file ends otherwise than `WRITERS` say, or cannot be written.
        StoreError: There are no interactions.
    """
    make = WRITERS.get(path.suffix.lower())
    if make is None:
        raise UsageError(f"a store is exported to a file that ends in {' or '.join(WRITERS)}; got {path.name}")
    kinds: dict[str, pa.DataType] = {"text": pa.string(), "number": pa.int64()}
    columns: list[tuple[str, pa.DataType]] = [
        ("user", kinds[catalogue.user_ids]),
        ("item", kinds[catalogue.item_ids]),
        ("timestamp", pa.int64()),
    ]
    schema = pa.schema([*columns, *([("weight", pa.float64())] if with_weights else [])])
    draft, rows = path.with_name(f".{path.name}.new"), 0
    try:
        with make(draft, schema) as writer:
            for page in pages:
                some = [each for each in page if each.kind == "interaction"]
                values: dict[str, list[Any]] = {
                    "user": [each.user for each in some],
                    "item": [each.item for each in some],
                    "timestamp": [each.time for each in some],
                    "weight": [1.0 if each.weight is None else each.weight for each in some],
                }
                writer.write_table(pa.table({name: values[name] for name in schema.names}, schema=schema))
                rows += len(some)
        if not rows:
            raise StoreError(f"store {store} has no interactions to export")
        draft.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            draft.unlink()
    return rows
