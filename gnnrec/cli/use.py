"""Commands that use a finished run: `evaluate`, `recommend`, `similar`."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnnrec.cli.answers import ForceOption, FormatOption, OutOption, answer, form_of_rows, require_form
from gnnrec.cli.ids import file_of_ids, ids_or_file
from gnnrec.cli.options import JsonOption, SetOption
from gnnrec.console import require_place, say, say_or_write, say_table
from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from gnnrec.runs.saved import Run

METRICS_FORMS = {".json": "json"}
LISTS_FORMS = {".csv": "csv", ".parquet": "parquet"}
"""What files of `evaluate` hold, by how their names end."""

HISTORY_SHOWN = 5
"""How many known items the table shows of a user."""

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="The directory of a finished run.")]
KOption = Annotated[int, typer.Option("-k", help="How many items.")]


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
    for file, option, forms in ((out, "--out", METRICS_FORMS), (write_lists, "--write-lists", LISTS_FORMS)):
        if file is not None:
            require_form(None, file, forms, option)
            require_place(file, force=force)
    from gnnrec.runs.saved import load_run

    asked = load_run(run)
    if write_lists is not None:
        made = asked.test_lists(assignments or ())
        write = made.to_csv if write_lists.suffix.lower() == ".csv" else made.to_parquet
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
    users_file: Annotated[
        Path | None,
        typer.Option(
            "--users", metavar="FILE", help="Users of the data set: a CSV or Parquet file of user, or .txt, one a line."
        ),
    ] = None,
    all_users: Annotated[bool, typer.Option("--all-users", help="Every user of the run.")] = False,
    history: Annotated[
        str | None,
        typer.Option(
            "--history",
            metavar="ID,ID,…|FILE",
            help="Items of somebody who was not there in training; or a CSV or Parquet file of item, and time and "
            "weight where they are known. An id with a comma in it stands in double quotes.",
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
    candidates: Annotated[
        str | None,
        typer.Option(
            "--candidates",
            metavar="ID,ID,…|FILE",
            help="Recommend none but these items; a file is CSV or Parquet with item, or .txt, one a line.",
        ),
    ] = None,
    exclude: Annotated[
        str | None, typer.Option("--exclude", metavar="ID,ID,…|FILE", help="Recommend none of these items.")
    ] = None,
    live: Annotated[
        str | None,
        typer.Option("--live", metavar="STORE", help="With all that a server's store knows since; see gnnrec serve."),
    ] = None,
    k: KOption = 10,
    include_seen: Annotated[
        bool, typer.Option("--include-seen", help="Recommend items that the user is known to have interacted with too.")
    ] = False,
    form: FormatOption = None,
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

      gnnrec recommend RUN --user 1 --candidates in_stock.csv --exclude 318,296

      gnnrec recommend RUN --user 1 --new-items released_today.csv

      gnnrec recommend RUN --all-users --out recommendations.parquet

      gnnrec recommend RUN --user 1 --live sqlite:///live.sqlite
    """
    if sum((bool(users), users_file is not None, all_users, history is not None)) != 1:
        raise UsageError(
            "say for whom, in one way: --user ID (several times if need be), --users FILE, --all-users, or "
            "--history ID,ID,…"
        )
    if live is not None and new_items is not None:
        raise UsageError("--live and --new-items contradict each other: new items are in the store")
    written = form_of_rows(form, out, force=force)
    asked: dict[str, Any] = {
        "include_seen": include_seen,
        "new_items": None if new_items is None else file_of_ids(new_items, "new items", "item", as_text=True),
        "candidates": None if candidates is None else ids_or_file(candidates, "--candidates", "candidates", "item"),
        "exclude": None if exclude is None else ids_or_file(exclude, "--exclude", "items to exclude", "item"),
    }
    known = None if history is None else ids_or_file(history, "--history", "histories", "item")
    wanted = users if users_file is None else file_of_ids(users_file, "users", "user")
    from gnnrec.runs.saved import load_run

    opened = load_run(run)
    if live is not None:
        from gnnrec.serving.as_table import recommend_live

        del asked["new_items"]
        table = recommend_live(opened, live, None if all_users else wanted, known, k, **asked)
        answer(table, written, out, force=force, heading=None)
        return
    if known is not None:
        table = opened.recommend_for_history(known, k, **asked)
        heading = f"for a history of {len(known)} items, {opened.scoring.by_history}"
        answer(table, written, out, force=force, heading=heading)
        return
    table = opened.recommend(None if all_users else wanted, k, **asked)
    if written == "table" and out is None and users:
        for user, rows in table.groupby("user", sort=False):
            answer(rows, written, out, force=force, heading=None)
            say(_known_items(opened, user))
        return
    answer(table, written, out, force=force, heading=None)


def similar(
    run: RunArgument,
    item: Annotated[
        str, typer.Option("--item", "-i", metavar="ID|TITLE", help="An id, a title, or a part of one title alone.")
    ],
    k: KOption = 10,
    form: FormatOption = None,
    out: OutOption = None,
    force: ForceOption = False,
) -> None:
    """Find the items most similar to one, as the run sees it.

    Example:  gnnrec similar RUN --item "Toy Story"
    """
    written = form_of_rows(form, out, force=force)
    from gnnrec.data.lookup import require_item
    from gnnrec.runs.saved import load_run

    opened = load_run(run)
    row = opened.items.iloc[require_item(opened.items, item)]
    heading = f"similar to {row['item']} {row.get('title', '')}".rstrip() + f", by {opened.scoring.by_item}"
    answer(opened.similar(item, k), written, out, force=force, heading=heading)


def _known_items(run: Run, user: object) -> str:
    """A line about what the user is known to have interacted with."""
    from gnnrec.data.lookup import require_nodes

    _, items = run.split.interactions.edges.items_of(require_nodes(run.users, "user", [user]))
    column = "title" if "title" in run.items else "item"
    some = ", ".join(map(str, run.items[column].to_numpy()[items[:HISTORY_SHOWN]]))
    return f"known of user {user}: {len(items)} items, among them {some}\n" if len(items) else f"user {user} is new\n"
