"""Reads from a table how interactions were divided; of a run's, with what the run says beside it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gnnrec import DataError
from gnnrec.data.files import find_file
from gnnrec.data.lookup import nodes_of
from gnnrec.data.parts import PARTS, TRAIN
from gnnrec.data.split import KNOWN
from gnnrec.errors import suggestion
from gnnrec_splits.parts import LONG_AGO

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gnnrec import Interactions
    from gnnrec.data.edges import IdArray, Mask
    from gnnrec.data.split import Phase
    from gnnrec_splits.parts import Parts

logger = logging.getLogger("gnnrec")

COLUMNS = ("user", "item", "part")
USES = ("message", "supervision")

PARQUET = ".parquet"
SEPARATORS = {".csv": ",", ".csv.gz": ",", ".tsv": "\t"}

TRUTH = {"true": True, "false": False, "1": True, "0": False}
"""How tables write yes and no."""


@dataclass(frozen=True)
class Division:
    """How interactions were divided.

    Attributes:
        part: int8 [E], positions in `PARTS`.
        used: Message and supervision, bool [E] each, where they are said.
        absent: As a `Split` has it.
        moments: As a `Split` has them.
    """

    part: Parts
    used: tuple[Mask, Mask] | None = None
    absent: Mapping[str, Mask] = field(default_factory=dict)
    moments: Mapping[Phase, IdArray] = field(default_factory=dict)


def read_division(path: str, data: Interactions) -> Division:
    """How a table divides interactions; ids meet by what they say, `7` in one is `7` in the other.

    Rows that are no interaction are counted in a warning.

    Raises:
        DataError: The file cannot be read, lacks a column or an interaction, has one twice, or has a cell that says
            nothing.
    """
    file = find_file(path, "split.path")
    table = _in_order(_read(file), data, file)
    part = pd.Index(PARTS).get_indexer(pd.Index(table["part"])).astype(np.int8)
    if (part < 0).any():
        strange = table["part"].to_numpy()[part < 0]
        raise DataError(
            f"{file}: {len(strange)} rows are in a part that is none, such as {strange[0]!r}; "
            f"parts are called {', '.join(PARTS)}"
        )
    used = None
    if "message" in table:
        message, supervision = used = (_truth(table["message"], file), _truth(table["supervision"], file))
        wrong = int(((part == TRAIN) != (message | supervision)).sum())
        if wrong:
            raise DataError(
                f"{file}: {wrong} rows are train and neither message nor supervision, or one of these and not train"
            )
    nodes = {kind: _of_nodes(file, kind, data) for kind in ("user", "item")}
    moments = {phase: nodes["user"].get(f"moment_{phase}") for phase in KNOWN}
    return Division(
        part,
        used,
        {
            kind: each["absent"].fillna(False).to_numpy(bool, copy=True)
            for kind, each in nodes.items()
            if "absent" in each
        },
        {
            phase: each.fillna(LONG_AGO).to_numpy(np.int64, copy=True)
            for phase, each in moments.items()
            if each is not None
        },
    )


def _read(file: Path) -> pd.DataFrame:
    """The table in a file; the cells of text are text."""
    form = next((form for form in (PARQUET, *SEPARATORS) if file.name.lower().endswith(form)), None)
    if form is None:
        raise DataError(f"{file}: a division is a file that ends in {', '.join((PARQUET, *SEPARATORS))}")
    try:
        if form == PARQUET:
            table = pd.read_parquet(file)
        else:
            table = pd.read_csv(file, sep=SEPARATORS[form], dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{file} cannot be read: {error}") from None
    wanted = COLUMNS + (USES if set(USES) & set(table) else ())
    lacking = next((column for column in wanted if column not in table), None)
    if lacking is not None:
        raise DataError(f"{file} has no column '{lacking}'{suggestion(lacking, map(str, table))}")
    return table[list(wanted)]


def _in_order(table: pd.DataFrame, data: Interactions, file: Path) -> pd.DataFrame:
    """The row of each interaction, in their order."""
    users, items = (nodes_of(table[kind], data.tables[kind][kind]) for kind in ("user", "item"))
    edges = data.edges
    keys = np.where((users < 0) | (items < 0), -1, users * edges.num_items + items)
    place = pd.Index(edges.keys).get_indexer(pd.Index(keys))
    rows = np.flatnonzero(place >= 0)
    times = np.bincount(place[rows], minlength=len(edges))

    def first_of(wrong: Mask) -> str:
        user, item = (data.tables[kind][kind].iloc[ids[wrong.argmax()]] for kind, ids in ends.items())
        return f"the first is of user {user} and item {item}"

    ends = {"user": edges.users, "item": edges.items}
    if (times > 1).any():
        raise DataError(f"{file}: {(times > 1).sum()} interactions stand in it more than once; {first_of(times > 1)}")
    if (times < 1).any():
        raise DataError(
            f"{file}: {(times < 1).sum()} of {len(edges)} interactions have no row in it; {first_of(times < 1)}. "
            "Filter them out, or add their rows"
        )
    if len(rows) < len(table):
        logger.warning("%s: %d of %d rows are no interaction of these data", file, len(table) - len(rows), len(table))
    return table.iloc[rows[np.argsort(place[rows])]]


def _truth(cells: pd.Series[Any], file: Path) -> Mask:
    said = cells.astype(str).str.casefold().map(TRUTH)
    if said.isna().any():
        strange = cells[said.isna()].iloc[0]
        raise DataError(f"{file}: column '{cells.name}' says true or false; got {strange!r}")
    return said.to_numpy(bool, copy=True)  # what pandas lends may not be written to, and torch warns of that


def _of_nodes(file: Path, kind: str, data: Interactions) -> pd.DataFrame:
    """What a run says of these users or items beside its division: row i = node i; no columns where it says nothing."""
    told, ids = (file.with_name(name) for name in (f"split_{kind}s.parquet", f"{kind}s.parquet"))
    wanted = data.tables[kind][kind].astype(str)
    if not (told.is_file() and ids.is_file()):
        return pd.DataFrame(index=wanted)
    try:
        known = pd.read_parquet(ids, columns=[kind])[kind].astype(str)
        return pd.read_parquet(told).set_axis(pd.Index(known)).reindex(pd.Index(wanted))
    except (OSError, ValueError) as error:
        raise DataError(f"{told} cannot be read, or does not go with {ids.name}: {error}") from None
