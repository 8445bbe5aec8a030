"""A split on disk: all that graphs, features and scorers were built of, by original ids, to build them again alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gnnrec.data.edges import Edges, Relation
from gnnrec.data.interactions import Interactions
from gnnrec.data.parts import PARTS
from gnnrec.data.split import KNOWN, Split
from gnnrec.errors import RunDirectoryError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from gnnrec.data.split import Phase

TABLES = {"user": "users", "item": "items"}
"""The tables of the two node types that are always there; those of others are in a folder."""

NODES, RELATIONS, BEHAVIOURS = "nodes", "relations", "behaviours"

MOMENT = "moment_"


def write_split(folder: Path, split: Split) -> None:
    """Write users, items, the split, and whatever else the data have.

    Raises:
        OSError: The disk is full or may not be written.
    """
    data = split.interactions
    tables = {TABLES.get(kind, f"{NODES}/{kind}"): table for kind, table in data.tables.items()}
    tables["split"] = split.to_table()
    if data.filtered is not None:
        tables["filtered"] = data.to_table(data.filtered)
    tables |= {f"{RELATIONS}/{each.key}": _relation_table(each, data) for each in data.relations}
    tables |= {f"{BEHAVIOURS}/{name}": data.to_table(each) for name, each in data.behaviours.items()}
    tables |= {f"split_{TABLES[kind]}": table for kind in TABLES if len((table := _of_nodes(kind, split)).columns)}
    for name, table in tables.items():
        path = folder / f"{name}.parquet"
        path.parent.mkdir(exist_ok=True)
        table.to_parquet(path, index=False)


def read_split(folder: Path, users: pd.DataFrame, items: pd.DataFrame) -> Split:
    """The split that was written, over the tables that were.

    Runs of format 1 hold less, and interactions in the order of their file.

    Raises:
        RunDirectoryError: A file is missing or damaged.
    """
    table = read_table(folder / "split.parquet")
    tables = {"user": users, "item": items} | {
        path.stem: read_table(path) for path in sorted((folder / NODES).glob("*.parquet"))
    }
    edges, order = _edges(table, tables).sorted()
    table = table if order is None else table.iloc[order]
    filtered = folder / "filtered.parquet"
    data = Interactions(
        edges,
        tables,
        tuple(_relation(path, tables) for path in sorted((folder / RELATIONS).glob("*.parquet"))),
        {path.stem: _edges(read_table(path), tables) for path in sorted((folder / BEHAVIOURS).glob("*.parquet"))},
        filtered=_edges(read_table(filtered), tables) if filtered.exists() else None,
        source=str(folder),
    )
    nodes = {
        kind: read_table(path) for kind, name in TABLES.items() if (path := folder / f"split_{name}.parquet").exists()
    }
    of_users = nodes.get("user", pd.DataFrame())
    moments: dict[Phase, npt.NDArray[np.int64]] = {
        phase: _numbers(of_users[column], np.int64) for phase in KNOWN if (column := f"{MOMENT}{phase}") in of_users
    }
    return Split(
        data,
        pd.Index(PARTS).get_indexer(pd.Index(table["part"])).astype(np.int8),
        _numbers(table["message"], np.bool_),
        _numbers(table["supervision"], np.bool_),
        {kind: _numbers(each["absent"], np.bool_) for kind, each in nodes.items() if "absent" in each},
        moments,
    )


def read_table(path: Path) -> pd.DataFrame:
    """One of a run's tables.

    Raises:
        RunDirectoryError: It is missing or damaged.
    """
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise RunDirectoryError(f"{path} cannot be read: {error}") from None


def _of_nodes(kind: str, split: Split) -> pd.DataFrame:
    """What a split says of users or items: whether they are absent, and the moments of users; row i = node i."""
    known: dict[str, Any] = {"absent": split.absent[kind]} if kind in split.absent else {}
    if kind == "user":
        known |= {f"{MOMENT}{phase}": moment for phase, moment in split.moments.items()}
    return pd.DataFrame(known, index=range(len(split.interactions.tables[kind])))


def _relation_table(relation: Relation, data: Interactions) -> pd.DataFrame:
    types = {"source": relation.source_type, "target": relation.target_type, "by_user": "user"}
    ends = {name: (ids, types[name]) for name in types if (ids := getattr(relation, name)) is not None}
    more = {name: values for name in ("time", "weight") if (values := getattr(relation, name)) is not None}
    return pd.DataFrame({name: data.tables[kind][kind].to_numpy()[ids] for name, (ids, kind) in ends.items()} | more)


def _relation(path: Path, tables: dict[str, pd.DataFrame]) -> Relation:
    table, types = read_table(path), path.stem.split("-")
    ends = dict(zip(("source", "target", "by_user"), (types[0], types[-1], "user"), strict=True))
    known: dict[str, Any] = _values(table)
    known |= {name: _nodes(table[name], tables[kind][kind]) for name, kind in ends.items() if name in table}
    return Relation(types[0], "-".join(types[1:-1]), types[-1], **known)


def _edges(table: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> Edges:
    ends = {kind: _nodes(table[kind], tables[kind][kind]) for kind in TABLES}
    return Edges(ends["user"], ends["item"], len(tables["user"]), len(tables["item"]), **_values(table))


def _values(table: pd.DataFrame) -> dict[str, Any]:
    dtypes: dict[str, Any] = {"time": np.int64, "weight": np.float32}
    return {name: _numbers(table[name], dtype) for name, dtype in dtypes.items() if name in table}


def _nodes(ids: pd.Series[Any], known: pd.Series[Any]) -> npt.NDArray[np.int64]:
    return np.asarray(pd.Index(known).get_indexer(pd.Index(ids)), np.int64)


def _numbers(column: pd.Series[Any], dtype: Any) -> Any:
    """An array of its own: what a table lends cannot be written to, and torch wants tensors that can."""
    return column.to_numpy(dtype, copy=True)
