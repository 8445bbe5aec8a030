"""Checkpoints that know which features were learned from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from typing_extensions import override

from gnnrec.contract.training import Checkpoint, Checkpoints
from gnnrec.data.fingerprint import digest_parts, digest_values
from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from gnnrec.modelling.features import Features

FEATURES = "features"


class FeaturedCheckpoints(Checkpoints):
    """Hands out no state that was learned from other features: a file of them may have changed since.

    Args:
        kept: Where states are kept.
        features: What is learned from now.
    """

    def __init__(self, kept: Checkpoints, features: Features) -> None:
        self._kept = kept
        digests = (f"{kind} {digest_values(block.values)}" for kind, block in sorted(features.blocks.items()))
        self._features = digest_parts(*digests)

    @override
    def restore(self) -> Checkpoint | None:
        found = self._kept.restore()
        if found is None:
            return None
        values = dict(found.values)
        if values.pop(FEATURES, self._features) != self._features:
            raise UsageError(
                "the features are not those that training began with: a file that they are read from has changed; put "
                "it back, or run the recipe anew"
            )
        return replace(found, values=values)

    @override
    def due(self) -> bool:
        return self._kept.due()

    @override
    def save(self, checkpoint: Checkpoint) -> None:
        self._kept.save(replace(checkpoint, values={**checkpoint.values, FEATURES: self._features}))
