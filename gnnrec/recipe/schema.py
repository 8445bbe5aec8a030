"""The recipe as a pydantic model: a static one for the framework, one over all installed components to check with."""

from __future__ import annotations

from functools import lru_cache, partial
from types import new_class
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Union

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveInt,
    SerializeAsAny,
    create_model,
)
from pydantic_core import PydanticCustomError

from gnnrec.contract.attribute_docstrings import described_by_docstrings
from gnnrec.contract.blending import Blending
from gnnrec.contract.component import CONFIG
from gnnrec.contract.kinds import (
    CONTRACTS,
    NODE_TYPES,
    Dataset,
    Decoder,
    Encoder,
    FeatureEncoder,
    Filter,
    GraphBuilder,
    Loss,
    Metric,
    NegativeSampler,
    Scorer,
    Splitter,
    Trainer,
)
from gnnrec.contract.tuned import Plain
from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gnnrec.contract.component import Component
    from gnnrec.plugin.registry import Registry

SECTIONS = ("dataset", "split")
"""Sections that every recipe has."""


class Evaluation(BaseModel):
    """How a model is judged."""

    model_config = CONFIG
    __get_pydantic_json_schema__ = classmethod(described_by_docstrings)

    negatives: PositiveInt = 2
    """Evaluation negatives per held-out positive, for loss, AUC and average precision; fixed, and the same for every
    model over one split."""

    k: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (10, 20)
    """Lengths of the recommended lists that ranking metrics look at."""

    metrics: tuple[SerializeAsAny[Metric], ...] = ()
    """Ranking metrics, each `{name: …}` or its bare name; every installed one where this is left out."""

    candidates: Annotated[str, Field(min_length=1)] | None = None
    """A table (.csv, .csv.gz, .parquet) of the items that are ranked, by original ids: a column `item`, for val and
    test; or columns `user` and `item`, for the test alone. Left out, all items are ranked."""

    every: PositiveInt | None = None
    """Put all validation metrics into the history every so many epochs; left out, only the loss and the monitored one
    are computed while training."""

    @property
    def ranking_metrics(self) -> tuple[str, ...]:
        """The ranking metrics at each k, as metrics.json names them: `recall@10`."""
        return tuple(f"{metric.name}@{k}" for k in self.k for metric in self.metrics)


class Features(BaseModel):
    """Feature encoders of each node type; their blocks stand side by side in the given order.

    Of users, of items, and under its own name of any further node type that the data have.
    """

    model_config = CONFIG | {"extra": "allow"}
    __pydantic_extra__: dict[str, tuple[SerializeAsAny[FeatureEncoder], ...]]
    __get_pydantic_json_schema__ = classmethod(described_by_docstrings)

    user: tuple[SerializeAsAny[FeatureEncoder], ...] = ()
    """Features of users."""

    item: tuple[SerializeAsAny[FeatureEncoder], ...] = ()
    """Features of items."""


class ModelSections(NamedTuple):
    """The components of a recipe that trains a model; only some losses go without negatives."""

    graph: GraphBuilder
    negatives: NegativeSampler | None
    encoder: Encoder
    decoder: Decoder
    loss: Loss
    trainer: Trainer


MODEL_SECTIONS = ModelSections._fields
"""Sections of a recipe that trains a model; `scorer` takes the place of all of them."""


LINK_METRICS = ("loss", "auc", "ap")
"""What is measured of pairs, and what `trainer.monitor` may name besides ranking metrics."""

TUNE = "tune"
"""The one section that has no say in a run."""

COMPONENT_SECTIONS = (*SECTIONS, *MODEL_SECTIONS, "scorer")
"""Sections that hold one component each."""


class Recipe(BaseModel):
    """A whole experiment: one component per section."""

    model_config = CONFIG
    __get_pydantic_json_schema__ = classmethod(described_by_docstrings)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    """Names the folder of the recipe's runs; the file's own name where it is not given."""

    seed: NonNegativeInt = 0
    """Rules initial weights, negatives and batches; everything but the split."""

    refit: bool = False
    """Fit anew on train and val once the epoch is chosen, by going through the same epochs again: that is what is
    tested and kept. Validation figures stay those of the first stage."""

    dataset: SerializeAsAny[Dataset]
    """Where interactions come from."""

    filters: tuple[SerializeAsAny[Filter], ...] = ()
    """Which interactions count, one filter after the other; what is filtered out still counts as seen."""

    features: Features = Features.model_construct()
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

    evaluation: Evaluation = Evaluation.model_construct()
    """How the result is judged."""

    tune: dict[str, str | tuple[Plain, ...]] = {}
    """What `gnnrec tune` searches, by dotted key: `encoder.channels: 16..256:log`, or a list of values. Runs do not
    look at it."""

    def model_sections(self) -> ModelSections:
        """The sections of a recipe that trains a model.

        Raises:
            UsageError: The recipe has a scorer, or was put together in Python without one of them.
        """
        sections = {name: getattr(self, name) for name in MODEL_SECTIONS}
        takes_none = {"negatives"} if self.loss is not None and not self.loss.takes_negatives() else set()
        missing = [name for name, component in sections.items() if component is None and name not in takes_none]
        if missing:
            raise UsageError(f"recipe '{self.name}' trains no model: it has no {', '.join(missing)}")
        return ModelSections(**sections)

    @property
    def measured(self) -> tuple[str, ...]:
        """The names of the metrics that it is judged by; only what is trained has a loss."""
        links = (name for name in LINK_METRICS if name != "loss" or self.scorer is None)
        return (*links, *self.evaluation.ranking_metrics)

    def to_dict(self) -> dict[str, Any]:
        """Plain data with every default filled in; sections that are not used, and `tune`, are left out."""
        return {key: value for key, value in self.model_dump(mode="json").items() if value is not None and key != TUNE}

    def to_flat_dict(self) -> dict[str, Any]:
        """The same by dotted keys, as `-s` takes them: `features.item.0.name`; a list of plain values is one value."""
        return dict(_flat(self.to_dict(), ""))


def parts_of(recipe: Recipe) -> tuple[Recipe, ...]:
    """The recipe itself; of one that blends recommenders, a recipe for each of them, over the same data."""
    if not isinstance(recipe.scorer, Blending):
        return (recipe,)
    whole = []
    for part in recipe.scorer.parts:
        features: dict[str, Any] = dict(part.features)
        sections = {section: getattr(part, section) for section in (*MODEL_SECTIONS, "scorer")}
        whole.append(recipe.model_copy(update={"features": Features.model_construct(**features), **sections}))
    return tuple(whole)


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


Named = frozenset[tuple[str, str]]
"""Kind and name of each component that a recipe names."""


@lru_cache(maxsize=64)
def recipe_model(registry: Registry, named: Named | None = None) -> type[Recipe]:
    """The recipe over the components of `registry`; its dump holds every component field.

    Args:
        registry: What is installed.
        named: Only these, all of which are there; to build a model over all components takes longer than most recipes
            take to be checked.
    """
    choice = partial(_choice, registry, named)
    fields: dict[str, Any] = {}
    for section in ("dataset", "split"):
        fields[section] = (choice(section), ...)
    for section in (*MODEL_SECTIONS, "scorer"):
        fields[section] = (choice(section) | None, None)
    filters: Any = tuple.__class_getitem__((choice("filters"), ...))
    fields["filters"] = (filters, ())
    blocks: Any = tuple.__class_getitem__((choice("features"), ...))
    feature_fields: dict[str, Any] = dict.fromkeys(NODE_TYPES, (blocks, ()))
    features: Any = create_model("Features", __base__=_with_further(blocks), __doc__=Features.__doc__, **feature_fields)
    fields["features"] = (features, features.model_construct())
    metrics: Any = tuple.__class_getitem__((choice("metric"), ...))
    judged: dict[str, Any] = {"metrics": (metrics, ())}
    evaluation: Any = create_model("Evaluation", __base__=Evaluation, __doc__=Evaluation.__doc__, **judged)
    fields["evaluation"] = (evaluation, evaluation.model_construct())
    return create_model("Recipe", __base__=Recipe, __doc__=Recipe.__doc__, **fields)


def _with_further(blocks: Any) -> Any:
    """`Features` whose further keys hold components of these types, which `create_model` cannot say."""
    annotations = {"__pydantic_extra__": dict.__class_getitem__((str, blocks))}
    return new_class("Features", (Features,), exec_body=lambda body: body.update(__annotations__=annotations))


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


def _choice(registry: Registry, named: Named | None, kind: str) -> Any:
    """A discriminated union of the kind's components."""
    names = {name for each, name in named if each == kind} if named is not None else None
    if names is not None and not names:
        return CONTRACTS[kind]  # nothing is there to be told apart, and no plugin has to be imported for it
    components: tuple[type[Component], ...] = tuple(
        component for name, component in registry.components(kind).items() if names is None or name in names
    )
    if not components:
        return Annotated[CONTRACTS[kind], BeforeValidator(_refuse)]
    return Annotated[Union[components], Field(discriminator="name")]  # noqa: UP007 - a | cannot be made of a tuple
