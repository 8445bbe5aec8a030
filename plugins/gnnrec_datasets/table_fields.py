"""What a recipe may say of a table of interactions: the fields of `table`, which its loader reads."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gnnrec import Dataset
from gnnrec_datasets.table_relations import RelationFile
from gnnrec_datasets.table_words import Encoding, Separator, Text, TimeFormat

COLUMNS = ("user", "item", "rating", "timestamp", "event", "part")
"""Fields that name a column of interactions."""

FOUND = {"rating": ("rating",), "timestamp": ("timestamp", "time"), "part": ("part",)}
"""What `columns` calls a column for it to be taken for such a field, where that names none."""

PARQUET = (".parquet", ".pq")
"""Endings of files that are no text."""


class TableFields(Dataset):
    """The fields by themselves."""

    path: Text
    """The file of interactions, a folder of files, or a pattern such as `logs/*.csv.gz`; looked for beside the working
    folder, below $GNNREC_DATA and in the cache."""

    test: Text | None = None
    """The file to judge by, or several as in `path`, where the data come divided: `path` is to learn from then."""

    val: Text | None = None
    """The file to choose the epoch by, likewise."""

    more: tuple[Text, ...] = ()
    """Further files like `path`; their rows are interactions too."""

    columns: tuple[Text, ...] | None = None
    """The names of the columns in their order, where text files have no header. Those called `rating`, `time` or `part`
    are taken for that."""

    user: Text = "user"
    """The column of user ids."""

    item: Text = "item"
    """The column of item ids."""

    rating: Text | None = None
    """The column of ratings, if they matter: they are what interactions weigh."""

    min_rating: Annotated[float | None, Field(deprecated="use filters: [{name: min_rating, at_least: …}]")] = None
    """Keep only rows with a rating of at least this, each by itself; the others are as if they had not been there."""

    timestamp: Text | None = None
    """The column of times, if they matter: numbers since 1970; or text in ISO 8601, UTC where it names no zone."""

    timestamp_unit: Literal["s", "ms", "us", "ns"] | None = None
    """What times that are numbers count since 1970; by default their size tells, and the run says it."""

    timestamp_format: TimeFormat | None = None
    """How times are written that are neither numbers nor ISO 8601, as strptime has it: `%d/%m/%Y %H:%M`."""

    event: Text | None = None
    """The column that says what happened: `view`, `cart`, `buy`; with `target`."""

    target: Text | None = None
    """The event that is predicted; each other one becomes a behaviour."""

    part: Text | None = None
    """The column that says `train`, `val` or `test`, where the data come divided in one file."""

    repeats: Literal["first", "last", "sum", "count", "mean"] = "last"
    """What a pair that stands more than once weighs: as its first or last row (by time, where there are times), or the
    sum, the mean or the number of all; its time is the last, with `first` the first."""

    missing: Literal["refuse", "drop"] = "refuse"
    """What becomes of rows in which one of the named columns is empty: the run ends, or goes on without them."""

    separator: Separator | None = None
    """What stands between the cells of text files: any signs, `tab`, `space`, or `blanks` (one or more); by default a
    comma in .csv, a tab in .tsv; in other files it is found, and the run says it."""

    quote: Literal["double", "single", "none"] | None = None
    """The quotes around cells of text files; by default double ones, and none where the separator is longer than a
    character."""

    decimal: Literal[".", ","] = "."
    """What stands before the fraction of numbers in text files."""

    encoding: Encoding | None = None
    """The encoding of text files; by default UTF-8, or what a byte order mark says; what is neither is taken to be
    cp1252 (Latin-1 and more), and the run says it."""

    users: Text | None = None
    """A file with a row per user: the column that `user` names, and whatever else is known."""

    users_columns: tuple[Text, ...] | None = None
    """The names of its columns, where it has no header."""

    items: Text | None = None
    """A file with a row per item: the column that `item` names, and whatever else is known, such as `genres`."""

    items_columns: tuple[Text, ...] | None = None
    """The names of its columns, where it has no header."""

    title: Text | None = None
    """The column of `items` that recommendations show; by default `title`, where there is one."""

    relations: tuple[RelationFile, ...] = ()
    """Files of side information between nodes: `{path: trust.csv, source: user, name: trusts, target: user}`."""

    cache: bool = True
    """Keep what large files are parsed to in the cache, so that they are read again at once, until they change."""

    @model_validator(mode="after")
    def _say_nothing_in_vain(self) -> Self:
        for faulty, message in self._contradictions():
            if faulty:
                raise ValueError(message)
        taken = list(self.taken.values())
        twice = next((column for column in taken if taken.count(column) > 1), None)
        if twice is not None:
            raise ValueError(
                f"user, item, rating, timestamp, event and part are columns of their own; '{twice}' is named twice"
            )
        for field in ("columns", "users_columns", "items_columns"):
            names = getattr(self, field) or ()
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise ValueError(f"{field} names each column once; '{twice}' stands twice")
        return self

    def _contradictions(self) -> tuple[tuple[bool, str], ...]:
        """What does nothing, or cannot be done: whether it is so, and what is said then."""
        rated = "rating" in self.taken
        return (
            (self.least_rating is not None and not rated, "min_rating needs ratings; name their column in rating"),
            (
                self.repeats in {"sum", "mean"} and not rated,
                f"repeats: {self.repeats} needs ratings; name their column in rating, or say repeats: count",
            ),
            (
                self.repeats == "count" and rated,
                "repeats: count weighs by number; leave rating out, or say sum or mean",
            ),
            (self.val is not None and self.test is None, "val goes with test; name the file to judge by in test"),
            (
                self.test is not None and "part" in self.taken,
                "test names a file and part a column, and each divides the data; name one of them",
            ),
            (self.title is not None and self.items is None, _in_vain("title", "the table of items", "items")),
            (self.users_columns is not None and self.users is None, _in_vain("users_columns", "users", "users")),
            (self.items_columns is not None and self.items is None, _in_vain("items_columns", "items", "items")),
            (
                (self.event is None) != (self.target is None),
                "event names the column that says what happened, and target what of it is predicted; give both",
            ),
            (
                self.timestamp_format is not None and "timestamp" not in self.taken,
                "timestamp_format says how times are written; name their column in timestamp",
            ),
            (
                self.timestamp_format is not None and self.timestamp_unit not in {None, "s"},
                "timestamp_format is of text and timestamp_unit of numbers; give one of them",
            ),
            (
                self.quote not in {None, "none"} and self.separator is not None and len(self.separator) > 1,
                "quote goes with a separator of one character",
            ),
            *(
                (getattr(self, field) is not None and self._all_parquet, f"{field} {what}; a Parquet file has none")
                for field, what in {
                    "separator": "stands between the cells of text files",
                    "columns": "names the columns of text files without a header",
                    "quote": "stands around the cells of text files",
                    "encoding": "is of text files",
                }.items()
            ),
        )

    @property
    def _all_parquet(self) -> bool:
        more = (self.users, self.items, *(each.path for each in self.relations))
        files = [path for path in (*(path for _, path, _ in self.named), *more) if path is not None]
        return all(path.lower().endswith(PARQUET) for path in files)

    @property
    def taken(self) -> dict[str, str]:
        """What is read of the interactions: a column for each of `COLUMNS` that names one, or is found in `columns`."""
        named = {field: column for field in COLUMNS if (column := getattr(self, field)) is not None}
        free = [column for column in self.columns or () if column not in named.values()]
        found = {
            field: name
            for field, names in FOUND.items()
            if field not in named and (name := next((each for each in names if each in free), None)) is not None
        }
        return {field: column for field in COLUMNS if (column := (named | found).get(field)) is not None}

    @property
    def named(self) -> tuple[tuple[str, str, str], ...]:
        """The files of interactions: the field that names each, its path, and its part of data that come divided."""
        divided = (("val", self.val, "val"), ("test", self.test, "test"))
        return (
            ("path", self.path, "train"),
            *((f"more.{number}", path, "train") for number, path in enumerate(self.more)),
            *((field, path, part) for field, path, part in divided if path is not None),
        )

    @property
    def source(self) -> str:
        """What the interactions are called as a whole."""
        return " and ".join(path for field, path, _ in self.named if not field.startswith("more"))

    @property
    def least_rating(self) -> float | None:
        """`min_rating`, without the warning that pydantic gives to whoever asks for what is deprecated."""
        least: float | None = vars(self)["min_rating"]
        return least


def _in_vain(field: str, whose: str, needed: str) -> str:
    verb = "names a column of" if field == "title" else "names the columns of the table of"
    return f"{field} {verb} {whose}; name its file in {needed}"
