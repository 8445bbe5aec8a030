"""Damaged files of every data set but text for `table`: they load, or one message of our own says why not."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from damage import damaged, damaged_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from movielens_releases import zipped

from gnnrec import DataError, GnnrecError, Run, run
from gnnrec_datasets.adjacency_list import AdjacencyList
from gnnrec_datasets.atomic import Atomic
from gnnrec_datasets.movielens import MovieLens
from gnnrec_datasets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnnrec import Dataset

pytest_plugins = ["working_folder"]

pytestmark = pytest.mark.usefixtures("working_folder")

LISTS = "0 12 7 31\n1 7 4\n2 31\n"
INTER = (
    "user_id:token\titem_id:token\trating:float\ttimestamp:float\n7\t30\t4.5\t100\n-2\t10\t3\t200.75\n7\t10\t1\t300\n"
)
ITEM = (
    "item_id:token\ttitle:token_seq\tclass:token_seq\tvector:float_seq\n"
    "10\tAm\u00e9lie\tComedy Romance\t0.5 -1\n30\tHeat\t\t\n"
)
LINK = "item_id:token\tentity_id:token\n10\tm.a\n30\tm.h\n"
KG = (
    "head_id:token\trelation_id:token\ttail_id:token\n"
    "m.a\tfilm.genre\tm.c\nm.h\tfilm.genre\tm.c\nm.h\tfilm.sequel\tm.a\n"
)
RATINGS = "userId,movieId,rating,timestamp\n1,10,4.5,100\n1,30,3.0,200\n2,10,1.0,300\n"
MOVIES = 'movieId,title,genres\n10,"American President, The (1995)",Comedy|Drama\n30,Heat (1995),(no genres listed)\n'
TAGS = "userId,movieId,tag,timestamp\n1,10,politics,400\n2,10,Politics,500\n"
NAMED = {"ratings": RATINGS, "movies": MOVIES, "tags": TAGS}
LOG = pd.DataFrame(
    {
        "user": [7, 7, 8],
        "item": ["a", "b", "a"],
        "stars": [4.5, 1.0, 3.0],
        "when": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"], utc=True),
    }
)


def parquet() -> bytes:
    content = io.BytesIO()
    LOG.to_parquet(content, compression=None)
    return content.getvalue()


def as_bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content


def put(files: dict[str, bytes | str]) -> None:
    for name, content in files.items():
        path = Path(name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(as_bytes(content))


WHOLE: dict[str, dict[str, bytes | str]] = {
    "adjacency_list": {"train.txt": LISTS, "test.txt": "0 4\n1 31\n"},
    "atomic": {"toy/toy.inter": INTER, "toy/toy.item": ITEM, "toy/toy.kg": KG, "toy/toy.link": LINK},
    "movielens": {f"ml/{name}.csv": text for name, text in NAMED.items()},
    "archive": {
        "ml-latest.zip": zipped({f"ml-latest/{name}.csv": text.encode() for name, text in NAMED.items()}),
    },
    "parquet": {"log.parquet": parquet()},
}
DATASETS: dict[str, Callable[[], Dataset]] = {
    "adjacency_list": lambda: AdjacencyList(train="train.txt", test="test.txt"),
    "atomic": lambda: Atomic(path="toy"),
    "movielens": lambda: MovieLens(path="ml"),
    "archive": lambda: MovieLens(path="ml-latest.zip", variant="latest"),
    "parquet": lambda: Table(path="log.parquet", rating="stars", timestamp="when"),
}
REPLACED = (b"10", b"30", b"7", b"1", b"4.5", b"token", b"movieId", b"userId", b"item", b"user", b"m.a", b"100")


@st.composite
def accidents(draw: st.DrawFn, form: str) -> dict[str, bytes | str]:
    """The files of a form, one of which has had accidents."""
    name = draw(st.sampled_from(sorted(WHOLE[form])))
    whole = WHOLE[form][name]
    found = draw(damaged(whole, REPLACED) if isinstance(whole, bytes) else damaged_text(whole, REPLACED))
    return {**WHOLE[form], name: found}


def check(form: str, files: dict[str, bytes | str]) -> None:
    put(files)
    dataset = DATASETS[form]()
    with suppress(DataError):
        data = dataset.load()
        assert len(data) > 0
        assert not data.users["user"].isna().any()
        assert "" not in data.items["item"].astype(str).str.strip().tolist()
    there = {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert there == {name: as_bytes(each) for name, each in files.items()}


def ran(form: str) -> Run:
    fields = {f"dataset.{field}": value for field, value in DATASETS[form]().model_dump(mode="json").items()}
    return run("baselines/popularity", fields, out="runs")


@pytest.mark.parametrize("form", WHOLE)
def test_whole_files_load_and_run(form: str) -> None:
    put(WHOLE[form])
    assert len(DATASETS[form]().load()) > 2
    assert ran(form).metrics["test"]["auc"] >= 0


@pytest.mark.parametrize("form", WHOLE)
@given(chosen=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_damaged_files_load_or_are_refused_in_words(form: str, chosen: st.DataObject) -> None:
    check(form, chosen.draw(accidents(form)))


@pytest.mark.parametrize("form", WHOLE)
@given(chosen=st.data())
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_run_on_damaged_files_is_whole_or_leaves_nothing(form: str, chosen: st.DataObject) -> None:
    files = chosen.draw(accidents(form))
    put(files)
    with suppress(GnnrecError):
        assert ran(form).directory.is_dir()
    assert not list(Path("runs").glob("*/*.partial"))
    assert {name: Path(name).read_bytes() for name in files} == {name: as_bytes(each) for name, each in files.items()}


@pytest.mark.slow
@pytest.mark.parametrize("form", WHOLE)
@given(chosen=st.data())
@settings(max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_thousands_of_damaged_files_load_or_are_refused_in_words(form: str, chosen: st.DataObject) -> None:
    check(form, chosen.draw(accidents(form)))
