"""What MovieLens says of movies besides ratings: genres, and the tags that users gave them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from gnnrec import Interactions


def with_relations(data: Interactions, tags: pd.DataFrame | None) -> Interactions:
    """The same data with a table `genre` and (item, has_genre, genre); where there are tags, with those likewise.

    Args:
        data: Its items have `genres`, lists; both tables are in alphabetical order.
        tags: A row for each time that a user tagged a movie: `user`, `item` (original ids), `tag`, `time`. Tags are one
            where they differ in case alone, or by space around them; what a user says of a movie twice counts from the
            first time. Left out are empty tags, and those by or of whom there are no ratings.
    """
    genres = data.items[["item", "genres"]].explode("genres").dropna().set_axis(["source", "target"], axis=1)
    told = data.with_relation(genres, "item", "has_genre", "genre")
    return told if tags is None else told.with_relation(_that_count(tags, data), "item", "has_tag", "tag")


def _that_count(tags: pd.DataFrame, data: Interactions) -> pd.DataFrame:
    said = tags.assign(tag=tags["tag"].str.strip().str.casefold().fillna(""))
    rated = said["user"].isin(data.users["user"]) & said["item"].isin(data.items["item"])
    first = said[rated & (said["tag"] != "")].sort_values("time").drop_duplicates(["user", "item", "tag"])
    return first.rename(columns={"item": "source", "tag": "target", "user": "by_user"})
