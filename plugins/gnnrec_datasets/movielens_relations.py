"""What MovieLens says of movies besides ratings: genres, and the tags that users gave them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gnnrec import Relation

if TYPE_CHECKING:
    from gnnrec import Interactions


def with_relations(data: Interactions, tags: pd.DataFrame | None) -> Interactions:
    """The same data with a table `genre` and (item, has_genre, genre); where there are tags, with those likewise.

    Args:
        data: Its items have `genres`, lists; both tables are in alphabetical order.
        tags: A row for each time that a user tagged a movie: `user`, `item` (original ids), `tag`, `time`. Tags are one
            where they differ in case alone, or by space around them; what a user says of a movie twice counts from the
            first time. Left out are empty tags, and those by or of whom there are no ratings.
    """
    found = [_genres(data.items["genres"])] + ([] if tags is None else [_tags(tags, data)])
    tables = {relation.target_type: pd.DataFrame({relation.target_type: names}) for names, relation in found}
    return replace(data, tables={**data.tables, **tables}, relations=tuple(relation for _, relation in found))


def _genres(genres: pd.Series[list[str]]) -> tuple[pd.Index[str], Relation]:
    each = genres.explode().dropna()
    codes, names = pd.factorize(each, sort=True)
    items = each.index.to_numpy(np.int64)
    return names, Relation("item", "has_genre", "genre", items, codes.astype(np.int64))


def _tags(tags: pd.DataFrame, data: Interactions) -> tuple[pd.Index[str], Relation]:
    nodes = {kind: pd.Index(data.tables[kind][kind]).get_indexer(pd.Index(tags[kind])) for kind in ("user", "item")}
    words = tags["tag"].str.strip().str.casefold().fillna("")
    given = pd.DataFrame({**nodes, "tag": words, "time": tags["time"]})
    given = given[(nodes["user"] >= 0) & (nodes["item"] >= 0) & (words != "")]
    given = given.sort_values("time").drop_duplicates(["user", "item", "tag"])
    codes, names = pd.factorize(given["tag"], sort=True)
    users, items, times = (given[column].to_numpy(np.int64) for column in ("user", "item", "time"))
    return names, Relation("item", "has_tag", "tag", items, codes.astype(np.int64), by_user=users, time=times)
