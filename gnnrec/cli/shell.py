"""Answers a shell that asks how a line goes on: undisturbed by plugins, and in the pieces that bash takes words for."""

from __future__ import annotations

import io
import os
import re
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

from gnnrec.console import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

PROGRAM = "gnnrec"
VARIABLE = "_GNNREC_COMPLETE"
"""Set by the script of `gnnrec --show-completion`; typer reads it too."""

BREAKS = re.compile("[=:]+")
"""Words by themselves to bash, by its COMP_WORDBREAKS."""

QUOTES = ("'", '"')

OPTION = re.compile("--?[a-z]")


def is_asking() -> bool:
    """Whether this process was started by a shell to complete a line."""
    return os.environ.get(VARIABLE, "").startswith("complete_")


def typed() -> list[str]:
    """The words of the line before the one at the cursor, which may not be typed to its end; without the program."""
    if "COMP_WORDS" in os.environ:
        words, cursor, _ = rejoin(os.environ["COMP_WORDS"].split("\n"), int(os.environ["COMP_CWORD"]))
        return words[1:cursor]
    line = os.environ.get("_TYPER_COMPLETE_ARGS", "")
    words = line.split()
    return words[1:] if line[-1:].isspace() else words[1:-1]


def answer(build: Callable[[], Callable[..., object]]) -> NoReturn:
    """Build the application, let it complete the line, and print the answer and nothing else."""
    shell = os.environ[VARIABLE].removeprefix("complete_")
    typed, quoted = "", False
    printed = io.StringIO()
    with redirect_stderr(io.StringIO()), redirect_stdout(io.StringIO()):
        try:
            app = build()
            if shell == "bash":
                words, cursor = os.environ["COMP_WORDS"].split("\n"), int(os.environ["COMP_CWORD"])
                quoted = words[cursor : cursor + 1] != [] and words[cursor].startswith(QUOTES)
                words, cursor, typed = rejoin(words, cursor)
                if typed.startswith("-"):  # --set=encoder.name=: typer completes what stands behind the option
                    typed = typed.partition("=")[2]
                os.environ |= {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(cursor)}
            with redirect_stdout(printed):
                app(prog_name=PROGRAM)
        except SystemExit as end:
            status = end.code
        except Exception:  # noqa: BLE001 - a shell that waits for words has no use for an error
            status = 1
    text = printed.getvalue().rstrip("\n")
    if text and shell == "bash":
        pieces = [line.removeprefix(typed) for line in text.split("\n")]
        text = "\n".join(pieces if quoted else map(_escaped, pieces))
    if text:
        say(text)
    raise SystemExit(status)


def rejoin(words: list[str], cursor: int) -> tuple[list[str], int, str]:
    """The words of the line where bash has broken them at `=` and `:`.

    Returns:
        The words as typed, the index of the one at the cursor, and what stands in that one before the piece that bash
        completes.

    >>> rejoin(["gnnrec", "run", "x", "-s", "encoder.name", "=", "het"], 6)
    (['gnnrec', 'run', 'x', '-s', 'encoder.name=het'], 4, 'encoder.name=')
    >>> rejoin(["gnnrec", "run", "x", "-s", "encoder.name", "=", "--json"], 6)
    (['gnnrec', 'run', 'x', '-s', 'encoder.name=', '--json'], 5, '')
    """
    joined: list[str] = []
    place, typed, open_end = 0, "", False
    for index, word in enumerate([*words, *[""] * (cursor + 1 - len(words))]):
        breaks = BREAKS.fullmatch(word) is not None
        continues = bool(joined) and (breaks or (open_end and bool(word) and not OPTION.match(word)))
        before = joined.pop() if continues else ""
        joined.append(before + word)
        if index == cursor:
            place, typed = len(joined) - 1, before + word if breaks else before
        open_end = breaks
    return joined, place, typed


def _escaped(word: str) -> str:
    """A word that bash reads as it is meant; bash puts it on the line as it is given."""
    return re.sub(r"([^\w@%+=:,./~-])", r"\\\1", word)
