"""What may be known besides the interactions, record by record, as docs/leaks.md says it: slow, and easy to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnnrec.data.parts import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import numpy as np
    import numpy.typing as npt

    from gnnrec import Edges, Relation, Split

ALL_OF_TRAIN = "all of train"
"""What features, samplers and scorers are fitted on: `Split.train`."""

KNOWN_PARTS = {
    "train": {"train"},
    ALL_OF_TRAIN: {"train"},
    "validate": {"train", "shown"},
    "test": {"train", "val", "shown"},
}


@dataclass(frozen=True, order=True)
class Record:
    """One thing that the data say besides the interactions.

    Attributes:
        kind: Of the edge.
        source: A node.
        target: A node.
        maker: The user that said or did it; -1 where nobody in particular did.
        time: When; -1 where that is not known.
    """

    kind: tuple[str, str, str]
    source: int
    target: int
    maker: int
    time: int

    def ends(self, node_type: str) -> set[int]:
        """Its nodes of a type."""
        both = {(self.kind[0], self.source), (self.kind[2], self.target)}
        return {node for kind, node in both if kind == node_type}


def records(relations: Iterable[Relation], behaviours: Mapping[str, Edges]) -> Iterator[Record]:
    """Each of them; a relation that starts from a user is that user's, and so is one that leads to a user alone."""
    for name, each in behaviours.items():
        for row in range(len(each)):
            user, item = int(each.users[row]), int(each.items[row])
            yield Record(("user", name, "item"), user, item, user, -1 if each.time is None else int(each.time[row]))
    for relation in relations:
        for row in range(len(relation)):
            source, target, maker = int(relation.source[row]), int(relation.target[row]), -1
            if relation.by_user is not None:
                maker = int(relation.by_user[row])
            elif relation.source_type == "user":
                maker = source
            elif relation.target_type == "user":
                maker = target
            time = -1 if relation.time is None else int(relation.time[row])
            yield Record(relation.edge_type, source, target, maker, time)


def naively_known(split: Split, phase: str) -> list[Record]:
    """The records that a phase may know, sorted."""
    data = split.interactions
    return sorted(each for each in records(data.relations, data.behaviours) if may_be_known(each, split, phase))


def may_be_known(record: Record, split: Split, phase: str) -> bool:
    """Whether a phase may know of it."""
    moment = split.moments.get("validate" if phase == ALL_OF_TRAIN else phase)  # type: ignore[call-overload]
    made_by_people = record.maker != -1
    users = record.ends("user") | ({record.maker} if made_by_people else set())
    items = record.ends("item")
    tells_of = {(user, item) for user in users for item in items} if made_by_people else set()
    stands_beside = {(user, item) for user in record.ends("user") for item in items}

    if phase in ("train", ALL_OF_TRAIN) and made_by_people:
        for node_type, nodes in (("user", users), ("item", items)):
            if any(node_type in split.absent and split.absent[node_type][node] for node in nodes):
                return False
    if moment is None or record.time == -1:
        if phase == "train" and (stands_beside & _learned(split) or tells_of & _learned_alone(split)):
            return False
        return not tells_of & _hidden(split, phase)
    if phase == "train" and tells_of & _learned_of_earlier(split, moment):
        return False
    if isinstance(moment, int):
        return record.time <= moment
    return record.time <= int(moment[record.maker] if made_by_people else max(moment))


def _hidden(split: Split, phase: str) -> set[tuple[int, int]]:
    """The pairs that a phase must not know."""
    parts = KNOWN_PARTS[phase]
    return {pair for row, pair in enumerate(_pairs(split)) if PARTS[split.part[row]] not in parts}


def _learned(split: Split) -> set[tuple[int, int]]:
    """The pairs that training learns from."""
    return {pair for row, pair in enumerate(_pairs(split)) if split.supervision[row]}


def _learned_alone(split: Split) -> set[tuple[int, int]]:
    """Those of them that it does not propagate over."""
    return {pair for row, pair in enumerate(_pairs(split)) if split.supervision[row] and not split.message[row]}


def _learned_of_earlier(split: Split, moment: int | npt.NDArray[np.int64]) -> set[tuple[int, int]]:
    """Those of them that it does not propagate over, and that are not known to be later than its moment."""
    found, time = set(), split.interactions.edges.time
    for row, (user, item) in enumerate(_pairs(split)):
        until = moment if isinstance(moment, int) else int(moment[user])
        later = time is not None and int(time[row]) > until
        if split.supervision[row] and not split.message[row] and not later:
            found.add((user, item))
    return found


def _pairs(split: Split) -> list[tuple[int, int]]:
    edges = split.interactions.edges
    return list(zip(edges.users.tolist(), edges.items.tolist(), strict=True))
