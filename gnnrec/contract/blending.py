"""A scorer of recommenders: what stands in it, and what joins their scores."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Protocol

from pydantic import Field, SerializeAsAny, SerializerFunctionWrapHandler, model_serializer

from gnnrec.contract.component import Part
from gnnrec.contract.kinds import (
    Decoder,
    Encoder,
    FeatureEncoder,
    GraphBuilder,
    Loss,
    NegativeSampler,
    Scorer,
    Trainer,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Generator, Tensor, nn

    from gnnrec.data.observed import Observed


class BlendedPart(Part):
    """A recommender within another: a scorer, or the sections of a model that is trained within the same run.

    In a recipe `recipe: NAME` stands for such sections of another recipe, to be changed by what stands beside it. Its
    dataset, split and seed are those of the recipe that it is a part of.
    """

    weight: Annotated[float, Field(ge=0)] | None = None
    """How much its scores count."""

    features: dict[str, tuple[SerializeAsAny[FeatureEncoder], ...]] = Field(default_factory=dict)
    """Feature encoders of each node type, for its graph."""

    graph: SerializeAsAny[GraphBuilder] | None = None
    """The graph that its encoder propagates over."""

    negatives: SerializeAsAny[NegativeSampler] | None = None
    """The pairs taken for negatives in its training."""

    encoder: SerializeAsAny[Encoder] | None = None
    """Graph to embeddings."""

    decoder: SerializeAsAny[Decoder] | None = None
    """Embeddings to scores."""

    loss: SerializeAsAny[Loss] | None = None
    """What its training minimises."""

    trainer: SerializeAsAny[Trainer] | None = None
    """How its training goes."""

    scorer: SerializeAsAny[Scorer] | None = None
    """A closed-form recommender, in place of all of these."""

    @model_serializer(mode="wrap")
    def _what_is_there(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the sections that it does not have."""
        return {key: value for key, value in serialize(self).items() if value is not None and value != {}}

    @property
    def title(self) -> str:
        """What messages call it: by its scorer, or its encoder."""
        named = self.scorer or self.encoder
        return "" if named is None else named.name


class HeldOut(Protocol):
    """What parts, fitted on train, say of validation."""

    def blocks(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Scores of some users after the other; the same each time.

        Gives:
            float32 [P, B, I], what P parts score for B users; bool [B, I], which of these items are held out for them;
            and bool [B, I], which they have seen before, and are not recommended.
        """


class Blending(Scorer):
    """A scorer whose parts are recommenders: the framework fits them, and saves them with the run.

    Parts are fitted as they would be in a recipe of their own, models in epochs. A refit fits them anew, and leaves
    the join as it was found on validation.
    """

    stored = True

    parts: Annotated[tuple[BlendedPart, ...], Field(min_length=2)]
    """The recommenders: `{scorer: {name: …}, weight: …}`, `{recipe: NAME, weight: …}`, or the sections of a model."""

    @abstractmethod
    def join(self, held_out: HeldOut | None) -> nn.Module:
        """Return what makes one score of the parts' scores.

        Its `forward(scores)` takes float32 [P, B, I], raw scores, and gives float32 [B, I]; a user's row hangs on no
        other's. What was learned from validation is in its buffers, and `restore` reads them.

        Args:
            held_out: None where nothing is val.

        Raises:
            UsageError: It has to learn from validation, and nothing is val.
        """

    def fit(self, observed: Observed, generator: Generator) -> NoReturn:  # noqa: ARG002 - of the contract
        """Parts may be models, which no scorer can fit: the framework does, and then asks `join`."""
        raise TypeError(f"scorer '{self.name}' is made of parts: they are fitted by a run, then comes join")
