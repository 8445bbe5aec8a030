from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from gnnrec import EpochRecord, RunStart, load_recipe
from gnnrec.cli.answers import form_of_rows
from gnnrec.console import (
    TrainingProgress,
    escape_what_cannot_be_shown,
    require_place,
    say,
    say_data,
    say_json,
    say_or_write,
    say_table,
)
from gnnrec.errors import UsageError

TITLE = "Léon “π” 千"


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (
            EpochRecord(4, 0.5, {"loss": 0.25, "auc": 0.75}, 0.1, 1.0),
            "epoch 4/8  train loss 0.5000  val loss 0.2500  val auc 0.7500",
        ),
        (EpochRecord(2, 0.5, {}, 0.1, 1.0, refit_of=3), "refit, epoch 2/3  train loss 0.5000"),
    ],
)
def test_where_there_is_no_terminal_an_epoch_is_a_line(
    record: EpochRecord, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = TrainingProgress()
    start = RunStart(load_recipe("movielens_sage"), Path("runs"), 8, {})
    progress.gnnrec_run_started(start)
    progress.gnnrec_epoch_ended(start, record)
    progress.close()
    assert capsys.readouterr().err == f"{line}\n"


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", TITLE), ("cp1252", "Léon “\\u03c0” \\u5343"), ("ascii", "L\\xe9on \\u201c\\u03c0\\u201d \\u5343")],
)
def test_no_terminal_is_too_small_for_a_title(encoding: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding, newline="\n"))
    escape_what_cannot_be_shown()
    say(TITLE)
    say_table(["title"], [[TITLE]])
    sys.stdout.flush()
    assert [line.rstrip() for line in written.getvalue().decode(encoding).splitlines()] == [shown, "title", shown]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-16"])
def test_what_programs_read_is_utf_8(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding, newline="\n"))
    say_data(f"1,{TITLE}")
    say_json({"title": TITLE})
    say_or_write(TITLE, None, force=False)
    sys.stdout.flush()
    first, second, third = written.getvalue().decode("utf-8").splitlines()
    assert (first, json.loads(second), third) == (f"1,{TITLE}", {"title": TITLE}, TITLE)


def test_a_file_s_place_is_looked_at_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "there.csv").touch()
    for place, force, message in (
        ("there.csv", False, f"{tmp_path}/there.csv exists; --force overwrites it"),
        (".", True, f"{tmp_path} is a folder; name a file in it"),
        ("no/a.csv", True, f"there is no folder {tmp_path}/no to write a.csv in; make it first"),
    ):
        with pytest.raises(UsageError) as error:
            require_place(tmp_path / place, force=force)
        assert str(error.value) == message
    require_place(tmp_path / "there.csv", force=True)


def test_the_form_of_an_answer_goes_by_the_file_s_ending(tmp_path: Path) -> None:
    assert form_of_rows(None, None, force=False) == "table"
    assert form_of_rows("csv", None, force=False) == "csv"
    assert [form_of_rows(None, tmp_path / f"a.{end}", force=False) for end in ("csv", "JSON", "txt")] == [
        "csv",
        "json",
        "table",
    ]
    assert form_of_rows("csv", tmp_path / "a.tsv.new", force=False) == "csv"
