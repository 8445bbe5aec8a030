"""A folder that a data set was converted to: what it says of itself, and the same interactions again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pa_parquet

from gnnrec.data.log import parts_of
from gnnrec.data.stored import IN_FOLDER, PARQUET, TABLES, read_interactions, read_table
from gnnrec.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gnnrec.data.interactions import Interactions

ABOUT = "data.json"
"""By this file such a folder is known."""

FORMAT = 1
"""The version of the folder's layout, raised when an older gnnrec could not read it."""

INTERACTIONS = "interactions"

PART = "part"
"""The column that says in which part an interaction came."""

WROTE = "`gnnrec data convert` wrote"

ALWAYS = tuple(f"{name}{PARQUET}" for name in (INTERACTIONS, *TABLES.values()))


@dataclass(frozen=True)
class StoredTable:
    """What is in a file, and of which bytes it is."""

    columns: tuple[str, ...]
    rows: int
    bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> StoredTable:
        """A file as it is.

        Raises:
            DataError: It is missing or damaged.
        """
        try:
            described = pa_parquet.read_metadata(path)
            columns = tuple(described.schema.to_arrow_schema().names)
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            return cls(columns, described.num_rows, path.stat().st_size, digest)
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{path} cannot be read: {error}") from None


@dataclass(frozen=True)
class About:
    """What a folder says of itself.

    Attributes:
        source: Where the data came from.
        terms: Their terms of use; empty where they are not known.
        files: By path within the folder, with `/`.
    """

    source: str
    terms: str
    files: Mapping[str, StoredTable]

    def to_json(self) -> str:
        """The text of `data.json`."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def of(cls, folder: Path) -> About:
        """What is written in a folder.

        Raises:
            DataError: It is no converted one, was written by a newer gnnrec, or is damaged.
        """
        path = folder / ABOUT
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DataError(f"{folder} is no folder that {WROTE}: there is no {ABOUT} in it") from None
        except (OSError, ValueError) as error:
            raise DataError(f"{path} cannot be read: {error}") from None
        written = content.get("format") if isinstance(content, dict) else None
        if type(written) is not int:  # a boolean is none either
            raise DataError(f"{path} names no format, so it is damaged or none that {WROTE}")
        if written != FORMAT:
            raise DataError(f"{folder} has format {written}; this gnnrec reads format {FORMAT}: upgrade gnnrec")
        try:
            files = {
                name: StoredTable(**each | {"columns": tuple(each["columns"])})
                for name, each in content["files"].items()
            }
            return cls(str(content["source"]), str(content["terms"]), files)
        except (KeyError, TypeError, AttributeError):
            raise DataError(f"{path} does not tell the files of its folder, so it is damaged") from None


def read_converted(folder: Path) -> Interactions:
    """The interactions that were written, with the same fingerprint.

    Raises:
        DataError: It is no converted folder, was written by a newer gnnrec, or something in it is missing, damaged, or
            not as it was written.
    """
    about = About.of(folder)
    _check_names(folder, about.files)
    for name, expected in about.files.items():
        _check_same(folder / name, expected)
    users, items = (read_table(folder / f"{name}{PARQUET}") for name in TABLES.values())
    source = f"{folder}, converted from {about.source}"
    data, log = read_interactions(folder, INTERACTIONS, users, items, source)
    if PART not in log:
        return data
    return replace(data, parts=parts_of(log[PART], str(folder / f"{INTERACTIONS}{PARQUET}")))


def _check_names(folder: Path, files: Iterable[str]) -> None:
    """Each file is there, and no other that would be taken for one."""
    every = (path for pattern in (IN_FOLDER, f"*/{IN_FOLDER}") for path in folder.glob(pattern))
    found = {path.relative_to(folder).as_posix() for path in every}
    missing, strange = sorted({*ALWAYS, *files} - found), sorted(found - {*files})
    if missing:
        raise DataError(f"{folder} lacks {', '.join(missing)}; convert the data again")
    if strange:
        raise DataError(f"{folder} holds {', '.join(strange)}, which {ABOUT} does not name; take it out of the folder")


def _check_same(path: Path, expected: StoredTable) -> None:
    """A file is as it was written, to the last bit."""
    got = StoredTable.of(path)
    for each in fields(StoredTable):
        before, now = getattr(expected, each.name), getattr(got, each.name)
        if now != before:
            raise DataError(f"{path} is not as it was written: expected {each.name} {_told(before)}, got {_told(now)}")


def _told(value: int | str | tuple[str, ...]) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
