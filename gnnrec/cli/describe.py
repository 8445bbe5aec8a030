"""The answer of `gnnrec data describe`: the verdict, and below it what it rests on."""

from __future__ import annotations

import shutil
import sys
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from gnnrec.cli.bars import beside, draw, has_blocks
from gnnrec.console import WIDE, say, say_table
from gnnrec.data.describe import HEAD
from gnnrec.runs.needed_memory import in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gnnrec.cli.description import Description
    from gnnrec.data.tried_splits import TriedSplit
    from gnnrec.runs.needed_memory import Need

TWO_COLUMNS = 100
"""Columns from which on users and items stand beside each other."""

BAR = 24
"""Columns of the longest bar."""

LITTLE = 200_000_000
"""Bytes below which a recipe's memory is not worth a line."""


def say_description(found: Description) -> None:
    """The whole answer, within the width of the terminal."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE
    _say_text(str(found.verdict), width)
    say("")
    for line in _facts(found.facts):
        _say_text(line, width)
    say("")
    _say_degrees(found, width)
    _say_known(found, width)
    _say_splits(found, width)
    _say_memory(found)
    if found.said:
        _heading("What loading said")
        for each in found.said:
            _say_text(f"- {each['text']}", width, "  ")
    if found.recipe is not None:
        _heading("A first recipe")
        say(found.recipe.text.rstrip())


def _facts(facts: dict[str, Any]) -> Iterator[str]:
    """Counts, times and parts, a line each."""
    yield str(facts["source"])
    yield (
        f"{facts['users']:,} users, {facts['items']:,} items, {facts['interactions']:,} interactions: "
        f"{facts['density']:.3%} of all pairs"
    )
    if "rows merged with others" in facts:
        yield f"{facts['rows merged with others']:,} more rows repeat a pair and are merged with another"
    if "first interaction" in facts:
        first, last = (facts[f"{which} interaction"].replace("T", " ") for which in ("first", "last"))
        yield (
            f"{first} to {last} UTC: {facts['distinct days']:,} days, {facts['distinct times']:,} times, "
            f"at most {facts['interactions at the most frequent time']:,} interactions at one"
        )
    else:
        yield "without times"
    parts = [f"{name.removeprefix('interactions in ')} {count:,}" for name, count in facts.items() if " in " in name]
    if parts := [each for each in parts if each.split()[0] in {"train", "val", "test"}]:
        yield f"divided: {', '.join(parts)}"


def _say_degrees(found: Description, width: int) -> None:
    drawn = {kind: [*_figures(found.facts, kind), *_bars(found, kind)] for kind in found.per_node}
    users, items = drawn.values()
    lines = beside(users, items) if width >= TWO_COLUMNS else [*users, "", *items]
    share = found.facts[f"share of interactions with the most popular {HEAD:.0%} of items"]
    say("\n".join([*lines, "", f"The most popular {HEAD:.0%} of items take {share:.0%} of interactions."]))


def _figures(facts: dict[str, Any], kind: str) -> list[str]:
    names = ("min", "lower quartile", "median", "upper quartile", "max")
    values = ", ".join(f"{facts[f'interactions per {kind}, {name}']:,g}" for name in names)
    single = facts[f"share of {kind}s with one interaction"]
    return [f"Interactions per {kind} (their number)", f"min, quartiles, max: {values}", f"one only: {single:.1%}"]


def _bars(found: Description, kind: str) -> list[str]:
    return [f"  {line}" for line in draw(found.per_node[kind], BAR, blocks=has_blocks())]


def _say_known(found: Description, width: int) -> None:
    if found.columns:
        _heading("What is known of nodes")
        rows = [(each.of, each.name, each.type, f"{each.missing:.1%}", f"{each.distinct:,}") for each in found.columns]
        say_table(("of", "column", "type", "missing", "different"), rows)
    beside_them = [
        f"{name.partition(' ')[2]} {count:,}"
        for name, count in found.facts.items()
        if name.startswith(("relation ", "behaviour "))
    ]
    if beside_them:
        say("")
        _say_text(f"Relations and behaviours: {', '.join(beside_them)}", width, "  ")


def _say_splits(found: Description, width: int) -> None:
    _heading("What splits do with them (with their defaults)")
    rows = []
    for each in found.splits:
        if each.counts is not None and each.cold is not None:
            mark = "*" if found.chosen is not None and each.name == found.chosen.name else ""
            doubt = "figures mean little" if each.doubts else ""
            counts = [f"{count:,}" for count in each.counts.values()]
            rows.append((f"{each.name}{mark}", *counts, *(f"{share:.1%}" for share in each.cold.values()), doubt))
    if rows:
        say_table(("split", "train", "val", "test", "new users", "new items", ""), rows)
        chosen = "; *: to begin with" if found.chosen is not None else ""
        _say_text(f"new: of those in test, unknown to training{chosen}", width)
    for text, names in _remarks(found.splits).items():
        _say_text(f"- {', '.join(names)}: {text}", width, "  ")


def _remarks(splits: Iterable[TriedSplit]) -> dict[str, list[str]]:
    """What is against splits, as short as it can be said, and of which it is true."""
    remarks: dict[str, list[str]] = {}
    for each in splits:
        for text in filter(None, (each.refused, *each.doubts)):
            short = text.removeprefix(f"{each.name} ").partition(";")[0]
            remarks.setdefault(short, []).append(each.name)
    return remarks


def _say_memory(found: Description) -> None:
    free = "not known" if found.free is None else in_words(found.free)
    _heading(f"What memory takes, roughly (free: {free})")
    if largest := list(_largest(found)):
        say_table(("recipe", "memory", "most of it for"), largest)
    else:
        say(f"each shipped recipe takes less than {in_words(LITTLE)}")


def _largest(found: Description) -> Iterable[tuple[str, str, str]]:
    """Of the recipes whose memory goes to the same component, the one that takes the most."""
    by_component: dict[str, tuple[str, Need]] = {}
    for name, each in found.needs.items():
        if each.by not in by_component or each.amount > by_component[each.by][1].amount:
            by_component[each.by] = name, each
    for name, each in sorted(by_component.values(), key=lambda pair: -pair[1].amount):
        if each.amount >= LITTLE:
            fits = "" if found.free is None or each.amount <= found.free else " (does not fit)"
            yield name, in_words(each.amount) + fits, f"{each.by}: {each.what}"


def _heading(text: str) -> None:
    say(f"\n{text}")


def _say_text(text: str, width: int, hanging: str = "") -> None:
    say("\n".join(wrap(text, width, subsequent_indent=hanging, break_on_hyphens=False, break_long_words=False)))
