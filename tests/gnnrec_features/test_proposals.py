from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from gnnrec.plugin.registry import installed
from gnnrec_features.proposals import reading_of

if TYPE_CHECKING:
    from gnnrec import FeatureEncoder

COUNT = 100
NUMBERS = np.arange(COUNT)


@pytest.mark.parametrize(
    ("cells", "reading"),
    [
        (["a" if each % 2 else "b" for each in range(COUNT)], "category"),
        ([f"title {each}" for each in range(COUNT)], None),
        (["a|b" if each % 2 else "b" for each in range(COUNT)], "labels"),
        ([["a", "b"] if each % 2 else ["b"] for each in range(COUNT)], "labels"),
        (["['a', 'b']" if each % 2 else "['b']" for each in range(COUNT)], "labels"),
        (["same"] * COUNT, None),
        ([None] * 60 + ["a", "b"] * 20, None),
        ([None] * 40 + ["a", "b"] * 30, "category"),
        (NUMBERS % 5, "category"),
        (NUMBERS % 50, "number"),
        (NUMBERS, None),
        (NUMBERS / 3, "number"),
        ((NUMBERS % 2).astype(bool), "category"),
        (np.ones(COUNT), None),
        (pd.Timestamp("2020-01-01") + pd.to_timedelta(NUMBERS % 5, unit="D"), None),
    ],
)
def test_a_column_reads_as_categories_labels_or_numbers_and_one_encoder_takes_it(cells: Any, reading: Any) -> None:
    column = pd.Series(cells, name="what")
    assert reading_of(column) == reading
    components: Any = installed().components("features").values()
    proposed: list[FeatureEncoder] = [found for each in components if (found := each.proposed_for(column)) is not None]
    names = {"category": ["one_hot"], "labels": ["multi_hot"], "number": ["numeric"], None: []}
    assert [each.name for each in proposed] == names[reading]
    for each in proposed:
        assert "what" in each.model_dump_json()
