from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from plugin_texts import ENCODER

from gnnrec import __version__

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]
    Install = Callable[[str, str], None]
    Write = Callable[[str, str], Path]


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
    done = gnnrec("fail", "hungry")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "memory ran out: CUDA out of memory. Tried to allocate 8.00 GiB\nWhat takes less: fewer"
    )


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
    done = gnnrec("list", "graph", "--json")
    assert done.stderr == "imported\nasked\n"
    assert [row["name"] for row in json.loads(done.stdout)] == ["bipartite", "knn_items", "relational"]
