"""Splits: which interactions are learned from, and which are held out."""

from __future__ import annotations

from gnnrec import Splitter, hookimpl
from gnnrec_splits.cold_nodes import ColdItems, ColdUsers
from gnnrec_splits.k_fold import KFold
from gnnrec_splits.leave_last import LeaveLast
from gnnrec_splits.per_user_ratio import PerUserRatio
from gnnrec_splits.predefined import Predefined
from gnnrec_splits.random_link import RandomLink
from gnnrec_splits.temporal import Temporal


@hookimpl
def gnnrec_components() -> tuple[type[Splitter], ...]:
    """Contribute the built-in splits."""
    return RandomLink, Temporal, LeaveLast, PerUserRatio, Predefined, KFold, ColdItems, ColdUsers
