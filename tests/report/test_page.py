from __future__ import annotations

import copy
import dataclasses
import json
import logging
import math
import re
import shutil
import subprocess
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs
from toys import movielens_like, small_recipe

from gnnrec import GnnrecError, Run, UsageError, load_recipe, load_run, run
from gnnrec.cli.report import report
from gnnrec.recipe.load import dump_recipe
from gnnrec.report import colours, page
from gnnrec.report.page import run_page, side_by_side_page
from gnnrec.report.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OF_A_TRAINED_RUN = {"tail", "users", "loss", "monitored", "scores", "activity", "popularity", "map"}
NASTY = "<script>alert('1')</script> & \"more\""


class Page(HTMLParser):
    """What a page is made of: tags with attributes, the text of scripts, and all other text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._raw = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")
        self._raw = tag if tag in ("script", "style") else self._raw

    def handle_endtag(self, tag: str) -> None:
        self._raw = "" if tag == self._raw else self._raw

    def handle_data(self, data: str) -> None:
        if self._raw == "script":
            self.scripts[-1] += data
        elif not self._raw:
            self.text += data

    @property
    def figures(self) -> dict[str, Any]:
        """The figures' JSON."""
        found: dict[str, Any] = json.loads(self.scripts[0])
        return found

    @property
    def places(self) -> set[str | None]:
        """The names of the figures that have a place on the page."""
        return {attributes["data-figure"] for _, attributes in self.tags if "data-figure" in attributes}


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
    html = make(trained, scored)
    assert html.count(get_plotlyjs()) == 1
    own = html.replace(get_plotlyjs(), "")
    assert len(own.encode()) < 200_000
    assert not re.search(r"@import|url\(", own)
    assert "default-src 'none'" in own
    for tag, attributes in Page(own).tags:
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), (tag, attributes)


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
        written = Page(html)
        used = set(re.findall(r'"(#[0-9a-f]{6})"', written.scripts[0]))
        assert used <= set(json.loads(written.scripts[1])) == set(colours.DARK)
    assert len(set(colours.DARK.values())) == len(colours.DARK)


def test_plotly_knows_each_property_of_a_figure(trained: Run, scored: Run) -> None:
    for html in (run_page(Subject.of(trained)), side_by_side_page([trained, scored])):
        for figure in Page(html).figures.values():
            known = json.loads(go.Figure(figure).to_json())  # raises for a name or a value that plotly does not know
            assert known["data"] == figure["data"]
            assert {**known["layout"], "template": None} == {**figure["layout"], "template": None}


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


@pytest.fixture
def browse(tmp_path: Path) -> Callable[[str], str]:
    """Opens a page in a browser that reaches no network and gives the document after its scripts have run."""
    if CHROMIUM is None:
        pytest.skip("no chromium is installed, so nobody looks whether the page draws")

    def browse(html: str) -> str:
        (tmp_path / "page.html").write_text(html, encoding="utf-8")
        options = [
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
            *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--proxy-server=127.0.0.1:9",  # where nobody listens
            f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=20000",
            "--dump-dom",
        ]
        done = subprocess.run(
            [str(CHROMIUM), *options, (tmp_path / "page.html").as_uri()],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=True,
        )
        return done.stdout

    return browse


@pytest.mark.slow
def test_a_browser_without_network_draws_every_figure(browse: Callable[[str], str], nasty: str) -> None:
    assert drawn(browse(nasty)) == OF_A_TRAINED_RUN


@pytest.mark.slow
def test_a_browser_draws_runs_side_by_side(browse: Callable[[str], str], trained: Run, scored: Run) -> None:
    assert drawn(browse(side_by_side_page([trained, scored]))) == {"val_loss", "val_ndcg@10", "duel-0"}


def drawn(dom: str) -> set[str]:
    """The figures that hold a drawing with marks; none may say that it could not be drawn."""
    document = dom.replace(get_plotlyjs(), "")
    body = document[: document.index('<script type="application/json"')]
    assert "could not be drawn" not in body
    assert "alert(" not in re.sub(r"&lt;script&gt;alert\(", "", body)
    parts = re.split(r'data-figure="([^"]+)"', body)
    marks = r'class="(?:trace|points|point|lines|js-line)[ "]'
    return {
        name
        for name, figure in zip(parts[1::2], parts[2::2], strict=True)
        if 'class="main-svg"' in figure and re.search(marks, figure) and "js-plotly-plot" in figure[:400]
    }
