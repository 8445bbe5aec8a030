"""Checks for authors of components: `check_encoder(MyEncoder())` in a test says whether a contract is kept.

They need no pytest: what fails raises `ContractViolation`, an `AssertionError`. See docs/testing_components.md.
"""

from __future__ import annotations

from gnnrec.testing.checkerboard import Checkerboard, checkerboard
from gnnrec.testing.dataset import check_dataset
from gnnrec.testing.decoder import check_decoder
from gnnrec.testing.encoder import check_encoder
from gnnrec.testing.features import check_features
from gnnrec.testing.filters import check_filters
from gnnrec.testing.graph import check_graph
from gnnrec.testing.installed import InstalledComponent, installed_components
from gnnrec.testing.kinds import check_component, checks_of
from gnnrec.testing.loss import check_loss
from gnnrec.testing.metric import check_metric
from gnnrec.testing.negatives import check_negatives
from gnnrec.testing.rule import Check, ContractViolation, Rule
from gnnrec.testing.scorer import check_scorer
from gnnrec.testing.split import check_split
from gnnrec.testing.toy_data import toy_edges, toy_graph, toy_interactions, toy_observed
from gnnrec.testing.trainer import check_trainer

__all__ = [
    "Check",
    "Checkerboard",
    "ContractViolation",
    "InstalledComponent",
    "Rule",
    "check_component",
    "check_dataset",
    "check_decoder",
    "check_encoder",
    "check_features",
    "check_filters",
    "check_graph",
    "check_loss",
    "check_metric",
    "check_negatives",
    "check_scorer",
    "check_split",
    "check_trainer",
    "checkerboard",
    "checks_of",
    "installed_components",
    "toy_edges",
    "toy_graph",
    "toy_interactions",
    "toy_observed",
]
