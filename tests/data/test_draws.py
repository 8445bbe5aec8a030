from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
import pytest
from toys import interactions

from gnnrec.data.draws import _mixed, count_of, in_drawn_order, interaction_hashes, node_hashes

MASK = 2**64 - 1


def hashed(each: Any, key: str) -> int:
    digest = hashlib.blake2b(str(each).encode(), digest_size=8, key=hashlib.sha256(key.encode()).digest())
    return int.from_bytes(digest.digest(), "little")


def mixed(state: int) -> int:
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & MASK
    state = (state ^ state >> 27) * 0x94D049BB133111EB & MASK
    return state ^ state >> 31


def test_a_node_s_hash_is_that_of_its_id_as_text() -> None:
    ids = [7, 12, 10**12]
    hashes = node_hashes(pd.Series(ids), 42, "cold")
    assert hashes.dtype == np.uint64
    assert hashes.tolist() == [hashed(each, "42 cold") for each in ids]
    assert node_hashes(pd.Series(["7", "12", "1000000000000"]), 42, "cold").tolist() == hashes.tolist()
    assert node_hashes(pd.Series(["é"]), 0).tolist() == [hashed("é", "0 ")]


def test_the_finaliser_is_that_of_splitmix64() -> None:
    # The first three numbers of the reference implementation for the seed 0.
    states = np.array([0x9E3779B97F4A7C15 * step & MASK for step in (1, 2, 3)], np.uint64)
    assert _mixed(states).tolist() == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_an_interaction_s_hash_is_mixed_of_its_user_s_and_its_item_s() -> None:
    data = interactions([(0, 1), (1, 0), (1, 1)], 2, 2)
    expected = [
        mixed(hashed(user, "5 ties") ^ mixed(hashed(item, "5 ties item")))
        for user, item in ((1, 102), (2, 101), (2, 102))
    ]
    hashes = interaction_hashes(data, 5, "ties")
    assert hashes.dtype == np.uint64
    assert hashes.tolist() == expected


def test_another_seed_and_another_purpose_give_other_numbers() -> None:
    data = interactions([(user, item) for user in range(20) for item in range(20)], 20, 20)
    draws = [interaction_hashes(data, seed, purpose) for seed in (0, 1) for purpose in ("", "val", "test")]
    assert len(np.unique(np.concatenate(draws))) == 6 * 400
    centred = np.stack(draws) / 2**64 - 0.5
    correlations = np.corrcoef(centred)[np.triu_indices(6, 1)]
    assert np.abs(correlations).max() < 4 / np.sqrt(400)  # four standard deviations


def test_hashes_are_uniform_over_pairs_of_few_users_and_items() -> None:
    data = interactions([(user, item) for user in range(100) for item in range(100)], 100, 100)
    counts = np.bincount((interaction_hashes(data, 0, "parts") >> np.uint64(59)).astype(np.int64), minlength=32)
    # Chi-square with 31 degrees of freedom: its 99.9 % point.
    assert ((counts - 312.5) ** 2 / 312.5).sum() < 61.1


def test_the_drawn_order_is_that_of_the_hashes() -> None:
    order = in_drawn_order(np.array([2**63, 5, 2**64 - 1, 0], np.uint64))
    assert order.tolist() == [3, 1, 0, 2]
    assert order.dtype == np.int64


@pytest.mark.parametrize(
    ("share", "total", "count"), [(0.1, 100, 10), (0.1, 109, 10), (0.1, 9, 1), (0.1, 0, 1), (0.3, 80_670, 24_201)]
)
def test_counts_are_rounded_down_and_at_least_one(share: float, total: int, count: int) -> None:
    assert count_of(share, total) == count
