"""The benchmarks' frame: what is made of samples, of failures and of an interruption; and that the cheapest run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.__main__ import BENCHMARKS, about, main
from benchmarks.harness import Bounded, Measurement, Outcome, run_all, seconds_of, spread, take_turns
from benchmarks.results import number, to_data, to_line, to_markdown
from benchmarks.watched import BenchmarkError, measurements_of

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ["real_data"]

ROOT = Path(__file__).parents[1]

TWICE = Measurement("an epoch", "ms", (1.0, 2.0, 3.0), "pyg", (5.0, 4.0, 3.0), "both learn")
QUALITY = Measurement("AUC", "AUC", (0.9,), "pyg", (0.8,))


def test_a_ratio_is_the_peers_median_over_ours_and_quality_has_none() -> None:
    assert TWICE.ratio == 2.0
    assert QUALITY.ratio is None
    assert Measurement("alone", "s", (1.0,)).ratio is None


def test_samples_are_divided_and_the_other_one_is_the_peer() -> None:
    found = Measurement.of("a load", "MiB", {"gnnrec": [2.0, 4.0], "pandas": [8.0]}, per=2.0, note="cold")
    assert found == Measurement("a load", "MiB", (1.0, 2.0), "pandas", (4.0,), "cold")
    assert Measurement.of("a load", "s", {"gnnrec": [1.0]}) == Measurement("a load", "s", (1.0,))


def test_a_spread_is_of_all_where_they_are_few_and_else_of_the_middle_half() -> None:
    assert spread((4.0, 1.0, 9.0)) == (1.0, 9.0)
    assert spread((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 100.0)) == (3.0, 7.0)


def test_rivals_take_turns_in_alternating_order_and_a_warm_up_does_not_count() -> None:
    called: list[str] = []

    def rival(name: str) -> int:
        called.append(name)
        return len(called)

    found = take_turns({"gnnrec": lambda: rival("a"), "peer": lambda: rival("b")}, rounds=2, warm_up=1)
    assert "".join(called) == "baabba"
    assert found == {"gnnrec": [3, 6], "peer": [4, 5]}


def test_seconds_are_those_of_the_work() -> None:
    done: list[int] = []
    seconds = seconds_of(lambda: done.append(sum(range(200_000))))
    assert done == []
    assert 0 < seconds() < 5
    assert done == [sum(range(200_000))]


def test_the_table_has_medians_spreads_and_ratios_and_says_what_was_not_measured() -> None:
    outcomes = [Outcome("epoch", (TWICE, QUALITY)), Outcome("load", (), "polars is | not installed")]
    text = to_markdown("python -m benchmarks", {"cores": "2"}, {"epoch": "An epoch.", "load": "A load."}, outcomes)
    assert "Written by `python -m benchmarks`." in text
    assert "| cores | 2 |" in text
    assert "## epoch\n\nAn epoch.\n" in text
    assert "| an epoch | ms | 2.000 | 1.000–3.000 | pyg | 4.000 | 3.000–5.000 | 3 | 2.00 |" in text
    assert "| AUC | AUC | 0.9000 |  | pyg | 0.8000 |  | 1 |  |" in text
    assert "- an epoch: both learn.\n" in text
    assert "## load" not in text
    assert "| load | polars is \\| not installed |" in text


def test_a_peer_that_is_missing_is_listed_with_the_reason() -> None:
    alone = Measurement("a load", "s", (1.5,), note="polars is not installed")
    nothing = Measurement("by rust", "s", (), note="rust is not installed")
    text = to_markdown("python -m benchmarks", {}, {"load": "A load."}, [Outcome("load", (alone, nothing))])
    assert "| a load | s | 1.500 |  |  |  |  | 1 |  |" in text
    assert "| by rust |" not in text
    assert "| load, a load | polars is not installed |\n| load, by rust | rust is not installed |" in text
    assert to_line(alone) == "  a load: gnnrec 1.500 s, polars is not installed"
    assert to_line(nothing) == "  by rust: rust is not installed"
    assert to_line(TWICE) == "  an epoch: gnnrec 2.000 ms, pyg 4.000, ratio 2.00, both learn"


def test_numbers_have_as_many_digits_as_say_something() -> None:
    assert [number(each) for each in (1_234_567.8, 999.9, 0.000123, -2.5)] == ["1,234,568", "999.9", "0.0001", "-2.500"]


def test_plain_data_have_every_sample_and_the_reason_of_a_failure() -> None:
    found = to_data({"cores": "2"}, [Outcome("epoch", (TWICE,)), Outcome("load", (), "no room")])
    assert json.loads(json.dumps(found)) == {
        "machine": {"cores": "2"},
        "benchmarks": {
            "epoch": {
                "measurements": [
                    {
                        "name": "an epoch",
                        "unit": "ms",
                        "ours": [1.0, 2.0, 3.0],
                        "against": "pyg",
                        "peer": [5.0, 4.0, 3.0],
                        "note": "both learn",
                        "ratio": 2.0,
                    }
                ],
                "failed": None,
            },
            "load": {"measurements": [], "failed": "no room"},
        },
    }


def toy(name: str) -> Iterator[Measurement]:
    """Benchmarks that end in several ways, each after a measurement."""
    yield TWICE
    if name == "fails":
        raise FileNotFoundError("there is no gowalla/train.txt")
    if name == "is interrupted":
        raise KeyboardInterrupt
    yield QUALITY


def test_one_that_fails_is_listed_with_what_it_measured_and_the_others_run() -> None:
    told: list[int] = []
    outcomes = run_all(["fails", "works"], toy, lambda so_far: told.append(len(so_far)))
    assert outcomes == (
        Outcome("fails", (TWICE,), "there is no gowalla/train.txt"),
        Outcome("works", (TWICE, QUALITY)),
    )
    assert told == [1, 2]


def test_an_interruption_keeps_what_was_measured_and_starts_nothing_more() -> None:
    started: list[str] = []

    def start(name: str) -> Iterator[Measurement]:
        started.append(name)
        return toy(name)

    outcomes = run_all(["works", "is interrupted", "waits"], start, lambda so_far: None)  # noqa: ARG005 - nobody listens
    assert started == ["works", "is interrupted"]
    assert outcomes == (
        Outcome("works", (TWICE, QUALITY)),
        Outcome("is interrupted", (TWICE,), "interrupted; what it had measured stands above"),
        Outcome("waits", (), "not run: interrupted before it"),
    )


ONE_THAT = """
import time
from benchmarks.harness import Measurement

def measure(quick):
    print("what benchmarks print is no measurement")
    yield Measurement.of("quick" if quick else "whole", "s", {"gnnrec": [1.0]})
    %s
"""


def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, bounds: Bounded) -> Iterator[Measurement]:
    (tmp_path / "toy_benchmark.py").write_text(ONE_THAT % what)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(tmp_path)]))
    return measurements_of("toy_benchmark", bounds, quick=True)


@pytest.mark.parametrize(
    ("what", "bounds", "told"),
    [
        ("raise ValueError('no such peer')", Bounded(60), "ValueError: no such peer"),
        ("time.sleep(60)", Bounded(2), "ended: it took more than 2 s"),
        ("held = b'x' * 2**28; time.sleep(60)", Bounded(60, 2**27), "ended: it took more than 0.125 GiB of memory"),
    ],
)
def test_what_was_measured_before_a_process_ends_badly_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, bounds: Bounded, told: str
) -> None:
    if "memory" in told and not Path("/proc").is_dir():
        pytest.skip("memory is watched where there is a /proc")
    found: list[Measurement] = []
    with pytest.raises(BenchmarkError, match=f"^{re.escape(told)}$"):
        found.extend(started(tmp_path, monkeypatch, what, bounds))
    assert found == [Measurement("quick", "s", (1.0,))]


def test_a_benchmark_in_a_process_gives_its_measurements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [*started(tmp_path, monkeypatch, "", Bounded(60))]
    assert found == [Measurement("quick", "s", (1.0,))]


def test_every_benchmark_says_what_it_is_and_all_together_take_less_than_an_hour() -> None:
    for name in BENCHMARKS:
        assert re.fullmatch(r"[A-Z].*\.", about(name)), name
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert [*BENCHMARKS] == re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE)
    assert sum(bounds.seconds for bounds in BENCHMARKS.values()) <= 3600
    assert max(bounds.memory for bounds in BENCHMARKS.values()) <= 8 * 2**30


def test_a_name_that_is_none_is_told_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["epoc"])
    assert "no benchmark is called 'epoc'; there are epoch, command, lightgcn" in capsys.readouterr().err


@pytest.mark.slow
def test_the_cheapest_run(tmp_path: Path, movielens_folder: Path) -> None:
    out = tmp_path / "RESULTS.md"
    command = [sys.executable, "-m", "benchmarks", "epoch", "sampling", "--quick", "--json", "--out", str(out)]
    environment = {**os.environ, "GNNREC_DATA": str(movielens_folder)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["benchmarks"]
    epoch, loss = found["epoch"]["measurements"]
    assert epoch["ratio"] > 1
    assert abs(loss["ours"][0] - loss["peer"][0]) < 0.02
    assert found["sampling"]["measurements"][0]["ours"]
    text = out.read_text(encoding="utf-8")
    assert "## epoch" in text
    assert "## sampling" in text
    missing = text.partition("## Not measured")[2]
    assert not missing or missing.count("no peer can run: neither pyg-lib nor torch-sparse") == missing.count(
        "| sampling"
    )
    assert "| epoch" not in missing
