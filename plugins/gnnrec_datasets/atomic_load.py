"""Loads a folder of atomic files."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gnnrec import DataError, Interactions
from gnnrec.data.files import find_folder
from gnnrec.data.log import tell_left_out
from gnnrec.data.lookup import nodes_of
from gnnrec_datasets.atomic_files import AtomicFile, as_text, joined
from gnnrec_datasets.atomic_graph import with_graph
from gnnrec_datasets.divided_log import held_out_once, part_by_file
from gnnrec_datasets.table_columns import Column, without_gaps
from gnnrec_datasets.table_times import seconds_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gnnrec_datasets.atomic_fields import AtomicFields

logger = logging.getLogger("gnnrec")

PARTS = {"train": "train.inter", "val": "valid.inter", "test": "test.inter"}
"""How the files of a division end."""

TITLES = ("title", "movie_title")


@dataclass(frozen=True)
class Folder:
    """A folder whose files bear its name.

    Attributes:
        place: Where it is.
        atomic: What the recipe says of it.
    """

    place: Path
    atomic: AtomicFields

    @property
    def name(self) -> str:
        """What its files are called."""
        return Path(os.path.abspath(self.place)).name  # noqa: PTH100 - `..` goes, a link stays what it is called

    def file(self, ending: str) -> AtomicFile | None:
        """The file with an ending, if it is there."""
        path = self.place / f"{self.name}.{ending}"
        return AtomicFile(path, self.atomic) if path.is_file() else None

    def inter(self) -> dict[str, AtomicFile]:
        """The files of interactions: one, called `train`, or one for each part.

        Raises:
            DataError: There is none, or a division lacks its train or its test.
        """
        whole = self.file("inter")
        parts = {part: file for part, ending in PARTS.items() if (file := self.file(ending)) is not None}
        if parts and (missing := {"train", "test"} - parts.keys()):
            absent = " and ".join(f"{self.name}.{PARTS[part]}" for part in sorted(missing))
            raise DataError(f"{self.place}: {absent} is missing beside {next(iter(parts.values())).path.name}")
        if parts:
            if whole is not None:
                logger.warning("%s is not read: %s.train.inter and its kin lie beside it", whole.path, self.name)
            return parts
        if whole is None:
            others = (
                ", ".join(sorted(each.name for each in self.place.glob("*.inter"))) or "no file that ends in .inter"
            )
            raise DataError(
                f"{self.place}: there is no {self.name}.inter, nor {self.name}.train.inter; atomic files are called "
                f"like their folder, and in this one there is {others}"
            )
        return {"train": whole}


def load(atomic: AtomicFields) -> Interactions:
    """The interactions of a folder, and whatever else it knows.

    Raises:
        DataError: A file is missing or damaged, lacks a column, or has a cell that is not what it should be.
    """
    folder = Folder(find_folder(atomic.path, "dataset.path"), atomic)
    files = folder.inter()
    log = _log(files, atomic, str(folder.place if len(files) > 1 else files["train"].path))
    users, items = (
        None if (file := folder.file(kind)) is None else _known(file, kind, ids, atomic.title, log)
        for kind, ids in (("user", atomic.user), ("item", atomic.item))
    )
    data = Interactions.from_log(log, users=users, items=items, source=str(folder.place))
    if not atomic.relations:
        return data
    return with_graph(data, folder.file("kg"), folder.file("link"), atomic.item)


def _log(files: Mapping[str, AtomicFile], atomic: AtomicFields, source: str) -> pd.DataFrame:
    """The rows of all files together, so that ids are of one type; with their parts where there are several.

    Args:
        files: By part.
        atomic: What the recipe says of them.
        source: What messages call them together.
    """
    file = files["train"]
    names = {"user": atomic.user, "item": atomic.item}
    for role, named, default in (("weight", atomic.rating, "rating"), ("time", atomic.timestamp, "timestamp")):
        if named is not None or default in file.types:
            names[role] = named or default
    found = [each.columns(list(names.values())) for each in files.values()]
    unread = [name for name in file.types if name not in names.values()]
    if unread:
        logger.info("%s: not read: %s", file.path, ", ".join(unread))
    columns = {role: joined([each[name] for each in found], source) for role, name in names.items()}
    if len(files) > 1:
        origin = columns["user"].origin
        columns["part"] = Column(part_by_file(list(files), origin), "part", origin, columns["user"].fields)
    columns = without_gaps(columns) if atomic.missing == "drop" else columns
    log = pd.DataFrame({kind: columns[kind].ids(kind) for kind in ("user", "item")})
    if "weight" in columns:
        log["weight"] = columns["weight"].numbers()
    if "time" in columns:
        log["time"] = seconds_of(columns["time"], atomic.timestamp_unit, None)
    if "part" in columns:
        log["part"] = columns["part"].parts()
        log = held_out_once(log, source)
    return log


def _known(file: AtomicFile, kind: str, id_column: str, title: str | None, log: pd.DataFrame) -> pd.DataFrame:
    """What a file knows of the nodes of the log, under the log's ids: 7 and '7' are one."""
    if kind == "item":
        title = title or next((name for name in TITLES if name in file.types), None)
    file.require(id_column, *(() if title is None or kind != "item" else (title,)))
    columns = file.columns(list(file.types))
    if file.atomic.missing == "drop":
        there = ~columns[id_column].missing
        columns = {name: column.keep(there) for name, column in columns.items()}
    nodes = pd.Series(log[kind].unique())
    position = nodes_of(columns.pop(id_column).ids(kind), nodes)
    there = position >= 0
    found = len(np.unique(position[there]))
    if not found:
        raise DataError(
            f"{file.path} has none of the {len(nodes)} {kind}s that have interactions, such as {nodes.tolist()[0]!r}"
        )
    if found < len(nodes):
        logger.warning("%s: %d of %d %ss are not in it", file.path, len(nodes) - found, len(nodes), kind)
    tell_left_out(kind, int((~there).sum()), len(there), str(file.path))
    known = {kind: pd.Series(nodes.to_numpy()[position])}
    for name, column in columns.items():
        is_title = kind == "item" and name == title
        known["title" if is_title else name] = as_text(column) if is_title else file.typed(column)
    return pd.DataFrame(known)[there]
