"""Ratings that nobody gave, as many as wanted, in the layout of MovieLens' archives.

    python -m benchmarks.generated_movielens FOLDER [--rows 32000204] [--seed 0]

FOLDER then holds `ratings.csv` (userId, movieId, rating, timestamp, by user and film) and `movies.csv`, and is read by
`-s dataset.name=movielens -s dataset.variant=32m -s dataset.path=FOLDER`. There are as many users and films as in
ml-32m, or as keep its density where there are fewer rows; activity is log-normal and popularity falls with the rank.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

ML_32M = {"rows": 32_000_204, "users": 200_948, "movies": 87_585}
"""What ml-32m has."""

FIRST, LAST = 789_652_009, 1_697_164_147
"""Seconds since 1970: from 1995 to 2023."""

GENRES = ("Action", "Comedy", "Drama", "Horror", "Romance")
STARS = np.array([f"{half / 2:.1f}" for half in range(1, 11)], dtype=object)
BATCH = 4_000_000
"""Rows that are made into text at once."""

SPARE = 1.35
"""So many more pairs are drawn, since some are drawn twice."""


def pairs(rows: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Users and films of `rows` ratings, int64 [rows] each, numbered from 0, sorted; no pair twice."""
    share = (rows / ML_32M["rows"]) ** 0.5  # of both, so that the density stays
    users, movies = (math.ceil(ML_32M[kind] * share) for kind in ("users", "movies"))
    activity = generator.lognormal(0.0, 1.2, users)
    popularity = np.cumsum(1.0 / (np.arange(movies) + 0.01 * movies))
    keys = np.empty(0, np.int64)
    while len(keys) < rows:
        counts = generator.multinomial(round(SPARE * (rows - len(keys))) + users, activity / activity.sum())
        drawn = np.searchsorted(popularity, generator.random(counts.sum()) * popularity[-1])
        keys = np.union1d(keys, np.repeat(np.arange(users), counts) * movies + np.minimum(drawn, movies - 1))
    kept = np.sort(generator.choice(len(keys), rows, replace=False)) if len(keys) > rows else slice(None)
    of_user, of_movie = np.divmod(keys[kept], movies)
    return of_user, of_movie


def write(folder: Path, rows: int, seed: int = 0) -> None:
    """Write `ratings.csv` and `movies.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    users, movies = pairs(rows, generator)
    films = pd.DataFrame({"movieId": np.arange(movies.max() + 1) + 1})
    films["title"] = [f"Film {number} ({1950 + number % 70})" for number in films["movieId"]]
    films["genres"] = [GENRES[number % len(GENRES)] for number in films["movieId"]]
    films.to_csv(folder / "movies.csv", index=False)
    plain = pa_csv.WriteOptions(include_header=False, quoting_style="none")
    number: Any = pa.int64()
    schema = pa.schema({"userId": number, "movieId": number, "rating": pa.string(), "timestamp": number})
    with (folder / "ratings.csv").open("wb") as file:
        file.write(",".join(schema.names).encode() + b"\n")
        with pa_csv.CSVWriter(file, schema, write_options=plain) as text:
            for start in range(0, rows, BATCH):
                ratings = pd.DataFrame({"userId": users[start : start + BATCH] + 1})
                ratings["movieId"] = movies[start : start + BATCH] + 1
                ratings["rating"] = STARS[generator.integers(0, len(STARS), len(ratings))]
                ratings["timestamp"] = generator.integers(FIRST, LAST, len(ratings))
                text.write_table(pa.Table.from_pandas(ratings, schema, preserve_index=False))


def main() -> None:
    """Write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=ML_32M["rows"])
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    write(arguments.folder, arguments.rows, arguments.seed)


if __name__ == "__main__":
    main()
