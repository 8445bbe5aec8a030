from __future__ import annotations

import numpy as np
import pytest

from gnnrec import ContractError, FeatureBlock


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((3, 2)), "a feature block is float32 [N, F]; got float64 [3, 2]"),
        (np.zeros(3, np.float32), "a feature block is float32 [N, F]; got float32 [3]"),
        (np.zeros((3, 1), np.float32), "1 feature columns but 2 names"),
        (np.array([[0, np.inf]], np.float32), "a feature block has values that are not finite"),
    ],
)
def test_a_feature_block_is_checked_at_birth(values: np.ndarray, message: str) -> None:
    with pytest.raises(ContractError) as error:
        FeatureBlock(values, ("a", "b"))
    assert str(error.value) == message
