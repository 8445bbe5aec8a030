"""A split in figures."""

from __future__ import annotations

from toys import interactions, split_by_hand

from gnnrec.data.describe import count_split, doubts, told


def test_what_training_knows_nothing_of_is_counted_by_part() -> None:
    pairs = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 2), (2, 3), (2, 4)]
    parts = ["train", "val", "test", "val", "test", "test", "test"]
    split = split_by_hand(interactions(pairs, 3, 6), parts, ["ms" if part == "train" else "" for part in parts])
    counts = count_split(split)
    # User 0 and item 0 are known. User 1 is in val and test, user 2 in test; items 1 in val; 2, 3 and 4 in test.
    assert {name: count for name, count in counts.items() if name.startswith("cold")} == {
        "cold_users_val": 1,
        "cold_items_val": 1,
        "cold_users_test": 2,
        "cold_items_test": 3,
    }
    assert told(counts) == (
        "3 users, 6 items, 7 interactions; 1 message edges, 1 supervision edges, 2 val, 4 test; "
        "unknown to training: 1 users of val, 1 items of val, 2 users of test, 3 items of test"
    )


def test_figures_that_would_mean_little_are_doubted() -> None:
    def of(test: list[tuple[int, int]]) -> list[str]:
        pairs = sorted([(0, 0), (1, 1), *test])
        parts = ["test" if pair in test else "train" for pair in pairs]
        uses = ["ms" if part == "train" else "" for part in parts]
        return [
            doubt.partition(" with test")[0] for doubt in doubts(split_by_hand(interactions(pairs, 4, 4), parts, uses))
        ]

    assert of([(0, 1), (2, 0)]) == []
    assert of([(2, 0), (3, 0)]) == ["none of the 2 users"]
    assert of([(0, 2), (1, 2)]) == ["none of the 1 items"]
