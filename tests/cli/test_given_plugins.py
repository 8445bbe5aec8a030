from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from plugin_texts import ENCODER
from toys import movielens_like

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Command = Callable[..., subprocess.CompletedProcess[str]]
    Write = Callable[[str, str], Path]

HELLO = """\
from gnnrec import hookimpl
@hookimpl
def gnnrec_commands(app):
    @app.command()
    def hello(name: str = "you"):
        print("hello", name)
"""


def test_a_plugin_from_a_file_serves_one_command(gnnrec: Command, write: Write) -> None:
    write("my_encoder.py", ENCODER)
    write("needs.yaml", "extends: movielens_sage\nencoder: {name: mine}\n")
    for given in (["-p", "my_encoder.py"], ["--plugin=my_encoder.py"], ["-pmy_encoder.py"], ["--plugin", "my_encoder"]):
        assert gnnrec(*given, "validate", "needs.yaml").stdout == "needs.yaml: valid\n"
    row = next(row for row in json.loads(gnnrec("-p", "my_encoder.py", "plugins", "--json").stdout) if row["given"])
    assert (row["name"], row["given"], row["components"]) == ("my_encoder", "my_encoder.py", ["encoder mine"])
    assert len(row["sha256"]) == 64
    assert gnnrec("validate", "needs.yaml").returncode == 2


def test_a_given_plugin_may_add_a_command(gnnrec: Command, write: Write) -> None:
    write("hello.py", HELLO)
    done = gnnrec("--debug", "-p", "hello.py", "hello", "--name", "world")
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello world\n", "")


def test_what_is_wrong_with_a_given_plugin_is_told_and_nothing_is_done(gnnrec: Command, write: Write) -> None:
    done = gnnrec("-p", "gone.py", "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "plugin 'gone.py' cannot be loaded: there is no file gone.py\n"
    write("bad.py", "x = 1\nraise RuntimeError('not today')\n")
    done = gnnrec("-p", "bad.py", "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "plugin 'bad.py' cannot be loaded: RuntimeError: not today (bad.py:2)\n"
    done = gnnrec("--debug", "-p", "bad.py", "list")
    assert "\nTraceback (most recent call last):\n" in done.stderr
    assert done.returncode == 2


def test_a_plugin_named_behind_the_command_is_told_where_it_belongs(gnnrec: Command) -> None:
    done = gnnrec("run", "movielens_sage", "-p", "my_encoder.py")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "a plugin is named before the command: gnnrec -p FILE run …"


def test_a_recipe_cannot_load_a_plugin(gnnrec: Command, write: Write) -> None:
    write("my_encoder.py", "raise SystemExit('loaded')")
    for line in ("plugin: my_encoder.py", "made_with: {my_encoder.py: 'sha256:0'}"):
        write("needs.yaml", f"extends: movielens_sage\n{line}\nencoder: {{name: mine}}\n")
        done = gnnrec("validate", "needs.yaml")
        assert (done.returncode, "loaded" in done.stderr) == (2, False)


@pytest.mark.slow
def test_a_run_with_a_given_plugin_records_its_hash(gnnrec: Command, write: Write, tmp_path: Path) -> None:
    movielens_like(tmp_path / "data")
    text = (Path(__file__).parents[2] / "plugins" / "gnnrec_losses" / "bce.py").read_text()
    loss = text.replace('"bce"', '"my_bce"') + "\n\nfrom gnnrec import hookimpl\n\n"
    file = write("my_loss.py", loss + "@hookimpl\ndef gnnrec_components():\n    return [BCE]\n")
    short = ["-s", "dataset.path=data", "-s", "trainer.epochs=1", "-s", "loss.name=my_bce", "-s", "trainer.device=cpu"]
    done = gnnrec("-p", "my_loss.py", "run", "movielens_sage", *short, "--json")
    assert (done.returncode, "warning" in done.stderr) == (0, False), done.stderr
    directory = Path(json.loads(done.stdout.splitlines()[-1])["run_dir"])
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    environment = json.loads((tmp_path / directory / "environment.json").read_text())
    assert {"name": "my_loss", "given": "my_loss.py", "sha256": digest} in environment["plugins"]
    stored = directory / "recipe.yaml"
    assert f"my_loss.py: sha256:{digest}\n" in (tmp_path / stored).read_text()

    done = gnnrec("validate", str(stored))
    assert done.returncode == 2
    end = "the recipe was made with my_loss.py, a plugin to be given: gnnrec -p my_loss.py …"
    assert done.stderr.endswith(f"  loss.name: no loss is called 'my_bce'; {end}\n")
    assert gnnrec("-p", "my_loss.py", "validate", str(stored)).stderr == ""
    file.write_text(file.read_text() + "# another\n")
    now = hashlib.sha256(file.read_bytes()).hexdigest()
    said = gnnrec("-p", "my_loss.py", "validate", str(stored)).stderr
    assert said == (
        f"warning: {stored}: the recipe was made with my_loss.py sha256:{digest[:12]}…, and here it is "
        f"sha256:{now[:12]}…: results may differ\n"
    )


FAILING = ENCODER.replace(
    "def build(self, graph): ...", "def build(self, graph):\n        raise ValueError('no luck today')"
)


def test_an_error_in_a_plugins_component_is_the_plugins(gnnrec: Command, write: Write, tmp_path: Path) -> None:
    movielens_like(tmp_path / "data")
    write("boom.py", FAILING)
    short = ["-s", "dataset.path=data", "-s", "trainer.device=cpu", "-s", "encoder.name=mine"]
    done = gnnrec("-p", "boom.py", "run", "movielens_sage", *short)
    assert done.returncode == 1
    assert "plugin 'boom' (boom.py) failed: ValueError: no luck today (boom.py:6)\n" in done.stderr
    assert done.stderr.endswith("please report it to the plugin's author.\n")


LIVE = """\
from typing import Literal
from gnnrec import Loss, Metric, hookimpl
from live_beside import SCALE
class Mine(Loss):
    name: Literal["mine"] = "mine"
    steepness: float = 1.0
    def build(self):
        from torch.nn.functional import softplus
        return lambda positive, negative: SCALE * softplus(negative - positive[:, None]).mean()
class Surprise(Metric):
    name: Literal["surprise"] = "surprise"
    def measure(self, lists, catalogue):
        return lists.num_relevant.float()
@hookimpl
def gnnrec_components():
    return [Mine, Surprise]
@hookimpl
def gnnrec_epoch_ended(epoch):
    import os
    if os.environ.get("STOP_AT") == str(epoch.epoch):
        raise KeyboardInterrupt
"""

SHORT = ["-s", "dataset.path=data", "-s", "trainer.device=cpu", "-s", "loss.name=mine", "-s", "trainer.epochs=3"]


@pytest.mark.slow
def test_a_finished_run_can_be_used_without_what_only_its_training_took(
    gnnrec: Command, write: Write, tmp_path: Path
) -> None:
    movielens_like(tmp_path / "data")
    write("live.py", LIVE)
    write("live_beside.py", "SCALE = 1.0\n")
    monitor = ["-s", "trainer.monitor=surprise@10", "-s", "evaluation.k=[10]"]
    done = gnnrec("-p", "live.py", "run", "movielens_sage", *SHORT, *monitor, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    directory, test = said["run_dir"], said["metrics"]["test"]
    hint = "the recipe was made with live.py, a plugin to be given: gnnrec -p live.py …"
    told = [f"warning: {directory} is used without loss 'mine', metric 'surprise': not here; {hint}"]
    with_plugin, without = (gnnrec(*given, "recommend", directory, "--user", "1") for given in (["-p", "live.py"], []))
    assert (without.returncode, without.stdout) == (0, with_plugin.stdout)
    assert without.stderr.splitlines() == told
    judged = gnnrec("evaluate", directory, "--json")
    assert judged.stderr.splitlines() == told
    assert json.loads(judged.stdout) == {name: test[name] for name in test if name not in {"loss", "surprise@10"}}
    report = gnnrec("report", directory, "--out", "report.html")
    assert report.returncode == 0, report.stderr
    refused = gnnrec("run", f"{directory}/recipe.yaml")
    assert (refused.returncode, hint in refused.stderr) == (2, True)


@pytest.mark.slow
def test_a_run_goes_on_with_what_it_was_begun_with_or_on_demand_with_both(
    gnnrec: Command, write: Write, tmp_path: Path
) -> None:
    movielens_like(tmp_path / "data")
    write("live.py", LIVE)
    beside = write("live_beside.py", "SCALE = 1.0\n")
    cut = gnnrec("-p", "./live.py", "run", "movielens_sage", *SHORT, "-s", "trainer.checkpoint_seconds=0", STOP_AT="2")
    assert cut.returncode == 130
    (partial,) = tmp_path.glob("runs/movielens_sage/*.partial")
    resume = ["resume", f"runs/movielens_sage/{partial.name}"]
    assert f"go on with: gnnrec -p ./live.py {' '.join(resume)}\n" in cut.stderr
    first = re.findall(r"live.py: (sha256:\w+)", (partial / "recipe.yaml").read_text())

    beside.write_text("SCALE = 2.0\n")  # the file beside it counts as well
    refused = gnnrec("-p", "live.py", *resume)
    assert refused.returncode == 2
    assert "the recipe was made with live.py sha256:" in refused.stderr
    again = f"gnnrec -p live.py resume --force runs/movielens_sage/{partial.name}"
    assert refused.stderr.endswith(f"or go on all the same: {again}\n")
    assert partial.is_dir()

    done = gnnrec("-p", "live.py", *resume, "--force", "--json")
    assert done.returncode == 0, done.stderr
    stored = (tmp_path / json.loads(done.stdout.splitlines()[-1])["run_dir"] / "recipe.yaml").read_text()
    both = re.findall(r"live.py: (sha256:\w+), then (sha256:\w+)", stored)
    assert [then for then, _ in both] == first
    assert both[0][0] != both[0][1]
    compared = gnnrec("-p", "live.py", "compare", "movielens_sage", *SHORT, "-s", "trainer.checkpoint_seconds=0")
    assert (compared.returncode, "done already" in compared.stderr) == (0, False)  # it is of both
    compared = gnnrec("-p", "live.py", "compare", "movielens_sage", *SHORT, "-s", "trainer.checkpoint_seconds=0")
    assert (compared.returncode, "done already" in compared.stderr) == (0, True)
