"""Parses the files of MovieLens' releases: comma-separated since 2015, in layouts of their own before."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gnnrec import DataError
from gnnrec_datasets.sources import OWN_TABLE

if TYPE_CHECKING:
    from gnnrec_datasets.sources import Files

RATINGS = {"userId": "user", "movieId": "item", "rating": "weight", "timestamp": "time"}
TAGS = {"userId": "user", "movieId": "item", "tag": "tag", "timestamp": "time"}
MOVIES = {"movieId": "item", "title": "title", "genres": "genres"}

NUMBERS = {"user": "user id", "item": "item id", "weight": "rating", "time": "time", "age": "age"}
"""Columns of numbers, and what messages call what stands in them; all but ratings are whole. All others are text."""

DOUBLE_COLON = "::"
UNIT = "\x1f"
"""Stands for a double colon while a file is parsed: pandas is quick with separators of one character alone."""

YEAR = r"\((\d{4})\)(?: \(V\))?\s*$"
"""At the end of a title: "Toy Story (1995)"; ML-100K says "(V)" after it where a film came out on video."""

EXACT_FLOATS = 2.0**53
"""From here on not every whole number has a float of its own."""


@dataclass(frozen=True)
class Parsed:
    """What stands in the files of a release.

    Attributes:
        log: The ratings: `user`, `item`, `weight`, `time`.
        movies: `item`, `title`, `genres` (lists) and `year` (Int64, missing where it is not known).
        tags: `user`, `item`, `tag`, `time`; None where the release has no tags.
        users: `user`, `gender`, `age`, `occupation`, `zip`; None where the release says nothing of users.
    """

    log: pd.DataFrame
    movies: pd.DataFrame
    tags: pd.DataFrame | None = None
    users: pd.DataFrame | None = None


def comma_separated(files: Files) -> Parsed:
    """ml-20m and all later ones."""
    log = _table(files, "ratings.csv", RATINGS)
    movies = _listed(_table(files, "movies.csv", MOVIES))
    return Parsed(log, movies, _table(files, "tags.csv", TAGS) if files.has("tags.csv") else None)


def ml_10m(files: Files) -> Parsed:
    """Double colons, UTF-8, without headers."""
    tags = _double_colons(files, "tags.dat", TAGS, "utf-8")
    return Parsed(*_dat(files, "utf-8"), tags)


def ml_1m(files: Files) -> Parsed:
    """Double colons, Latin-1, without headers; age and occupation are codes, which its README explains."""
    columns = {name: name for name in ("user", "gender", "age", "occupation", "zip")}
    return Parsed(*_dat(files, "latin-1"), users=_double_colons(files, "users.dat", columns, "latin-1"))


def ml_100k(files: Files) -> Parsed:
    """Tabs and bars, Latin-1, without headers; a column of noughts and ones for each genre."""
    log = _table(files, "u.data", RATINGS, sep="\t", names=list(RATINGS))
    genres = _table(files, "u.genre", {"genre": "genre"}, sep="|", names=["genre", "code"])["genre"].tolist()
    bars: dict[str, Any] = {"sep": "|", "encoding": "latin-1", "quoting": csv.QUOTE_NONE}
    columns = ["item", "title", "released", "video", "url", *genres]
    wanted = {column: column for column in ("item", "title", "released", *genres)}
    movies = _table(files, "u.item", wanted, names=columns, **bars)
    flags = movies[genres]
    if not (said := flags.isin(["0", "1"])).all(axis=None):
        row = int((~said.all(axis=1)).to_numpy().argmax())
        raise DataError(f"{files.place}: u.item says of each genre 0 or 1; row {row + 1} does not")
    rows = (flags == "1").to_numpy()
    movies["genres"] = [[genre for genre, on in zip(genres, row, strict=True) if on] for row in rows]
    movies = _dated(movies)
    movies["year"] = movies["year"].fillna(_years(movies["released"], r"-(\d{4})$"))
    columns = ["user", "age", "gender", "occupation", "zip"]
    users = _table(files, "u.user", {column: column for column in columns}, names=columns, **bars)
    return Parsed(log, movies[["item", "title", "genres", "year"]], users=_in_order(users))


def ml_100k_in_wheel(files: Files) -> Parsed:
    """As the package `recbole` lays it out."""
    names = {"user_id:token": "user", "item_id:token": "item", "rating:float": "weight", "timestamp:float": "time"}
    log = _table(files, "ml-100k.inter", names, sep="\t")
    tabs: dict[str, Any] = {"sep": "\t", "quoting": csv.QUOTE_NONE}
    names = {
        "item_id:token": "item",
        "movie_title:token_seq": "title",
        "release_year:token": "year",
        "class:token_seq": "genres",
    }
    movies = _table(files, "ml-100k.item", names, **tabs)
    movies["title"] = movies["title"] + (" (" + movies["year"] + ")").fillna("")
    columns = {f"{name}:token": name for name in ("age", "gender", "occupation")}
    columns = {"user_id:token": "user", **columns, "zip_code:token": "zip"}
    users = _table(files, "ml-100k.user", columns, **tabs)
    return Parsed(log, _listed(movies[["item", "title", "genres"]], " "), users=_in_order(users))


def _dat(files: Files, encoding: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ratings and movies."""
    ratings = _double_colons(files, "ratings.dat", RATINGS, encoding)
    return ratings, _listed(_double_colons(files, "movies.dat", MOVIES, encoding))


def _listed(movies: pd.DataFrame, separator: str = "|") -> pd.DataFrame:
    """With genres as lists, and years."""
    return _dated(movies.assign(genres=movies["genres"].str.split(separator)))


def _dated(movies: pd.DataFrame) -> pd.DataFrame:
    return movies.assign(year=_years(movies["title"], YEAR))


def _years(texts: pd.Series[str], pattern: str) -> pd.Series[int]:
    """What a pattern finds, as Int64."""
    return texts.astype(str).str.extract(pattern)[0].astype("Int64")


def _in_order(users: pd.DataFrame) -> pd.DataFrame:
    return users[["user", "gender", "age", "occupation", "zip"]]


def _double_colons(files: Files, name: str, columns: dict[str, str], encoding: str) -> pd.DataFrame:
    options = {"sep": DOUBLE_COLON, "names": list(columns), "encoding": encoding, "quoting": csv.QUOTE_NONE}
    return _table(files, name, columns, **options)


def _table(files: Files, name: str, columns: dict[str, str], **options: Any) -> pd.DataFrame:
    """A delimited file with the given columns, renamed; numbers are checked, and whatever else stands there is text.

    Raises:
        DataError: The file is no such table, lacks a column, or an id, a rating or a time is missing or no number.
    """
    where, content = f"{files.place}: {name}", files.read(name)
    if options.get("sep") == DOUBLE_COLON:
        content, options["sep"] = content.replace(DOUBLE_COLON.encode(), UNIT.encode()), UNIT
    text = {old: str for old, new in columns.items() if new not in NUMBERS}
    try:
        table = pd.read_csv(io.BytesIO(content), dtype=text, keep_default_na=False, na_values=[""], **options)
    except (ValueError, pd.errors.ParserError) as error:
        raise DataError(f"{where} is no table: {str(error).replace(UNIT, DOUBLE_COLON)}") from None
    missing = [column for column in columns if column not in table]
    if missing:
        hint = OWN_TABLE.format(files.place / name) if files.place.is_dir() else ""
        raise DataError(
            f"{where} lacks the columns {', '.join(missing)}; it has {', '.join(map(str, table.columns))}{hint}"
        )
    if table.empty:
        raise DataError(f"{where} has no rows")
    if not isinstance(table.index, pd.RangeIndex):  # pandas takes what is too much for names of rows
        raise DataError(f"{where} is no table: its rows have more cells than the columns {', '.join(table.columns)}")
    renamed: pd.DataFrame = table[list(columns)].rename(columns=columns)
    for column in (name for name in NUMBERS if name in renamed):
        renamed[column] = _numbers(renamed[column], where)
    return renamed


def _numbers(cells: pd.Series[Any], where: str) -> pd.Series[Any]:
    numbers = pd.to_numeric(cells, errors="coerce")
    whole = cells.name != "weight"
    bad = numbers.isna() | (numbers % 1 != 0) | (abs(numbers) >= EXACT_FLOATS) if whole else ~np.isfinite(numbers)
    if bad.any():
        row = int(bad.to_numpy().argmax())
        got = "nothing" if pd.isna(cells.iloc[row]) else f"'{cells.iloc[row]}'"
        raise DataError(f"{where}: {int(bad.sum())} rows have no {NUMBERS[str(cells.name)]}; row {row + 1} has {got}")
    return numbers.astype("int64") if whole else numbers
