from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from toys import movielens_like
from written_runs import write_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Finished = subprocess.CompletedProcess[str]
    Command = Callable[..., Finished]
    Write = Callable[[str, str], Path]

SCORER = """\
dataset: {{name: movielens, path: data}}
split: {{name: random_link, disjoint_train: 0}}
scorer: {{name: {name}}}
"""
HEADINGS = [
    *("recipe", "runs", "ndcg@10", "sd", "low", "high", "vs best", "vs best low", "vs best high", "p"),
    *("recall@10", "hit@10", "coverage@10", "auc", "train s", "evaluate s"),
]


@pytest.fixture
def recipes(tmp_path: Path, write: Write) -> list[str]:
    """Two recipes over the checkerboard, as files in the folder where the command runs."""
    movielens_like(tmp_path / "data")
    names = ["random", "item_knn"]
    for name in names:
        write(f"{name}.yaml", SCORER.format(name=name))
    return [f"{name}.yaml" for name in names]


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """Two finished runs over ten users, 0.25 apart for each of them."""
    folder = tmp_path / "runs"
    for name, value in (("low", 0.5), ("high", 0.75)):
        write_run(folder, recipe={"name": name}, per_user={"ndcg@10": [value] * 10, "hit@10": [1.0] * 10})
    return ["runs/low/20260102-030405-s0", "runs/high/20260102-030405-s0"]


def cells(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_recipes_are_run_ranked_saved_and_not_run_again(recipes: list[str], gnnrec: Command, tmp_path: Path) -> None:
    first = gnnrec("compare", *recipes, "--seeds", "2", "--save", "board.csv")
    assert first.returncode == 0
    table = cells(first.stdout)
    assert table[:2] == [
        ["vs", "best", "vs", "best"],
        ["recipe", "runs", "ndcg@10", "sd", "low", "high", "vs", "best", "low", "high", "p"],
    ]
    assert table[2] == ["item_knn", "1", "1.0000", "–", "1.0000", "1.0000", "–", "–", "–", "–"]
    assert table[3][:2] == ["random", "2"]
    assert table[5] == ["recipe", "recall@10", "hit@10", "coverage@10", "auc", "train", "s", "evaluate", "s"]
    assert max(map(len, first.stdout.splitlines())) <= 100
    said = first.stderr.splitlines()
    progress = [line for line in said if ": run " in line]
    assert progress == [
        "random, seed 0: run 1 of 3",
        "item_knn, seed 0: run 2 of 3",
        "random, seed 1: run 3 of 3",
    ]
    assert said[-1] == "written to board.csv"
    rows = list(csv.reader((tmp_path / "board.csv").read_text().splitlines()))
    assert rows[0] == HEADINGS
    assert [row[0] for row in rows[1:]] == ["item_knn", "random"]

    second = gnnrec("compare", *recipes, "--seeds", "2", "--json", "--save", "board.md")
    board = json.loads(second.stdout)
    lying = {row["recipe"]: [run["run_dir"] for run in row["runs"]] for row in board["leaderboard"]}
    assert second.stderr.splitlines() == [
        f"random, seed 0: done already, {lying['random'][0]}",
        f"random, seed 1: done already, {lying['random'][1]}",
        f"item_knn, seed 0: done already, {lying['item_knn'][0]}",
        "written to board.md",
    ]
    assert float(rows[2][2]) == board["leaderboard"][1]["mean"]
    assert (tmp_path / "board.md").read_text().startswith("| " + " | ".join(HEADINGS) + " |\n")
    assert all((tmp_path / place / "metrics.json").exists() for each in lying.values() for place in each)


def test_finished_runs_are_ranked_in_every_form_without_torch(runs: list[str], gnnrec: Command, tmp_path: Path) -> None:
    csv_text = gnnrec("compare", *runs, "--format", "csv").stdout
    rows = list(csv.DictReader(csv_text.splitlines()))
    assert [row["recipe"] for row in rows] == ["high", "low"]
    assert (rows[1]["ndcg@10"], rows[1]["vs best"], rows[1]["vs best low"]) == ("0.5", "-0.25", "-0.25")
    markdown = gnnrec("compare", *runs, "-f", "markdown").stdout.splitlines()
    assert markdown[2].startswith("| high | 1 | 0.7500 | – | 0.7500 | 0.7500 | – | – | – | – | 1.0000 |")
    assert gnnrec("compare", *runs, "-f", "json").stdout == gnnrec("compare", *runs, "--json").stdout
    program = f"""
import sys
from gnnrec.cli import main
sys.argv = ["gnnrec", "compare", *{runs}]
try:
    main()
except SystemExit as end:
    print(end.code, "torch" in sys.modules, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stderr == "0 False\n"
    assert cells(done.stdout)[3][:7] == ["low", "1", "0.5000", "–", "0.5000", "0.5000", "-0.2500"]


def test_a_metric_of_no_single_user_decides_without_intervals(tmp_path: Path, gnnrec: Command) -> None:
    places = [
        str(write_run(tmp_path, recipe={"name": name}, test={"auc": auc})) for name, auc in (("a", 0.5), ("b", 1))
    ]
    done = gnnrec("compare", *places, "--metric", "auc")
    assert (done.returncode, done.stderr) == (0, "")
    assert cells(done.stdout)[2:4] == [
        ["b", "1", "1.0000", *"–––––––"],
        ["a", "1", "0.5000", "–", "–", "–", "-0.5000", *"–––"],
    ]
    assert done.stdout.endswith("auc has no value per user to test with.\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing to compare: name recipes, recipe files or directories of finished runs"),
        (["movielens_sage", "--seeds", "0"], "--seeds is at least 1; got 0"),
        (["low", "--metric", "ndgc@10"], "no test metric is called 'ndgc@10'; did you mean 'ndcg@10'?"),
        (["low", "--json", "-f", "csv"], "--json and --format csv contradict each other"),
        (["low", "--save", "a.txt"], "the ending of --save says what is written: .json, .csv, .md; got a.txt"),
        (["low", "--save", "no/a.md"], "there is no folder no to write a.md in; make it first"),
        (["low", "--save", "there.md"], "there.md exists; --force overwrites it"),
        (["low", "-s", "seed=1"], "-s and --seeds are for recipes; every target is a finished run"),
    ],
    ids=str,
)
def test_wrong_arguments_are_told_before_any_work(
    runs: list[str], gnnrec: Command, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "there.md").write_text("mine")
    done = gnnrec("compare", *(runs[0] if each == "low" else each for each in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "there.md").read_text() == "mine"


def test_a_file_is_overwritten_where_that_is_wanted(runs: list[str], gnnrec: Command, tmp_path: Path) -> None:
    (tmp_path / "board.json").write_text("mine")
    done = gnnrec("compare", *runs, "--save", "board.json", "--force", "-f", "csv")
    assert (done.returncode, done.stderr) == (0, "written to board.json\n")
    assert [row["recipe"] for row in json.loads((tmp_path / "board.json").read_text())["leaderboard"]] == [
        "high",
        "low",
    ]


def test_a_run_that_did_not_finish_is_told(tmp_path: Path, gnnrec: Command) -> None:
    path = write_run(tmp_path, "20260102-030405-s0.partial")
    done = gnnrec("compare", str(path))
    assert (done.returncode, done.stderr) == (1, f"{path} is a run that did not finish\n")


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished(recipes: list[str], tmp_path: Path, write: Write) -> None:
    write("slow.yaml", "extends: movielens_sage\ndataset: {path: data}\ntrainer: {epochs: 1000000, device: cpu}\n")
    # Whoever starts the tests in the background may have told their processes to ignore Ctrl-C.
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    program += "from gnnrec.cli import main; main()"
    arguments = [sys.executable, "-c", program, "compare", recipes[1], "slow.yaml"]
    with subprocess.Popen(arguments, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=os.environ) as started:
        waited_until = time.monotonic() + 120
        while not list(tmp_path.glob("runs/slow/*/history.jsonl")):
            assert started.poll() is None, started.communicate()[1]
            assert time.monotonic() < waited_until
            time.sleep(0.1)
        started.send_signal(signal.SIGINT)
        try:
            _, said = started.communicate(timeout=60)
        finally:
            started.kill()
    assert started.returncode == 130
    assert said.splitlines()[-2:] == [
        "warning: interrupted in run 2 of 2; what is finished stays, and the same call goes on from there",
        "interrupted",
    ]
    assert len(list(tmp_path.glob("runs/item_knn/*/metrics.json"))) == 1
