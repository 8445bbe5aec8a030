"""The same interactions, in every form in which people have them, are the same data and give the same metrics."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from gnnrec import Dataset, Interactions, run
from gnnrec.testing import toy_interactions
from gnnrec_datasets.adjacency_list import AdjacencyList
from gnnrec_datasets.atomic import Atomic
from gnnrec_datasets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

DATA = toy_interactions()
LOG = DATA.to_table(DATA.edges).rename(columns={"time": "timestamp", "weight": "rating"})
COLUMNS = tuple(LOG.columns)
NAMED = {"rating": "rating", "timestamp": "timestamp"}


def text(separator: str, *, header: bool = True) -> str:
    rows = [list(COLUMNS)] if header else []
    rows += LOG.astype(str).to_numpy().tolist()
    return "\n".join(separator.join(row) for row in rows) + "\n"


def table(folder: Path, name: str, content: bytes, **fields: object) -> Dataset:
    (folder / name).write_bytes(content)
    return Table(path=str(folder / name), **fields)


def atomic(folder: Path) -> Dataset:
    (folder / "toy").mkdir()
    header = "user_id:token\titem_id:token\ttimestamp:float\trating:float\n"
    (folder / "toy" / "toy.inter").write_text(header + text("\t", header=False))
    return Atomic(path=str(folder / "toy"))


def parquet(folder: Path) -> Dataset:
    LOG.to_parquet(folder / "log.parquet")
    return Table(path=str(folder / "log.parquet"), **NAMED)


def several(folder: Path) -> Dataset:
    (folder / "logs").mkdir()
    for place, rows in enumerate((LOG[::2], LOG[1::2])):
        rows.to_csv(folder / "logs" / f"{place}.csv", index=False)
    return Table(path=str(folder / "logs"), **NAMED)


def adjacency_list(folder: Path) -> Dataset:
    lines = [f"{user} {' '.join(map(str, of_user))}\n" for user, of_user in LOG.groupby("user")["item"]]
    (folder / "train.txt").write_text("".join(lines))
    return AdjacencyList(train=str(folder / "train.txt"))


FORMS: dict[str, Callable[[Path], Dataset]] = {
    "csv": lambda folder: table(folder, "log.csv", text(",").encode(), **NAMED),
    "tsv": lambda folder: table(folder, "log.tsv", text("\t").encode(), **NAMED),
    "double colons": lambda folder: table(folder, "log.dat", text("::").encode(), separator="::", **NAMED),
    "headerless": lambda folder: table(folder, "log.csv", text(",", header=False).encode(), columns=COLUMNS),
    "gzip": lambda folder: table(folder, "log.csv.gz", gzip.compress(text(",").encode()), **NAMED),
    "rows upside down": lambda folder: table(
        folder, "log.csv", "\n".join([",".join(COLUMNS), *text(",", header=False).split()[::-1]]).encode(), **NAMED
    ),
    "several files": several,
    "parquet": parquet,
    "atomic": atomic,
}

RECIPES: dict[str, tuple[str, Mapping[str, Any]]] = {
    "a scorer": ("baselines/item_knn", {}),
    "a model": (
        "movielens_sage",
        {"trainer.epochs": 2, "trainer.device": "cpu", "encoder.channels": 8, "features.item": []},
    ),
    "a model that heeds ratings": (
        "movielens_lightgcn",
        {
            "trainer.epochs": 2,
            "trainer.device": "cpu",
            "encoder.channels": 8,
            "features.item": [],
            "graph.weights": "given",
        },
    ),
    "a split by time": ("baselines/item_knn", {"split.name": "leave_last"}),
}
"""What is run on each form; the first two look at interactions alone."""


def digests(data: Interactions) -> dict[str, str]:
    return {part: digest for part, digest in data.fingerprint.items() if part in {"edges", "time", "weight"}}


def judged(dataset: Dataset, recipe: str, folder: Path) -> dict[str, Any]:
    """What a run finds of val and test."""
    name, fields = RECIPES[recipe]
    of_data = {f"dataset.{field}": value for field, value in dataset.model_dump(mode="json").items()}
    made = run(name, {**of_data, **fields}, out=folder)
    return {part: made.metrics[part] for part in ("val", "test")}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_same_interactions_is_the_same_data(form: str, tmp_path: Path) -> None:
    assert digests(FORMS[form](tmp_path).load()) == digests(DATA)
    assert len(digests(DATA)) == 3


def test_a_frame_is_the_same_data() -> None:
    frame = LOG.rename(columns={"timestamp": "time", "rating": "weight"})
    assert digests(Interactions.from_log(frame, source="a frame")) == digests(DATA)


def test_an_adjacency_list_is_the_same_pairs(tmp_path: Path) -> None:
    assert digests(adjacency_list(tmp_path).load()) == {"edges": DATA.fingerprint["edges"]}


def test_ids_are_whole_numbers_in_each(tmp_path: Path) -> None:
    for place, form in enumerate(FORMS.values()):
        folder = tmp_path / str(place)
        folder.mkdir()
        assert pd.api.types.is_integer_dtype(form(folder).load().users["user"])


@pytest.mark.parametrize(
    "recipe", [name if place < 2 else pytest.param(name, marks=pytest.mark.slow) for place, name in enumerate(RECIPES)]
)
def test_a_run_finds_the_same_in_every_form(recipe: str, tmp_path: Path) -> None:
    found = {}
    forms = FORMS if "ratings" in recipe or "time" in recipe else {**FORMS, "adjacency list": adjacency_list}
    for form, made in forms.items():
        folder = tmp_path / form
        folder.mkdir()
        found[form] = judged(made(folder), recipe, folder / "runs")
    assert found == dict.fromkeys(forms, found["csv"])
    assert len({str(value) for value in found["csv"]["test"].values()}) > 3
