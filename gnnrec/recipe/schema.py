"""The recipe as a pydantic model: a static one for the framework, one over all installed components to check with."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Union

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    SerializeAsAny,
    create_model,
)
from pydantic_core import PydanticCustomError

from gnnrec.contract.kinds import (
    CONTRACTS,
    NODE_TYPES,
    Dataset,
    Decoder,
    Encoder,
    FeatureEncoder,
    GraphBuilder,
    Loss,
    Metric,
    NegativeSampler,
    Scorer,
    Splitter,
    Trainer,
)
from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gnnrec.contract.component import Component
    from gnnrec.plugin.registry import Registry

STRICT = ConfigDict(extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True)

SECTIONS = ("dataset", "split")
"""Sections that every recipe has."""


class Evaluation(BaseModel):
    """How a model is judged."""

    model_config = STRICT

    negatives: PositiveInt = 2
    """Evaluation negatives per held-out positive, for loss, AUC and average precision; fixed, and the same for every
    model over one split."""

    k: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (10, 20)
    """Lengths of the recommended lists that ranking metrics look at."""

    metrics: tuple[SerializeAsAny[Metric], ...] = ()
    """Ranking metrics, each `{name: …}` or its bare name; every installed one where this is left out."""

    every: PositiveInt | None = None
    """Put all validation metrics into the history every so many epochs; left out, only the loss and the monitored one
    are computed while training."""

    @property
    def ranking_metrics(self) -> tuple[str, ...]:
        """The ranking metrics at each k, as metrics.json names them: `recall@10`."""
        return tuple(f"{metric.name}@{k}" for k in self.k for metric in self.metrics)


class Features(BaseModel):
    """Feature encoders of each node type; their blocks stand side by side in the given order."""

    model_config = STRICT

    user: tuple[SerializeAsAny[FeatureEncoder], ...] = ()
    """Features of users."""

    item: tuple[SerializeAsAny[FeatureEncoder], ...] = ()
    """Features of items."""


class ModelSections(NamedTuple):
    """The components of a recipe that trains a model; only a listwise loss goes without negatives."""

    graph: GraphBuilder
    negatives: NegativeSampler | None
    encoder: Encoder
    decoder: Decoder
    loss: Loss
    trainer: Trainer


MODEL_SECTIONS = ModelSections._fields
"""Sections of a recipe that trains a model; `scorer` takes the place of all of them."""


COMPONENT_SECTIONS = (*SECTIONS, *MODEL_SECTIONS, "scorer")
"""Sections that hold one component each."""


class Recipe(BaseModel):
    """A whole experiment: one component per section."""

    model_config = STRICT

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    """Names the folder of the recipe's runs; the file's own name where it is not given."""

    seed: NonNegativeInt = 0
    """Rules initial weights, negatives and batches; everything but the split."""

    dataset: SerializeAsAny[Dataset]
    """Where interactions come from."""

    features: Features = Features()
    """What is known of users and items besides interactions."""

    split: SerializeAsAny[Splitter]
    """What is learned from, and what is held out."""

    graph: SerializeAsAny[GraphBuilder] | None = None
    """The graph that the encoder propagates over."""

    negatives: SerializeAsAny[NegativeSampler] | None = None
    """The pairs taken for negatives in training."""

    encoder: SerializeAsAny[Encoder] | None = None
    """Graph to embeddings."""

    decoder: SerializeAsAny[Decoder] | None = None
    """Embeddings to scores."""

    loss: SerializeAsAny[Loss] | None = None
    """What training minimises."""

    trainer: SerializeAsAny[Trainer] | None = None
    """How training goes."""

    scorer: SerializeAsAny[Scorer] | None = None
    """A closed-form recommender, in place of graph, negatives, encoder, decoder, loss and trainer."""

    evaluation: Evaluation = Evaluation()
    """How the result is judged."""

    def model_sections(self) -> ModelSections:
        """The sections of a recipe that trains a model.

        Raises:
            UsageError: The recipe has a scorer, or was put together in Python without one of them.
        """
        sections = {name: getattr(self, name) for name in MODEL_SECTIONS}
        listwise = self.loss is not None and self.loss.listwise
        missing = [
            name for name, component in sections.items() if component is None and not (listwise and name == "negatives")
        ]
        if missing:
            raise UsageError(f"recipe '{self.name}' trains no model: it has no {', '.join(missing)}")
        return ModelSections(**sections)

    def to_dict(self) -> dict[str, Any]:
        """Plain data with every default filled in; sections that are not used are left out."""
        return {key: value for key, value in self.model_dump(mode="json").items() if value is not None}

    def to_flat_dict(self) -> dict[str, Any]:
        """The same by dotted keys, as `-s` takes them: `features.item.0.name`; a list of plain values is one value."""
        return dict(_flat(self.to_dict(), ""))


def recommender_of(recipe: Recipe) -> Scorer | ModelSections:
    """What a recipe has fitted: its scorer, or the sections of the model that is trained.

    Raises:
        UsageError: As `Recipe.model_sections` does.
    """
    return recipe.model_sections() if recipe.scorer is None else recipe.scorer


def with_choices(recipe: Recipe, chosen: Mapping[str, Any]) -> Recipe:
    """The recipe with what loading decided (the variant taken) written into its dataset."""
    if not chosen:
        return recipe
    dataset = type(recipe.dataset).model_validate({**recipe.dataset.model_dump(), **chosen})
    return recipe.model_copy(update={"dataset": dataset})


@lru_cache(maxsize=8)
def recipe_model(registry: Registry) -> type[Recipe]:
    """The recipe over the components of `registry`; its dump holds every component field."""
    fields: dict[str, Any] = {}
    for section in ("dataset", "split"):
        fields[section] = (_choice(registry, section), ...)
    for section in (*MODEL_SECTIONS, "scorer"):
        fields[section] = (_choice(registry, section) | None, None)
    blocks: Any = tuple.__class_getitem__((_choice(registry, "features"), ...))
    feature_fields: dict[str, Any] = {each: (blocks, _described(Features, each, ())) for each in NODE_TYPES}
    features: Any = create_model("Features", __base__=Features, __doc__=Features.__doc__, **feature_fields)
    fields["features"] = (features, features())
    metrics: Any = tuple.__class_getitem__((_choice(registry, "metric"), ...))
    judged: dict[str, Any] = {"metrics": (metrics, _described(Evaluation, "metrics", ()))}
    evaluation: Any = create_model("Evaluation", __base__=Evaluation, __doc__=Evaluation.__doc__, **judged)
    fields["evaluation"] = (evaluation, evaluation())
    for section, (annotation, default) in fields.items():
        fields[section] = (annotation, _described(Recipe, section, default))
    return create_model("Recipe", __base__=Recipe, __doc__=Recipe.__doc__, **fields)


def _described(model: type[BaseModel], field: str, default: Any) -> Any:
    """A field that is narrowed, with the description that it has in `model`."""
    return Field(default, description=model.model_fields[field].description)


def _flat(data: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if isinstance(value, list) and any(isinstance(each, dict) for each in value):
            yield from _flat({str(index): each for index, each in enumerate(value)}, f"{prefix}{key}.")
        elif isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _refuse(value: object) -> None:  # noqa: ARG001 - whatever it is, nothing can take it
    raise PydanticCustomError("union_tag_invalid", "no component of this kind is installed")


def _choice(registry: Registry, kind: str) -> Any:
    """A discriminated union of the kind's components."""
    components: tuple[type[Component], ...] = tuple(registry.components(kind).values())
    if not components:
        return Annotated[CONTRACTS[kind], BeforeValidator(_refuse)]
    return Annotated[Union[components], Field(discriminator="name")]  # noqa: UP007 - a | cannot be made of a tuple
