from __future__ import annotations

from pathlib import Path

import pytest

from gnnrec import EpochRecord, RunStart, load_recipe
from gnnrec.console import TrainingProgress


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
