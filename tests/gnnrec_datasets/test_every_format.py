"""The same interactions, in every form in which people have them, are the same data to the last digit."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from gnnrec import Interactions
from gnnrec.testing import toy_interactions
from gnnrec_datasets.adjacency_list import AdjacencyList
from gnnrec_datasets.atomic import Atomic
from gnnrec_datasets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DATA = toy_interactions()
LOG = DATA.to_table(DATA.edges).rename(columns={"time": "timestamp", "weight": "rating"})
COLUMNS = tuple(LOG.columns)
NAMED = {"rating": "rating", "timestamp": "timestamp"}


def text(separator: str, *, header: bool = True) -> str:
    rows = [list(COLUMNS)] if header else []
    rows += LOG.astype(str).to_numpy().tolist()
    return "\n".join(separator.join(row) for row in rows) + "\n"


def table(folder: Path, name: str, content: bytes, **fields: object) -> Interactions:
    (folder / name).write_bytes(content)
    return Table(path=str(folder / name), **fields).load()


def atomic(folder: Path) -> Interactions:
    (folder / "toy").mkdir()
    header = "user_id:token\titem_id:token\ttimestamp:float\trating:float\n"
    (folder / "toy" / "toy.inter").write_text(header + text("\t", header=False))
    return Atomic(path=str(folder / "toy")).load()


def parquet(folder: Path) -> Interactions:
    LOG.to_parquet(folder / "log.parquet")
    return Table(path=str(folder / "log.parquet"), **NAMED).load()


def adjacency_list(folder: Path) -> Interactions:
    lines = [f"{user} {' '.join(map(str, of_user))}\n" for user, of_user in LOG.groupby("user")["item"]]
    (folder / "train.txt").write_text("".join(lines))
    return AdjacencyList(train=str(folder / "train.txt")).load()


FORMS: dict[str, Callable[[Path], Interactions]] = {
    "csv": lambda folder: table(folder, "log.csv", text(",").encode(), **NAMED),
    "tsv": lambda folder: table(folder, "log.tsv", text("\t").encode(), **NAMED),
    "double colons": lambda folder: table(folder, "log.dat", text("::").encode(), separator="::", **NAMED),
    "headerless": lambda folder: table(folder, "log.csv", text(",", header=False).encode(), columns=COLUMNS),
    "gzip": lambda folder: table(folder, "log.csv.gz", gzip.compress(text(",").encode()), **NAMED),
    "rows upside down": lambda folder: table(
        folder, "log.csv", "\n".join([",".join(COLUMNS), *text(",", header=False).split()[::-1]]).encode(), **NAMED
    ),
    "parquet": parquet,
    "atomic": atomic,
    "frame": lambda _: Interactions.from_log(
        LOG.rename(columns={"timestamp": "time", "rating": "weight"}), source="a frame"
    ),
}


def digests(data: Interactions) -> dict[str, str]:
    return {part: digest for part, digest in data.fingerprint.items() if part in {"edges", "time", "weight"}}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_same_interactions_is_the_same_data(form: str, tmp_path: Path) -> None:
    assert digests(FORMS[form](tmp_path)) == digests(DATA)
    assert len(digests(DATA)) == 3


def test_an_adjacency_list_is_the_same_pairs(tmp_path: Path) -> None:
    assert digests(adjacency_list(tmp_path)) == {"edges": DATA.fingerprint["edges"]}


def test_ids_are_whole_numbers_in_each(tmp_path: Path) -> None:
    for place, form in enumerate(FORMS.values()):
        folder = tmp_path / str(place)
        folder.mkdir()
        assert pd.api.types.is_integer_dtype(form(folder).users["user"])
