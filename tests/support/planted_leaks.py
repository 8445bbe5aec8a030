"""The rules of what may be known, and for each a record that it alone forbids."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from naive_clearing import Record
from toys import interactions, split_by_hand

from gnnrec import Edges, Relation

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnnrec import Split
    from gnnrec.data.clearing import Clearing
    from gnnrec.data.split import Phase

PAIRS = [(0, 0), (0, 1), (0, 3), (1, 1), (1, 2), (2, 0), (2, 2), (3, 0)]
PARTS = ["train", "val", "test", "train", "test", "train", "train", "shown"]
USES = ["m", "", "", "s", "", "ms", "m", ""]
NEW = np.arange(4) == 3
"""User 3 and item 3 are not there in training."""

VIEW = ("user", "view", "item")
WISHES = ("user", "wishes", "item")
TRUSTS = ("user", "trusts", "user")
HAS_TAG = ("item", "has_tag", "tag")
NEXT = ("item", "next", "item")
NOTHING = np.zeros(0, np.int64)
TEST_PAIR = np.array([1 * 4 + 2])
"""The key of user 1 and item 2."""


@dataclass(frozen=True)
class Planted:
    """A rule, and a record that it forbids; beside it lies one that nothing forbids, from node 2 to node 2 at time 0.

    Attributes:
        rule: What must not be known.
        phase: In which phase.
        forbidden: The record.
        moments: Of the split.
        without: The clearing without this rule.
    """

    rule: str
    phase: Phase
    forbidden: Record
    without: Callable[[Clearing], Clearing]
    moments: Any = None

    @property
    def split(self) -> Split:
        """The data with both records, divided."""
        bare, told = interactions(PAIRS, 4, 4), self.forbidden
        source, target, maker, time = np.array(
            [(2, 2, 2, 0), (told.source, told.target, told.maker, told.time)]
        ).T.copy()
        (source_type, name, target_type), timed = told.kind, None if told.time == -1 else time
        tables = {**bare.tables, "tag": pd.DataFrame({"tag": ["funny", "slow", "good", "long"]})}
        if told.kind == VIEW:
            data = replace(bare, tables=tables, behaviours={name: Edges(source, target, 4, 4, timed)})
        else:
            its_own = told.maker == -1 or (source_type == "user" and told.maker == told.source)
            by_user = None if its_own else maker
            relation = Relation(source_type, name, target_type, source, target, by_user=by_user, time=timed)
            data = replace(bare, tables=tables, relations=(relation,))
        split = split_by_hand(data, PARTS, USES)
        moments = {} if self.moments is None else {self.phase: self.moments}
        return replace(split, absent={"user": NEW, "item": NEW}, moments=moments)

    @property
    def named(self) -> str:
        """The forbidden record's ends by their original ids."""
        (source, _, target), tables = self.forbidden.kind, self.split.interactions.tables
        ends = ((source, self.forbidden.source), (target, self.forbidden.target))
        return " and ".join(f"{kind} {tables[kind][kind][node]}" for kind, node in ends)


def having(**fields: Any) -> Callable[[Clearing], Clearing]:
    """A clearing that knows of less to clear."""
    return lambda clearing: replace(clearing, **fields)


def taking(change: Callable[[Relation], Relation]) -> Callable[[Clearing], Clearing]:
    """A clearing that takes relations for others than they are."""

    def changed(clearing: Clearing) -> Clearing:
        class Mistaken(type(clearing)):  # type: ignore[misc]
            def relation(self, each: Relation) -> Relation:
                kept = super().relation(replace(change(each), weight=np.arange(len(each), dtype=np.float32)))
                return each.keep(kept.weight.astype(np.int64))

        return Mistaken(**vars(clearing))

    return changed


def only_held_out(clearing: Clearing) -> Clearing:
    """What training learns from may be told of."""
    return replace(clearing, hidden=np.setdiff1d(clearing.hidden, [1 * 4 + 1]), learned=NOTHING)


def latest(clearing: Clearing) -> Clearing:
    """The moment of one is that of all."""
    assert isinstance(clearing.moment, np.ndarray)
    return replace(clearing, moment=int(clearing.moment.max()))


EACH_USERS = np.array([40, 10, 99, 99])
RULES = [
    # rule, phase, record (kind, source, target, maker, time), the clearing without the rule, moments
    Planted("behaviours later than the moment", "test", Record(VIEW, 2, 1, 2, 50), having(moment=None), 40),
    Planted("behaviours later than the user's moment", "test", Record(VIEW, 1, 0, 1, 20), latest, EACH_USERS),
    Planted("what another phase's moment allows", "train", Record(VIEW, 2, 1, 2, 50), having(moment=60), 40),
    Planted("behaviours of hidden pairs", "test", Record(VIEW, 1, 2, 1, -1), having(hidden=NOTHING)),
    Planted("behaviours of pairs that test knows", "validate", Record(VIEW, 0, 1, 0, -1), having(hidden=TEST_PAIR)),
    Planted("what training learns from", "train", Record(VIEW, 1, 1, 1, 0), having(learned=NOTHING), 40),
    Planted(
        "views of pairs that training learns from, without times",
        "train",
        Record(VIEW, 2, 0, 2, -1),
        having(beside=NOTHING),
    ),
    Planted(
        "tags of pairs that training scores alone, without times",
        "train",
        Record(HAS_TAG, 1, 0, 1, -1),
        only_held_out,
    ),
    Planted(
        "tags of pairs that training learns from", "train", Record(HAS_TAG, 1, 0, 1, 0), having(learned=NOTHING), 9
    ),
    Planted(
        "what people said of the item of a hidden pair",
        "test",
        Record(HAS_TAG, 2, 0, 1, -1),
        taking(lambda each: replace(each, by_user=None)),
    ),
    Planted(
        "a user's own relation to the item of a hidden pair",
        "test",
        Record(WISHES, 1, 2, 1, -1),
        taking(lambda each: replace(each, source_type="anybody")),
    ),
    Planted(
        "a relation between a hidden pair that another made",
        "test",
        Record(WISHES, 1, 2, 0, -1),
        taking(lambda each: replace(each, source_type="anybody")),
    ),
    Planted("tags later than the tagger's moment", "test", Record(HAS_TAG, 0, 0, 1, 20), latest, EACH_USERS),
    Planted("trust later than the moment of who trusts", "test", Record(TRUSTS, 1, 0, 1, 20), latest, EACH_USERS),
    Planted("relations of nobody later than the moment", "test", Record(NEXT, 0, 1, -1, 50), having(moment=None), 40),
    Planted(
        "relations of nobody later than all moments",
        "test",
        Record(NEXT, 0, 1, -1, 100),
        having(moment=None),
        EACH_USERS,
    ),
    Planted("what absent users did", "train", Record(VIEW, 3, 1, 3, -1), having(absent={"item": NEW})),
    Planted("what was done to absent items", "train", Record(VIEW, 1, 3, 1, -1), having(absent={"user": NEW})),
    Planted("what absent users said", "train", Record(HAS_TAG, 1, 0, 3, -1), having(absent={"item": NEW})),
    Planted("what was said of absent items", "train", Record(HAS_TAG, 3, 0, 1, -1), having(absent={"user": NEW})),
    Planted("trust in absent users", "train", Record(TRUSTS, 0, 3, 0, -1), having(absent={})),
]

each_rule = pytest.mark.parametrize("planted", [pytest.param(each, id=each.rule) for each in RULES])
