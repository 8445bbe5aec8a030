from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pages import Page, drawn, has_partners, is_known_to_plotly, needs_nothing
from plotly.offline import get_plotlyjs

from gnnrec.contract.tuned import Tuned, TunedAmong
from gnnrec.errors import RunDirectoryError
from gnnrec.report.colours import QUIET
from gnnrec.tuning.content import bands, height, steps
from gnnrec.tuning.page import study_page, write_page
from gnnrec.tuning.record import Record, Trial
from gnnrec.tuning.settings import Settings
from gnnrec.tuning.space import Axis, Space
from gnnrec.tuning.verdict import verdict

if TYPE_CHECKING:
    from gnnrec.contract.tuned import Plain

LR = Axis("trainer.lr", Tuned(0.001, 0.1, log=True))
LAYERS = Axis("encoder.layers", Tuned(1, 4), integer=True)
LOSS = Axis("loss.name", TunedAmong(("bpr", "ccl")))
MARGIN = Axis("loss.margin", Tuned(0.0, 1.0), of="ccl")
SELF = Axis("encoder.self", TunedAmong((True, False, None)))

NASTY = "<script>alert('1')</script> & \"more\""


def record(*trials: Trial, axes: tuple[Axis, ...] = (LR, LAYERS, LOSS, MARGIN), **settings: Any) -> Record:
    own: dict[str, Plain] = {"trainer.lr": 0.01, "encoder.layers": 2, "loss.name": "bpr"}
    has = {axis.parameter for axis in axes}
    space = Space(axes)
    own = {name: value for name, value in own.items() if name in has}
    return Record(Path("runs/sage/20260102-030405.study"), "sage", Settings(**settings), space, own, trials)


def tried(number: int, value: float | None, lr: float = 0.01, layers: int = 2, **fields: Any) -> Trial:
    values: dict[str, Plain] = {"trainer.lr": lr, "encoder.layers": layers, "loss.name": "bpr"}
    return Trial(number, **{"state": "finished", "parameters": values, "value": value, "seconds": 10.0, **fields})


@pytest.fixture(scope="module")
def several() -> Record:
    """Of each state one at least; trial 3 is the best, at the low end of a range, and alone has a margin."""
    with_margin: dict[str, Plain] = {"trainer.lr": 0.001, "encoder.layers": 3, "loss.name": "ccl"}
    with_margin["loss.margin (ccl)"] = 0.25
    return record(
        tried(0, 0.2, own=True, curve={1: 0.1, 2: 0.2, 3: 0.15}, best_epoch=2),
        tried(1, 0.1, 0.05, curve={1: 0.05, 2: 0.1}, best_epoch=2),
        tried(2, None, 0.09, state="pruned", curve={1: 0.01, 2: 0.02}),
        tried(3, 0.25, parameters=with_margin, curve={1: 0.2, 2: 0.25}, best_epoch=2),
        tried(4, None, state="failed", reason=f"ValueError: {NASTY} {'so long ' * 100}the end"),
        tried(5, None, state="running", seconds=0.0),
    )


@pytest.fixture(scope="module")
def page(several: Record) -> str:
    return study_page(several, {"encoder.layers": 0.25, "trainer.lr": 0.75})


def test_the_page_says_what_was_gained_and_where_to_look_further(several: Record) -> None:
    assert verdict(several) == [
        (
            "Trial 3 is the best: ndcg@10 0.2500, which is 0.0500 more than the recipe's own settings come to "
            "(0.2000, 25.0%)."
        ),
        "Of 5 trials 3 finished, 1 was pruned and 1 failed, in 50 s; 1 still running.",
        "The best trainer.lr lies at the low end of what was searched, 0.001..0.1:log: better ones may lie beyond it.",
        (
            "The best of many is so by some luck as well, and no trial has seen the test: what its settings are worth "
            "there is what gnnrec run runs/sage/20260102-030405.study/best.yaml says."
        ),
    ]


@pytest.mark.parametrize(
    ("trials", "settings", "told"),
    [
        ([], {}, "No trial has finished."),
        ([tried(0, 0.2, own=True)], {}, "Only the recipe's own settings have finished: ndcg@10 0.2000."),
        (
            [tried(0, 0.2, own=True), tried(1, 0.2)],
            {},
            "Nothing was gained: no trial is better than the recipe's own settings, ndcg@10 0.2000.",
        ),
        (
            [tried(0, None, own=True, state="failed", reason="no"), tried(1, 0.2)],
            {},
            (
                "Trial 1 is the best: ndcg@10 0.2000. The recipe's own settings have not finished, so what was gained "
                "is not known."
            ),
        ),
        (
            [tried(0, 0.5, own=True), tried(1, 0.4), tried(2, 0.6)],
            {"metric": "loss"},
            (
                "Trial 1 is the best: loss 0.4000, which is 0.1000 less than the recipe's own settings come to "
                "(0.5000, 20.0%)."
            ),
        ),
        (
            [tried(0, 0.0, own=True), tried(1, 0.2)],
            {},
            (
                "Trial 1 is the best: ndcg@10 0.2000, which is 0.2000 more than the recipe's own settings come to "
                "(0.0000)."
            ),
        ),
        (
            [tried(0, None, state="failed", reason="ValueError: too many.\nTraceback")],
            {},
            "No trial has finished; the last one failed: ValueError: too many.",
        ),
    ],
)
def test_the_page_says_what_came_of_it_in_a_sentence(trials: list[Trial], settings: dict[str, Any], told: str) -> None:
    search = record(*trials, **settings)
    assert verdict(search)[0] == told
    assert told in Page(study_page(search, {})).text


def test_the_page_holds_every_section_and_figure(page: str) -> None:
    written = Page(page)
    assert written.places == set(written.figures) == {"history", "parallel", "importances", "curves"}
    headings = re.findall(r"<h2>(.*)</h2>", page)
    assert headings == ["Result", "History", "Parameters", "What matters", "Learning curves", "Trials"]
    targets = {attributes.get("id") for _, attributes in written.tags}
    links = [attributes["href"] for tag, attributes in written.tags if tag == "a"]
    assert len(links) == 6
    assert {f"#{target}" for target in targets} >= set(links)
    assert sum(tag == "table" for tag, _ in written.tags) == sum(tag == "caption" for tag, _ in written.tags) == 6


def test_the_page_needs_nothing_but_itself(page: str) -> None:
    needs_nothing(page, of_its_own=60_000)
    has_partners(page)
    is_known_to_plotly(page)


def test_the_table_has_each_trial_with_its_parameters(page: str) -> None:
    assert cells(page, "trials") == [
        ["0", "finished, own", "0.2000", "0.01", "2", "bpr", "–", "2", "10.0", ""],
        ["1", "finished", "0.1000", "0.05", "2", "bpr", "–", "2", "10.0", ""],
        ["2", "pruned", "–", "0.09", "2", "bpr", "–", "–", "10.0", ""],
        ["3", "finished", "0.2500", "0.001", "3", "ccl", "0.25", "2", "10.0", ""],
        ["4", "failed", "–", "0.01", "2", "bpr", "–", "–", "10.0", cells(page, "trials")[4][-1]],
        ["5", "running", "–", "0.01", "2", "bpr", "–", "–", "0.0", ""],
    ]
    assert cells(page, "parameters") == [
        ["trainer.lr", "0.001", "0.01", "0.05"],
        ["encoder.layers", "3", "2", "2"],
        ["loss.name", "ccl × 1", "bpr × 1", "bpr × 1"],
        ["loss.margin (ccl)", "0.25", "–", "–"],
    ]
    assert cells(page, "result")[0] == ["trainer.lr", "0.001..0.1:log", "0.01", "0.001 at the low end"]
    assert cells(page, "history") == [["0", "0.2000"], ["3", "0.2500"]]
    assert cells(page, "importance") == [["trainer.lr", "75.0%"], ["encoder.layers", "25.0%"]]
    assert cells(page, "curves")[0] == ["0", "finished", "3", "0.2000", "2", "0.1500"]


def test_reasons_and_names_are_text_whatever_they_hold(page: str) -> None:
    written = Page(page.replace(get_plotlyjs(), ""))
    assert [attributes.get("type") for tag, attributes in written.tags if tag == "script"] == [
        *["application/json"] * 2,
        *[None] * 2,
    ]
    assert f"ValueError: {NASTY} so long" in written.text
    assert "so long the end" in written.text
    choice = Axis("encoder.name", TunedAmong((NASTY, "b")))
    search = record(tried(0, 0.1, parameters={"encoder.name": NASTY, "trainer.lr": 0.01}), axes=(LR, choice))
    (line,) = Page(study_page(search, {})).figures["parallel"]["data"]
    # plotly reads a little HTML in labels, so there the characters are spelled out.
    assert line["text"][1].startswith("trial 0: &lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; &amp; ")


def test_history_has_the_best_so_far_as_steps_and_those_that_came_to_nothing_marked(several: Record) -> None:
    shown = {each["name"]: each for each in Page(study_page(several, {})).figures["history"]["data"]}
    assert (shown["best so far"]["x"], shown["best so far"]["y"]) == ([0, 3, 4], [0.2, 0.25, 0.25])
    assert (shown["finished"]["x"], shown["finished"]["y"]) == ([1, 3], [0.1, 0.25])
    assert (shown["the recipe's own settings"]["x"], shown["the recipe's own settings"]["y"]) == ([0], [0.2])
    assert (shown["pruned"]["x"], shown["pruned"]["y"]) == ([2], [0.02])  # where it was last judged
    assert (shown["failed"]["x"], shown["failed"]["yaxis"]) == ([4], "y2")  # it was never judged
    assert shown["pruned"]["marker"]["color"] == shown["failed"]["marker"]["color"] == QUIET


def test_a_line_passes_below_an_axis_that_its_trial_has_not_got(several: Record) -> None:
    shown = Page(study_page(several, {})).figures["parallel"]
    best = shown["data"][-1]
    assert best["name"] == "the best, 0.2500"
    assert best["x"] == [0, 1, 2, 3]
    assert best["y"] == [0.0, 0.6667, 1.0, 0.25]
    assert "On the lowest line are" in study_page(several, {})
    assert "On the lowest line are" not in study_page(record(tried(0, 0.1), axes=(LR, LAYERS)), {})
    own = shown["data"][-2]
    assert own["y"] == [0.5, 0.3333, 0.0, -0.16]
    assert own["text"][3] == "trial 0: none, ndcg@10 0.2000"
    assert [each["name"] for each in shown["data"]] == [
        *("pruned", "failed", "0.1000", "0.2000", "the best, 0.2500"),
    ]


def test_a_value_s_height_is_by_logarithm_where_the_range_is() -> None:
    assert [height(LR, value) for value in (0.001, 0.01, 0.1)] == pytest.approx([0, 0.5, 1])
    assert [height(SELF, value) for value in (True, False, None)] == [0, 0.5, 1]
    assert height(Axis("loss.name", TunedAmong(("bpr",))), "bpr") == 0.5
    assert height(Axis("a.b", TunedAmong((1, True))), True) == 1  # though 1 == True


def test_bands_go_from_the_best_to_the_worst_whichever_way_that_is() -> None:
    trials = [tried(number, number / 10) for number in range(12)]
    found = bands(record(*trials, metric="loss"))
    assert [each.label for each in found] == [
        *("the best, 0.0000", "0.1000 to 0.3000", "0.4000 to 0.5000", "0.6000 to 0.7000"),
        *("0.8000 to 0.9000", "1.0000 to 1.1000"),
    ]
    assert [trial.number for trial in bands(record(*trials))[1].trials] == [10, 9, 8]
    assert steps(record(*reversed(trials), metric="loss"))[-1] == (0, 0.0)
    assert bands(record()) == []


@pytest.mark.parametrize("axes", [(LR,), (LOSS,), (SELF,)])
def test_one_parameter_is_drawn_against_the_value(axes: tuple[Axis]) -> None:
    choice = {"trainer.lr": 0.05, "loss.name": "ccl", "encoder.self": None}
    values = {axis.parameter: choice[axis.parameter] for axis in axes}
    search = record(tried(0, 0.2, own=True), tried(1, 0.3, parameters=values), axes=axes)
    written = Page(study_page(search, {axes[0].parameter: 1.0}))
    assert written.places == {"history", "parallel"}  # that the only parameter matters is no news
    other = written.figures["parallel"]["data"][0]
    assert (other["x"], other["y"]) == ([{None: "nothing"}.get(*values.values(), *values.values())], [0.3])


def test_values_that_are_no_numbers_are_words() -> None:
    search = record(
        tried(0, 0.1, parameters={"encoder.self": True, "trainer.lr": 0.1}, own=True),
        tried(1, 0.2, parameters={"encoder.self": None, "trainer.lr": 0.000123456}),
        axes=(SELF, LR),
    )
    html = study_page(search, {})
    assert [row[3:5] for row in cells(html, "trials")] == [["true", "0.1"], ["nothing", "0.0001235"]]
    assert cells(html, "result")[0] == ["encoder.self", "true, false, nothing", "–", "nothing"]


@pytest.mark.parametrize("trials", [[], [tried(0, None, state="failed", reason="no")], [tried(0, 0.1, own=True)]])
def test_a_search_that_has_hardly_begun_has_a_page(trials: list[Trial]) -> None:
    html = study_page(record(*trials), {})
    needs_nothing(html, of_its_own=30_000)
    is_known_to_plotly(html)
    written = Page(html)
    assert written.places == set(written.figures)
    assert len(cells(html, "trials")) == len(trials)


def test_two_hundred_trials_are_a_page_of_moderate_size() -> None:
    curve = {epoch: math.sin(epoch) for epoch in range(1, 501)}
    trials = [tried(number, number / 1000, 0.001 + number / 3000, 1 + number % 4, curve=curve) for number in range(200)]
    html = study_page(record(*trials), {"trainer.lr": 1.0})
    needs_nothing(html, of_its_own=3_000_000)
    shown = Page(html).figures
    assert len(shown["parallel"]["data"]) == len(shown["curves"]["data"]) == 6
    assert len(shown["curves"]["data"][-1]["x"]) == 101  # the last epoch is among them
    assert shown["curves"]["data"][-1]["x"][-1] == 500
    assert len(cells(html, "trials")) == 200


def test_the_page_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    search = Record(tmp_path, "sage", Settings(), Space((LR,)), {}, (tried(0, 0.1),))
    for _ in range(2):
        assert write_page(search, {}) == tmp_path / "report.html"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    (tmp_path / "file").touch()
    with pytest.raises(RunDirectoryError, match=r"cannot write .*report.html: Not a directory"):
        write_page(Record(tmp_path / "file" / "study", "sage", Settings(), Space((LR,)), {}, ()), {})


@pytest.mark.slow
def test_a_browser_without_network_draws_every_figure(page: str, tmp_path: Path) -> None:
    assert drawn(page, tmp_path) == {"history", "parallel", "importances", "curves"}


def cells(html: str, section: str) -> list[list[str]]:
    """The texts of the rows of a section's table."""
    part = html[html.index(f'<section id="{section}">') :]
    body = part[part.index("<tbody>") : part.index("</tbody>")]
    return [
        [Page(cell).text.strip() for cell in re.findall(r"<t[hd]\b[^>]*>.*?</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    ]
