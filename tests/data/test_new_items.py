from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from gnnrec import DataError
from gnnrec.data.new_items import new_items
from gnnrec.testing import toy_interactions

DATA = toy_interactions()  # users 1 to 20, items 101 to 115, genres Comedy, Drama, Horror

OWN = "leave them out, or give a new item an id of its own"


@pytest.mark.parametrize("column", ["has_genre", "genre", "genres"])
@pytest.mark.parametrize("cells", [["Comedy|Horror", "Drama"], [["Comedy", "Horror"], ("Drama",)]])
def test_a_relation_is_called_by_its_name_or_by_what_it_leads_to(column: str, cells: list[Any]) -> None:
    added = new_items(pd.DataFrame({"item": [900, 901], column: cells}), DATA, "new.csv")
    (source, target) = added.links["item-has_genre-genre"]
    assert list(zip(source.tolist(), target.tolist(), strict=True)) == [(0, 0), (0, 2), (1, 1)]
    assert added.linked.tolist() == [2, 1]
    assert added.table.columns.tolist() == DATA.items.columns.tolist()
    assert added.table["item"].tolist() == [900, 901]


def test_years_that_a_gap_made_floating_point_are_years_still() -> None:
    years = pd.DataFrame({"source": [101, 102], "target": [1995, 2001]})
    data = DATA.with_relation(years, "item", "of_year", "year")
    added = new_items(pd.DataFrame({"item": [900, 901], "year": [2001.0, None]}), data, "new.csv")
    assert [ends.tolist() for ends in added.links["item-of_year-year"]] == [[0], [1]]


def test_who_interacted_already_is_an_edge() -> None:
    added = new_items(pd.DataFrame({"item": ["x", "y"], "users": ["20| 1", None]}), DATA, "new.csv")
    assert (added.edges.users.tolist(), added.edges.items.tolist()) == ([0, 19], [0, 0])
    assert (added.edges.num_users, added.edges.num_items) == (20, 2)
    assert (added.after(15).edges.items.tolist(), added.after(15).edges.num_items) == ([15, 15], 17)
    assert added.only(1).edges.items.tolist() == []
    assert added.only(0).edges.users.tolist() == [0, 19]


def test_what_is_not_known_is_told(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("gnnrec").propagate = True
    table = pd.DataFrame({"item": [900], "genres": ["Comedy|Western"], "colour": ["red"], "users": ["1|77"]})
    new_items(table, DATA, "new.csv")
    assert [record.message for record in caplog.records] == [
        "new.csv: nothing is called colour, so nothing is learned from it",
        "new.csv: 1 of 2 genre nodes are not known and left out, the first is Western",
        "new.csv: 1 of 2 users are not known and left out, the first is 77",
    ]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"itme": [1]}, "new.csv has no column 'item'; did you mean 'itme'?"),
        ({"item": []}, "new.csv has no rows; a new item is a row"),
        ({"item": [900, None]}, "new.csv: 1 rows have no item id"),
        ({"item": [900, 901, 900]}, "new.csv: item 900 stands twice"),
        (
            {"item": [900, 103, 101]},
            f"new.csv: 2 of 3 items are known already, the first is 103; {OWN}",
        ),
        (
            {"item": ["900", "103"]},
            f"new.csv: 1 of 2 items are known already, the first is 103; {OWN}",
        ),
    ],
)
def test_tables_that_make_no_sense_are_refused(table: dict[str, list[Any]], message: str) -> None:
    with pytest.raises(DataError) as error:
        new_items(pd.DataFrame(table), DATA, "new.csv")
    assert str(error.value) == message


def test_text_is_a_number_where_the_run_has_numbers() -> None:
    data = replace(DATA, tables={**DATA.tables, "item": DATA.items.assign(year=1990, new=False, code="7")})
    table = pd.DataFrame(
        {"item": ["900", "901"], "year": ["2001", None], "new": ["true", "FALSE"], "code": ["007", "8"]}
    )
    added = new_items(table, data, "new.csv").table
    assert added["year"].tolist()[0] == 2001
    assert pd.isna(added["year"].iloc[1])
    assert (added["new"].tolist(), added["code"].tolist()) == ([True, False], ["007", "8"])
    for column, what in (("year", "numbers"), ("new", "true or false")):
        with pytest.raises(DataError) as error:
            new_items(table.assign(**{column: "lately"}), data, "new.csv")
        assert str(error.value) == f"new.csv: column '{column}' holds {what}; row 1 has 'lately'"
