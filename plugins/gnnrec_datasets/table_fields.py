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
    """The file of interactions; looked for beside the working folder, below $GNNREC_DATA and in the cache."""

    user: Text = "user"
    """The column of user ids."""

    item: Text = "item"
    """The column of item ids."""

    rating: Text | None = None
    """The column of ratings, if they matter: they are what interactions weigh."""

    min_rating: Annotated[float | None, Field(deprecated="use filters: [{name: min_rating, at_least: …}]")] = None
    """Keep only rows with a rating of at least this, each by itself; the others are as if they had not been there."""

    timestamp: Text | None = None
    """The column of times, if they matter: numbers since 1970, or ISO 8601 text, UTC where it names no zone."""

    timestamp_unit: Literal["s", "ms"] = "s"
    """What times that are numbers count: seconds or milliseconds since 1970."""

    part: Text | None = None
    """The column that says `train`, `val` or `test`, where the data come divided."""

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
        if self.least_rating is not None and self.rating is None:
            raise ValueError("min_rating needs ratings; name their column in rating")
        if self.title is not None and self.items is None:
            raise ValueError("title names a column of the table of items; name its file in items")
        files = [path for path in (self.path, self.users, self.items) if path is not None]
        if self.separator is not None and all(path.lower().endswith(".parquet") for path in files):
            raise ValueError("separator stands between the cells of text files; a Parquet file has none")
        named = list(self.columns.values())
        twice = next((column for column in named if named.count(column) > 1), None)
        if twice is not None:
            raise ValueError(
                f"user, item, rating, timestamp and part are columns of their own; '{twice}' is named twice"
            )
        return self

    @property
    def columns(self) -> dict[str, str]:
        """What is read of the file of interactions: a column for each of these fields that names one."""
        fields = ("user", "item", "rating", "timestamp", "part")
        return {field: column for field in fields if (column := getattr(self, field)) is not None}

    @property
    def least_rating(self) -> float | None:
        """`min_rating`, without the warning that pydantic gives to whoever asks for what is deprecated."""
        least: float | None = vars(self)["min_rating"]
        return least
