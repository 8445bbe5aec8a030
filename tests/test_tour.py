"""docs/tour.ipynb shows what its cells give: it is executed anew, and held against what is stored in it."""

from __future__ import annotations

import math
import os
import re
import sys
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest
from documents import ROOT

pytest_plugins = ["real_data"]

TOUR = ROOT / "docs" / "tour.ipynb"

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
TIME = re.compile(r"\d{8}-\d{6}")
"""In the name of a run."""


def shown(cell: Any) -> str:
    """What a cell shows, as text; what warnings of others say is left out."""
    outputs = [each for each in cell.outputs if "TqdmWarning" not in each.get("text", "")]
    return "\n".join(each.get("text") or each["data"]["text/plain"] for each in outputs)


def is_alike(one: str, other: str) -> bool:
    """Whether two texts differ in no more than the last digits of numbers."""
    one, other = (re.sub(r"\s+", " ", TIME.sub("", text)) for text in (one, other))
    numbers = [list(map(float, NUMBER.findall(text))) for text in (one, other)]
    return NUMBER.sub("", one) == NUMBER.sub("", other) and all(
        math.isclose(left, right, rel_tol=0.05, abs_tol=0.02) for left, right in zip(*numbers, strict=True)
    )


def test_texts_are_alike_up_to_the_last_digits() -> None:
    assert is_alike("run 20260101-120000-s0: 0.1234", "run 20270101-120000-s0:  0.1239")
    assert not is_alike("ease 0.27", "sage 0.27")
    assert not is_alike("ease 0.27", "ease 0.37")
    assert not is_alike("True", "False")


def test_the_tour_is_stored_as_it_was_executed() -> None:
    cells = [cell for cell in nbformat.read(TOUR, 4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [each for cell in cells for each in cell.outputs if each.output_type == "error"]
    assert not re.search(r"/(work|home|root|tmp|Users)/", TOUR.read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.usefixtures("movielens_folder")
def test_the_tour_shows_what_it_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    stored, executed = nbformat.read(TOUR, 4), nbformat.read(TOUR, 4)
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(executed, timeout=600, kernel_name="python3", resources=resources).execute()
    for before, after in zip(stored.cells, executed.cells, strict=True):
        if before.cell_type == "code":
            assert is_alike(shown(before), shown(after)), f"{before.source}\n\n{shown(before)}\n\n{shown(after)}"
