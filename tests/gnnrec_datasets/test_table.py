from __future__ import annotations

import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from own_tables import SEEN, load, pairs, parquet, put, refusal, values
from pydantic import ValidationError

import gnnrec
from gnnrec import RecipeError, load_recipe
from gnnrec.data.filtering import apply_filters
from gnnrec_datasets.table import Table

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from gnnrec import Interactions

pytest_plugins = ["working_folder"]

pytestmark = pytest.mark.usefixtures("working_folder")

SIGNS = (
    "expected what stands between cells, such as ';', '::', tab, space or blanks (one or more), and no letters, "
    "digits, quotes or line ends"
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "own_data.md"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"min_rating": 4.0}, "min_rating needs ratings; name their column in rating"),
        ({"title": "name"}, "title names a column of the table of items; name its file in items"),
        (
            {"user": "id", "item": "id"},
            "user, item, rating, timestamp, event and part are columns of their own; 'id' is named twice",
        ),
        (
            {"rating": "item"},
            "user, item, rating, timestamp, event and part are columns of their own; 'item' is named twice",
        ),
        (
            {"part": "user"},
            "user, item, rating, timestamp, event and part are columns of their own; 'user' is named twice",
        ),
        (
            {"path": "x.parquet", "separator": ","},
            "separator stands between the cells of text files; a Parquet file has none",
        ),
        *(({"separator": each}, f"{SIGNS}, got {each!r}") for each in ('"', "x", "\n", "semicolon")),
        ({"encoding": "utf8000"}, "expected an encoding such as utf-8, latin-1, cp1251 or utf-16, got 'utf8000'"),
        (
            {"timestamp": "t", "timestamp_format": "%d"},
            "expected how a day is written, as strptime has it, such as '%d/%m/%Y %H:%M', got '%d'",
        ),
        (
            {"timestamp_format": "%d/%m/%Y"},
            "timestamp_format says how times are written; name their column in timestamp",
        ),
        (
            {"timestamp": "t", "timestamp_format": "%d/%m/%Y", "timestamp_unit": "ms"},
            "timestamp_format is of text and timestamp_unit of numbers; give one of them",
        ),
        (
            {"event": "what"},
            "event names the column that says what happened, and target what of it is predicted; give both",
        ),
        (
            {"repeats": "mean"},
            "repeats: mean needs ratings; name their column in rating, or say repeats: count",
        ),
        (
            {"repeats": "count", "rating": "r"},
            "repeats: count weighs by number; leave rating out, or say sum or mean",
        ),
        ({"columns": ("user", "item", "a", "a")}, "columns names each column once; 'a' stands twice"),
        (
            {"items_columns": ("item",)},
            "items_columns names the columns of the table of items; name its file in items",
        ),
        (
            {"path": "x.parquet", "columns": ("user", "item")},
            "columns names the columns of text files without a header; a Parquet file has none",
        ),
        ({"separator": "::", "quote": "double"}, "quote goes with a separator of one character"),
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


def recipes_in_the_document() -> dict[str, str]:
    found = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)
    whole = {recipe.split(":")[0].removeprefix("# "): recipe for recipe in found if recipe.startswith("# ")}
    assert all(len(recipe.splitlines()) < 15 for recipe in whole.values())
    return whole


def recipe_in_the_document() -> str:
    return recipes_in_the_document()["mine.yaml"]


def loaded(name: str) -> Interactions:
    put(recipes_in_the_document()[name], name)
    return load_recipe(name).dataset.load()


def test_the_recipe_of_files_as_movielens_has_them_loads() -> None:
    put("1::10::5::1700000000\n1::20::3.5::1700000060\n2::10::1::1700000120\n", "ratings.dat")
    put('20::"Great" Café, The (1995)::Comedy|Drama\n10::1984::Drama\n'.encode("latin-1"), "movies.dat")
    data = loaded("dat.yaml")
    assert (pairs(data), values(data.edges.weight)) == ([(1, 10), (1, 20), (2, 10)], [5, 3.5, 1])
    assert values(data.edges.time) == [1_700_000_000, 1_700_000_060, 1_700_000_120]
    assert data.items.to_dict("list") == {
        "item": [10, 20],
        "title": ["1984", '"Great" Café, The (1995)'],
        "genres": ["Drama", "Comedy|Drama"],
    }


def test_the_recipe_of_a_spreadsheet_with_decimal_commas_loads() -> None:
    put("user;item;note;tag\r\n1;a;4,5;31.12.2023\r\n2;a;1;01.01.2024\r\n", "export.csv")
    data = loaded("export.yaml")
    assert (values(data.edges.weight), values(data.edges.time)) == ([4.5, 1], [1_703_980_800, 1_704_067_200])


def test_the_recipe_of_a_log_of_events_loads(working_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (working_folder / "events").mkdir()
    for day, rows in enumerate(["1,7,view 1,7,view 1,8,view", "1,7,buy 2,9,add-to-cart", "2,7,buy 2,8,view"]):
        users, items, events = zip(*(row.split(",") for row in rows.split()), strict=True)
        times = [86_400 * day] * len(users)
        put(parquet(user=users, item=items, event=events, time=times), f"events/{day}.parquet")
    data = loaded("shop.yaml")
    assert (pairs(data), values(data.edges.time)) == ([(1, 7), (2, 7)], [86_400, 2 * 86_400])
    views = data.behaviours["view"]
    assert (values(views.users), values(views.items), values(views.time)) == ([0, 0], [0, 0], [0, 0])
    assert list(data.behaviours) == ["view"]
    assert caplog.messages == [
        "events: 1 of 1 rows of add_to_cart are of users or items without an interaction; left out",
        "events: 2 of 4 rows of view are of users or items without an interaction; left out",
    ]


def test_the_recipe_of_relations_loads(caplog: pytest.LogCaptureFixture) -> None:
    put("customer,product\n1,a\n2,b\n", "ratings.csv")
    put("1\t2\n1\t9\n2\t1\n", "trust.txt")
    put("product,brand,share\na,X,0.5\nb,X,1\n", "brands.csv")
    made_by, trusts = loaded("social.yaml").relations
    assert (made_by.key, values(made_by.source), values(made_by.target)) == ("item-made_by-brand", [0, 1], [0, 0])
    assert values(made_by.weight) == [0.5, 1]
    assert (trusts.key, values(trusts.source), values(trusts.target)) == ("user-trusts-user", [0, 1], [1, 0])
    assert caplog.messages == ["1 of 3 rows of relation user-trusts-user lead to unknown users; left out"]


def test_a_file_of_a_relation_with_one_column_is_refused() -> None:
    put("1;2\n", "trust.csv")
    relation = {"path": "trust.csv", "source": "user", "name": "trusts", "target": "user"}
    assert refusal(SEEN, relations=(relation,)) == (
        "trust.csv has one column, '1;2'; a relation has two: is dataset.separator another?"
    )


SHOP = "user,item,what\n1,7,view\n1,7,buy\n2,7,buy\n"


@pytest.mark.parametrize(
    ("content", "target", "message"),
    [
        (SHOP, "by", "log.csv: no row of column 'what' has 'by'; did you mean 'buy'?"),
        (
            SHOP.replace("view", ""),
            "buy",
            (
                "log.csv: 1 rows have no event in column 'what'; row 1 has nothing; "
                "dataset.missing: drop leaves such rows out"
            ),
        ),
        (
            "user,item,what\n" + "".join(f"1,{row},e{row:02}\n" for row in range(60)),
            "e00",
            (
                "log.csv: column 'what' has 60 kinds of event, such as 'e00'; more than 50 are no kinds: is that "
                "another column?"
            ),
        ),
        (
            SHOP + "1,7,vi-ew\n1,7,vi ew\n",
            "buy",
            "log.csv: two events are called alike but for signs: vi ew, vi-ew, view; rename one",
        ),
    ],
)
def test_events_that_cannot_be_told_apart_are_refused(content: str, target: str, message: str) -> None:
    assert refusal(content, event="what", target=target) == message


TWICE = "user,item,stars,when\n1,7,1,30\n1,7,5,10\n1,7,2,20\n1,8,4,5\n"


@pytest.mark.parametrize(
    ("repeats", "by_time", "by_row", "told"),
    [
        ("last", 1, 2, ("the latest counts", "the last counts")),
        ("first", 5, 1, ("the earliest counts", "the first counts")),
        ("sum", 8, 8, ("by sum", "by sum")),
        ("mean", 8 / 3, 8 / 3, ("by mean", "by mean")),
    ],
)
def test_what_a_pair_that_stands_more_than_once_weighs(
    repeats: str, by_time: float, by_row: float, told: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    timed = load(TWICE, rating="stars", timestamp="when", repeats=repeats)
    assert values(timed.edges.weight) == pytest.approx([by_time, 4])
    assert values(timed.edges.time) == [10 if repeats == "first" else 30, 5]
    untimed = load(TWICE, rating="stars", repeats=repeats)
    assert values(untimed.edges.weight) == pytest.approx([by_row, 4])
    assert caplog.messages == [f"log.csv: 2 duplicate interactions merged: {each}" for each in told]


def test_rows_of_a_pair_are_counted() -> None:
    assert values(load(TWICE, timestamp="when", repeats="count").edges.weight) == [3, 1]


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
    assert "\n2 users, 2 items, 3 interactions: 75.000% of all pairs\n" in done.stdout
    done = gnnrec("data", "describe", "table", "-s", "path=log.csv", "-s", "user=who")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "log.csv has no column 'who'; known: item, user\n"
    done = gnnrec("data", "describe", "table")
    assert (done.returncode, done.stderr) == (2, "dataset table  dataset.path: this is missing\n")
    done = gnnrec("data", "list")
    assert (done.returncode, "table" in done.stdout) == (0, False)
