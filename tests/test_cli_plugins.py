from __future__ import annotations

import json
from typing import TYPE_CHECKING

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
        "  loss.name: no loss is called 'bce'; plugin 'gnnrec_losses' (gnnrec 0.1.0) has one, "
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
    assert done.stderr.splitlines()[0] == "RuntimeError: what now"
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
    assert done.stderr == "warning: plugin 'broken' adds no commands: RuntimeError: not today\n"
