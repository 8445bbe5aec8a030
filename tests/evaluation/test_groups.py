"""Metrics by users' activity and items' popularity, by hand and against a count one by one."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
import torch
from toys import interactions, split_by_hand
from written_scorings import Told

from gnnrec.evaluation.evaluator import Evaluator
from gnnrec.plugin.registry import installed
from gnnrec.recipe.schema import Evaluation

METRICS = {name: component() for name, component in installed().components("metric").items()}

COUNTS = [0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
"""Training interactions of each user of the drawn data."""


def evaluator(pairs: list[tuple[int, int, str]], num_users: int, num_items: int, **evaluation: object) -> Evaluator:
    """Of the test of a split by hand, whose pairs are sorted."""
    data = interactions([pair[:2] for pair in pairs], num_users, num_items)
    split = split_by_hand(data, [pair[2] for pair in pairs], ["ms" if pair[2] == "train" else "" for pair in pairs])
    metrics = {"metrics": tuple(METRICS.values()), "k": (2,)}
    return Evaluator(split, "test", Evaluation.model_construct(**{**metrics, "negatives": 1, **evaluation}), 0)


def test_groups_by_hand() -> None:
    # User 0 is cold, user 1 knows item 0; items 0 (one interaction) and 1, 2 (none) are in test.
    pairs = [(0, 0, "test"), (0, 1, "test"), (1, 0, "train"), (1, 2, "test"), (2, 3, "train"), (2, 4, "train")]
    # User 0 gets 0 and 2: item 0 is found, item 1 is not. User 1 gets 2 and 1 of those that are not seen.
    scores = torch.tensor([[9.0, 0, 8, 0, 0], [9, 7, 8, 0, 0], [0, 0, 0, 0, 0]])
    judged = evaluator(pairs, 3, 5).judge(Told(scores))  # type: ignore[arg-type]
    one = 1 / (1 + 1 / np.log2(3))  # ndcg@2 of user 0: one of two relevant items, in the first place
    assert judged.metrics["ndcg@2"] == pytest.approx((one + 1) / 2)  # cold users count in it
    assert [(each.label, each.users, each.interactions) for each in judged.groups.activity] == [
        ("cold", 1, 2),
        ("1", 1, 1),
    ]
    assert [each.metrics["ndcg@2"] for each in judged.groups.activity] == pytest.approx([one, 1])
    assert [(each.label, each.users, each.interactions) for each in judged.groups.popularity] == [
        ("cold", 2, 2),
        ("1", 1, 1),
    ]
    cold, known = (each.metrics for each in judged.groups.popularity)
    # Of cold items, user 0 wants item 1, which is not found, and user 1 item 2, which is first.
    assert (cold["ndcg@2"], cold["recall@2"], cold["mrr@2"]) == (0.5, 0.5, 0.5)
    # Of the known ones user 0 wants item 0 alone: the ideal list has one item now.
    assert (known["ndcg@2"], known["recall@2"], known["map@2"]) == (1, 1, 1)
    assert set(cold) == {name for name in judged.metrics if name in judged.per_user}


def naive(table: pd.DataFrame, scores: np.ndarray, k: int) -> tuple[float, float]:
    """Mean recall and ndcg over the users of some test interactions, counted one by one; `seen` is masked already."""
    recalls, gains = [], []
    for user, wanted in table.groupby("user")["item"]:
        listed = np.argsort(-scores[user], kind="stable")[:k].tolist()  # type: ignore[call-overload]
        found = [place for place, item in enumerate(listed) if item in set(wanted)]
        recalls.append(len(found) / len(wanted))
        ideal = sum(1 / np.log2(place + 2) for place in range(min(k, len(wanted))))
        gains.append(sum(1 / np.log2(place + 2) for place in found) / ideal)
    return float(np.mean(recalls)), float(np.mean(gains))


def test_groups_equal_a_count_one_by_one() -> None:
    random = np.random.default_rng(3)
    part = np.full((30, 40), "", "<U5")
    for user in range(30):
        items = random.permutation(np.minimum(random.geometric(0.06, 30) - 1, 39))
        part[user, items[: COUNTS[user % 10]]] = "train"
        part[user, np.setdiff1d(items[10:18], np.flatnonzero(part[user]))] = "test"
    pairs = [(int(user), int(item), str(part[user, item])) for user, item in np.argwhere(part != "")]
    table = pd.DataFrame(pairs, columns=["user", "item", "part"])
    train, test = table[table["part"] == "train"], table[table["part"] == "test"]
    scores = random.normal(size=(30, 40)).astype(np.float32)
    groups = evaluator(pairs, 30, 40, k=(3, 7)).judge(Told(torch.from_numpy(scores.copy()))).groups  # type: ignore[arg-type]
    scores[train["user"], train["item"]] = -np.inf
    for kind, found in (("user", groups.activity), ("item", groups.popularity)):
        counts = test[kind].map(train[kind].value_counts()).fillna(0).astype(int)
        assert found[0].label == "cold"
        assert len(found) == 6
        bounds = [tuple(map(int, each.label.split(" to "))) if each.label != "cold" else (0,) for each in found]
        assert [low for low, *_ in bounds] == sorted(low for low, *_ in bounds)
        for each, (low, *high) in zip(found, bounds, strict=True):
            some = test[(counts >= low) & (counts <= (high or [low])[0])]
            assert (each.users, each.interactions) == (some["user"].nunique(), len(some))
            for k in (3, 7):
                measured = each.metrics[f"recall@{k}"], each.metrics[f"ndcg@{k}"]
                assert measured == pytest.approx(naive(some, scores, k), abs=1e-6), (kind, each.label)
    assert sum(each.users for each in groups.activity) == test["user"].nunique()
    assert sum(each.interactions for each in groups.popularity) == len(test)


def test_groups_are_plain_data() -> None:
    pairs = [(0, 0, "train"), (0, 1, "test"), (1, 1, "train")]
    judged = evaluator(pairs, 2, 3, metrics=(METRICS["recall"],), k=(1,)).judge(Told(torch.zeros(2, 3)))  # type: ignore[arg-type]
    group = {"label": "1", "users": 1, "interactions": 1, "metrics": {"recall@1": 1.0}}
    assert asdict(judged.groups) == {"activity": [group], "popularity": [group]}
