"""What MovieLens says of movies besides ratings: genres, years, and the tags that users gave them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from gnnrec import Interactions


def with_relations(data: Interactions, tags: pd.DataFrame | None) -> Interactions:
    """The same data with a table `genre` and (item, has_genre, genre); with years, and where there are tags, likewise.

    Args:
        data: Its items have `genres`, lists, and `year`, Int64; the tables are in ascending order.
        tags: A row for each time that a user tagged a movie: `user`, `item` (original ids), `tag`, `time`. Tags are one
            where they differ in case alone, or by space around them; what a user says of a movie twice counts from the
            first time. Left out are empty tags, and those by or of whom there are no ratings.
    """
    of_items = {"genre": data.items[["item", "genres"]].explode("genres"), "year": data.items[["item", "year"]]}
    for name, (node_type, said) in zip(("has_genre", "of_year"), of_items.items(), strict=True):
        data = data.with_relation(said.dropna().set_axis(["source", "target"], axis=1), "item", name, node_type)
    return data if tags is None else data.with_relation(_that_count(tags, data), "item", "has_tag", "tag")


def _that_count(tags: pd.DataFrame, data: Interactions) -> pd.DataFrame:
    said = tags.assign(tag=tags["tag"].str.strip().str.casefold().fillna(""))
    rated = said["user"].isin(data.users["user"]) & said["item"].isin(data.items["item"])
    first = said[rated & (said["tag"] != "")].sort_values("time").drop_duplicates(["user", "item", "tag"])
    return first.rename(columns={"item": "source", "tag": "target", "user": "by_user"})
