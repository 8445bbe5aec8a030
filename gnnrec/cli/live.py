"""`gnnrec live export`, `stats` and `compact`."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated

import typer

from gnnrec.cli.answers import ForceOption, require_form
from gnnrec.cli.options import JsonOption
from gnnrec.cli.plain_help import PLAIN, PlainGroup
from gnnrec.console import complain, require_place, say, say_json, say_table
from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gnnrec.serving.store import Store

StoreArgument = Annotated[
    str, typer.Argument(metavar="STORE", help="sqlite:///FILE, or postgresql://USER@HOST/DATABASE.")
]

TABLES = {".csv": "csv", ".parquet": "parquet"}
"""What files of `export` hold, by how their names end."""

app = typer.Typer(
    help="Look into the store of a live server, export it for the next training, compact it.\n\n"
    "Example:  gnnrec live export sqlite:///live.sqlite --out clicks.csv",
    cls=PlainGroup,
    rich_markup_mode=PLAIN,
)


def add_commands(to: typer.Typer) -> None:
    """Add `live` with its commands."""
    to.add_typer(app, name="live")


@app.command("export")
def export(
    store: StoreArgument,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The table to write, .csv or .parquet.")],
    force: ForceOption = False,
) -> None:
    """Write the interactions of a store as a table that the next training reads as it is.

    Its columns are user, item, timestamp (seconds since 1970, UTC) and, where any has one, weight; the others weigh 1.
    Text ids that look like numbers, such as 007, stay text in a .parquet file.

    Example:  gnnrec live export sqlite:///live.sqlite --out clicks.csv

    A recipe then says:  dataset: {name: table, path: clicks.csv, timestamp: timestamp}
    """
    require_form(None, out, TABLES)
    require_place(out, force=force)
    with _opened(store) as found:
        rows = found.export(out)
    complain(f"{rows:,} interactions written to {out}")


@app.command("stats")
def stats(store: StoreArgument, as_json: JsonOption = False) -> None:
    """Tell what is in a store: lines of its log by kind, users and items, times, bytes.

    Example:  gnnrec live stats sqlite:///live.sqlite
    """
    with _opened(store) as found:
        told = found.stats()
    if as_json:
        say_json(told)
        return
    rows = [
        ("changes", f"{told['last']:,}, the last refresh up to {told['refreshed']:,}"),
        *((f"lines: {kind}", f"{count:,}") for kind, count in told["lines"].items()),
        ("users that interacted", f"{told['users']:,}"),
        ("items interacted with", f"{told['items']:,}"),
        ("first interaction", _day(told["first_time"])),
        ("last interaction", _day(told["last_time"])),
        ("ids", f"users {told['catalogue']['user_ids']}, items {told['catalogue']['item_ids']}"),
        ("schema", told["schema"]),
        ("bytes", f"{told['bytes']:,}"),
    ]
    say_table(("", ""), rows, title=told["store"])


@app.command("compact")
def compact(store: StoreArgument) -> None:
    """Take what was deleted out of a store's files altogether, and give back the room.

    Until then the line that tells servers of a deleted user names them. Lines that others have superseded go, too. The
    store is locked meanwhile; servers go on answering, and their writes wait or are to be tried again.

    Example:  gnnrec live compact sqlite:///live.sqlite
    """
    with _opened(store) as found:
        before = found.stats()["bytes"]
        found.compact()
        say(f"{before:,} bytes before, {found.stats()['bytes']:,} now")


@contextmanager
def _opened(url: str) -> Iterator[Store]:
    """A store that is there, until the command is done with it."""
    try:
        from gnnrec.serving.store import Store
    except ImportError:
        raise UsageError("a store takes SQLAlchemy, which is not installed: pip install 'gnnrec[serve]'") from None
    store = Store.open(url)
    try:
        yield store
    finally:
        store.close()


def _day(time: int | None) -> str:
    """When it was, in words; seconds as they are where a calendar has no such day."""
    if time is None:
        return ""
    try:
        return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, OSError, ValueError):
        return str(time)
