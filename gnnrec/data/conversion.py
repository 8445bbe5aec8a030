"""Converts a data set: writes all that it is into a folder of Parquet, whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from gnnrec.data.converted import ABOUT, INTERACTIONS, PART, WROTE, About, StoredTable, read_converted
from gnnrec.data.drafts import drafted
from gnnrec.data.fingerprint import digest_table
from gnnrec.data.parts import PARTS
from gnnrec.data.stored import PARQUET, tables_of, write_tables
from gnnrec.errors import DataError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec.data.interactions import Interactions


def write_converted(folder: Path, data: Interactions, terms: str, *, force: bool = False) -> About:
    """Write all that the data are; whatever happens, the folder is there with all of it, or as it was.

    What was written is read again before the folder gets its name.

    Args:
        folder: What it lies in is made where it is missing.
        data: What is written.
        terms: Their terms of use.
        force: Replace a folder that was written so.

    Raises:
        UsageError: There is a folder that is not replaced, or it cannot be written.
        DataError: Something would not come back from Parquet as it is.
    """
    tables = {INTERACTIONS: data.to_table(data.edges), **tables_of(data)}
    if data.parts is not None:
        tables[INTERACTIONS][PART] = np.array(PARTS)[data.parts]
    place = folder.resolve()
    require_free(folder, force=force)
    try:
        with drafted(place, replaces=place.is_dir()) as draft:
            write_tables(draft, tables)
            files = [f"{name}{PARQUET}" for name in tables]
            about = About(data.source, terms, {name: StoredTable.of(draft / name) for name in files})
            (draft / ABOUT).write_text(about.to_json(), encoding="utf-8")
            _require_same(data, draft)
            require_free(folder, force=force)  # as writing takes its time
    except OSError as error:
        raise UsageError(f"cannot write {folder}: {error.strerror or error}; choose a place with --out") from None
    return about


def require_free(folder: Path, *, force: bool) -> None:
    """Make sure that a converted data set can have this name, and that nothing is lost by it.

    Raises:
        UsageError: Something is called so, and `force` is not given or it is not only what was written so.
    """
    place = folder.resolve()
    if not os.path.lexists(place):
        return
    untouched = "and nothing of it is touched; choose another place with --out"
    if not place.is_dir():
        raise UsageError(f"{folder} exists and is no folder, {untouched}")
    try:
        about = About.of(place)
    except DataError:
        raise UsageError(f"{folder} exists and is none that {WROTE}, {untouched}") from None
    ours = {place / ABOUT} | {place / name for name in about.files}
    ours |= {file.parent for file in ours}
    strange = sorted({*place.rglob("*")} - ours)
    if strange:
        name = strange[0].relative_to(place).as_posix()
        raise UsageError(f"{folder} exists and holds {name}, which is not what {WROTE}, {untouched}")
    if not force:
        raise UsageError(f"{folder} exists; --force replaces it")


def _require_same(data: Interactions, draft: Path) -> None:
    """What was written is what there is.

    Raises:
        DataError: Something is not; it is named.
    """
    try:
        back = read_converted(draft)
    except DataError as error:
        raise DataError(f"{data.source} would not come back from Parquet, so nothing is written: {error}") from None
    other = [part for part, digest in data.fingerprint.items() if back.fingerprint.get(part) != digest]
    columns = [
        f"column {name} of {kind}s"
        for kind, table in data.tables.items()
        for name in table
        if f"table {kind}" in other and digest_table(table[[name]]) != digest_table(back.tables[kind][[name]])
    ]
    if other:
        raise DataError(
            f"{data.source}: {', '.join(columns or other)} would not come back from Parquet as it is, so nothing is "
            "written"
        )
