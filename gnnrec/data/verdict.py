"""Can one train on these data? The answer, with its reasons, by thresholds that docs/own_data.md writes down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gnnrec.data.tried_splits import TriedSplit

TOO_FEW = 20
"""Interactions below which nothing can be learned and judged."""

FEW = 1000
"""Interactions below which figures say little."""

MOST = 0.5
"""The share from which on something is true of most."""

SHARED = 0.2
"""The share of interactions at one moment from which on times do not say what came first."""


@dataclass(frozen=True)
class Verdict:
    """Whether one can train.

    Attributes:
        answer: `no` if a reason forbids it; `yes, but` if one is to be known.
        reasons: Whole clauses; none for `yes`.
    """

    answer: Literal["yes", "yes, but", "no"]
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line."""
        joint = {"yes": "yes", "yes, but": "yes, but ", "no": "no, because "}[self.answer]
        return joint + "; ".join(self.reasons)


def judge(facts: Mapping[str, Any], tried: Sequence[TriedSplit], chosen: TriedSplit | None) -> Verdict:
    """The verdict on data.

    Args:
        facts: What `describe_interactions` gives.
        tried: What splits do with the data.
        chosen: The split to begin with.
    """
    if against := tuple(_against(facts, tried)):
        return Verdict("no", against)
    reservations = (*_reservations(facts), *_of_splits(tried, chosen))
    return Verdict("yes, but", reservations) if reservations else Verdict("yes")


def _against(facts: Mapping[str, Any], tried: Sequence[TriedSplit]) -> Iterator[str]:
    count = facts["interactions"]
    if count < TOO_FEW:
        yield f"there are {count} interactions, and {TOO_FEW} are the least to learn from and to judge by"
        return
    for kind, other in (("user", "item"), ("item", "user")):
        if facts[f"{kind}s"] == 1:
            yield f"there is one {kind} only"
        elif facts[f"interactions per {kind}, max"] == 1:
            yield f"each {kind} has one interaction, so that nothing says which {other}s go together"
    if count == facts["users"] * facts["items"]:
        yield "each user has an interaction with each item, so that nothing is left to recommend"
    done = [each for each in tried if each.counts is not None]
    if tried and not done:
        yield f"no split can divide them: {tried[0].name}: {tried[0].refused}"
    elif done and all(each.doubts for each in done):
        yield f"under no split anything is measured: {done[0].name}: {done[0].doubts[0]}"


def _reservations(facts: Mapping[str, Any]) -> Iterator[str]:
    count = facts["interactions"]
    if count < FEW:
        yield f"{count:,} interactions are few, and figures hang on which of them are test"
    for kind in ("user", "item"):
        share = facts[f"share of {kind}s with one interaction"]
        if share > MOST:
            yield f"{share:.0%} of {kind}s have one interaction, which is either learned from or asked for"
    most = facts.get("interactions at the most frequent time", 0)
    if most > SHARED * count:
        yield f"{most / count:.0%} of interactions are of one moment, so that times do not say what came first"


def _of_splits(tried: Sequence[TriedSplit], chosen: TriedSplit | None) -> Iterator[str]:
    for each in tried:
        if each.at_one_moment and each.is_mostly_cold and each.cold is not None:
            new = f"{each.cold['user']:.0%} of users in test are new"
            yield f"by time ({each.name}) {new}, and any other split knows what came later"
    if chosen is None or chosen.cold is None or chosen.at_one_moment:
        return
    for kind, share in chosen.cold.items():
        if share > MOST:
            yield f"under {chosen.name} {share:.0%} of {kind}s in test are unknown to training"
