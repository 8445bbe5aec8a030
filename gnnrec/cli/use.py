"""Commands that use a finished run: `evaluate`, `recommend`, `similar`."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gnnrec.cli.options import JsonOption, SetOption
from gnnrec.console import refuse_existing, say, say_or_write, say_table
from gnnrec.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from gnnrec.runs.saved import Run

HISTORY_SHOWN = 5
"""How many known items the table shows of a user."""

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="The directory of a finished run.")]
KOption = Annotated[int, typer.Option("-k", help="How many items.")]
FormatOption = Annotated[
    Literal["table", "json", "csv", "parquet"],
    typer.Option("--format", "-f", help="json is an array of row objects; parquet needs --out."),
]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write to a file.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("evaluate")(evaluate)
    app.command("recommend")(recommend)
    app.command("similar")(similar)


def evaluate(
    run: RunArgument,
    assignments: SetOption = None,
    lists: Annotated[
        Path | None,
        typer.Option(
            "--lists", metavar="FILE", help="Judge these lists of any system instead: user, item, rank or score."
        ),
    ] = None,
    write_lists: Annotated[
        Path | None,
        typer.Option(
            "--write-lists", metavar="FILE", help="Write the lists that the run is judged by, .csv or .parquet."
        ),
    ] = None,
    out: OutOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Judge a finished run again on its test interactions; the run is not changed.

    With --lists, what another system recommends is judged on the same users and items: a CSV or Parquet file with the
    columns user, item, and rank (from 1) or score. What a user has seen in train or val is a miss in its place.

    Example:  gnnrec evaluate runs/movielens_sage/20260101-120000-s0 -s evaluation.k=[5,50]
    """
    for file in (out, write_lists):
        if file is not None:
            refuse_existing(file, force=force)
    if write_lists is not None and write_lists.suffix not in {".csv", ".parquet"}:
        raise UsageError(f"--write-lists writes a .csv or .parquet file; got {write_lists.name}")
    from gnnrec.runs.saved import load_run

    asked = load_run(run)
    if write_lists is not None:
        made = asked.test_lists(assignments or ())
        write = made.to_csv if write_lists.suffix == ".csv" else made.to_parquet
        write(write_lists, index=False)
    metrics = asked.evaluate(assignments or ()) if lists is None else asked.evaluate_lists(lists, assignments or ())
    if as_json or out is not None:
        say_or_write(json.dumps(metrics), out, force=force)
    else:
        say_table(("", "test"), [(name, f"{value:.4f}") for name, value in metrics.items()])


def recommend(
    run: RunArgument,
    users: Annotated[
        list[str] | None, typer.Option("--user", "-u", metavar="ID", help="A user of the data set; may be given again.")
    ] = None,
    all_users: Annotated[bool, typer.Option("--all-users", help="Every user of the run.")] = False,
    history: Annotated[
        str | None,
        typer.Option(
            "--history",
            metavar="ID,ID,…|FILE",
            help="Items of somebody who was not there in training; or a CSV or Parquet file of item, and time and "
            "weight where they are known.",
        ),
    ] = None,
    new_items: Annotated[
        Path | None,
        typer.Option(
            "--new-items",
            metavar="FILE",
            help="Items that came after training, recommended like all others: a CSV or Parquet file of item, and what "
            "is known of each.",
        ),
    ] = None,
    k: KOption = 10,
    include_seen: Annotated[
        bool, typer.Option("--include-seen", help="Recommend items that the user is known to have interacted with too.")
    ] = False,
    form: FormatOption = "table",
    out: OutOption = None,
    force: ForceOption = False,
) -> None:
    """Recommend items to users of a run, to all of them, or to somebody of whom only some items are known.

    Ids are the data set's own. What a user is known to have interacted with is left out. Of a new item its row may say
    what the run's items have (title, genres), whom it is related to (a column called like the relation or like what it
    leads to, ids with | between) and, in a column users, who interacted with it.

    For example:

      gnnrec recommend RUN --user 1 --user 2 -k 5

      gnnrec recommend RUN --history 1,1270,2571

      gnnrec recommend RUN --user 1 --new-items released_today.csv

      gnnrec recommend RUN --all-users --format parquet --out recommendations.parquet
    """
    if sum((bool(users), all_users, history is not None)) != 1:
        raise UsageError("say for whom: --user ID (several times if need be), --all-users, or --history ID,ID,…")
    _check_output(form, out, force=force)
    from gnnrec.runs.saved import load_run

    opened = load_run(run)
    added = None if new_items is None else _table_of(new_items, "new items")
    if history is not None:
        known = _history(history)
        table = opened.recommend_for_history(known, k, include_seen=include_seen, new_items=added)
        heading = f"for a history of {len(known)} items, {opened.scoring.by_history}"
        _answer(table, form, out, force=force, heading=heading)
        return
    wanted = None if all_users else users
    table = opened.recommend(wanted, k, include_seen=include_seen, new_items=added)
    if form == "table" and out is None and users:
        for user, rows in table.groupby("user", sort=False):
            _answer(rows, form, out, force=force, heading=None)
            say(_known_items(opened, str(user)))
        return
    _answer(table, form, out, force=force, heading=None)


def similar(
    run: RunArgument,
    item: Annotated[
        str, typer.Option("--item", "-i", metavar="ID|TITLE", help="An id, a title, or a part of one title alone.")
    ],
    k: KOption = 10,
    form: FormatOption = "table",
    out: OutOption = None,
    force: ForceOption = False,
) -> None:
    """Find the items most similar to one, as the run sees it.

    Example:  gnnrec similar RUN --item "Toy Story"
    """
    _check_output(form, out, force=force)
    from gnnrec.data.lookup import require_item
    from gnnrec.runs.saved import load_run

    opened = load_run(run)
    row = opened.items.iloc[require_item(opened.items, item)]
    heading = f"similar to {row['item']} {row.get('title', '')}".rstrip() + f", by {opened.scoring.by_item}"
    _answer(opened.similar(item, k), form, out, force=force, heading=heading)


def _history(text: str) -> list[str] | pd.DataFrame:
    """Ids with commas between, or a file of them."""
    from gnnrec.data.id_tables import ENDINGS

    if text.lower().endswith(ENDINGS):
        return _table_of(Path(text), "histories")
    return [each.strip() for each in text.split(",") if each.strip()]


def _table_of(file: Path, holds: str) -> pd.DataFrame:
    from gnnrec.data.id_tables import read_id_table

    return read_id_table(file, holds, "item")


def _check_output(form: str, out: Path | None, *, force: bool) -> None:
    """Before any work: is there a place for the answer?"""
    if form == "parquet" and out is None:
        raise UsageError("parquet is not for a terminal; say where to: --out FILE")
    if out is not None:
        refuse_existing(out, force=force)


def _answer(table: pd.DataFrame, form: str, out: Path | None, *, force: bool, heading: str | None) -> None:
    if form == "table" and out is None:
        shown = table.assign(score=table["score"].map("{:.4f}".format))
        say_table(list(shown.columns), shown.itertuples(index=False), title=heading)
        return
    if form == "parquet":
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        say_or_write(buffer.getvalue(), out, force=force)
    elif form == "json":
        say_or_write(table.to_json(orient="records", force_ascii=False), out, force=force)
    elif form == "csv":
        say_or_write(table.to_csv(index=False).rstrip("\n"), out, force=force)
    else:
        say_or_write(table.to_string(index=False), out, force=force)


def _known_items(run: Run, user: str) -> str:
    """A line about what the user is known to have interacted with."""
    from gnnrec.data.lookup import require_nodes

    _, items = run.split.interactions.edges.items_of(require_nodes(run.users, "user", [user]))
    column = "title" if "title" in run.items else "item"
    some = ", ".join(map(str, run.items[column].to_numpy()[items[:HISTORY_SHOWN]]))
    return f"known of user {user}: {len(items)} items, among them {some}\n" if len(items) else f"user {user} is new\n"
