"""What starts of the command line leave to each other: never a plugin unseen, never a component that is gone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from plugin_texts import ENCODER

from gnnrec import console
from gnnrec.cli.app import own_command
from gnnrec.cli.commands import COMMANDS
from gnnrec.console import say_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Start = Callable[..., subprocess.CompletedProcess[str]]

PROGRAM = """
import sys
sys.argv[0] = "gnnrec"
from gnnrec.cli import main
try:
    main()
finally:
    seen = sorted({name.partition(".")[0] for name in sys.modules})
    print("imported", *(each for each in seen if each == "pydantic" or "gnnrec_" in each), file=sys.stderr)
"""

COMMAND = """
@hookimpl
def gnnrec_commands(app):
    @app.command()
    def greet():
        "Greet."
        print("hello")
"""


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start gnnrec in a process of its own, with tmp_path/site among the modules and tmp_path/cache for its cache."""
    (tmp_path / "site").mkdir()

    def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", PROGRAM, *arguments]
        variables = os.environ | places(tmp_path) | environment
        return subprocess.run(command, capture_output=True, text=True, env=variables, cwd=tmp_path, check=False)

    return start


def places(folder: Path) -> dict[str, str]:
    """The variables that say where modules and the cache are."""
    return {"PYTHONPATH": str(folder / "site"), "XDG_CACHE_HOME": str(folder / "cache"), "COLUMNS": "100"}


def imported(done: subprocess.CompletedProcess[str]) -> set[str]:
    """Pydantic and plugins, as far as they were imported."""
    return set(done.stderr.splitlines()[-1].split()[1:])


def write(path: Path, text: str) -> None:
    """Write a file as if it and its folder had been there for a while, so that they are remembered."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    for each in (path, path.parent):
        os.utime(each, (each.stat().st_atime - 60, each.stat().st_mtime - 60))


def install(site: Path, name: str, text: str) -> None:
    """A plugin of one module with its distribution."""
    write(site / f"{name}.py", text)
    write(site / f"{name}-1.0.dist-info" / "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    write(site / f"{name}-1.0.dist-info" / "entry_points.txt", f"[gnnrec]\n{name} = {name}\n")


def test_where_all_was_in_order_help_imports_no_plugin_and_a_command_only_those_of_its_kind(start: Start) -> None:
    assert "gnnrec_encoders" in imported(start("--help"))
    assert imported(start("--help")) == set()
    assert imported(start("--version")) == set()
    assert imported(start("show", "encoder", "mf")) == {"pydantic", "gnnrec_encoders"}
    valid = imported(start("validate", "movielens_sage"))
    assert {"gnnrec_encoders", "gnnrec_losses", "gnnrec_metrics"} < valid
    assert {"gnnrec_scorers", "gnnrec_trackers"}.isdisjoint(valid)


@pytest.mark.slow
def test_a_plugin_is_seen_as_it_comes_changes_and_goes(start: Start, tmp_path: Path) -> None:
    site = tmp_path / "site"
    assert "mine" not in start("list", "encoder").stdout
    install(site, "stranger", ENCODER)
    for _ in range(2):
        assert "mine" in start("list", "encoder").stdout
    assert "greet" not in start("--help").stdout
    write(site / "stranger.py", ENCODER.replace('"mine"', '"nine"') + COMMAND)
    for _ in range(2):
        assert "nine" in start("list", "encoder").stdout
        assert "  greet " in start("--help").stdout
        assert start("greet").stdout == "hello\n"
    write(site / "stranger.py", "raise RuntimeError('not today')\n")
    for _ in range(2):
        done = start("--help")
        assert "greet" not in done.stdout
        assert done.stderr.startswith("warning: plugin 'stranger' (stranger 1.0) is left out: RuntimeError: not today")
    shutil.rmtree(site / "stranger-1.0.dist-info")
    for _ in range(2):
        done = start("list", "encoder")
        assert "nine" not in done.stdout
        assert "stranger" not in done.stderr


def test_what_a_stranger_contributes_may_hang_on_more_than_its_files(start: Start, tmp_path: Path) -> None:
    asked = ENCODER.replace("return [Mine]", "return [Mine] if os.environ.get('MINE') else []")
    install(tmp_path / "site", "stranger", "import os\n" + asked)
    for mine in ("1", "", "1", ""):
        assert ("mine" in start("list", "encoder", MINE=mine).stdout) == bool(mine)


def test_a_cache_that_cannot_be_had_costs_nothing_but_time(start: Start, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    for _ in range(2):
        done = start("show", "encoder", "mf")
        assert done.returncode == 0
        assert done.stderr.startswith("imported ")
        assert "gnnrec_scorers" in imported(done)


def test_two_starts_at_once_do_not_disturb_each_other(start: Start, tmp_path: Path) -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "show", "encoder", "mf"],
            env=os.environ | places(tmp_path),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    assert len({process.communicate(timeout=60)[0] for process in both}) == 1
    assert imported(start("show", "encoder", "mf")) == {"pydantic", "gnnrec_encoders"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_says_of_a_command_what_the_command_says_of_itself(name: str) -> None:
    command = own_command(name)
    assert " ".join((command.help or "").split("\n\n")[0].split()) == COMMANDS[name][1]


def test_a_table_is_aligned_as_rich_aligns_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [("a", "walk → item"), ("bcd", "Järvelin"), ("", None)]
    say_table(("x", "about"), rows)
    plain = capsys.readouterr().out
    monkeypatch.setattr(console, "_aligned", lambda _: None)
    say_table(("x", "about"), rows)
    assert capsys.readouterr().out == plain


@pytest.mark.parametrize("text", ["หนังรัก", "映画", "e\u0301", "a\tb", "x" * 200])
def test_what_does_not_take_a_column_per_character_or_does_not_fit_is_left_to_rich(text: str) -> None:
    assert console._aligned([("title",), (text,)]) is None
