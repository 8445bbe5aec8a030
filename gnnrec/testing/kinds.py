"""The checks of every kind, and the one call that finds those of a component."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnnrec.contract.component import Component
from gnnrec.testing import (
    dataset,
    decoder,
    encoder,
    features,
    filters,
    graph,
    loss,
    metric,
    negatives,
    scorer,
    split,
    trainer,
)
from gnnrec.testing.encoder_case import EncoderCase
from gnnrec.testing.rule import Check, Rule, bound
from gnnrec.testing.training_runs import TrainerCase

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS: dict[str, tuple[Callable[..., Any], tuple[Rule, ...]]] = {
    "dataset": (dataset.DatasetCase, dataset.RULES),
    "filters": (filters.FilterCase, filters.RULES),
    "features": (features.FeaturesCase, features.RULES),
    "split": (split.SplitCase, split.RULES),
    "graph": (graph.GraphCase, graph.RULES),
    "negatives": (negatives.NegativesCase, negatives.RULES),
    "encoder": (EncoderCase, encoder.RULES),
    "decoder": (decoder.DecoderCase, decoder.RULES),
    "loss": (loss.LossCase, loss.RULES),
    "trainer": (TrainerCase, trainer.RULES),
    "scorer": (scorer.ScorerCase, scorer.RULES),
    "metric": (metric.MetricCase, metric.RULES),
}
"""For each kind, what it is checked with and the rules that it is held to."""


def checks_of(component: Component, **options: Any) -> tuple[Check, ...]:
    """The checks of a component, each to be called by itself; for `pytest.mark.parametrize(…, ids=str)`.

    Args:
        component: An instance of any kind.
        options: What `check_<kind>` takes besides.

    Raises:
        TypeError: It is no component, or an option is not one of its kind.
    """
    if not isinstance(component, Component) or component.kind not in KINDS:
        hint = "; make an instance of it" if isinstance(component, type) else ""
        raise TypeError(f"expected a component of one of the kinds {', '.join(KINDS)}, got {component!r}{hint}")
    case, rules = KINDS[component.kind]
    return bound(component.kind, rules, case(component, **options))


def check_component(component: Component, **options: Any) -> None:
    """Check a component of any kind by all checks of its kind.

    Args:
        component: An instance of any kind.
        options: What `check_<kind>` takes besides.

    Raises:
        ContractViolation: It breaks a rule; the message says which, what was asked for and what was got.
    """
    for check in checks_of(component, **options):
        check()
