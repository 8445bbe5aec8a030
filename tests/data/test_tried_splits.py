from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toys import interactions, split_by_hand

from gnnrec import DataError
from gnnrec.data import tried_splits
from gnnrec.data.tried_splits import TriedSplit, choose_split, try_splits

if TYPE_CHECKING:
    import pytest

PAIRS = [(0, 0), (0, 1), (1, 0), (1, 2), (2, 1)]
DATA = interactions(PAIRS, 3, 3)

DOUBT = (
    "none of the {} {} with test interactions has a training one, so nothing is measured of what was learned; take "
    "data with more of each, a filter (min_interactions, k_core) or another split"
)


class Fixed:
    """A split that puts the pairs into given parts."""

    def __init__(self, parts: str, looks_at: tuple[str, ...] | None = ()) -> None:
        self.parts, self.looks_at = parts, looks_at

    def split(self, data: Any) -> Any:
        names = {"t": "train", "v": "val", "e": "test"}
        parts = [names[each] for each in self.parts]
        return split_by_hand(data, parts, ["ms" if part == "train" else "" for part in parts])


class Refusing:
    looks_at = ("time",)

    def __init__(self, error: Exception) -> None:
        self.error = error

    def split(self, data: Any) -> Any:  # noqa: ARG002
        raise self.error


def test_each_split_is_told_with_what_it_holds_out_or_why_it_cannot() -> None:
    # Train of `random` knows users 0 and 1, and item 0. Test asks user 1 about item 2, and user 2 about item 1.
    found = try_splits(
        DATA,
        {
            "random": Fixed("tvtee"),
            "needy": "it has no default of path",
            "late": Refusing(DataError("late needs times, and the data have none")),
            "broken": Refusing(RuntimeError("not today")),
            "blind": Fixed("tveee"),
        },
    )
    assert found == [
        TriedSplit(
            "blind",
            counts={"train": 1, "val": 1, "test": 3},
            cold={"user": 1.0, "item": 0.6667},
            doubts=(DOUBT.format(2, "users"),),
        ),
        TriedSplit("broken", "it fails: RuntimeError: not today"),
        TriedSplit("late", "late needs times, and the data have none"),
        TriedSplit("needy", "it has no default of path"),
        TriedSplit(
            "random",
            counts={"train": 2, "val": 1, "test": 2},
            cold={"user": 0.5, "item": 1.0},
            doubts=(DOUBT.format(2, "items"),),
        ),
    ]


def test_where_there_are_many_interactions_what_looks_at_parts_and_times_comes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refusing = Refusing(DataError("needs times"))
    looks_at = {"a": (), "b": ("time",), "c": ("parts",)}
    splits: dict[str, Any] = {"A": refusing, **{name: Fixed("tvtee", parts) for name, parts in looks_at.items()}}
    for most, tried in ((15, "abc"), (14, "bc"), (9, "c"), (1, "c")):
        monkeypatch.setattr(tried_splits, "MOST", most)
        found = try_splits(DATA, splits)
        assert "".join(each.name for each in found if not each.refused) == tried
        assert {each.refused for each in found if each.refused} <= {
            "needs times",
            "not tried: 5 interactions are many",
        }


def told(name: str, cold: float, **more: Any) -> TriedSplit:
    return TriedSplit(name, counts={"train": 1, "val": 1, "test": 1}, cold={"user": cold, "item": 0.0}, **more)


def test_parts_come_first_then_time_then_the_recipes_own() -> None:
    parts = told("as_given", 0.9, looks_at=("parts",))
    time, mostly_new = told("by_time", 0.4, at_one_moment=True), told("by_time", 0.6, at_one_moment=True)
    own, other, cold = told("drawn", 0.2), told("dealt", 0.1), told("cold", 0.0, of_new_nodes=True)
    doubted, refused = told("doubted", 0.0, doubts=("none",)), TriedSplit("refused", "no")
    rest = [own, other, cold, doubted, refused]
    for tried, name in (
        ([parts, time, *rest], "as_given"),
        ([time, *rest], "by_time"),
        ([mostly_new, *rest], "drawn"),
        ([mostly_new, other, cold], "dealt"),
    ):
        chosen = choose_split(tried, "drawn")
        assert chosen is not None
        assert chosen.name == name
    assert choose_split([cold, doubted, refused], "drawn") is None
