"""Lists of other systems in a comparison, judged on the split of the runs that they stand beside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gnnrec.comparison.leaderboard import Entry
from gnnrec.errors import UsageError
from gnnrec.recipe.schema import LINK_METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from gnnrec.comparison.splits import Splits
    from gnnrec.runs.record import RunRecord


@dataclass(frozen=True)
class NamedLists:
    """Lists that are to be judged.

    Attributes:
        name: What they are called in the leaderboard.
        source: The file that they are from.
        table: Columns `user`, `item`, and `rank` or `score`.
    """

    name: str
    source: str
    table: pd.DataFrame


@dataclass(frozen=True)
class JudgedLists:
    """What the leaderboard asks of a run, of lists.

    Attributes:
        test: Their ranking metrics.
        per_user: Those of each user, by original id in column `user`.
        metrics: Nothing else: lists do not say how long anything took.
    """

    test: dict[str, float]
    per_user: pd.DataFrame
    metrics: Mapping[str, Any] = field(default_factory=dict)


def read_named_lists(
    lists: Mapping[str, str | Path | pd.DataFrame], names: Sequence[str], metric: str, over: Splits
) -> list[NamedLists]:
    """Read lists, before anything is run.

    Args:
        lists: Tables, or files of them, by what each is to be called.
        names: What runs are called.
        metric: What is to decide.
        over: The splits that are compared over.

    Raises:
        UsageError: A name is taken, there are several splits, or lists have no such metric.
        DataError: A file cannot be read.
    """
    if not lists:
        return []
    if over.option:
        raise UsageError(f"lists are of one split, and {over.option} asks for several; leave one of the two out")
    if metric in LINK_METRICS:
        raise UsageError(f"lists have no '{metric}', for that takes scores; choose one of rankings, such as ndcg@10")
    if taken := [name for name in lists if name in names]:
        raise UsageError(f"'{taken[0]}' is what a run is called here; give the lists another name")
    import pandas as pd

    from gnnrec.evaluation.lists import read_lists

    return [
        NamedLists(name, "the table", each)
        if isinstance(each, pd.DataFrame)
        else NamedLists(name, str(each), read_lists(each))
        for name, each in lists.items()
    ]


def judge_named_lists(lists: Sequence[NamedLists], run: RunRecord) -> list[Entry]:
    """Judge lists as a run was: by its evaluation, on its test.

    Raises:
        DataError: They are none; see `Run.evaluate_lists`.
    """
    if not lists:
        return []
    from gnnrec.runs.saved import load_run

    asked = load_run(run.directory)
    return [
        Entry(each.name, each.source, ((JudgedLists(*asked.judge_lists(each.table, source=each.source)),),))
        for each in lists
    ]
