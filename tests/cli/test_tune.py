from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from toys import movielens_like

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
RANGE = "scorer.l2=1..1000:log"


@pytest.fixture(autouse=True)
def recipes(tmp_path: Path, write: Write) -> None:
    movielens_like(tmp_path / "data")
    for name in ("ease", "popularity"):
        write(f"{name}.yaml", SCORER.format(name=name))


@pytest.mark.slow
def test_a_search_says_what_it_tries_and_what_it_found(gnnrec: Command, tmp_path: Path) -> None:
    done = gnnrec("tune", "ease.yaml", "-t", RANGE, "--trials", "3", "--test")
    assert done.returncode == 0, done.stderr
    trials = [line for line in done.stderr.splitlines() if line.startswith("trial ")]
    assert [line.split()[:2] for line in trials] == [["trial", "0/3"], ["trial", "1/3"], ["trial", "2/3"]]
    assert "the recipe's own settings" in trials[0]
    assert "scorer.l2 " in trials[1]
    said = done.stdout.splitlines()
    assert said[0] == "ease, by val ndcg@10"
    assert said[1].split() == ["own", "best", "searched", "importance"]
    assert said[2].split()[0] == "scorer.l2"
    assert "1..1000:log" in said[2]
    (study,) = (tmp_path / "runs" / "ease").glob("*.study")
    assert f"best settings: gnnrec run runs/ease/{study.name}/best.yaml" in said
    assert said[-1].startswith("test ndcg@10 ")
    assert gnnrec("run", f"runs/ease/{study.name}/best.yaml").returncode == 0
    assert gnnrec("runs").returncode == 0


def test_programs_get_one_line_and_a_study_goes_on_to_more_trials(gnnrec: Command) -> None:
    first = json.loads(gnnrec("tune", "ease.yaml", "-t", RANGE, "--trials", "2", "--json").stdout.splitlines()[-1])
    assert first["trials"] == {"finished": 2, "pruned": 0, "failed": 0}
    more = json.loads(gnnrec("tune", "--resume", first["study"], "--trials", "4", "--json").stdout.splitlines()[-1])
    assert more["trials"]["finished"] == 4
    assert more["best"]["recipe"] == f"{first['study']}/best.yaml"
    assert more["best"]["parameters"].keys() == {"scorer.l2"}
    other = gnnrec("tune", "popularity.yaml", "--resume", first["study"])
    assert other.returncode == 2
    assert "is a study of another recipe: name, scorer.l2, scorer.name; resume it without a recipe" in other.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ease.yaml", "--trials", "0"), "--trials is at least 1; got 0"),
        (("ease.yaml", "--minutes", "0"), "--minutes is above 0; got 0"),
        (("ease.yaml", "--workers", "0"), "--workers is at least 1; got 0"),
        (("ease.yaml", "--splits", "1"), "--splits is at least 2; got 1"),
        (("ease.yaml", "-t", "scorer.l3=1..2"), "scorer.l3=1..2: unknown key; known: l2, name"),
        (("ease.yaml", "-t", RANGE, "--metric", "auk"), "ease: no validation metric is called 'auk'; did you mean"),
        (("popularity.yaml",), "none of the components of 'popularity' says how it is tuned; say it with -t KEY=LOW"),
        ((), "name a recipe, or a study with --resume"),
        (("--resume", "runs"), "there is no study in runs: it has no study.json"),
        (("--resume", "runs", "-t", RANGE), "-t is said once, when a study begins; start another study for"),
        (
            ("--resume", "runs", "--metric", "auc"),
            "--metric is said once, when a study begins; start another study for",
        ),
        (("--resume", "runs", "-s", "seed=1"), "-s is said once, when a study begins; start another study for"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_tried(
    gnnrec: Command, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    refused = gnnrec("tune", *arguments)
    assert refused.returncode in {1, 2}
    assert message in refused.stderr
    assert not [*tmp_path.rglob("*.study")]


@pytest.mark.slow
def test_workers_share_the_trials(gnnrec: Command) -> None:
    done = gnnrec("tune", "ease.yaml", "-t", RANGE, "--trials", "6", "--workers", "2", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["trials"] == {"finished": 6, "pruned": 0, "failed": 0}
    assert "2 workers of" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_a_search_that_is_stopped_goes_on(gnnrec: Command, tmp_path: Path, sent: signal.Signals) -> None:
    command = [sys.executable, "-m", "gnnrec", "tune", "ease.yaml", "-t", RANGE, "--trials", "60"]
    started = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    while not [*tmp_path.glob("runs/ease/*.study/best.yaml")] and not [*tmp_path.glob("runs/ease/*.study/trials/0002")]:
        assert started.poll() is None
        time.sleep(0.05)
    os.kill(started.pid, sent)
    _, said = started.communicate()
    (study,) = tmp_path.glob("runs/ease/*.study")
    if sent == signal.SIGINT:
        assert started.returncode == 130
        assert f"what is tried so far is kept; go on with: gnnrec tune --resume runs/ease/{study.name}" in said
        assert (study / "best.yaml").exists()
    tried = len([*(study / "trials").iterdir()])
    told = json.loads(gnnrec("tune", "--resume", str(study), "--trials", "8", "--json").stdout.splitlines()[-1])
    assert told["trials"]["finished"] == max(8, tried)
    assert all(json.loads(line) for line in (study / "study.jsonl").read_text().splitlines())


def test_contenders_are_tuned_alike_before_they_are_compared(gnnrec: Command, write: Write, tmp_path: Path) -> None:
    write("tuned.yaml", SCORER.format(name="ease") + "tune: {scorer.l2: 1..1000:log}\n")
    done = gnnrec("compare", "tuned.yaml", "popularity.yaml", "--tune", "3", "--json")
    assert done.returncode == 0, done.stderr
    board = json.loads(done.stdout)
    assert board["budget"] == "each tuned by 3 trials on validation, where it declares ranges"
    assert {row["recipe"] for row in board["leaderboard"]} == {"tuned", "popularity"}
    assert "popularity: there is nothing to tune, so it is run as it is" in done.stderr
    again = gnnrec("compare", "tuned.yaml", "popularity.yaml", "--tune", "3", "-f", "markdown")
    assert again.stdout.splitlines()[-1] == f"Settings: {board['budget']}."
    assert "trial " not in again.stderr
    assert len([*tmp_path.glob("runs/tuned/*.study")]) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--tune", "0"), "--tune is above 0; got '0'"),
        (("--tune", "ten"), "--tune is a number of trials (20) or of minutes (10m); got 'ten'"),
        (("--tune", "3", "--splits", "2"), "--tune chooses by the validation of one split; leave --splits out, and"),
    ],
)
def test_a_budget_that_is_none_is_told(gnnrec: Command, arguments: tuple[str, ...], message: str) -> None:
    refused = gnnrec("compare", "ease.yaml", "popularity.yaml", *arguments)
    assert refused.returncode == 2
    assert message in refused.stderr


def test_contenders_choose_by_the_same_interactions(gnnrec: Command, write: Write) -> None:
    for seed in (1, 2):
        text = SCORER.format(name="ease").replace("disjoint_train: 0", f"disjoint_train: 0, seed: {seed}")
        write(f"of_{seed}.yaml", text + "tune: {scorer.l2: 1..1000:log}\n")
    refused = gnnrec("compare", "of_1.yaml", "of_2.yaml", "--tune", "3")
    assert refused.returncode == 2
    assert "of_1 and of_2 are not tuned on the same validation interactions; give them the same dataset" in (
        refused.stderr
    )
