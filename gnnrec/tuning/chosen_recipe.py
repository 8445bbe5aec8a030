"""The chosen recommender as a recipe to go on with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnnrec.plugin.registry import installed
from gnnrec.recipe.load import name_of
from gnnrec.recipe.starter import starter

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec.tuning.choice import Choice


def chosen_recipe(choice: Choice, file: Path, command: str) -> str:
    """The commented recipe of the choice; its opening comments say how it was chosen and what was measured.

    Args:
        choice: What is written down.
        file: Where it will lie, which gives the name.
        command: What chose.
    """
    metric, chosen = choice.metric, choice.chosen
    figures = ", ".join(f"{row.name} {row.val(metric):.4f}" for row in choice.rows)
    test = f"; test {metric} {chosen.run.test[metric]:.4f}, which had no say" if metric in chosen.run.test else ""
    preface = [
        f"gnnrec run {file.name}",
        "",
        f"Chosen by: {command}",
        *_wrapped(choice.sentence),
        *_wrapped(f"Measured, val {metric}: {figures}{test}."),
        *_wrapped(f"Left out: {', '.join(each.name for each in choice.left_out)}." if choice.left_out else ""),
        "Next: -s refit=true fits it anew on train and val; the settings are those of the shipped recipe, not tuned.",
    ]
    return starter(chosen.recipe.model_copy(update={"name": name_of(file)}), installed(), preface)


def _wrapped(text: str) -> list[str]:
    from textwrap import wrap

    return wrap(text, 116, break_on_hyphens=False)
