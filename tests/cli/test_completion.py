from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from plugin_texts import ENCODER

from gnnrec.cli.shell import rejoin
from gnnrec.contract.kinds import CONTRACTS
from gnnrec.plugin.registry import installed
from gnnrec.recipe.load import shipped_recipes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]
    Write = Callable[[str, str], Path]
    Asking = Callable[..., list[str]]


@pytest.fixture
def bash(gnnrec: Command) -> Asking:
    """What bash gets for its words, the last of which is at the cursor; nothing may be said on stderr."""

    def ask(*words: str) -> list[str]:
        line = "\n".join(("gnnrec", *words))
        done = gnnrec(_GNNREC_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words)))
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    return ask


@pytest.fixture
def zsh(gnnrec: Command) -> Callable[[str], str]:
    """What zsh evaluates for a line."""

    def ask(line: str) -> str:
        done = gnnrec(_GNNREC_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=line)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return ask


def test_kinds_and_names_of_components(bash: Asking) -> None:
    assert bash("list", "") == list(CONTRACTS)
    assert bash("show", "enc") == ["encoder"]
    assert bash("show", "decoder", "") == list(installed().components("decoder"))
    assert bash("data", "fetch", "mo") == ["movielens"]


def test_recipes_are_shipped_names_and_files(bash: Asking, write: Write) -> None:
    assert bash("run", "movielens_") == [name for name in shipped_recipes() if name.startswith("movielens_")]
    write("my own/first try.yaml", "")
    write("my own/notes.txt", "")
    write("mine.yaml", "")
    assert bash("validate", "mine.yaml", "m") == [
        *(name for name in shipped_recipes() if name.startswith("m")),
        "mine.yaml",
        r"my\ own/",
    ]
    # The only folder is gone into, so that bash puts no space behind it; what the line could not hold is escaped.
    assert bash("init", "--from", "my") == [r"my\ own/first\ try.yaml"]
    assert bash("run", '"my ow') == ["my own/first try.yaml"]
    assert bash("run", "mine.yaml") == ["mine.yaml"]


def test_keys_and_values_of_the_recipe_on_the_line(bash: Asking, write: Write) -> None:
    sage = [f"encoder.{field}=" for field in installed().component("encoder", "hetero_sage").model_fields]
    gcn = [f"encoder.{field}=" for field in installed().component("encoder", "lightgcn").model_fields]
    assert bash("run", "movielens_sage", "-s", "enc") == sage
    # bash breaks words at = and puts only the piece behind it in their place
    assert bash("run", "movielens_sage", "-s", "encoder.name", "=", "hetero_s") == ["hetero_sage"]
    assert bash("run", "movielens_sage", "-s", "encoder.name", "=") == sorted(installed().components("encoder"))
    assert bash("run", "movielens_sage", "--set", "=", "graph.reverse", "=", "t") == ["true"]
    assert bash("compare", "a", "movielens_sage", "-s", "encoder.name", "=", "lightgcn", "-s", "encoder.") != sage
    assert bash("resolve", "movielens_sage", "-s", "encoder.name", "=", "lightgcn", "-s", "encoder.") == gcn
    write("a run/recipe.yaml", "extends: movielens_sage\n")
    assert bash("evaluate", "a\\ run", "-s", "encoder.") == sage
    assert bash("data", "fetch", "movielens", "-s", "variant", "=", "l") == ["latest-small", "latest"]


def test_plugins_that_are_named_on_the_line_are_completed_and_take_part(bash: Asking, write: Write) -> None:
    write("my_encoder.py", ENCODER)
    write("my_own.py", "print('loud'); raise RuntimeError")
    assert bash("-p", "my_") == ["my_encoder.py", "my_own.py"]
    assert bash("-p", "my_encoder.py", "show", "encoder", "mi") == ["mine"]
    assert bash("-p", "my_encoder.py", "-p", "my_own.py", "show", "encoder", "mi") == ["mine"]
    assert bash("-p", "my_encoder.py", "-p", "my_ow") == ["my_own.py"]
    assert bash("show", "encoder", "mi") == []


def test_what_is_being_typed_is_not_run(bash: Asking, zsh: Callable[[str], str], write: Write, tmp_path: Path) -> None:
    write("clean.py", f"open({str(tmp_path / 'has_run')!r}, 'w')")
    assert bash("-p", "clean.py") == ["clean.py"]
    assert bash("-p", "clean") == ["clean.py"]
    assert bash("--plugin", "=", "clean.py") == ["clean.py"]
    assert "clean.py" in zsh("gnnrec -p clean.py")
    assert not (tmp_path / "has_run").exists()
    zsh("gnnrec -p clean.py ")
    assert (tmp_path / "has_run").exists()


def test_a_recipe_that_cannot_be_read_gives_the_keys_of_all_components(bash: Asking, write: Write) -> None:
    write("broken.yaml", "encoder: [\n")
    everywhere = bash("run", "-s", "encoder.")
    names = {name for each in installed().components("encoder").values() for name in each.model_fields}
    assert set(everywhere) == {f"encoder.{name}=" for name in names}
    assert bash("run", "broken.yaml", "-s", "encoder.") == everywhere
    assert bash("run", "no_such_recipe", "-s", "encoder.") == everywhere


def test_zsh_gets_words_with_their_meaning_and_markup_is_text(zsh: Callable[[str], str]) -> None:
    answer = zsh("gnnrec run movielens_sage -s encoder.name=hetero_s")
    assert answer == "_arguments '*: :((\"encoder.name=hetero_sage\"))'\n"
    assert '"encoder.channels=":"Size of every embedding (D)."' in zsh("gnnrec run movielens_sage -s encoder.")


def test_what_a_failing_plugin_says_does_not_disturb(
    bash: Asking, install: Callable[[str, str], None], write: Write, gnnrec: Command
) -> None:
    install("loud", "loud = loud_plugin")
    write("loud_plugin.py", "import sys\nprint('hello')\nprint('hello', file=sys.stderr)\nraise RuntimeError('no')\n")
    assert "warning: plugin 'loud'" in gnnrec("list", "decoder").stderr
    assert bash("show", "enc") == ["encoder"]


def test_what_makes_no_sense_completes_nothing(gnnrec: Command, bash: Asking) -> None:
    assert bash("show", "nothing", "") == []
    assert bash("run", "movielens_sage", "-s", "nothing.at.all.") == []
    done = gnnrec(_GNNREC_COMPLETE="complete_bash")
    assert (done.stdout, done.stderr) == ("", "")


def test_completing_imports_no_torch(tmp_path: Path) -> None:
    program = """
import os, sys
from gnnrec.cli import main
os.environ |= {"_GNNREC_COMPLETE": "complete_bash", "COMP_CWORD": "4"}
os.environ["COMP_WORDS"] = "gnnrec run movielens_sage -s encoder.".replace(" ", chr(10))
try:
    main()
except SystemExit as end:
    print(end.code, "torch" in sys.modules, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines()[0] == "encoder.name="
    assert done.stderr.splitlines()[-1] == "0 False"


@pytest.mark.parametrize(
    ("words", "cursor", "expected"),
    [
        (["gnnrec", "-s", "a.b", "=", "c"], 4, (["gnnrec", "-s", "a.b=c"], 2, "a.b=")),
        (["gnnrec", "-s", "a.b", "="], 3, (["gnnrec", "-s", "a.b="], 2, "a.b=")),
        (["gnnrec", "-s", "a.b", "=", "c", "x"], 5, (["gnnrec", "-s", "a.b=c", "x"], 3, "")),
        (["gnnrec", "-s", "a.b=c"], 2, (["gnnrec", "-s", "a.b=c"], 2, "")),
        (["gnnrec", "-s", "a.b", "=", ""], 4, (["gnnrec", "-s", "a.b=", ""], 3, "")),
        (["gnnrec", "C", ":", "x"], 3, (["gnnrec", "C:x"], 1, "C:")),
        (["gnnrec"], 1, (["gnnrec", ""], 1, "")),
    ],
)
def test_words_that_bash_has_broken_are_put_together(
    words: list[str], cursor: int, expected: tuple[list[str], int, str]
) -> None:
    assert rejoin(words, cursor) == expected
