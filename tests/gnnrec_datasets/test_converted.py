from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from own_tables import put
from pydantic import ValidationError
from toys import movielens_like, small_recipe

from gnnrec import Availability, DataError, run
from gnnrec.data.conversion import write_converted
from gnnrec.data.converted import About, StoredTable
from gnnrec.testing import toy_interactions
from gnnrec_datasets.atomic import Atomic
from gnnrec_datasets.converted import Converted
from gnnrec_datasets.movielens import MovieLens
from gnnrec_datasets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnnrec import Dataset, Interactions

pytest_plugins = ["working_folder", "real_data"]
pytestmark = pytest.mark.usefixtures("working_folder")

DATA = toy_interactions()
MADE = Path("made")


def convert(dataset: Dataset) -> Interactions:
    """The data as they were, once they are in a folder `made`."""
    data = dataset.load()
    write_converted(MADE, data, dataset.terms)
    return data


@pytest.fixture
def made() -> Path:
    write_converted(MADE, DATA, "Be kind.")
    return MADE


def test_the_toy_comes_back_from_wherever_paths_are_looked_for(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = Converted(path="made")
    data = dataset.load()
    assert data.fingerprint == DATA.fingerprint
    assert (data.source, data.chosen, dataset.terms) == ("made, converted from toy", {}, "Be kind.")
    assert dataset.available() == (Availability("made", "made"),)
    made.rename(tmp_path / "made")
    assert dataset.available() == (Availability("made", None),)
    monkeypatch.setenv("GNNREC_DATA", str(tmp_path))
    assert dataset.available() == (Availability("made", str(tmp_path / "made")),)
    assert dataset.load().fingerprint == DATA.fingerprint


def a_table() -> Table:
    put(
        "who,what,stars,at,part,did\nann,007,4.5,2024-05-31,train,buy\nann,B12,2,2024-06-01T10:00:00,test,buy\n"
        "bob,007,3,2024-06-02,val,buy\nbob,B12,1,2024-06-03,train,view\nann,007,1,2024-06-03,train,view\n",
        "log.csv",
    )
    put("what,title,genres,price,since\n007,Tea,Hot|Drink,2.5,2020-01-01\nB12,,,,\n", "items.csv")
    put("who,age,adult\nann,30,yes\nbob,,no\n", "users.csv")
    put("from,to,how\nann,bob,2\nbob,ann,1\n", "trust.csv")
    put("007,Acme\nB12,Acme\n", "made.csv")
    columns = {"user": "who", "item": "what", "rating": "stars", "timestamp": "at", "part": "part", "event": "did"}
    relations = (
        {"path": "trust.csv", "source": "user", "name": "likes", "target": "user", "weight": "how"},
        {"path": "made.csv", "source": "item", "name": "likes", "target": "brand", "header": False},
    )
    named = {"path": "log.csv", "items": "items.csv", "users": "users.csv", "relations": relations}
    return Table.model_validate(named | columns | {"target": "buy"})


def an_atomic_folder() -> Atomic:
    Path("toy").mkdir()
    put(
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\nu1\t7\t4\t10\nu2\t8\t2\t11\n",
        "toy/toy.train.inter",
    )
    put("user_id:token\titem_id:token\trating:float\ttimestamp:float\nu1\t8\t4\t12\n", "toy/toy.test.inter")
    put(
        "item_id:token\ttitle:token\ttags:token_seq\tvector:float_seq\n7\tTea\tred hot\t0.1 0.2\n8\tJam\t\t1 2\n",
        "toy/toy.item",
    )
    put("head_id:token\trelation_id:token\ttail_id:token\nm.1\tmade.by\tm.2\n", "toy/toy.kg")
    put("item_id:token\tentity_id:token\n7\tm.1\n", "toy/toy.link")
    return Atomic(path="toy")


@pytest.mark.parametrize(
    ("dataset", "parts"),
    [
        (a_table, {"behaviour view", "relation user-likes-user", "relation item-likes-brand", "table brand"}),
        (an_atomic_folder, {"relation item-made_by-entity", "table entity"}),
    ],
)
def test_what_a_dataset_understood_is_not_parsed_again(dataset: Callable[[], Dataset], parts: set[str]) -> None:
    data = convert(dataset())
    assert set(data.fingerprint) == {"edges", "time", "weight", "parts", "table user", "table item", *parts}
    back = Converted(path="made").load()
    assert back.fingerprint == data.fingerprint
    assert back.source == f"made, converted from {data.source}"


def test_what_was_converted_can_be_converted_and_its_terms_go_with_it(made: Path) -> None:
    again = Converted(path=str(made))
    data = again.load()
    write_converted(Path("again"), data, again.terms)
    assert Converted(path="again").terms == "Be kind."
    assert Converted(path="again").load().fingerprint == DATA.fingerprint
    assert Converted(path="again").load().source == "again, converted from made, converted from toy"


def test_filtered_interactions_count_as_seen_again() -> None:
    write_converted(MADE, DATA.keep(DATA.edges.weight > 2), "")
    back = Converted(path="made").load()
    assert back.filtered is not None
    assert len(back) + len(back.filtered) == len(back.seen) > len(back)


def test_a_run_on_it_measures_the_same_to_the_last_digit(tmp_path: Path) -> None:
    folder = movielens_like(tmp_path / "data", DATA)
    convert(MovieLens(path=str(folder)))
    original = small_recipe(folder, trainer__epochs=2)
    component = {"name": "converted", "path": "made"}
    one, other = (
        run(recipe, out=tmp_path / "runs")
        for recipe in (original, original.model_copy(update={"dataset": Converted.model_validate(component)}))
    )
    assert other.recipe.dataset == Converted(path="made")
    for part in ("val", "test"):
        assert other.metrics[part] == one.metrics[part]
        assert len(one.metrics[part]) >= 5
    assert other.environment["dataset"]["fingerprint"] == one.environment["dataset"]["fingerprint"]


def test_movielens_comes_back_with_its_relations(movielens_folder: Path) -> None:
    data = convert(MovieLens(path=str(movielens_folder), variant="latest-small"))
    back = Converted(path="made").load()
    assert back.fingerprint == data.fingerprint
    assert [each.key for each in back.relations] == ["item-has_genre-genre", "item-has_tag-tag", "item-of_year-year"]
    assert "GroupLens" in Converted(path="made").terms


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["movielens_sage_relations", "baselines/ials"])
def test_movielens_measures_the_same_to_the_last_digit(recipe: str, movielens_folder: Path, tmp_path: Path) -> None:
    from gnnrec import load_recipe

    convert(MovieLens(path=str(movielens_folder), variant="latest-small"))
    short = {} if recipe.startswith("baselines") else {"trainer.epochs": 3, "trainer.device": "cpu"}
    original = load_recipe(recipe, short)
    converted = original.model_copy(update={"dataset": Converted(path="made")})
    one, other = (run(each, out=tmp_path / "runs") for each in (original, converted))
    assert {part: other.metrics[part] for part in ("val", "test")} == {
        part: one.metrics[part] for part in ("val", "test")
    }


def refusal() -> str:
    with pytest.raises(DataError) as error:
        Converted(path="made").load()
    return str(error.value)


def test_a_folder_that_is_not_there_is_told_as_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNNREC_DATA", str(tmp_path / "data"))
    assert refusal().startswith("there is no folder made, which dataset.path names: it was looked for in the working ")
    put("mine", "made")
    assert refusal() == "made is a file; give the folder that it lies in"
    with pytest.raises(ValidationError, match="at least 1 character"):
        Converted(path="")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "made is no folder that `gnnrec data convert` wrote: there is no data.json in it"),
        ("[]", "made/data.json names no format, so it is damaged or none that `gnnrec data convert` wrote"),
        ("{}", "made/data.json names no format, so it is damaged or none that `gnnrec data convert` wrote"),
        (
            '{"format": true}',
            "made/data.json names no format, so it is damaged or none that `gnnrec data convert` wrote",
        ),
        ('{"format": 2}', "made has format 2; this gnnrec reads format 1: upgrade gnnrec"),
        ('{"format": 1}', "made/data.json does not tell the files of its folder, so it is damaged"),
        (
            '{"format": 1, "source": "", "terms": "", "files": {"users.parquet": 3}}',
            "made/data.json does not tell the files of its folder, so it is damaged",
        ),
        ('{"format": ', "made/data.json cannot be read: Expecting value: line 1 column 12 (char 11)"),
    ],
)
def test_a_folder_that_says_something_else_is_told_and_not_at_hand(text: str | None, told: str, made: Path) -> None:
    (made / "data.json").unlink()
    if text is not None:
        (made / "data.json").write_text(text)
    assert refusal() == told
    assert Converted(path="made").available() == (Availability("made", None, told),)


def described_anew(made: Path) -> None:
    """Whoever changes a file and what is said of it."""
    about = About.of(made)
    changed = replace(about, files={name: StoredTable.of(made / name) for name in about.files})
    (made / "data.json").write_text(changed.to_json())


def change(path: Path, how: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    how(pd.read_parquet(path)).to_parquet(path, index=False)


@pytest.mark.parametrize(
    "name", ["interactions", "users", "items", "nodes/genre", "relations/item-has_genre-genre", "behaviours/view"]
)
def test_a_file_that_is_missing_is_told(name: str, made: Path) -> None:
    (made / f"{name}.parquet").unlink()
    assert refusal() == f"made lacks {name}.parquet; convert the data again"


def test_a_file_that_was_not_converted_is_told_unless_it_is_hidden_or_no_table(made: Path) -> None:
    (made / "LICENSE").write_text("mine")
    (made / "nodes" / "._genre.parquet").write_text("no Parquet")
    assert Converted(path="made").load().fingerprint == DATA.fingerprint
    change(made / "users.parquet", lambda table: table)
    (made / "nodes" / "tag.parquet").write_bytes((made / "nodes" / "genre.parquet").read_bytes())
    assert refusal() == "made holds nodes/tag.parquet, which data.json does not name; take it out of the folder"


def test_a_file_with_other_columns_or_rows_is_told(made: Path) -> None:
    path = made / "items.parquet"
    change(path, lambda table: table.rename(columns={"title": "name"}))
    expected = "made/items.parquet is not as it was written: expected"
    assert refusal() == f"{expected} columns item, title, genres, got item, name, genres"
    change(path, lambda table: table.rename(columns={"name": "title"}).head(9))
    assert refusal() == f"{expected} rows 15, got 9"


@pytest.mark.parametrize("share", np.arange(1, 40) / 40)
def test_no_bit_changes_unnoticed(share: float, made: Path) -> None:
    path = made / "behaviours" / "view.parquet"
    content = bytearray(path.read_bytes())
    content[int(share * len(content))] ^= 1
    path.write_bytes(content)
    assert refusal().startswith(("made/behaviours/view.parquet is not as it was", f"{path} cannot be read: "))


def test_a_file_that_is_cut_off_is_told(made: Path) -> None:
    path = made / "interactions.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    assert refusal().startswith("made/interactions.parquet cannot be read: ")


def test_an_id_of_nowhere_is_told(made: Path) -> None:
    path = made / "relations" / "item-has_genre-genre.parquet"
    change(path, lambda table: table.replace("Drama", "Darma"))
    described_anew(made)
    assert refusal() == f"{path}: 7 of 21 rows lead to a genre that is in no table, such as 'Darma' in target"


def test_a_part_that_is_none_is_told() -> None:
    write_converted(MADE, replace(DATA, parts=(np.arange(len(DATA)) % 3).astype(np.int8)), "")
    change(MADE / "interactions.parquet", lambda table: table.assign(part=table["part"].replace("val", "valid")))
    described_anew(MADE)
    assert refusal() == (
        "made/interactions.parquet: 53 rows are in a part that is none, such as 'valid'; "
        "parts are called train, val, test"
    )


def test_what_it_says_is_json_that_others_can_read(made: Path) -> None:
    said = json.loads((made / "data.json").read_text())
    assert (said["format"], said["source"], said["terms"]) == (1, "toy", "Be kind.")
    assert said["files"]["users.parquet"]["columns"] == ["user"]
