"""The lists of implicit's ALS on a run's split, to stand beside the run in a comparison.

    python -m benchmarks.peers.implicit_als RUN als.parquet
    gnnrec compare RUN --lists "implicit ALS=als.parquet"

It learns from train alone, as the run did, and recommends what is in neither train nor val. It needs
`pip install gnnrec[baselines]`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

LENGTH = 20
"""Places of a list: the largest k that recipes look at."""


def main() -> None:
    """Fit, and write the lists."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="the directory of a finished run")
    parser.add_argument("out", type=Path, help="a .parquet file")
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--regularization", type=float, default=30.0)
    parser.add_argument("--alpha", type=float, default=4.0)
    parser.add_argument("--iterations", type=int, default=15)
    arguments = parser.parse_args()
    settings = {name: getattr(arguments, name) for name in ("factors", "regularization", "alpha", "iterations")}
    lists(pd.read_parquet(arguments.run / "split.parquet"), settings).to_parquet(arguments.out, index=False)


def lists(split: pd.DataFrame, settings: dict[str, float]) -> pd.DataFrame:
    """The lists of a split's test users: `user`, `item`, `score`.

    Args:
        split: A run's split.parquet: `user`, `item`, `part`.
        settings: Of the model.
    """
    from implicit.als import AlternatingLeastSquares

    users, items = (pd.Categorical(split[kind]) for kind in ("user", "item"))
    shape = (len(users.categories), len(items.categories))

    def matrix(*parts: str) -> csr_matrix:
        rows = split["part"].isin(parts).to_numpy()
        return csr_matrix((np.ones(rows.sum(), np.float32), (users.codes[rows], items.codes[rows])), shape)

    model = AlternatingLeastSquares(**settings, random_state=0)
    model.fit(matrix("train"), show_progress=False)
    asked = np.unique(users.codes[split["part"] == "test"])
    found, scores = model.recommend(asked, matrix("train", "val")[asked], N=LENGTH)
    return pd.DataFrame(
        {
            "user": np.repeat(users.categories.to_numpy()[asked], found.shape[1]),
            "item": items.categories.to_numpy()[found.ravel()],
            "score": scores.ravel(),
        }
    )


if __name__ == "__main__":
    main()
