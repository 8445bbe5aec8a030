"""Loading 25 million generated ratings by `table`, against pandas and polars, which read the file and number both ids.

gnnrec has then also checked every cell, read the times, sorted the pairs and looked for repeats. Each load is a process
of its own; seconds are without imports, memory is the process at its peak. Where `table` keeps what it has parsed,
the first load keeps it too, and loading again is measured.
"""

from __future__ import annotations

import os
import tempfile
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from benchmarks.generated_movielens import write
from benchmarks.harness import MIB, OURS, Measurement, take_turns
from benchmarks.processes import fresh, peak_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS, QUICK_ROWS = 25_000_000, 2_000_000

ROUNDS = 3

IDS = ("userId", "movieId")


class Loaded(NamedTuple):
    """What a load took: seconds, and bytes of its process at its peak."""

    seconds: float
    peak: int


def table(path: str, cache: str) -> Loaded:
    """By gnnrec; `cache` is the folder of its cache."""
    os.environ["XDG_CACHE_HOME"] = cache
    from gnnrec_datasets.table import Table

    named = {"user": "userId", "item": "movieId", "rating": "rating", "timestamp": "timestamp"}
    dataset = Table.model_validate({"path": path, **named})
    started = time.perf_counter()
    dataset.load()
    return Loaded(time.perf_counter() - started, peak_bytes())


def pandas_frame(path: str, engine: Literal["c", "pyarrow"] = "c") -> Loaded:
    """By pandas, and two `factorize`."""
    import pandas as pd
    import pyarrow.csv  # noqa: F401 - what the engine would import while it is timed

    started = time.perf_counter()
    frame = pd.read_csv(path, engine=engine)
    for name in IDS:
        frame[name] = pd.factorize(frame[name])[0]
    return Loaded(time.perf_counter() - started, peak_bytes())


def polars_frame(path: str) -> Loaded:
    """By polars, and two dense ranks, which number ids from 1."""
    import polars as pl

    started = time.perf_counter()
    pl.read_csv(path).with_columns(pl.col(name).rank("dense") for name in IDS)
    return Loaded(time.perf_counter() - started, peak_bytes())


PEERS: dict[str, Callable[[str], Loaded]] = {
    "pandas": pandas_frame,
    "pandas, engine=pyarrow": partial(pandas_frame, engine="pyarrow"),
}


def measure(quick: bool) -> Iterator[Measurement]:
    """Seconds and memory of gnnrec against each peer, and loading again where there is a cache."""
    rows = QUICK_ROWS if quick else ROWS
    has_polars = find_spec("polars") is not None
    peers = {**PEERS, **({"polars": polars_frame} if has_polars else {})}
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), rows)
        path = str(Path(folder) / "ratings.csv")

        def ours() -> Loaded:
            with tempfile.TemporaryDirectory() as empty:
                return fresh(table, path, empty)

        theirs: dict[str, Callable[[], Loaded]] = {name: partial(fresh, load, path) for name, load in peers.items()}
        found = take_turns({OURS: ours, **theirs}, ROUNDS, warm_up=0)
        yield from _against(f"{rows:,} rows", found)
        if not has_polars:
            yield Measurement(f"{rows:,} rows by polars", "s", (), note="polars is not installed")
        if not keeps_tables():
            return
        kept = str(Path(folder) / "cache")
        fresh(table, path, kept)
        again: dict[str, list[Loaded]] = take_turns(
            {OURS: partial(fresh, table, path, kept), **theirs}, ROUNDS, warm_up=0
        )
        yield from _against(f"{rows:,} rows, loaded before", again)


def keeps_tables() -> bool:
    """Whether `table` can keep what it has parsed."""
    from gnnrec_datasets.table import Table

    return "cache" in Table.model_fields


def _against(what: str, found: dict[str, list[Loaded]]) -> Iterator[Measurement]:
    for name in found:
        if name != OURS:
            seconds = {who: [each.seconds for each in found[who]] for who in (OURS, name)}
            yield Measurement.of(what, "s", seconds)
            yield Measurement.of(
                f"memory, {what}", "MiB", {who: [each.peak for each in found[who]] for who in (OURS, name)}, per=MIB
            )
