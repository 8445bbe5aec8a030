from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from interrupted_runs import SETTING
from toys import Watcher, movielens_like, small_recipe

from gnnrec import run
from gnnrec.runs import notebook
from gnnrec.runs.notebook import in_notebook

if TYPE_CHECKING:
    from pathlib import Path


class Display:
    """What a notebook's front end has been shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def display(self, bar: Any, display_id: bool) -> Display:
        assert display_id
        self.update(bar)
        return self

    def update(self, bar: Any) -> None:
        self.shown.append(f"{bar!r} | {bar._repr_html_()}")


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Display:
    """A kernel, as IPython tells of one."""
    display = Display()
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display.display))
    monkeypatch.setattr(notebook, "SECONDS_BETWEEN", 0)
    return display


def test_a_notebook_shows_one_bar_that_moves(display: Display, tmp_path: Path) -> None:
    finished = run(small_recipe(movielens_like(tmp_path / "data"), trainer__epochs=3, **SETTING), out=tmp_path)
    assert len(display.shown) == 5  # at the start, after each epoch, and at the end
    assert display.shown[0].startswith('epoch 0/3 | <progress max="3" value="0"')
    loss = finished.history["train_loss"].iloc[-1]
    assert display.shown[-1].startswith(f"epoch 3/3  train loss {loss:.4f}  val loss ")
    assert 'value="3"' in display.shown[-1]


def test_it_says_that_a_run_failed(display: Display, tmp_path: Path) -> None:
    recipe = small_recipe(movielens_like(tmp_path / "data"), trainer__epochs=3, **SETTING)
    with pytest.raises(KeyboardInterrupt):
        run(recipe, out=tmp_path, observers=[Watcher(KeyboardInterrupt(), 2)])
    assert display.shown[-1].startswith("epoch 1/3  interrupted  train loss")


def test_a_refit_is_called_so(display: Display, tmp_path: Path) -> None:
    run(small_recipe(movielens_like(tmp_path / "data"), trainer__epochs=2, refit=True), out=tmp_path)
    assert display.shown[-1].startswith(("epoch 1/1  refit", "epoch 2/2  refit"))


def test_a_closed_form_scorer_has_no_bar(display: Display, tmp_path: Path) -> None:
    path = str(movielens_like(tmp_path / "data"))
    run("baselines/ease", {"dataset.path": path}, out=tmp_path)
    assert display.shown == []


def test_no_other_python_is_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not in_notebook()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert not in_notebook()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=SimpleNamespace))  # a terminal's
    assert not in_notebook()


def test_a_run_shows_its_metrics(tmp_path: Path) -> None:
    finished = run("baselines/ease", {"dataset.path": str(movielens_like(tmp_path / "data"))}, out=tmp_path)
    shown = finished._repr_html_()
    assert str(finished.directory) in shown
    assert f"{finished.metrics['test']['ndcg@10']:.4f}" in shown
    assert "<th>val</th>" in shown
