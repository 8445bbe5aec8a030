from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from toys import interactions

from gnnrec import DataError
from gnnrec.data.draws import interaction_hashes
from gnnrec.testing import toy_interactions
from gnnrec_splits.k_fold import KFold


@pytest.mark.parametrize("folds", [2, 5, 7])
def test_each_interaction_is_test_once(folds: int) -> None:
    data = toy_interactions()
    tested = np.stack([KFold(folds=folds, fold=fold).split(data).part == 2 for fold in range(folds)])
    assert (tested.sum(axis=0) == 1).all()
    assert {*tested.sum(axis=1).tolist()} <= {len(data) // folds, len(data) // folds + 1}


def test_the_fold_is_the_place_in_the_order_of_hashes_modulo_folds() -> None:
    data = toy_interactions()
    place = interaction_hashes(data, 9, "folds").argsort().argsort()
    part = KFold(folds=5, fold=3, seed=9).split(data).part
    assert np.array_equal(part == 2, place % 5 == 3)


def test_val_is_a_share_of_the_other_folds_and_drawn_apart_from_them() -> None:
    data = interactions([(user, item) for user in range(50) for item in range(40)], 50, 40)
    splits = [KFold(fold=fold, val=0.25).split(data) for fold in range(5)]
    assert [int((split.part == 1).sum()) for split in splits] == [400] * 5
    # Over all of the others alike: 400 of 1600, of each fold about 100 (99.99 % of draws are within 4 deviations of 9).
    for split in splits[1:]:
        assert 64 < ((split.part == 1) & (splits[0].part == 2)).sum() < 136


def test_a_share_of_train_is_only_scored() -> None:
    split = KFold(disjoint_train=0.25).split(toy_interactions())
    train = int((split.part == 0).sum())
    assert (split.supervision.sum(), split.message.sum()) == (train // 4, train - train // 4)


def test_too_few_interactions_are_told() -> None:
    with pytest.raises(DataError) as error:
        KFold(folds=5, fold=4).split(interactions([(0, item) for item in range(4)], 1, 4))
    assert str(error.value) == (
        "k_fold leaves test empty: 4 interactions give 3 train, 1 val, 0 test; "
        "ask for smaller shares, or bring more data"
    )


@pytest.mark.parametrize(("folds", "fold", "last"), [(5, 5, 4), (2, 3, 1)])
def test_a_fold_that_does_not_exist_is_refused(folds: int, fold: int, last: int) -> None:
    with pytest.raises(ValidationError) as error:
        KFold(folds=folds, fold=fold)
    assert [each["msg"] for each in error.value.errors()] == [
        f"Value error, fold {fold} does not exist: folds are 0 to {last}"
    ]


def test_one_fold_is_none() -> None:
    with pytest.raises(ValidationError, match="Input should be greater than or equal to 2"):
        KFold(folds=1)
