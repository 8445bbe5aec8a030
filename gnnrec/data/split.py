"""A split: each interaction's part, the use of each training interaction, and what each phase may know."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gnnrec.data.clearing import Clearing, not_later, until
from gnnrec.data.edges import Renumbering
from gnnrec.data.fingerprint import digest_parts, digest_values
from gnnrec.data.observed import Observed
from gnnrec.data.parts import PARTS, TRAIN
from gnnrec.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from gnnrec.data.edges import Edges, IdArray, Mask
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
            if phase not in KNOWN:
                raise ContractError(f"a split has moments of {', '.join(KNOWN)}; got one of '{phase}'")
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
        """All edges of the given parts; made once, whoever asks."""
        wanted = tuple(place for place in self._there if PARTS[place] in parts)
        if wanted not in self._edges:
            self._edges[wanted] = self.interactions.edges.keep(self._in(*parts))
        return self._edges[wanted]

    @cached_property
    def _there(self) -> tuple[int, ...]:
        """The parts that have edges, by their positions."""
        return tuple(np.flatnonzero(np.bincount(self.part, minlength=len(PARTS))).tolist())

    @cached_property
    def _edges(self) -> dict[tuple[int, ...], Edges]:
        """What `edges` gave."""
        return {}

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
        """What a phase may know, for its graph: see `known`.

        What training learns from is to it what a test pair is to test, or the model would learn to read off the view
        what the test will not show it. Where times say nothing, no edge stands beside such a pair. Where they do, what
        was before training's moment may tell of a later pair, as in test. Of an earlier one nothing does, unless it is
        propagated over: then the edge tells already, and what the user said of the item tells no more.
        """
        return self._observed(self.known(phase), self._clearing(phase))

    def _clearing(self, phase: Phase) -> Clearing:
        edges, moment, training = self.interactions.edges, self.moment(phase), phase == "train"
        learned = self.supervision & training
        apart = learned & ~self.message
        return Clearing(
            hidden=edges.keys[apart | ~self._in(*KNOWN[phase])],
            learned=edges.keys[apart & not_later(edges, moment)],
            beside=edges.keys[learned],
            moment=moment,
            absent=self.absent if training else {},
            num_items=edges.num_items,
        )

    @cached_property
    def train(self) -> Observed:
        """What training may know, message and supervision alike: features, samplers and scorers are fitted on it."""
        edges = self.interactions.edges
        rest, nothing = edges.keys[~self._in("train")], np.zeros(0, np.int64)
        clearing = Clearing(rest, nothing, nothing, self.moment("validate"), self.absent, edges.num_items)
        return self._observed(self.edges("train"), clearing)

    @cached_property
    def new(self) -> dict[str, Mask]:
        """Which users and items training does not know, bool [N] each: they have no interaction in it, of any kind."""
        edges, training = self.interactions.edges, self.part == TRAIN
        known = self._clearing("train")
        met = [edges.keep(training), *(known.behaviour(each) for each in self.interactions.behaviours.values())]
        return {
            "user": np.bincount(np.concatenate([each.users for each in met]), minlength=edges.num_users) == 0,
            "item": np.bincount(np.concatenate([each.items for each in met]), minlength=edges.num_items) == 0,
        }

    @property
    def avoided(self) -> Edges:
        """The pairs that no negative is in training: all of train, and what filters took out that is not later."""
        train, filtered = self.edges("train"), self.interactions.filtered
        if filtered is None:
            return train
        return train.joined(until(filtered, self.moment("validate")))

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

    @cached_property
    def fingerprint(self) -> str:
        """A digest of the interactions and of each one's part: runs with the same one answered the same questions."""
        return digest_parts(self.interactions.fingerprint["edges"], digest_values(self.part))

    def to_table(self) -> pd.DataFrame:
        """What was divided and how, a row per interaction.

        Columns `user`, `item` (original ids), `time` and `weight` where they are known, `part` (by name), `message`,
        `supervision`.
        """
        return self.interactions.to_table(self.interactions.edges).assign(
            part=pd.Series(PARTS).array.take(self.part), message=self.message, supervision=self.supervision
        )

    def _in(self, *parts: Part) -> Mask:
        return np.array([part in parts for part in PARTS])[self.part]

    def _observed(self, edges: Edges, clearing: Clearing) -> Observed:
        """The edges, and of all else what is cleared."""
        data = self.interactions
        return Observed(
            edges=edges,
            tables=data.tables,
            relations=tuple(map(clearing.relation, data.relations)),
            behaviours={name: clearing.behaviour(each) for name, each in data.behaviours.items()},
            new=self.new,
        )
