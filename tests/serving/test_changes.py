from __future__ import annotations

from typing import Any

import pytest

from gnnrec.errors import UsageError
from gnnrec.serving.changes import Catalogue, Interaction


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"user": True}, "user ids are text or whole numbers; got True"),
        ({"user": 2**63}, "user ids that are numbers are within 64 bits; got 9223372036854775808"),
        ({"item": 1.0}, "item ids are text or whole numbers; got 1.0"),
        ({"item": ""}, "item ids that are text have 1 to 400 characters; got 0"),
        ({"item": "a" * 401}, "item ids that are text have 1 to 400 characters; got 401"),
        ({"item": "\ud800"}, r"item ids that are text are Unicode; got half a character: '\ud800'"),
        ({"time": 1.5}, "time is in whole seconds since 1970, within 64 bits; got 1.5"),
        ({"time": 2**63}, "time is in whole seconds since 1970, within 64 bits; got 9223372036854775808"),
        ({"weight": float("nan")}, "weight is a finite number, or none; got nan"),
        ({"weight": True}, "weight is a finite number, or none; got True"),
        ({"id": 7}, "the id of an interaction is text; got 7"),
        ({"id": ""}, "interaction ids that are text have 1 to 400 characters; got 0"),
    ],
)
def test_an_interaction_is_checked_at_birth(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Interaction(**{"user": 1, "item": 2, "time": 3} | given)
    assert str(caught.value) == message


def test_a_catalogue_is_its_items_whatever_their_order_and_tells_text_from_numbers() -> None:
    one = Catalogue.of(["ann"], [1, 2, 3])
    assert (one.user_ids, one.item_ids) == ("text", "number")
    assert Catalogue.of(["bob"], [3, 1, 2]) == one
    assert Catalogue.of(["ann"], [1, 2]).items != one.items
    assert Catalogue.of(["ann"], ["1", "2", "3"]).items != one.items
    one.require("user", "1")
    with pytest.raises(UsageError, match=r"^user ids of this store are text; got 1$"):
        one.require("user", 1)
    with pytest.raises(UsageError, match=r"^item ids of this store are whole numbers; got '1'$"):
        one.require("item", "1")
