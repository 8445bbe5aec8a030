"""What a recipe says of a folder of atomic files."""

from __future__ import annotations

from typing import Literal

from gnnrec import Dataset
from gnnrec_datasets.table_words import Encoding, Text


class AtomicFields(Dataset):
    """Where the folder is, and what its columns are called."""

    path: Text
    """The folder; looked for beside the working folder, below $GNNREC_DATA and in the cache."""

    user: Text = "user_id"
    """The column of user ids."""

    item: Text = "item_id"
    """The column of item ids."""

    rating: Text | None = None
    """The column of ratings, which are what interactions weigh; by default `rating`, where there is one."""

    timestamp: Text | None = None
    """The column of times; by default `timestamp`, where there is one."""

    timestamp_unit: Literal["s", "ms", "us", "ns"] | None = None
    """What times count since 1970; by default their size tells, and the run says it."""

    missing: Literal["refuse", "drop"] = "refuse"
    """What becomes of rows in which one of the named columns is empty: the run ends, or goes on without them."""

    quote: Literal["double", "single", "none"] = "double"
    """The quotes around cells."""

    encoding: Encoding | None = None
    """The files' encoding; by default UTF-8, or what a byte order mark says; what is neither is taken to be cp1252
    (Latin-1 and more), and the run says it."""

    relations: bool = True
    """Whether `NAME.kg` and `NAME.link` are read, where they are there."""

    title: Text | None = None
    """The column of `NAME.item` that recommendations show; by default `title` or `movie_title`, where there is one."""
