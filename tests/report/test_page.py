from __future__ import annotations

import copy
import dataclasses
import json
import logging
import math
import re
from typing import TYPE_CHECKING

import pytest
from pages import Page, drawn, has_partners, is_known_to_plotly, needs_nothing
from plotly.offline import get_plotlyjs
from toys import movielens_like, small_recipe

from gnnrec import GnnrecError, Run, UsageError, load_recipe, load_run, run
from gnnrec.cli.report import report
from gnnrec.recipe.load import dump_recipe
from gnnrec.report import colours, page
from gnnrec.report.page import run_page, side_by_side_page
from gnnrec.report.subject import Subject

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]

OF_A_TRAINED_RUN = {"tail", "users", "loss", "monitored", "scores", "activity", "popularity", "map"}
NASTY = "<script>alert('1')</script> & \"more\""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def trained(folder: Path) -> Run:
    recipe = small_recipe(movielens_like(folder / "data"), trainer__monitor="ndcg@10")
    return run(recipe, out=folder / "runs")


@pytest.fixture(scope="module")
def scored(folder: Path, trained: Run) -> Run:
    """A run of a scorer over the same split."""
    sections = trained.recipe.to_dict()
    kept = {key: sections[key] for key in ("dataset", "split", "evaluation")}
    (folder / "ease.yaml").write_text(json.dumps({"name": "ease", **kept, "scorer": {"name": "ease"}}))
    return run(load_recipe(folder / "ease.yaml"), out=folder / "runs")


@pytest.fixture(scope="module")
def nasty(trained: Run) -> str:
    """The page of a run whose items have titles and genres that are markup."""
    subject = Subject.of(trained)
    data = subject.split.interactions
    items = data.items.assign(title=NASTY, genres=[[f"</script>{NASTY}"]] * len(data.items))
    split = dataclasses.replace(
        subject.split, interactions=dataclasses.replace(data, tables={**data.tables, "item": items})
    )
    return run_page(dataclasses.replace(subject, split=split))


def test_a_run_s_page_is_the_one_that_its_directory_gives_later(folder: Path) -> None:
    # A root of its own, where no other run has come to lie beside it.
    made = run(small_recipe(movielens_like(folder / "data")), out=folder / "alone")
    assert run_page(Subject.of(load_run(made.directory))) == (made.directory / "report.html").read_text("utf-8")


def test_the_page_holds_every_section_and_figure(trained: Run) -> None:
    written = Page((trained.directory / "report.html").read_text("utf-8"))
    assert written.places == set(written.figures) == OF_A_TRAINED_RUN
    headings = re.findall(r"<h2>(.*)</h2>", (trained.directory / "report.html").read_text("utf-8"))
    assert headings == [
        *("Metrics", "Recipe", "Data", "Training", "Scores"),
        *("For whom it works, and with what", "Examples", "Item map", "Environment"),
    ]
    assert f"{trained.metrics['test']['auc']:.4f}" in written.text
    assert dump_recipe(trained.recipe) in written.text
    assert trained.environment["split_fingerprint"] in written.text
    targets = {attributes.get("id") for _, attributes in written.tags}
    links = [attributes["href"] for tag, attributes in written.tags if tag == "a"]
    assert {f"#{target}" for target in targets} >= set(links)
    assert len(links) == 9
    assert sum(tag == "table" for tag, _ in written.tags) == sum(tag == "caption" for tag, _ in written.tags)


def test_a_scorer_s_page_has_no_training_and_no_map(scored: Run) -> None:
    written = Page((scored.directory / "report.html").read_text("utf-8"))
    assert written.places == OF_A_TRAINED_RUN - {"loss", "monitored", "map"}
    assert "Training" not in written.text
    assert "Scorer ease, seed 0; fitted in " in written.text


@pytest.mark.parametrize("make", [lambda one, _: run_page(Subject.of(one)), lambda *both: side_by_side_page(both)])
def test_a_page_needs_nothing_but_itself(trained: Run, scored: Run, make: Callable[..., str]) -> None:
    needs_nothing(make(trained, scored), of_its_own=200_000)


def test_titles_and_genres_are_text_whatever_they_hold(nasty: str) -> None:
    written = Page(nasty.replace(get_plotlyjs(), ""))
    assert [attributes.get("type") for tag, attributes in written.tags if tag == "script"] == [
        *["application/json"] * 2,
        *[None] * 2,
    ]
    assert written.text.count(NASTY) > 10
    (dots,) = written.figures["map"]["data"]
    # plotly reads a little HTML in labels, so there the characters are spelled out.
    assert dots["text"][0] == "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; &amp; &quot;more&quot;"
    assert dots["name"].startswith("&lt;/script&gt;")


def test_every_colour_of_a_figure_has_a_partner_on_dark_ground(trained: Run, scored: Run) -> None:
    for html in (run_page(Subject.of(trained)), side_by_side_page([trained, scored])):
        has_partners(html)
    assert len(set(colours.DARK.values())) == len(colours.DARK)


def test_plotly_knows_each_property_of_a_figure(trained: Run, scored: Run) -> None:
    for html in (run_page(Subject.of(trained)), side_by_side_page([trained, scored])):
        is_known_to_plotly(html)


def test_a_number_that_is_not_finite_is_left_out_of_a_figure(trained: Run) -> None:
    subject, metrics = Subject.of(trained), copy.deepcopy(trained.metrics)
    k = min(trained.recipe.evaluation.k)
    first, second, *_ = metrics["groups"]["popularity"]
    first["metrics"][f"recall@{k}"], second["metrics"][f"recall@{k}"] = math.nan, math.inf
    bars = Page(run_page(dataclasses.replace(subject, metrics=metrics))).figures["popularity"]["data"][0]
    assert bars["y"][:2] == [None, None]
    assert None not in bars["y"][2:]


def test_side_by_side_overlays_what_was_trained(trained: Run, scored: Run) -> None:
    written = Page(side_by_side_page([trained, scored]))
    assert written.places == set(written.figures) == {"val_loss", "val_ndcg@10", "duel-0"}
    assert "2 runs side by side" in written.text
    assert f"{scored.metrics['test']['ndcg@10']:.4f}" in written.text


def test_a_report_that_fails_costs_no_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Subject) -> None:
        raise ZeroDivisionError("nothing to divide by")

    monkeypatch.setattr(page, "gather", fail)
    with caplog.at_level(logging.WARNING, "gnnrec"):
        made = run(small_recipe(movielens_like(folder / "data")), out=folder / "without")
    assert caplog.messages == ["the run has no report: ZeroDivisionError: nothing to divide by"]
    assert not (made.directory / "report.html").exists()
    assert made.metrics["best_epoch"] in (1, 2, 3)


def test_the_command_puts_runs_side_by_side(gnnrec: Command, trained: Run, scored: Run, tmp_path: Path) -> None:
    done = gnnrec("report", str(trained.directory), str(scored.directory), "--out", "both.html")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "written to both.html\n")
    assert "2 runs side by side" in (tmp_path / "both.html").read_text("utf-8")


def test_the_command_writes_beside_the_run_and_overwrites_nothing_unasked(
    trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = tmp_path / f"report-movielens_sage-{trained.directory.name}.html"
    before = {path: path.read_bytes() for path in trained.directory.rglob("*.*")}
    report([str(trained.directory)])
    assert Page(target.read_text("utf-8")).places == OF_A_TRAINED_RUN
    with pytest.raises(UsageError) as error:
        report([str(trained.directory)])
    assert str(error.value) == f"{target.name} exists; --force overwrites it"
    target.write_text("old")
    report([str(trained.directory)], force=True)
    assert target.stat().st_size > 1_000_000
    assert {path: path.read_bytes() for path in trained.directory.rglob("*.*")} == before


def test_the_command_tells_what_it_cannot_do(trained: Run, tmp_path: Path) -> None:
    place, partial = str(trained.directory), tmp_path / "20260102-030405-s0.partial"
    partial.mkdir()
    inside, there = trained.directory / "mine.html", tmp_path / "there.html"
    there.touch()
    for runs, out, message in [
        (["nowhere"], None, "there is no run in nowhere"),
        ([str(partial)], None, f"{partial} is a run that did not finish"),
        ([place], inside, f"{inside} lies in a run, and a finished run is never changed; choose another --out"),
        ([place], there, f"{there} exists; --force overwrites it"),
        ([place], tmp_path / "no" / "such.html", f"there is no folder {tmp_path / 'no'} to write such.html in"),
        ([place, place], tmp_path / "new.html", f"{trained.directory} is given twice"),
    ]:
        with pytest.raises(GnnrecError) as error:
            report(runs, out)
        assert str(error.value).startswith(message)
    assert not inside.exists()


@pytest.mark.slow
def test_a_browser_without_network_draws_every_figure(nasty: str, tmp_path: Path) -> None:
    assert drawn(nasty, tmp_path) == OF_A_TRAINED_RUN


@pytest.mark.slow
def test_a_browser_draws_runs_side_by_side(trained: Run, scored: Run, tmp_path: Path) -> None:
    assert drawn(side_by_side_page([trained, scored]), tmp_path) == {"val_loss", "val_ndcg@10", "duel-0"}
