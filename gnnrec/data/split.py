"""A split: each interaction's part, the use of each training interaction, and what each phase may know."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from gnnrec.data.edges import Renumbering
from gnnrec.data.fingerprint import digest_parts, digest_values
from gnnrec.data.observed import Observed
from gnnrec.data.parts import PARTS, TRAIN
from gnnrec.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import pandas as pd

    from gnnrec.data.edges import Edges, IdArray, Mask, Relation
    from gnnrec.data.interactions import Interactions
    from gnnrec.data.parts import Part

Phase = Literal["train", "validate", "test"]

KNOWN: dict[Phase, tuple[Part, ...]] = {
    "train": ("train",),
    "validate": ("train", "shown"),
    "test": ("train", "val", "shown"),
}
"""The parts that a phase may know; of train, training itself propagates over the message edges alone."""


@dataclass(frozen=True)
class Split:
    """Interactions divided into parts.

    Attributes:
        interactions: What was divided.
        part: int8 [E], positions in `PARTS`.
        message: bool [E]; true for training edges that are propagated over in training.
        supervision: bool [E]; true for training edges that are scored and learned from.
        absent: Node type to bool [N]: the users or items that are not there in training (cold ones). They are never
            negatives, and outside the lists that listwise losses look at.
        moments: For a phase the time after which it knows nothing, seconds since 1970: one for all, or int64 [U] for
            each user. Phases that are not in it have none.

    Raises:
        ContractError: A shape or dtype is wrong, a training edge has no use, a held-out edge has one, an absent node
            has a training edge, or nothing is left to learn from.
    """

    interactions: Interactions
    part: npt.NDArray[np.int8]
    message: Mask
    supervision: Mask
    absent: Mapping[str, Mask] = field(default_factory=dict)
    moments: Mapping[Phase, int | IdArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.interactions)
        for name, dtype in (("part", np.int8), ("message", np.bool_), ("supervision", np.bool_)):
            values = getattr(self, name)
            if values.shape != (count,) or values.dtype != dtype:
                raise ContractError(
                    f"a split's {name} is {np.dtype(dtype)} [{count}]; got {values.dtype} {list(values.shape)}"
                )
        if count and not 0 <= self.part.min() <= self.part.max() < len(PARTS):
            raise ContractError(f"a split's part lies in 0..{len(PARTS) - 1}")
        if ((self.part == TRAIN) != (self.message | self.supervision)).any():
            raise ContractError("each training edge is message, supervision or both, and no held-out edge is either")
        if not self.supervision.any():
            raise ContractError("the split leaves no supervision edges: there is nothing to learn from")
        self._check_absent()
        users = self.interactions.edges.num_users
        for phase, moment in self.moments.items():
            if not isinstance(moment, int) and (moment.dtype != np.int64 or moment.shape != (users,)):
                raise ContractError(
                    f"a split's moment of {phase} is a number or int64 [{users}]; "
                    f"got {moment.dtype} {list(moment.shape)}"
                )

    def _check_absent(self) -> None:
        edges = self.interactions.edges
        train = self.part == TRAIN
        sides = {"user": (edges.users, edges.num_users), "item": (edges.items, edges.num_items)}
        for node_type, absent in self.absent.items():
            ids, count = sides.get(node_type, (None, 0))
            if ids is None:
                raise ContractError(f"a split's absent nodes are users or items, not of type {node_type}")
            if absent.dtype != np.bool_ or absent.shape != (count,):
                raise ContractError(
                    f"a split's absent {node_type}s are bool [{count}]; got {absent.dtype} {list(absent.shape)}"
                )
            if absent[ids[train]].any():
                raise ContractError(f"a split's absent {node_type}s have training edges")

    def edges(self, *parts: Part) -> Edges:
        """All edges of the given parts."""
        return self.interactions.edges.keep(self._in(*parts))

    @property
    def message_edges(self) -> Edges:
        """The edges that training propagates over."""
        return self.interactions.edges.keep(self.message)

    @property
    def supervision_edges(self) -> Edges:
        """The edges that training scores and learns from."""
        return self.interactions.edges.keep(self.supervision)

    def known(self, phase: Phase) -> Edges:
        """The edges that a phase propagates over: train's message edges, then all of train, then train and val."""
        return self.message_edges if phase == "train" else self.edges(*KNOWN[phase])

    def moment(self, phase: Phase) -> int | IdArray | None:
        """The time, for all or int64 [U] for each user, after which a phase knows nothing; None where there is none."""
        return self.moments.get(phase)

    def observed(self, phase: Phase) -> Observed:
        """What a phase may know, for its graph: see `known`."""
        hidden = ~self._in(*KNOWN[phase]) | (self.supervision if phase == "train" else False)
        return self._observed(self.known(phase), hidden, self.moment(phase))

    @cached_property
    def train(self) -> Observed:
        """What training may know, message and supervision alike: features, samplers and scorers are fitted on it."""
        return self._observed(self.edges("train"), ~self._in("train"), self.moment("train"))

    @property
    def avoided(self) -> Edges:
        """The pairs that no negative is in training: all of train, and of what filters took out what is not later."""
        train, filtered = self.edges("train"), self.interactions.filtered
        if filtered is None:
            return train
        return train.joined(_cleared(filtered, np.zeros(0, np.int64), self.moment("train")))

    @cached_property
    def present(self) -> dict[str, Renumbering] | None:
        """Numbers of the users and items that are there in training; None where all are."""
        if not any(absent.any() for absent in self.absent.values()):
            return None
        edges = self.interactions.edges
        counts = {"user": edges.num_users, "item": edges.num_items}
        return {
            name: Renumbering(~self.absent[name] if name in self.absent else np.ones(count, bool))
            for name, count in counts.items()
        }

    @property
    def fingerprint(self) -> str:
        """A digest of the interactions and of each one's part: runs with the same one answered the same questions."""
        return digest_parts(self.interactions.fingerprint["edges"], digest_values(self.part))

    def to_table(self) -> pd.DataFrame:
        """What was divided and how, a row per interaction.

        Columns `user`, `item` (original ids), `time` and `weight` where they are known, `part` (by name), `message`,
        `supervision`.
        """
        return self.interactions.to_table(self.interactions.edges).assign(
            part=np.array(PARTS)[self.part], message=self.message, supervision=self.supervision
        )

    def _in(self, *parts: Part) -> Mask:
        return np.isin(self.part, [PARTS.index(part) for part in parts])

    def _observed(self, edges: Edges, hidden: Mask, moment: int | IdArray | None) -> Observed:
        """Everything that tells nothing of the hidden pairs, nor of anything later than the moment."""
        data = self.interactions
        keys = data.edges.keys[hidden]
        return Observed(
            edges=edges,
            tables=data.tables,
            relations=tuple(_cleared_relation(relation, data, keys, moment) for relation in data.relations),
            behaviours={name: _cleared(each, keys, moment) for name, each in data.behaviours.items()},
        )


def _cleared(behaviour: Edges, hidden: IdArray, moment: int | IdArray | None) -> Edges:
    """A behaviour without what is later; without the hidden pairs where times say nothing of that."""
    if moment is not None and behaviour.time is not None:
        return behaviour.keep(behaviour.time <= _for_each(moment, behaviour.users))
    return behaviour.keep(~np.isin(behaviour.keys, hidden))


def _cleared_relation(
    relation: Relation, data: Interactions, hidden: IdArray, moment: int | IdArray | None
) -> Relation:
    """A relation without what is later.

    Where times say nothing of that, one that users made is cleared of what a user says of an item, if the pair is
    hidden: whoever tags a film has seen it. Where each user has a moment of its own, what nobody in particular made is
    as old as the last of them allows.
    """
    if moment is not None and relation.time is not None:
        if relation.by_user is not None or isinstance(moment, int):
            return relation.keep(relation.time <= _for_each(moment, relation.by_user))
        return relation.keep(relation.time <= moment.max())
    if relation.by_user is None:
        return relation
    kept = np.ones(len(relation), bool)
    for node_type, ids in ((relation.source_type, relation.source), (relation.target_type, relation.target)):
        if node_type == "item":
            kept &= ~np.isin(relation.by_user * data.edges.num_items + ids, hidden)
    return relation.keep(kept)


def _for_each(moment: int | IdArray, users: IdArray | None) -> int | IdArray:
    return moment if isinstance(moment, int) or users is None else moment[users]
