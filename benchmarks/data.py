"""Real data that benchmarks are measured on, below $GNNREC_DATA."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gnnrec import Edges

GOWALLA_USERS, GOWALLA_ITEMS = 29_858, 40_981


class MissingDataError(Exception):
    """A file is not there; the message says where it was looked for."""


def data_file(name: str) -> Path:
    """A file below $GNNREC_DATA.

    Raises:
        MissingDataError: It is not there.
    """
    path = Path(os.environ.get("GNNREC_DATA", ".")) / name
    if not path.is_file():
        raise MissingDataError(f"there is no {path}; name the folder of {name} in $GNNREC_DATA")
    return path


def gowalla(part: str) -> Edges:
    """Gowalla as LightGCN's authors divided it, a line `user item item …` for each user: `train` or `test`.

    Raises:
        MissingDataError: It is not there.
    """
    from gnnrec import Edges

    rows = [np.array(line.split(), np.int64) for line in data_file(f"gowalla/{part}.txt").read_text().splitlines()]
    users = np.concatenate([np.full(len(row) - 1, row[0]) for row in rows])
    return Edges(users, np.concatenate([row[1:] for row in rows]), GOWALLA_USERS, GOWALLA_ITEMS)
