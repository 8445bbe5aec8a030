"""What a recipe may say of a table of interactions: the fields of `table`, which its loader reads."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from gnnrec import Dataset

Text = Annotated[str, Field(min_length=1)]


def _one_character(value: str) -> str:
    if len(value) != 1 or not value.isascii() or value in '"\r\n':
        raise ValueError(f"expected one ASCII character that is no quote and ends no line, got {value!r}")
    return value


Separator = Annotated[str, AfterValidator(_one_character)]


class TableFields(Dataset):
    """The fields by themselves."""

    path: Text
    """The file of interactions; relative to the working folder."""

    user: Text = "user"
    """The column of user ids."""

    item: Text = "item"
    """The column of item ids."""

    rating: Text | None = None
    """The column of ratings, if they matter."""

    min_rating: float | None = None
    """Keep only rows with a rating of at least this: explicit feedback becomes implicit."""

    timestamp: Text | None = None
    """The column of times, if they matter: numbers since 1970, or ISO 8601 text, UTC where it names no zone."""

    timestamp_unit: Literal["s", "ms"] = "s"
    """What times that are numbers count: seconds or milliseconds since 1970."""

    separator: Separator | None = None
    """What stands between the cells of text files; by default a comma in .csv and a tab in .tsv and .txt."""

    users: Text | None = None
    """A file with a row per user: the column that `user` names, and whatever else is known."""

    items: Text | None = None
    """A file with a row per item: the column that `item` names, and whatever else is known, such as `genres`."""

    title: Text | None = None
    """The column of `items` that recommendations show; by default `title`, where there is one."""

    @model_validator(mode="after")
    def _say_nothing_in_vain(self) -> Self:
        if self.min_rating is not None and self.rating is None:
            raise ValueError("min_rating needs ratings; name their column in rating")
        if self.title is not None and self.items is None:
            raise ValueError("title names a column of the table of items; name its file in items")
        files = [path for path in (self.path, self.users, self.items) if path is not None]
        if self.separator is not None and all(path.lower().endswith(".parquet") for path in files):
            raise ValueError("separator stands between the cells of text files; a Parquet file has none")
        columns = [column for column in (self.user, self.item, self.rating, self.timestamp) if column is not None]
        twice = next((column for column in columns if columns.count(column) > 1), None)
        if twice is not None:
            raise ValueError(f"user, item, rating and timestamp are columns of their own; '{twice}' is named twice")
        return self
