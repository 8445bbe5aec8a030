from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from plugin_texts import ENCODER
from toys import movielens_like

from gnnrec import __version__

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Command = Callable[..., subprocess.CompletedProcess[str]]
    Install = Callable[[str, str], None]
    Write = Callable[[str, str], Path]

HELLO = """\
from gnnrec import hookimpl
@hookimpl
def gnnrec_commands(app):
    @app.command()
    def hello(name: str = "you"):
        print("hello", name)
"""


def test_plugins_tells_what_loaded_what_is_disabled_and_what_failed(
    gnnrec: Command, install: Install, write: Write
) -> None:
    install("toys", "toy = toy_plugin")
    install("broken", "broken = broken_plugin")
    write("broken_plugin.py", "raise RuntimeError('not today')")
    done = gnnrec("plugins", "--json", GNNREC_DISABLE_PLUGINS="gnnrec_encoders")
    assert done.returncode == 0
    assert (
        done.stderr
        == "warning: plugin 'broken' (broken 1.0) is left out: RuntimeError: not today (broken_plugin.py:1)\n"
    )
    plugins = {row["name"]: row for row in json.loads(done.stdout)}
    assert plugins["toy"]["state"] == "loaded"
    assert (plugins["toy"]["distribution"], plugins["toy"]["version"]) == ("toys", "1.0")
    assert plugins["toy"]["hooks"] == ["gnnrec_commands", "gnnrec_components"]
    assert "encoder mean" in plugins["toy"]["components"]
    assert (plugins["gnnrec_encoders"]["state"], plugins["gnnrec_encoders"]["components"]) == ("disabled", [])
    assert (plugins["broken"]["state"], plugins["broken"]["error"]) == (
        "failed",
        "RuntimeError: not today (broken_plugin.py:1)",
    )


def test_a_disabled_plugins_components_are_gone(gnnrec: Command) -> None:
    done = gnnrec("validate", "movielens_sage", GNNREC_DISABLE_PLUGINS="gnnrec_losses")
    assert done.returncode == 2
    assert done.stderr.endswith(
        f"  loss.name: no loss is called 'bce'; plugin 'gnnrec_losses' (gnnrec {__version__}) has one, "
        "and is disabled by GNNREC_DISABLE_PLUGINS\n"
    )


def test_a_disabled_plugin_that_is_not_there_is_told(gnnrec: Command) -> None:
    done = gnnrec("--version", GNNREC_DISABLE_PLUGINS="gnnrec_loses")
    assert done.returncode == 0
    assert done.stderr == (
        "warning: GNNREC_DISABLE_PLUGINS: no plugin is called 'gnnrec_loses'; did you mean 'gnnrec_losses'?\n"
    )


def test_a_plugins_command_appears_and_what_it_raises_is_told_by_its_kind(gnnrec: Command, install: Install) -> None:
    install("toys", "toy = toy_plugin")
    assert "Fail in one way or another." in gnnrec("--help").stdout
    done = gnnrec("fail", "unforeseen")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        r"plugin 'toy' \(toys 1\.0\) failed: RuntimeError: what now \(toy_plugin\.py:\d+\)\nThis was not foreseen\. "
        r"`gnnrec --debug …` shows where it happened; please report it to the plugin's author\.\n",
        done.stderr,
    )
    assert "Traceback" not in done.stderr
    assert "Traceback" in gnnrec("--debug", "fail", "unforeseen").stderr
    done = gnnrec("fail", "interrupted")
    assert (done.returncode, done.stderr) == (130, "interrupted\n")


def test_a_plugin_whose_commands_fail_does_not_cost_the_others_the_command_line(
    gnnrec: Command, install: Install, write: Write
) -> None:
    install("broken", "broken = broken_plugin")
    hook = "from gnnrec import hookimpl\n@hookimpl\ndef gnnrec_commands(app):\n    raise RuntimeError('not today')\n"
    write("broken_plugin.py", hook)
    done = gnnrec("--version")
    assert (done.returncode, done.stdout) == (0, f"gnnrec {__version__}\n")
    assert done.stderr == "warning: plugin 'broken' adds no commands: RuntimeError: not today (broken_plugin.py:4)\n"


FAULTY = {
    "twin": (
        ENCODER.replace('"mine"', '"hetero_sage"'),
        "encoder 'hetero_sage' of plugin 'twin' is already contributed",
    ),
    "raises": ("raise RuntimeError('not today')\n", "RuntimeError: not today (raises.py:1)"),
    "misspells": (
        ENCODER.replace("gnnrec_components", "gnnrec_component"),
        "there is no hook 'gnnrec_component'; did you mean 'gnnrec_components'?",
    ),
    "lacks": (ENCODER.replace("def build", "def biuld"), "Mine lacks the method of its kind: build"),
    "mutable": (
        ENCODER.replace("    name: L", "    sizes: list[int] = []\n    name: L"),
        "Mine.sizes is a list, which can change; use tuple[…, ...]",
    ),
    "reserved": (
        ENCODER.replace("    name: L", "    summary: int = 1\n    name: L"),
        "Mine.summary: this name is taken by the component itself; choose another",
    ),
    "exits": ("import sys\nsys.exit('bye')\n", "it exits with bye (exits.py:2)"),
}


def test_each_faulty_plugin_is_told_by_its_name_and_all_else_goes_on(
    gnnrec: Command, install: Install, write: Write, tmp_path: Path
) -> None:
    for name, (text, _) in FAULTY.items():
        install(f"dist_{name}", f"{name} = {name}")
        (tmp_path / f"{name}.py").write_text(text)
    install("dist_newer", "newer = newer")
    with (tmp_path / "dist_newer-1.0.dist-info" / "METADATA").open("a") as metadata:
        metadata.write("Requires-Dist: gnnrec>=7\n")
    (tmp_path / "newer.py").write_text(ENCODER.replace('"mine"', '"new"'))
    install("dist_good", "good = good")
    (tmp_path / "good.py").write_text(ENCODER.replace('"mine"', '"good"'))
    told = {
        f"warning: plugin '{name}' (dist_{name} 1.0) is left out: {message}"
        for name, (_, message) in {
            **FAULTY,
            "newer": (
                "",
                f"dist_newer 1.0 needs gnnrec >=7, and this is {__version__}; install another version of one",
            ),
        }.items()
    }

    for command in (["--help"], ["list", "encoder"], ["validate", "movielens_sage"], ["plugins"], ["schema"]):
        done = gnnrec(*command)
        assert done.returncode == 0
        lines = done.stderr.splitlines()
        assert len(lines) == len(told) == 8
        assert [one for one in told if not any(line.startswith(one) for line in lines)] == []
    listed = gnnrec("list", "encoder").stdout
    assert ("good" in listed, "mine" in listed, "hetero_sage" in listed) == (True, False, True)

    write("needs.yaml", "extends: movielens_sage\nencoder: {name: new}\n")
    done = gnnrec("validate", "needs.yaml")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "needs.yaml:2:17  encoder.name: no encoder is called 'new'; plugin 'newer' (dist_newer 1.0) has one, and is "
        f"left out: dist_newer 1.0 needs gnnrec >=7, and this is {__version__}; install another version of one of them"
    )
    shown = gnnrec("show", "encoder", "new")
    assert (shown.returncode, shown.stderr.splitlines()[-1]) == (2, done.stderr.splitlines()[-1].split("name: ", 1)[1])


def test_debug_shows_where_a_plugin_failed(gnnrec: Command, install: Install, write: Write) -> None:
    install("broken", "broken = broken_plugin")
    write("broken_plugin.py", "raise RuntimeError('not today')")
    assert "Traceback" not in gnnrec("plugins").stdout
    assert "\nbroken:\nTraceback (most recent call last):\n" in gnnrec("--debug", "plugins").stdout


def test_a_trace_of_plugins_goes_to_stderr(gnnrec: Command, install: Install) -> None:
    install("toys", "toy = toy_plugin")
    done = gnnrec("list", "encoder", "--json", GNNREC_TRACE_PLUGINS="1")
    said = [line.partition(" after ")[0] for line in done.stderr.splitlines()]
    assert all(line.startswith("trace: ") for line in said)
    assert said[-3:] == [
        "trace: plugin 'toy' imported",
        "trace: gnnrec_components of plugin 'toy' returned",
        "trace: gnnrec_commands of plugin 'toy' returned",
    ]
    assert json.loads(done.stdout)


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


def test_a_run_with_a_given_plugin_records_its_hash(gnnrec: Command, write: Write, tmp_path: Path) -> None:
    movielens_like(tmp_path / "data")
    text = (Path(__file__).parents[1] / "plugins" / "gnnrec_losses" / "bce.py").read_text()
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


COMMAND = """\
from gnnrec import hookimpl
import typer
@hookimpl
def gnnrec_commands(app):
    {}
"""


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("app.command('run')(lambda: None)", "there is a command 'run' already, of gnnrec"),
        ("app.add_typer(typer.Typer(), name='data')", "there is a command 'data' already, of gnnrec"),
        ("app.callback()(lambda: None)", "it sets app.callback, which is gnnrec's own; add a command or app.add_typer"),
        ("app.command('greet')(lambda: None)", "there is a command 'greet' already, of plugin 'greeter'"),
        ("[app.command('twin')(f) for f in (dir, vars)]", "it adds 'twin' twice"),
        ("raise KeyError('oops')", "KeyError: 'oops' (rude.py:5)"),
    ],
)
def test_a_plugins_commands_take_nobodys_place(
    gnnrec: Command, install: Install, tmp_path: Path, body: str, fault: str
) -> None:
    install("greeter", "greeter = greeter")
    (tmp_path / "greeter.py").write_text(COMMAND.format("app.command('greet')(lambda: print('hello'))"))
    install("rude", "rude = rude")
    (tmp_path / "rude.py").write_text(COMMAND.format(body))
    done = gnnrec("list", "split")
    assert done.returncode == 0
    assert done.stderr.startswith(f"warning: plugin 'rude' adds no commands: {fault}")
    assert gnnrec("greet").stdout == "hello\n"
    assert gnnrec("data", "list").returncode == 0
    rows = {row["name"]: row for row in json.loads(gnnrec("plugins", "--json").stdout)}
    assert (rows["rude"]["state"], rows["greeter"]["error"]) == ("loaded", None)
    assert rows["rude"]["error"].startswith(f"adds no commands: {fault}")
    assert f"adds no commands: {fault}" in gnnrec("plugins").stdout


def test_what_a_plugin_prints_is_no_part_of_the_answer(gnnrec: Command, install: Install, write: Write) -> None:
    install("loud", "loud = loud")
    text = "print('imported')\nfrom gnnrec import hookimpl\n@hookimpl\ndef gnnrec_components():\n    print('asked')\n"
    write("loud.py", text + "    return []\n")
    done = gnnrec("list", "split", "--json")
    assert done.stderr == "imported\nasked\n"
    assert [row["name"] for row in json.loads(done.stdout)] == ["random_link"]


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
