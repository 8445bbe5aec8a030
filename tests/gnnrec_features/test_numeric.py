from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from toys import observed

from gnnrec import DataError
from gnnrec.testing import check_features
from gnnrec.testing.features import toy_items
from gnnrec_features.numeric import Numeric

NOTHING = observed([], 1, 1)
YEARS = pd.DataFrame({"item": [1, 2, 3], "year": pd.array([1990, 2000, None], "Int64"), "price": [1.0, 3.0, 5.0]})


def encoder(*columns: str) -> Numeric:
    return Numeric(columns=columns)


def test_numbers_are_standardised_and_missing_ones_are_told() -> None:
    encoding = encoder("year", "price").fit(YEARS, NOTHING)
    block = encoding.encode(YEARS)
    assert block.names == ("year", "year_missing", "price", "price_missing")
    high = np.sqrt(1.5)  # 2 / the deviation of 1, 3, 5
    expected = [[-1, 0, -high, 0], [1, 0, 0, 0], [0, 1, high, 0]]
    assert np.allclose(block.values, expected)
    assert encoding.state() == {"means": [1995.0, 3.0], "deviations": [5.0, np.sqrt(8 / 3)]}


@pytest.mark.parametrize(
    "years",
    [[2005, np.nan], ["2005", None], pd.array([2005, None], "Int64"), pd.Series([2005, pd.NA], dtype=object)],
    ids=["float", "text", "Int64", "object"],
)
def test_new_rows_are_encoded_by_what_was_learned(years: Any) -> None:
    block = encoder("year").fit(YEARS, NOTHING).encode(pd.DataFrame({"year": years}))
    assert block.values.tolist() == [[2, 0], [0, 1]]  # noqa: PD011 - a block is no table


@pytest.mark.parametrize(
    ("column", "cells", "message"),
    [
        ("yaer", [1, 2], "the table has no column 'yaer'; did you mean 'year'?"),
        (
            "year",
            [1990, "MCMXCV"],
            (
                "column 'year' holds something else than numbers in 1 of 2 rows, the first is 'MCMXCV'; "
                "columns of numbers are rank"
            ),
        ),
        (
            "year",
            [1990, np.inf],
            (
                "column 'year' holds something else than numbers in 1 of 2 rows, the first is 'inf'; "
                "columns of numbers are year, rank"
            ),
        ),
        (
            "year",
            pd.to_datetime(["2001-01-01", None]),
            (
                "column 'year' holds something else than numbers in 1 of 2 rows, the first is '2001-01-01 00:00:00'; "
                "columns of numbers are rank"
            ),
        ),
        (
            "year",
            [1990, 1990],
            (
                "column 'year' is 1990 for all 2 nodes that training knows and that have it, so nothing can be learned "
                "from it; leave it out"
            ),
        ),
        ("year", [np.nan, np.nan], "column 'year' is empty for all 2 nodes that training knows"),
    ],
)
def test_what_is_no_column_of_numbers_is_refused(column: str, cells: Any, message: str) -> None:
    with pytest.raises(DataError) as error:
        encoder(column).fit(pd.DataFrame({"year": cells, "rank": [1, 2]}), NOTHING)
    assert str(error.value) == f"numeric: {message}"


def test_it_keeps_the_contract_where_some_are_missing() -> None:
    table = toy_items()
    table["year"] = pd.Series(range(len(table)), dtype="Int64").where(lambda year: year % 5 != 1)
    check_features(encoder("year"), table=table)
