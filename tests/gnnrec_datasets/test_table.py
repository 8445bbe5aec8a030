from __future__ import annotations

import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from own_tables import SEEN, load, put
from pydantic import ValidationError

import gnnrec
from gnnrec import RecipeError, load_recipe
from gnnrec.data.filtering import apply_filters
from gnnrec_datasets.table import Table

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

pytest_plugins = ["working_folder"]

pytestmark = pytest.mark.usefixtures("working_folder")

DOCUMENT = Path(__file__).parents[2] / "docs" / "own_data.md"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"min_rating": 4.0}, "min_rating needs ratings; name their column in rating"),
        ({"title": "name"}, "title names a column of the table of items; name its file in items"),
        (
            {"user": "id", "item": "id"},
            "user, item, rating, timestamp and part are columns of their own; 'id' is named twice",
        ),
        ({"rating": "item"}, "user, item, rating, timestamp and part are columns of their own; 'item' is named twice"),
        ({"part": "user"}, "user, item, rating, timestamp and part are columns of their own; 'user' is named twice"),
        (
            {"path": "x.parquet", "separator": ","},
            "separator stands between the cells of text files; a Parquet file has none",
        ),
        ({"separator": "::"}, "expected one ASCII character that is no quote and ends no line, got '::'"),
        ({"separator": '"'}, "expected one ASCII character that is no quote and ends no line, got '\"'"),
        ({"separator": "…"}, "expected one ASCII character that is no quote and ends no line, got '…'"),
    ],
)
def test_fields_that_make_no_sense_together_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as error:
        Table(**({"path": "x.csv"} | fields))
    assert [each["msg"] for each in error.value.errors()] == [f"Value error, {message}"]


@pytest.mark.parametrize("fields", [{}, {"path": ""}, {"path": "x.csv", "sep": ";"}, {"path": "x.csv", "user": ""}])
def test_a_path_is_needed_and_nothing_unknown_is_taken(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Table(**fields)


def test_every_field_says_what_it_means() -> None:
    described = Table.model_json_schema()["properties"].items()
    assert [name for name, field in described if not field.get("description")] == ["name"]


def recipe_in_the_document() -> str:
    (recipe, _) = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(recipe.splitlines()) < 15
    return recipe


def clustered(customers: int = 90, tastes: int = 3, products: int = 16) -> str:
    """Customers who like every product of their taste but a few, and dislike one of another."""
    draw = random.Random(5)  # noqa: S311 - a toy
    rows = ["customer,product,stars,time"]
    for customer in range(customers):
        taste = customer % tastes
        liked = draw.sample(range(products), products - 4)
        rows += [f"u{customer:03},{each * tastes + taste},{draw.choice([4, 4.5, 5])},17{each:08}" for each in liked]
        rows.append(f"u{customer:03},{(taste + 1) % tastes},1,1700000000")
    return "\n".join(rows)


def test_the_recipe_in_the_document_trains_a_model_that_knows_tastes(working_folder: Path) -> None:
    put(clustered(), "ratings.csv")
    put(recipe_in_the_document(), "mine.yaml")
    quick = {"encoder.channels": 16, "trainer.epochs": 40, "trainer.learning_rate": 0.01, "trainer.device": "cpu"}
    run = gnnrec.run("mine.yaml", quick)
    assert run.directory.parent == Path("runs/mine")
    assert run.recipe.dataset.path == "ratings.csv"  # type: ignore[attr-defined]
    assert run.users["user"].tolist()[:2] == ["u000", "u001"]
    kept = run.split.interactions
    assert len(kept) == 90 * 12
    assert kept.edges.weight is not None
    assert kept.edges.weight.min() == 4
    assert kept.edges.time is not None
    assert kept.filtered is not None
    assert kept.filtered.weight is not None
    assert kept.filtered.weight.tolist() == [1] * 90
    recommended = gnnrec.load_run(run.directory).recommend([f"u{customer:03}" for customer in range(90)], k=3)
    same_taste = recommended["item"] % 3 == recommended["user"].str[1:].astype(int) % 3
    assert same_taste.mean() > 0.8  # a third by chance
    assert working_folder == Path.cwd()


def test_the_document_names_every_field() -> None:
    table = DOCUMENT.read_text(encoding="utf-8").partition("## Fields")[2].partition("## Files")[0]
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|([^|]*)\|", table, flags=re.MULTILINE))))
    assert named == set(Table.model_fields) - {"name"}


def test_a_fault_stands_at_the_section_and_a_typo_at_its_key() -> None:
    put(recipe_in_the_document(), "mine.yaml")
    with pytest.raises(RecipeError) as error:
        load_recipe("mine.yaml", {"dataset.timestampunit": "ms"})
    assert "dataset.timestampunit: unknown key; did you mean 'timestamp_unit'?" in str(error.value)
    with pytest.raises(RecipeError) as error:
        load_recipe("mine.yaml", {"dataset.min_rating": 3, "dataset.rating": None})
    assert "dataset: min_rating needs ratings; name their column in rating" in str(error.value)


def test_min_rating_works_and_says_what_takes_its_place(log: pytest.LogCaptureFixture) -> None:
    put(clustered(), "ratings.csv")
    put(recipe_in_the_document().replace("timestamp: time", "min_rating: 4"), "old.yaml")
    recipe = load_recipe("old.yaml", {"filters": []})
    assert log.messages == [
        "old.yaml:9:3  dataset.min_rating: this is deprecated: use filters: [{name: min_rating, at_least: 4}]"
    ]
    data = recipe.dataset.load()
    assert len(data) == 90 * 12
    put(recipe_in_the_document(), "mine.yaml")
    instead = load_recipe("mine.yaml")
    assert len(log.messages) == 1
    other = apply_filters(instead.dataset.load(), instead.filters)
    assert other.fingerprint["edges"] == data.fingerprint["edges"]
    assert other.filtered is not None
    assert data.filtered is not None
    assert other.filtered.keys.tolist() == data.filtered.keys.tolist()


@pytest.mark.parametrize("rows", [("1,7,1.0,20", "1,7,5.0,10"), ("1,7,5.0,10", "1,7,1.0,20")])
def test_the_later_word_holds_whatever_the_order_of_the_rows(rows: tuple[str, str]) -> None:
    content = "\n".join(["user,item,stars,time", *rows, "1,8,5.0,30", "2,7,4.0,40"]) + "\n"
    data = load(content, "log.csv", rating="stars", timestamp="time", min_rating=4.0)
    assert sorted(zip(data.edges.users.tolist(), data.edges.items.tolist(), strict=True)) == [(0, 1), (1, 0)]


def test_the_command_line_describes_a_table(
    gnnrec: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "log.csv").write_text(SEEN)
    done = gnnrec("data", "describe", "table", "-s", "path=log.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"interactions +3\b", done.stdout)
    done = gnnrec("data", "describe", "table", "-s", "path=log.csv", "-s", "user=who")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "log.csv has no column 'who'; known: item, user\n"
    done = gnnrec("data", "describe", "table")
    assert (done.returncode, done.stderr) == (2, "dataset table  dataset.path: this is missing\n")
    done = gnnrec("data", "list")
    assert (done.returncode, "table" in done.stdout) == (0, False)
