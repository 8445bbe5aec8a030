from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gnnrec.modelling.score_rows import PairScores, read_rows

SCORES = torch.arange(30.0).view(6, 5)


class Kept:
    """Keeps the blocks that it reads, and masks an item for those after it."""

    def __init__(self, users: list[int], masks: int | None = None) -> None:
        self.users, self.masks = torch.tensor(users, dtype=torch.int64), masks
        self.blocks: list[tuple[list[int], list[list[float]]]] = []

    def read(self, users: Tensor, scores: Tensor) -> None:
        self.blocks.append((users.tolist(), scores.tolist()))
        if self.masks is not None:
            scores[:, self.masks] = -1.0


def test_each_row_is_scored_once_and_read_by_all_that_want_it_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gnnrec.modelling.score_rows.RANKED_CELLS", 10)  # two users at once
    asked: list[int] = []

    def score(users: Tensor) -> Tensor:
        asked.extend(users.tolist())
        return SCORES[users]

    first, second = Kept([0, 1, 2, 4], masks=1), Kept([1, 2, 3, 4])
    read_rows(score, 5, [first, second])
    assert sorted(asked) == [0, 1, 2, 3, 4]
    assert [users for users, _ in first.blocks] == [[0], [1, 2], [4]]
    assert [users for users, _ in second.blocks] == [[3], [1, 2], [4]]
    assert dict(zip(*second.blocks[2], strict=True)) == {4: [20.0, -1.0, 22.0, 23.0, 24.0]}
    assert dict(zip(*first.blocks[2], strict=True)) == {4: [20.0, 21.0, 22.0, 23.0, 24.0]}


def test_nobody_who_reads_has_nothing_scored() -> None:
    read_rows(pytest.fail, 5, [])
    pairs = PairScores(torch.empty(2, 0, dtype=torch.int64), 5)
    read_rows(pytest.fail, 5, [pairs])
    assert pairs.scores.tolist() == []


@pytest.mark.parametrize("cells", [2**22, 10])
def test_pairs_are_read_in_whatever_order_they_stand_and_more_than_once(
    cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gnnrec.modelling.score_rows.RANKED_CELLS", cells)
    wanted = torch.tensor([[5, 0, 3, 0, 5, 0], [4, 1, 2, 1, 0, 0]])
    pairs = PairScores(wanted, 5)
    assert pairs.users.tolist() == [0, 3, 5]
    read_rows(lambda users: SCORES[users], 5, [pairs])
    assert torch.equal(pairs.scores, SCORES[wanted[0], wanted[1]])
