"""A split on disk: all that graphs, features and scorers were built of, by original ids, to build them again alike."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gnnrec.data import stored
from gnnrec.data.parts import PARTS
from gnnrec.data.split import KNOWN, Split
from gnnrec.data.stored import TABLES
from gnnrec.errors import DataError, RunDirectoryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from gnnrec.data.split import Phase

SPLIT = "split"
"""The file of interactions; what is said of nodes is in files that begin so."""

MOMENT = "moment_"


def write_split(folder: Path, split: Split) -> None:
    """Write users, items, the split, and whatever else the data have.

    Raises:
        OSError: The disk is full or may not be written.
        RunDirectoryError: A table has cells that Parquet does not take.
    """
    of_nodes = {f"{SPLIT}_{name}": _of_nodes(kind, split) for kind, name in TABLES.items()}
    said = {name: table for name, table in of_nodes.items() if len(table.columns)}
    with _of_a_run():
        stored.write_tables(folder, {**stored.tables_of(split.interactions), SPLIT: split.to_table(), **said})


def read_split(folder: Path, users: pd.DataFrame, items: pd.DataFrame) -> Split:
    """The split that was written, over the tables that were.

    Runs of format 1 hold less, and interactions in the order of their file.

    Raises:
        RunDirectoryError: A file is missing or damaged.
    """
    with _of_a_run():
        data, table = stored.read_interactions(folder, SPLIT, users, items, source=str(folder))
    nodes = {
        kind: read_table(path) for kind, name in TABLES.items() if (path := folder / f"{SPLIT}_{name}.parquet").exists()
    }
    of_users = nodes.get("user", pd.DataFrame())
    moments: dict[Phase, npt.NDArray[np.int64]] = {
        phase: stored.numbers(of_users[column], np.int64)
        for phase in KNOWN
        if (column := f"{MOMENT}{phase}") in of_users
    }
    return Split(
        data,
        pd.Index(PARTS).get_indexer(pd.Index(table["part"])).astype(np.int8),
        stored.numbers(table["message"], np.bool_),
        stored.numbers(table["supervision"], np.bool_),
        {kind: stored.numbers(each["absent"], np.bool_) for kind, each in nodes.items() if "absent" in each},
        moments,
    )


def read_table(path: Path) -> pd.DataFrame:
    """One of a run's tables.

    Raises:
        RunDirectoryError: It is missing or damaged.
    """
    with _of_a_run():
        return stored.read_table(path)


@contextmanager
def _of_a_run() -> Iterator[None]:
    """What is wrong with data on disk is wrong with the run."""
    try:
        yield
    except DataError as error:
        raise RunDirectoryError(str(error)) from None


def _of_nodes(kind: str, split: Split) -> pd.DataFrame:
    """What a split says of users or items: whether they are absent, and the moments of users; row i = node i."""
    known: dict[str, Any] = {"absent": split.absent[kind]} if kind in split.absent else {}
    if kind == "user":
        known |= {f"{MOMENT}{phase}": moment for phase, moment in split.moments.items()}
    return pd.DataFrame(known, index=range(len(split.interactions.tables[kind])))
