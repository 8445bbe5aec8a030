"""What `gnnrec run` says at its beginning and at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gnnrec.cli.run import _of_memory

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

RECIPE = """\
dataset: {name: table, path: log.csv, part: part}
split: {name: predefined, disjoint_train: 0}
scorer: {name: popularity}
evaluation: {k: [2], metrics: [METRICS]}
"""

LOG = "user,item,part\n1,a,train\n1,b,val\n2,a,train\n2,c,test\n3,a,test\n1,d,train\n4,d,test\n4,e,test\n"


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        # All get a and d, as far as they have not seen them: user 3 wants a, user 4 wants d and e. Nobody gets c or e.
        ("hit, ndcg", "2 users, ndcg@2 0.6934; items in 2 test interactions, ndcg@2 0.0000"),
        ("hit, mrr", "2 users, hit@2 1.0000 mrr@2 0.7500; items in 2 test interactions, hit@2 0.0000 mrr@2 0.0000"),
    ],
)
def test_those_that_training_knows_nothing_of_are_told(
    metrics: str,
    said: str,
    write: Callable[[str, str], Path],
    gnnrec: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    write("log.csv", LOG)
    write("mine.yaml", RECIPE.replace("METRICS", metrics))
    done = gnnrec("run", "mine.yaml")
    assert done.stderr.splitlines()[1].endswith("unknown to training: 1 items of val, 2 users of test, 2 items of test")
    assert f"cold, without a training interaction: {said}" in done.stdout.splitlines()


def test_the_memory_taken_is_told_where_it_is_known() -> None:
    gigabytes = {"peak_bytes": 1_500_000_000, "estimated_bytes": 640_000_000}
    assert _of_memory(gigabytes) == "peak memory 1.5 GB (estimated 640 MB)"
    assert not _of_memory(gigabytes | {"peak_bytes": None})
    assert not _of_memory({}), "an older run"
