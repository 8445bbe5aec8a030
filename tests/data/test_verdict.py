from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gnnrec.data.tried_splits import TriedSplit
from gnnrec.data.verdict import FEW, MOST, SHARED, TOO_FEW, judge

FACTS = {
    "users": 100,
    "items": 80,
    "interactions": 2000,
    "interactions per user, max": 50,
    "interactions per item, max": 60,
    "share of users with one interaction": 0.1,
    "share of items with one interaction": 0.5,
    "interactions at the most frequent time": 400,
}
DRAWN = TriedSplit("drawn", counts={"train": 1}, cold={"user": 0.1, "item": 0.5})
REFUSED = TriedSplit("late", "late needs times")
BLIND = TriedSplit("blind", counts={"train": 1}, cold={"user": 1.0, "item": 0.0}, doubts=("none of 3 users is known",))
NEW = TriedSplit("by_time", counts={"train": 1}, cold={"user": 0.73, "item": 0.3}, at_one_moment=True)


@pytest.mark.parametrize(
    ("changed", "tried", "verdict"),
    [
        ({}, [DRAWN, REFUSED], "yes"),
        ({"interactions": 19}, [REFUSED], "no, because there are 19 interactions, and 20 are the least to learn from"),
        ({"interactions": 20}, [DRAWN], "yes, but 20 interactions are few, and figures hang on which of them are test"),
        ({"items": 1}, [DRAWN], "no, because there is one item only"),
        (
            {"interactions per item, max": 1},
            [DRAWN],
            "no, because each item has one interaction, so that nothing says which users go together",
        ),
        (
            {"interactions per user, max": 1},
            [DRAWN],
            "no, because each user has one interaction, so that nothing says which items go together",
        ),
        ({"users": 25}, [DRAWN], "no, because each user has an interaction with each item, so that nothing is left"),
        ({}, [REFUSED, REFUSED], "no, because no split can divide them: late: late needs times"),
        ({}, [REFUSED, BLIND], "no, because under no split anything is measured: blind: none of 3 users is known"),
        ({}, [BLIND, DRAWN], "yes"),
        (
            {"share of users with one interaction": 0.51},
            [DRAWN],
            "yes, but 51% of users have one interaction, which is either learned from or asked for",
        ),
        (
            {"interactions at the most frequent time": 1000},
            [DRAWN],
            "yes, but 50% of interactions are of one moment, so that times do not say what came first",
        ),
        (
            {},
            [NEW, DRAWN],
            "yes, but by time (by_time) 73% of users in test are new, and any other split knows what came later",
        ),
    ],
)
def test_the_verdict_follows_the_thresholds(changed: dict[str, Any], tried: list[TriedSplit], verdict: str) -> None:
    chosen = next((each for each in tried if each == DRAWN), None)
    found = str(judge({**FACTS, **changed}, tried, chosen))
    assert found.startswith(verdict)
    assert (found == "yes") == (verdict == "yes")


def test_a_chosen_split_that_mostly_asks_about_the_unknown_is_told() -> None:
    chosen = TriedSplit("drawn", counts={"train": 1}, cold={"user": 0.1, "item": 0.6})
    assert str(judge(FACTS, [chosen], chosen)) == "yes, but under drawn 60% of items in test are unknown to training"


def test_the_thresholds_are_written_down() -> None:
    text = (Path(__file__).parents[2] / "docs" / "own_data.md").read_text(encoding="utf-8")
    assert (MOST, SHARED) == (1 / 2, 1 / 5)
    for words in (f"fewer than {TOO_FEW}", f"fewer than {FEW:,}", "more than half of the users", "more than a fifth"):
        assert words in text
