"""An uneven little data set and its graph, with what the checkerboard has too little of: no two nodes are alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch_geometric.data import HeteroData

from gnnrec.contract.kinds import NODE_TYPES
from gnnrec.data.edges import Edges, Relation
from gnnrec.data.features import FeatureBlock
from gnnrec.data.interactions import Interactions
from gnnrec.data.observed import Observed

if TYPE_CHECKING:
    from collections.abc import Mapping

USERS, ITEMS = 20, 15

FIRST_TIME = 1_000_000_000
"""Seconds since 1970."""

GENRES = ("Comedy", "Drama", "Horror")


def toy_interactions() -> Interactions:
    """Twenty users, fifteen items, about half of all pairs, with titles, genres, times and weights.

    Each user has between three and twelve interactions; no two are of the same time. Genres are nodes too, with a
    relation from items; and a behaviour, `view`, has some of the pairs and as many others.
    """
    generator = np.random.default_rng(0)
    wanted = generator.integers(3, 13, USERS)
    pairs = [(user, item) for user in range(USERS) for item in generator.choice(ITEMS, wanted[user], replace=False)]
    users, items = np.array(pairs, np.int64)[generator.permutation(len(pairs))].T.copy()
    genres = [[genre for position, genre in enumerate(GENRES) if item >> position & 1] for item in range(ITEMS)]
    time = FIRST_TIME + 60 * generator.permutation(len(pairs))
    weight = generator.integers(1, 11, len(pairs)).astype(np.float32) / np.float32(2)
    of_genre = np.array([(item, GENRES.index(genre)) for item in range(ITEMS) for genre in genres[item]], np.int64).T
    viewed = generator.integers(USERS * ITEMS, size=len(pairs))
    titles = [f"Movie {item}" for item in range(ITEMS)]
    return Interactions(
        Edges(users, items, USERS, ITEMS, time, weight),
        {
            "user": pd.DataFrame({"user": np.arange(USERS) + 1}),
            "item": pd.DataFrame({"item": np.arange(ITEMS) + 101, "title": titles, "genres": genres}),
            "genre": pd.DataFrame({"genre": GENRES}),
        },
        relations=(Relation("item", "has_genre", "genre", *of_genre),),
        behaviours={
            "view": Edges(
                viewed // ITEMS, viewed % ITEMS, USERS, ITEMS, FIRST_TIME + generator.permutation(len(viewed))
            )
        },
        source="toy",
    )


def toy_edges() -> Edges:
    """Some of the interactions, over two nodes more: the last user and the last item have no edge."""
    edges = toy_interactions().edges
    chosen = np.sort(np.random.default_rng(2).permutation(len(edges))[:60])
    return replace(edges.keep(chosen), num_users=USERS + 1, num_items=ITEMS + 1)


def toy_observed() -> Observed:
    """What is known of the toy edges: tables with a row more, the toy's relation and behaviour, no features."""
    data = toy_interactions()
    tables = {
        kind: table.reindex(range(count)).fillna({kind: 0}).astype({kind: table[kind].dtype})
        for kind, table, count in (("user", data.users, USERS + 1), ("item", data.items, ITEMS + 1))
    }
    behaviours = {
        name: replace(each, num_users=USERS + 1, num_items=ITEMS + 1) for name, each in data.behaviours.items()
    }
    return Observed(toy_edges(), {**data.tables, **tables}, data.relations, behaviours)


def toy_features(edges: Edges) -> dict[str, FeatureBlock]:
    """Three random features of users and two of items."""
    generator = np.random.default_rng(1)
    counts = dict(zip(NODE_TYPES, (edges.num_users, edges.num_items), strict=True))
    return {
        node_type: FeatureBlock(
            generator.normal(size=(count, width)).astype(np.float32), tuple(f"f{i}" for i in range(width))
        )
        for (node_type, count), width in zip(counts.items(), (3, 2), strict=True)
    }


def toy_graph(edges: Edges | None = None, features: Mapping[str, FeatureBlock] | None = None) -> HeteroData:
    """A graph as `GraphBuilder.build` gives it, with reverse edges; by default of the toy edges and features."""
    edges = toy_edges() if edges is None else edges
    features = toy_features(edges) if features is None else features
    graph = HeteroData()
    for node_type, count in zip(NODE_TYPES, (edges.num_users, edges.num_items), strict=True):
        graph[node_type].node_id = torch.arange(count)
        if node_type in features:
            graph[node_type].x = torch.from_numpy(features[node_type].values)
    ends = torch.from_numpy(np.stack([edges.users, edges.items]))
    graph["user", "interacts", "item"].edge_index = ends
    graph["item", "rev_interacts", "user"].edge_index = ends.flip(0).contiguous()
    return graph
