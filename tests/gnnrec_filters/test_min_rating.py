from __future__ import annotations

import pandas as pd
import pytest
from logs import loaded, of_pairs, random_log, refusal, rows_of, told
from pydantic import ValidationError

from gnnrec_filters.min_rating import MinRating


@pytest.mark.parametrize("least", [-1, 0.5, 3, 3.1, 5])
def test_ratings_from_the_least_on_are_kept(least: float) -> None:
    log = random_log()
    assert told(MinRating(at_least=least).apply(loaded(log))) == rows_of(log[log["weight"] >= least])


@pytest.mark.parametrize("rating", [4.1, 0.1, 16_777_217.0])
def test_a_rating_is_as_high_as_it_is_written(rating: float) -> None:
    log = random_log().assign(weight=rating)
    assert len(MinRating(at_least=rating).apply(loaded(log))) == len(log)


def test_what_is_rated_lower_counts_as_seen() -> None:
    log = random_log()
    data = MinRating(at_least=4).apply(loaded(log))
    assert data.filtered is not None
    disliked = log[(log["weight"] < 4) & log["user"].isin(data.users["user"]) & log["item"].isin(data.items["item"])]
    assert rows_of(data.to_table(data.filtered)) == rows_of(disliked)


def test_data_without_ratings_or_without_one_so_high_are_told() -> None:
    assert refusal(MinRating(at_least=4), of_pairs([(1, 2)])) == (
        "min_rating needs ratings, and the data have none; with dataset table, name their column in rating"
    )
    message = "no rating is 5.5 or more; the highest is 5"
    assert refusal(MinRating(at_least=5.5), loaded(random_log())) == message


@pytest.mark.parametrize("fields", [{}, {"at_least": float("nan")}, {"at_least": float("inf")}])
def test_the_least_rating_is_a_number(fields: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        MinRating(**fields)


@pytest.mark.parametrize(
    ("weights", "least"),
    [
        ([1, 2, 3, 4, 5], 4.0),
        ([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5], 3.5),
        ([0, 0.1, 0.2, 0.3], 0.3),
        ([1, 10], None),
        (list(range(1, 200)), None),
        (list(range(200)), 1.0),
        ([-1, 1], 1.0),
        ([0, 0], None),
    ],
)
def test_it_is_proposed_for_the_upper_part_of_a_scale_and_against_weights_of_nothing(
    weights: list[float], least: float | None
) -> None:
    log = pd.DataFrame({"user": 1, "item": range(len(weights)), "weight": weights})
    proposed = MinRating.proposed_for(loaded(log))
    assert (None if proposed is None else proposed.at_least) == least
    assert MinRating.proposed_for(of_pairs([(1, 2)])) is None
