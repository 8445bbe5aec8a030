"""What parsing a file came to, kept in the user's cache: the same file is read again in a fraction of the time."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pa_parquet

from gnnrec.data.drafts import drafted
from gnnrec.data.edges import Edges, Relation
from gnnrec.data.files import cache_folder
from gnnrec.data.hearing import heard_too
from gnnrec.data.interactions import Interactions
from gnnrec.data.stored import NODES, PARQUET, TABLES, read_table, write_tables
from gnnrec.errors import GnnrecError
from gnnrec.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

logger = logging.getLogger("gnnrec")

FORMAT = 1
"""Of the folders of the cache: another one is parsed anew."""

LEAST = 4 * 2**20
"""Bytes of files from which on reading them again would take long enough."""

MOST = 8 * 2**30
"""Bytes that the cache may take; what was not asked for the longest goes first."""

ABOUT = "about.json"
IDS = {"users", "items", "source", "target", "by_user"}
EDGES, BEHAVIOURS, RELATIONS, FILTERED = "edges", "behaviours", "relations", "filtered"


def parsed(files: Sequence[Path], said: Mapping[str, Any], parse: Callable[[], Interactions]) -> Interactions:
    """What `parse` gives; from the cache where the same files were parsed with the same options before.

    What parsing said is said again. A cache that is damaged, of another version, or cannot be written is no fault:
    the files are parsed.

    Args:
        files: All that are read; they are known by place, size and time of change.
        said: The options, as plain data.
        parse: Reads the files.

    Raises:
        GnnrecError: As `parse` does.
    """
    state = _state(files)
    if state is None or sum(size for _, size, _ in state) < LEAST:
        return parse()
    key = hashlib.sha256(json.dumps([FORMAT, __version__, state, dict(said)], sort_keys=True).encode()).hexdigest()
    folder = _root() / key[:32]
    if (folder / ABOUT).is_file():
        try:
            return _read(folder)
        except (GnnrecError, OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
            logger.warning("%s is damaged (%s); the data are parsed anew", folder, str(error).partition("\n")[0])
    shutil.rmtree(folder, ignore_errors=True)
    with heard_too() as records:
        data = parse()
    if _state(files) == state:  # nobody changed them meanwhile
        _keep(folder, data, records)
    return data


def _root() -> Path:
    return cache_folder() / "parsed"


def _state(files: Iterable[Path]) -> list[tuple[str, int, int]] | None:
    """Place, size and time of change of each file; None where one cannot be asked."""
    try:
        return [(str(path.resolve()), (known := path.stat()).st_size, known.st_mtime_ns) for path in files]
    except OSError:
        return None


def _keep(folder: Path, data: Interactions, records: Sequence[logging.LogRecord]) -> None:
    """Write it, and let go of what is too much; where that fails, say so and leave it."""
    messages = [(record.levelno, record.getMessage(), _extra(record)) for record in records]
    about = {"source": data.source, "chosen": dict(data.chosen), "messages": messages}
    try:
        with drafted(folder) as draft:
            _write(draft, data)
            (draft / ABOUT).write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
        _evict(keep=folder)
    except FileExistsError:
        pass  # another process was as quick
    except (OSError, GnnrecError, pa.ArrowException) as error:
        if not folder.is_dir():
            logger.info("what was parsed is not kept in %s: %s", folder.parent, error)


def _extra(record: logging.LogRecord) -> dict[str, int]:
    """What a record counts besides its text."""
    usual = vars(logging.makeLogRecord({}))
    return {name: value for name, value in vars(record).items() if name not in usual and isinstance(value, int)}


def _evict(keep: Path) -> None:
    """Remove what was not asked for the longest, until the rest is small enough."""
    folders = [each for each in keep.parent.iterdir() if (each / ABOUT).is_file()]
    sizes = {each: sum(file.stat().st_size for file in each.rglob("*") if file.is_file()) for each in folders}
    total = sum(sizes.values())
    for each in sorted(folders, key=lambda folder: (folder / ABOUT).stat().st_mtime):
        if total <= MOST:
            return
        if each != keep:
            shutil.rmtree(each, ignore_errors=True)
            total -= sizes[each]


def _write(folder: Path, data: Interactions) -> None:
    _write_edges(folder / EDGES, data.edges, data.parts)
    if data.filtered is not None:
        _write_edges(folder / FILTERED, data.filtered)
    for name, edges in data.behaviours.items():
        _write_edges(folder / BEHAVIOURS / name, edges)
    for each in data.relations:
        ends = {"source": each.source, "target": each.target, "by_user": each.by_user}
        _write_arrays(folder / RELATIONS / each.key, {**ends, "time": each.time, "weight": each.weight})
    write_tables(folder, {TABLES.get(kind, f"{NODES}/{kind}"): table for kind, table in data.tables.items()})


def _write_edges(path: Path, edges: Edges, parts: Any = None) -> None:
    known = {"time": edges.time, "weight": edges.weight, "parts": parts}
    _write_arrays(path, {"users": edges.users, "items": edges.items, **known})


def _write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Node ids in 32 bits where they fit; `path` is without its ending."""
    path.parent.mkdir(exist_ok=True)
    columns = {name: values for name, values in arrays.items() if values is not None}
    for name in IDS & set(columns):
        if not len(columns[name]) or columns[name].max() <= np.iinfo(np.int32).max:
            columns[name] = columns[name].astype(np.int32)
    coded: Any = [name for name in columns if name not in {"time", "items"}]
    place = path.with_name(path.name + PARQUET)
    pa_parquet.write_table(pa.table(columns), place, compression="lz4", use_dictionary=coded, write_page_checksum=True)


def _read(folder: Path) -> Interactions:
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    tables = {kind: read_table(folder / f"{name}{PARQUET}") for kind, name in TABLES.items()}
    tables |= {path.stem: read_table(path) for path in (folder / NODES).glob(f"*{PARQUET}")}
    counts = (len(tables["user"]), len(tables["item"]))
    edges, parts = _read_edges(folder / f"{EDGES}{PARQUET}", counts)
    filtered = folder / f"{FILTERED}{PARQUET}"
    data = Interactions(
        edges,
        tables,
        tuple(_read_relation(path) for path in (folder / RELATIONS).glob(f"*{PARQUET}")),
        {path.stem: _read_edges(path, counts)[0] for path in (folder / BEHAVIOURS).glob(f"*{PARQUET}")},
        parts,
        _read_edges(filtered, counts)[0] if filtered.exists() else None,
        str(about["source"]),
        dict(about["chosen"]),
    )
    for level, message, extra in about["messages"]:
        logger.log(level, "%s", message, extra=extra)
    now = time.time()
    os.utime(folder / ABOUT, (now, now))
    return data


def _read_arrays(path: Path) -> dict[str, Any]:
    table = pa_parquet.read_table(path, page_checksum_verification=True)
    arrays = {name: column.to_numpy() for name, column in zip(table.column_names, table.columns, strict=True)}
    return {name: values.astype(np.int64) if values.dtype == np.int32 else values for name, values in arrays.items()}


def _read_edges(path: Path, counts: tuple[int, int]) -> tuple[Edges, Any]:
    arrays = _read_arrays(path)
    parts = arrays.pop("parts", None)
    return Edges(arrays.pop("users"), arrays.pop("items"), *counts, **arrays), parts


def _read_relation(path: Path) -> Relation:
    types = path.stem.split("-")
    return Relation(types[0], "-".join(types[1:-1]), types[-1], **_read_arrays(path))
