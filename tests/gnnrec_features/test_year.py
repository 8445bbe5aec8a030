from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from toys import observed

from gnnrec import DataError
from gnnrec_features.year import Year

NOTHING = observed([], 1, 1)
TITLES = ["Toy Story (1990)", "2001 (A Film) (2000) ", "Untitled", None]


def test_the_year_at_the_end_of_a_title_is_standardised() -> None:
    encoding = Year().fit(pd.DataFrame({"title": TITLES}), NOTHING)
    new = ["Gangs (1995-2001)", "Notes (2005–2006)", "Still On (2005– )", "1984", "A (1990) B"]
    block = encoding.encode(pd.DataFrame({"title": TITLES + new}))
    assert block.names == ("year", "year_missing")
    assert block.values.T.tolist() == [[-1, 1, 0, 0, 0, 2, 2, 0, 0], [0, 0, 1, 1, 0, 0, 0, 1, 1]]  # noqa: PD011
    assert encoding.state() == {"mean": 1995.0, "deviation": 5.0}


@pytest.mark.parametrize(
    ("titles", "message"),
    [
        (
            ["Untitled", None],
            "of 2 titles in column 'title' none ends with a year, as 'Toy Story (1995)' does; the first is 'Untitled'",
        ),
        (
            ["A (1990)", "B (1990)", "C"],
            (
                "all 2 titles in column 'title' that have a year have 1990, so nothing can be learned from it; leave "
                "it out"
            ),
        ),
        (
            [1990, 1991],
            (
                "column 'title' holds something else than titles, such as 1990; for numbers use {name: "
                "numeric, columns: [title]}"
            ),
        ),
    ],
)
def test_what_has_no_years_is_refused(titles: list[Any], message: str) -> None:
    with pytest.raises(DataError) as error:
        Year().fit(pd.DataFrame({"title": titles}), NOTHING)
    assert str(error.value) == f"year: {message}"
