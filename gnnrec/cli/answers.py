"""Where a command's answer goes, and in which form: a file holds what its ending says."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from gnnrec.console import require_place, say_data, say_or_write, say_table
from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

F = TypeVar("F", bound=str)

Form = Literal["table", "json", "csv", "parquet"]

FORMS: Mapping[str, Form] = {".csv": "csv", ".json": "json", ".parquet": "parquet", ".txt": "table"}
"""What a file of rows holds, by how its name ends."""

FormatOption = Annotated[
    Form | None,
    typer.Option(
        "--format",
        "-f",
        help="json is an array of row objects. By the ending of --out if not given: .csv, .json, .parquet, .txt.",
        show_default=False,
    ),
]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write to a file.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")]


def require_form(form: F | None, out: Path, forms: Mapping[str, F], option: str = "--out") -> F:
    """What a file is to hold, before any work.

    Args:
        form: What is asked for; None leaves it to the ending.
        out: The file.
        forms: What a file holds by its ending, in lower case.
        option: That which names the file, for messages.

    Raises:
        UsageError: The ending says nothing, or something else than `form`.
    """
    said = forms.get(out.suffix.lower(), form)
    if said is None:
        raise UsageError(f"the ending of {option} says what is written: {', '.join(forms)}; got {out.name}")
    if form not in {None, said}:
        raise UsageError(f"--format {form} and {option} {out.name} contradict each other; leave one out")
    return said


def form_of_rows(form: Form | None, out: Path | None, *, force: bool) -> Form:
    """The form of an answer in rows, before any work: is there a place for it?

    Raises:
        UsageError: There is none, or the file's ending does not say what it is to hold.
    """
    if out is None:
        if form == "parquet":
            raise UsageError("parquet is not for a terminal; say where to: --out FILE")
        return form or "table"
    require_place(out, force=force)
    return require_form(form, out, FORMS)


def answer(table: pd.DataFrame, form: Form, out: Path | None, *, force: bool, heading: str | None) -> None:
    """Say rows, or write them to a file; the heading is for eyes alone."""
    if form == "table" and out is None:
        shown = table.assign(score=table["score"].map("{:.4f}".format))
        say_table(list(shown.columns), shown.itertuples(index=False), title=heading)
    elif out is None:
        say_data(_written(table, form).decode().removesuffix("\n"))
    else:
        say_or_write(_written(table, form), out, force=force)


def _written(table: pd.DataFrame, form: Form) -> bytes:
    if form == "parquet":
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        return buffer.getvalue()
    if form == "json":
        return (table.to_json(orient="records", force_ascii=False) + "\n").encode()
    text = table.to_csv(index=False, lineterminator="\n") if form == "csv" else table.to_string(index=False) + "\n"
    return text.encode()
