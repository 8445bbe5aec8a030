from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from toys import observed

from gnnrec import DataError, UsageError
from gnnrec_features.text import Text

NOTHING = observed([], 1, 1)
TEXTS = ["The cat", "a CAT, the", "tall ships", "Tall ships!", None, "the cat tall"]
TABLE = pd.DataFrame({"title": TEXTS})


def values(texts: list[Any], *, fitted_on: pd.DataFrame = TABLE, **fields: Any) -> np.ndarray:
    encoding = Text(**fields).fit(fitted_on, NOTHING)
    block = encoding.encode(pd.DataFrame({"title": texts}))
    return block.values  # noqa: PD011 - a block is no table


def test_texts_with_the_same_words_are_the_same_and_nearness_is_that_of_tf_idf() -> None:
    pytest.importorskip("sklearn")
    from sklearn.feature_extraction.text import TfidfVectorizer

    found = values(TEXTS, dimensions=6)
    exact = TfidfVectorizer().fit_transform([text or "" for text in TEXTS]).toarray()
    assert np.allclose(found @ found.T, exact @ exact.T, atol=1e-6)  # 4 words have no more than 4 directions
    assert np.array_equal(found[0], found[1])
    assert not found[4].any()
    assert not found[:, 4:].any()


def test_the_leading_directions_are_those_of_the_singular_value_decomposition() -> None:
    pytest.importorskip("sklearn")
    from sklearn.feature_extraction.text import TfidfVectorizer

    exact = TfidfVectorizer().fit_transform([text or "" for text in TEXTS]).toarray()
    left, sizes, _ = np.linalg.svd(exact)
    expected = left[:, :2] * sizes[:2]
    found = values(TEXTS, dimensions=2)
    assert np.allclose(np.abs(found), np.abs(expected), atol=1e-6)


def test_neither_the_order_of_rows_nor_the_moment_changes_a_bit() -> None:
    pytest.importorskip("sklearn")
    for table in (TABLE, TABLE[::-1]):
        assert np.array_equal(values(TEXTS, fitted_on=table), values(TEXTS))


def test_the_most_frequent_words_count_and_unknown_ones_leave_no_trace() -> None:
    pytest.importorskip("sklearn")
    found = values(["cat", "cat unheard", "ships", "unheard", ""], words=3, dimensions=3)
    assert np.array_equal(found[0], found[1])
    assert [bool(row.any()) for row in found] == [True, True, False, False, False]
    state = Text(words=3, dimensions=3).fit(TABLE, NOTHING).state()
    assert state["words"] == ["cat", "tall", "the"]
    assert state["directions"].shape == (3, 3)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (
            ["A", "!", None],
            (
                "column 'title' has no word of two letters or more for any of the 3 nodes that training knows; leave "
                "it out"
            ),
        ),
        (
            [7, 10],
            (
                "column 'title' holds something else than text, such as 7; for numbers use {name: numeric, columns: "
                "[title]}, for lists {name: multi_hot, column: title}"
            ),
        ),
    ],
)
def test_what_has_no_words_is_refused(texts: list[Any], message: str) -> None:
    pytest.importorskip("sklearn")
    with pytest.raises(DataError) as error:
        Text().fit(pd.DataFrame({"title": texts}), NOTHING)
    assert str(error.value) == f"text: {message}"


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    ordinary = builtins.__import__

    def without(name: str, *arguments: Any) -> Any:
        if name.partition(".")[0] == "sklearn":
            raise ImportError("No module named 'sklearn'")
        return ordinary(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError) as error:
        Text().fit(TABLE, NOTHING)
    assert str(error.value) == (
        "feature encoder text needs the package scikit-learn: pip install gnnrec[text] (No module named 'sklearn')"
    )


@pytest.mark.parametrize(
    ("fields", "told"), [({"words": 9}, "words"), ({"dimensions": 16, "words": 9}, "dimensions and words")]
)
def test_what_is_about_words_is_not_said_of_a_model(fields: dict[str, int], told: str) -> None:
    with pytest.raises(ValidationError) as error:
        Text(model="minilm", **fields)
    assert error.value.errors()[0]["msg"] == (
        f"Value error, {told}: these are about TF-IDF, and model gives features of its own; leave one out"
    )
