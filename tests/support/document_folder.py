"""The folder in which the documents' code runs: their files, small data in the place of MovieLens, finished runs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from documents import BLOCKS, Block

from gnnrec.pipeline import run
from gnnrec.recipe.load import load_recipe
from gnnrec.testing import checkerboard

RUN = "20260101-120000-s0"
"""The time and seed of the runs that the documents call by name."""


def write_files(blocks: list[Block]) -> None:
    """Write each block that says which file it is; two of one name have to say the same."""
    for block in blocks:
        if block.code.startswith(f"# {block.file}"):
            path = Path(block.file)
            if path.exists():
                assert path.read_text(encoding="utf-8") == block.code, f"{block}: another {block.file} is shown before"
            path.write_text(block.code, encoding="utf-8")


def write_data() -> None:
    """The checkerboard in every form that a document reads, with the ids and the title that they name."""
    board = checkerboard()
    users, items = board.edges.users, board.edges.items
    movie_ids = pd.Series({0: 1, 1: 1270}).reindex(range(len(board.items))).fillna(board.items["item"]).astype(int)
    movielens = Path("data/ml-latest-small")
    movielens.mkdir(parents=True)
    ratings = pd.DataFrame({"userId": users + 1, "movieId": movie_ids.to_numpy()[items]})
    ratings.assign(rating=4.0, timestamp=1_000_000_000).to_csv(movielens / "ratings.csv", index=False)
    titles = ["Heat (1995)", *board.items["title"][1:]]
    movies = pd.DataFrame({"movieId": movie_ids, "title": titles, "genres": "Crime|Drama"})
    movies.to_csv(movielens / "movies.csv", index=False)
    customers = [f"u{user + 1:03}" for user in users]
    shop = pd.DataFrame({"customer": customers, "product": items + 1001, "stars": 5, "time": 1_700_000_000})
    shop.to_csv("ratings.csv", index=False)
    plays = pd.DataFrame({"user": customers, "item": items + 1, "timestamp": range(len(items))})
    plays.to_csv("plays.csv", index=False)


def write_own_data() -> None:
    """The checkerboard in every form that docs/own_data.md has a recipe for, each by the names that stand there."""
    edges = checkerboard().edges
    users, items = edges.users + 1, edges.items + 1001
    stamps = 1_700_000_000 + 3600 * pd.Series(range(len(edges)))
    rows = zip(users, items, stamps, strict=True)
    Path("ratings.dat").write_text("".join(f"{user}::{item}::4::{stamp}\n" for user, item, stamp in rows))
    films = "".join(f"{item}::Müller {item}::Comedy|Drama\n" for item in sorted(set(items)))
    Path("movies.dat").write_text(films, encoding="latin-1")
    export = pd.DataFrame({"user": users, "item": items, "note": "4,5"})
    export["tag"] = pd.to_datetime(stamps, unit="s").dt.strftime("%d.%m.%Y")
    export.to_csv("export.csv", sep=";", index=False)
    Path("events").mkdir()
    bought = pd.DataFrame({"user": users, "item": items, "time": stamps, "event": "buy"})
    for number, event in enumerate(("buy", "view")):
        bought.assign(event=event, time=stamps - 60 * number).to_parquet(f"events/part-{number}.parquet")
    Path("data/gowalla").mkdir()
    for part, chosen in (("test", items % 4 == 0), ("train", items % 4 > 0)):
        lists = pd.Series(items[chosen].astype(str)).groupby(users[chosen]).agg(" ".join)
        Path(f"data/gowalla/{part}.txt").write_text("".join(f"{user} {of_user}\n" for user, of_user in lists.items()))
    for part, chosen in (("test", items % 4 == 0), ("train", items % 4 > 0)):
        pd.DataFrame({"user": users, "item": items})[chosen].to_csv(f"{part}.csv", index=False)
    Path("ml-100k").mkdir()
    columns = {"user_id:token": users, "item_id:token": items, "rating:float": 4.0, "timestamp:float": stamps}
    pd.DataFrame(columns).to_csv("ml-100k/ml-100k.inter", sep="\t", index=False)
    Path("trust.txt").write_text("u001 u002\nu002 u003\n".replace(" ", "\t"))
    pd.DataFrame({"product": [1001, 1002], "brand": ["a", "b"], "share": [1, 0.5]}).to_csv("brands.csv", index=False)


def write_runs() -> None:
    """A short run of each recipe whose run a document opens."""
    quick = {"trainer.epochs": 2, "encoder.channels": 8, "trainer.device": "cpu"}
    for recipe in ("movielens_sage", "mine.yaml"):
        done = run(load_recipe(recipe, quick)).directory
        done.rename(done.parent / RUN)


def fill() -> None:
    """All of it, into the working folder; the small data are found where $GNNREC_DATA is its folder `data`."""
    write_files(BLOCKS)
    write_data()
    write_own_data()
    write_runs()
