"""Loads MovieLens: takes the first variant that can be had and parses its files."""

from __future__ import annotations

import csv
import io
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gnnrec import Availability, DataError, Interactions
from gnnrec.data.files import cache_folder
from gnnrec_datasets.movielens_relations import with_relations
from gnnrec_datasets.sources import OWN_TABLE, Archive, Files, local_roots

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

logger = logging.getLogger("gnnrec")

HOST = "https://files.grouplens.org/datasets/movielens"
TAGS = "tags.csv"
LOG_COLUMNS = {"user": "user", "item": "item", "rating": "weight", "timestamp": "time"}

NUMBERS = {"user": "user id", "item": "item id", "weight": "rating", "time": "time"}
"""Columns of numbers, and what messages call what stands in them; all but ratings are whole."""

YEAR = r"\((\d{4})\)(?: \(V\))?\s*$"
"""At the end of a title: "Toy Story (1995)"; ML-100K says "(V)" after it where a film came out on video."""


@dataclass(frozen=True)
class Parsed:
    """What stands in the files of a release.

    Attributes:
        log: The ratings: `user`, `item`, `weight`, `time`.
        movies: `item`, `title`, `genres` (lists) and `year` (Int64, missing where it is not known).
        tags: `user`, `item`, `tag`, `time`; None where the release has no tags.
    """

    log: pd.DataFrame
    movies: pd.DataFrame
    tags: pd.DataFrame | None = None


@dataclass(frozen=True)
class Release:
    """A variant, where it is found, and how each form of it is parsed."""

    page: str
    forms: tuple[tuple[Archive, Callable[[Files], Parsed]], ...]


def load(variants: Sequence[str], path: str | None) -> Interactions:
    """The first variant that can be had, from the first place that has it.

    Raises:
        DataError: None can be had, or what was found is damaged.
    """
    tried: list[str] = []
    for position, variant in enumerate(variants):
        found = _find(RELEASES[variant], path, tried)
        if found is None:
            continue
        files, parse = found
        if position:
            logger.warning(
                "MovieLens %s cannot be had; taking %s instead. Tried:\n  %s",
                " and ".join(variants[:position]),
                variant,
                "\n  ".join(tried),
            )
        parsed = parse(files)
        source = f"MovieLens {variant} from {files.place}"
        chosen = {"variant": (variant,)}
        rated = Interactions.from_log(parsed.log, items=parsed.movies, source=source, chosen=chosen)
        return with_relations(rated, parsed.tags)
    names = " or ".join(archive.name for variant in variants for archive, _ in RELEASES[variant].forms[:1])
    pages = " or ".join(RELEASES[variant].page for variant in variants)
    raise DataError(
        f"MovieLens ({', '.join(variants)}) cannot be had. Tried, in this order:\n  "
        + "\n  ".join(tried)
        + f"\nPut {names} ({pages}) into the folder that $GNNREC_DATA names, or give its place in dataset.path."
    )


def available(path: str | None) -> tuple[Availability, ...]:
    """Where each variant is found without a network, or what is wrong with what is found; `load` would stop there."""
    return tuple(_availability(variant, release, path) for variant, release in RELEASES.items())


def _availability(variant: str, release: Release, path: str | None) -> Availability:
    try:
        places = (_local(archive, path, []) for archive, _ in release.forms)
        place = next((files.place for files in places if files is not None), None)
    except DataError as error:
        return Availability(variant, None, str(error))
    return Availability(variant, str(place) if place else None)


def _find(release: Release, path: str | None, tried: list[str]) -> tuple[Files, Callable[[Files], Parsed]] | None:
    """The release's files, local ones first; each place that does not have it is added to `tried`."""
    for archive, parse in release.forms:
        files = _local(archive, path, tried)
        if files is not None:
            return files, parse
    for archive, parse in release.forms if path is None else ():
        try:
            return archive.download(cache_folder()), parse
        except DataError as error:
            tried.append(str(error))
    return None


def _local(archive: Archive, path: str | None, tried: list[str]) -> Files | None:
    others = {other.name for release in RELEASES.values() for other, _ in release.forms} - {archive.name}
    for name, root in local_roots(path):
        files = archive.at(root) if root is not None and root.name not in others else None
        if files is not None:
            return files
        tried.append(f"{name}: no {archive.name} and no folder {archive.folder.rstrip('/')}")
    return None


def _latest(files: Files) -> Parsed:
    ids = {"userId": "user", "movieId": "item"}
    log = _table(files, "ratings.csv", {**ids, "rating": "weight", "timestamp": "time"})
    movies = _table(files, "movies.csv", {"movieId": "item", "title": "title", "genres": "genres"})
    movies["genres"] = movies["genres"].str.split("|")
    movies["year"] = _years(movies["title"], YEAR)
    if not files.has(TAGS):
        return Parsed(log, movies)
    # Whatever somebody wrote is a tag, "null" and "1984" as well.
    as_written = {"dtype": {"tag": str}, "keep_default_na": False, "na_values": [""]}
    return Parsed(log, movies, _table(files, TAGS, {**ids, "tag": "tag", "timestamp": "time"}, **as_written))


def _ml_100k(files: Files) -> Parsed:
    log = _table(files, "u.data", LOG_COLUMNS, sep="\t", names=list(LOG_COLUMNS))
    genres = _table(files, "u.genre", {"genre": "genre"}, sep="|", names=["genre", "code"])["genre"].tolist()
    columns = ["item", "title", "released", "video", "url", *genres]
    wanted = {column: column for column in ("item", "title", "released", *genres)}
    movies = _table(files, "u.item", wanted, sep="|", names=columns, encoding="latin-1", quoting=csv.QUOTE_NONE)
    flags = movies[genres].to_numpy(bool)
    movies["genres"] = [[genre for genre, on in zip(genres, row, strict=True) if on] for row in flags]
    movies["year"] = _years(movies["title"], YEAR).fillna(_years(movies["released"], r"-(\d{4})$"))
    return Parsed(log, movies[["item", "title", "genres", "year"]])


def _ml_100k_in_wheel(files: Files) -> Parsed:
    names = {
        "user_id:token": "user",
        "item_id:token": "item",
        "rating:float": "weight",
        "timestamp:float": "time",
    }
    log = _table(files, "ml-100k.inter", names, sep="\t")
    names = {
        "item_id:token": "item",
        "movie_title:token_seq": "title",
        "release_year:token": "year",
        "class:token_seq": "genres",
    }
    movies = _table(files, "ml-100k.item", names, sep="\t", dtype={"release_year:token": str}, quoting=csv.QUOTE_NONE)
    movies["title"] = movies["title"] + (" (" + movies["year"] + ")").fillna("")
    movies["genres"] = movies["genres"].str.split(" ")
    movies["year"] = _years(movies["title"], YEAR)
    return Parsed(log, movies[["item", "title", "genres", "year"]])


def _years(texts: pd.Series[str], pattern: str) -> pd.Series[int]:
    """What a pattern finds, as Int64."""
    return texts.astype(str).str.extract(pattern)[0].astype("Int64")


def _table(files: Files, name: str, columns: dict[str, str], **options: object) -> pd.DataFrame:
    """A delimited file with the given columns, renamed; numbers are checked.

    Raises:
        DataError: The file is no such table, lacks a column, or an id, a rating or a time is missing or no number.
    """
    where = f"{files.place}: {name}"
    try:
        table = pd.read_csv(io.BytesIO(files.read(name)), **options)  # type: ignore[call-overload]
    except (ValueError, pd.errors.ParserError) as error:
        raise DataError(f"{where} is no table: {error}") from None
    missing = [column for column in columns if column not in table]
    if missing:
        hint = OWN_TABLE.format(files.place / name) if files.place.is_dir() else ""
        raise DataError(
            f"{where} lacks the columns {', '.join(missing)}; it has {', '.join(map(str, table.columns))}{hint}"
        )
    if table.empty:
        raise DataError(f"{where} has no rows")
    renamed: pd.DataFrame = table[list(columns)].rename(columns=columns)
    for column in (name for name in NUMBERS if name in renamed):
        numbers = pd.to_numeric(renamed[column], errors="coerce")
        bad = ~np.isfinite(numbers) if column == "weight" else numbers.isna() | (numbers % 1 != 0)
        if bad.any():
            row = int(bad.to_numpy().argmax())
            value = renamed[column].iloc[row]
            got = "nothing" if pd.isna(value) else f"'{value}'"
            raise DataError(f"{where}: {int(bad.sum())} rows have no {NUMBERS[column]}; row {row + 1} has {got}")
        renamed[column] = numbers if column == "weight" else numbers.astype("int64")
    return renamed


RELEASES = {
    "latest-small": Release(
        "https://grouplens.org/datasets/movielens/latest",
        (
            (
                Archive(
                    name="ml-latest-small.zip",
                    sha256="696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
                    folder="ml-latest-small/",
                    marker="ratings.csv",
                    url=f"{HOST}/ml-latest-small.zip",
                ),
                _latest,
            ),
        ),
    ),
    "100k": Release(
        "https://grouplens.org/datasets/movielens/100k",
        (
            (
                Archive(
                    name="ml-100k.zip",
                    sha256="50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
                    folder="ml-100k/",
                    marker="u.data",
                    url=f"{HOST}/ml-100k.zip",
                ),
                _ml_100k,
            ),
            (
                Archive(
                    name="recbole-1.2.1-py3-none-any.whl",
                    sha256="9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407",
                    folder="recbole/dataset_example/ml-100k/",
                    marker="ml-100k.inter",
                    requirement="recbole==1.2.1",
                ),
                _ml_100k_in_wheel,
            ),
        ),
    ),
}
