"""Small data with known answers, shared by the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from hypothesis import settings
from hypothesis import strategies as st

from gnnrec import Edges, Interactions, Observed, Split, hookimpl, load_recipe
from gnnrec.data.parts import PARTS
from gnnrec.testing import checkerboard

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gnnrec import Recipe
    from gnnrec.contract.training import EpochRecord, RunEnd, RunStart

settings.register_profile("no deadline", deadline=None)  # a busy machine is no failure
settings.load_profile("no deadline")

SHAPES = st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(0, 30), st.integers(1, 9))
"""Shapes of a product: rows of one side and of the other, pairs between them, channels."""


def edges(pairs: Iterable[tuple[int, int]], num_users: int, num_items: int) -> Edges:
    """Edges from pairs of node ids."""
    users, items = np.array(list(pairs), np.int64).reshape(-1, 2).T.copy()
    return Edges(users, items, num_users, num_items)


def observed(pairs: Iterable[tuple[int, int]], num_users: int, num_items: int) -> Observed:
    """What is known where nothing but pairs of node ids is."""
    return Observed(edges(pairs, num_users, num_items))


def pairs_of(some: Edges) -> set[tuple[int, int]]:
    """The pairs as a set."""
    return set(zip(some.users.tolist(), some.items.tolist(), strict=True))


def interactions(pairs: Iterable[tuple[int, int]], num_users: int, num_items: int) -> Interactions:
    """Interactions whose original ids are node ids + 1 for users and + 101 for items; items have titles and genres."""
    items = [node + 101 for node in range(num_items)]
    genres = [["Comedy", "Drama"] if item % 2 else ["Horror"] for item in items]
    return Interactions(
        edges(pairs, num_users, num_items),
        {
            "user": pd.DataFrame({"user": [node + 1 for node in range(num_users)]}),
            "item": pd.DataFrame({"item": items, "title": [f"Movie {item}" for item in items], "genres": genres}),
        },
        source="toy",
    )


def split_by_hand(data: Interactions, parts: Iterable[str], uses: Iterable[str]) -> Split:
    """A split spelled out: a part for each interaction, sorted as they are, and for those of train `m`, `s` or `ms`."""
    uses = list(uses)
    return Split(
        data,
        np.array([PARTS.index(part) for part in parts], np.int8),
        np.array(["m" in use for use in uses]),
        np.array(["s" in use for use in uses]),
    )


def movielens_like(folder: Path, data: Interactions | None = None) -> Path:
    """Toy interactions, the checkerboard if none are given, as an unpacked MovieLens folder."""
    folder.mkdir(parents=True, exist_ok=True)
    data = data or checkerboard()
    log = pd.DataFrame({"userId": data.edges.users + 1, "movieId": data.edges.items + 101})
    time = 1_000_000_000 if data.edges.time is None else data.edges.time
    log.assign(rating=4.0, timestamp=time).to_csv(folder / "ratings.csv", index=False)
    movies = pd.DataFrame({"movieId": data.items["item"], "title": data.items["title"]})
    movies.assign(genres=data.items["genres"].str.join("|")).to_csv(folder / "movies.csv", index=False)
    return folder


def small_recipe(folder: Path, **overrides: Any) -> Recipe:
    """The shipped recipe over an unpacked MovieLens folder, small and short; overrides spell `.` as `__`."""
    chosen = {"dataset.path": str(folder), "encoder.channels": 8, "trainer.epochs": 3, "trainer.device": "cpu"}
    chosen |= {key.replace("__", "."): value for key, value in overrides.items()}
    return load_recipe("movielens_sage", chosen)


class Crash(BaseException):
    """What no observer's failure is taken for."""


class Watcher:
    """Remembers what it is told, and may raise at the end of an epoch."""

    def __init__(self, raises: BaseException | None = None, at: int = 0) -> None:
        self.started: list[RunStart] = []
        self.epochs: list[int] = []
        self.ended: list[RunEnd] = []
        self.raises, self.at = raises, at

    @hookimpl
    def gnnrec_run_started(self, run: RunStart) -> None:
        self.started.append(run)

    @hookimpl
    def gnnrec_epoch_ended(self, epoch: EpochRecord) -> None:
        self.epochs.append(epoch.epoch)
        if self.raises is not None and epoch.epoch == self.at:
            raise self.raises

    @hookimpl
    def gnnrec_run_ended(self, end: RunEnd) -> None:
        self.ended.append(end)
