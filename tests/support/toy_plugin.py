"""A small plugin with a component of each kind but a metric, so that tests do not lean on the built-in ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from gnnrec import (
    Dataset,
    Decoder,
    Encoder,
    FeatureEncoder,
    Filter,
    Fraction,
    GraphBuilder,
    Loss,
    NegativeSampler,
    Scorer,
    Splitter,
    Trainer,
    hookimpl,
)

if TYPE_CHECKING:
    import typer

    from gnnrec import Interactions


class ToyData(Dataset):
    """Three users, four items, six interactions."""

    name: Literal["toy"] = "toy"

    def load(self) -> Interactions:
        import pandas as pd

        from gnnrec import Interactions

        pairs = [("ann", "a"), ("ann", "b"), ("ann", "c"), ("bob", "a"), ("bob", "d"), ("cy", "a")]
        return Interactions.from_log(pd.DataFrame(pairs, columns=["user", "item"]), source="toy")


class Often(Filter):
    """What is there often enough."""

    name: Literal["often"] = "often"

    at_least: PositiveInt = 2
    """How often."""

    def apply(self, interactions: Any) -> Any: ...


class Ones(FeatureEncoder):
    """Columns of ones."""

    name: Literal["ones"] = "ones"

    width: PositiveInt = 1
    """How many."""

    column: str = "genres"

    def fit(self, table: Any, observed: Any) -> Any: ...

    def restore(self, state: Any) -> Any: ...


class Halves(Splitter):
    """Two held-out shares."""

    name: Literal["halves"] = "halves"

    val: Fraction = 0.1
    test: Fraction = 0.1

    @model_validator(mode="after")
    def _leave_something(self) -> Self:
        if self.val + self.test >= 1:
            raise ValueError(f"val + test is {self.val + self.test:g}; expected less than 1")
        return self

    def split(self, interactions: Any) -> Any: ...


class Plain(GraphBuilder):
    """A graph."""

    name: Literal["plain"] = "plain"

    def build(self, observed: Any) -> Any: ...


class Uniform(NegativeSampler):
    """Any unknown pair."""

    name: Literal["uniform"] = "uniform"

    def build(self, observed: Any, supervision: Any, avoid: Any, generator: Any) -> Any: ...


class Mean(Encoder):
    """A mean of neighbours."""

    name: Literal["mean"] = "mean"

    channels: PositiveInt = 64
    """Size of every embedding."""

    layers: PositiveInt = 2
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    residual: bool = False
    activation: Literal["relu", "tanh"] = "relu"
    sizes: tuple[PositiveInt, ...] = ()
    best: PositiveInt | None = None

    def build(self, graph: Any) -> Any: ...


class Lookup(Encoder):
    """A table of embeddings."""

    name: Literal["lookup"] = "lookup"

    channels: PositiveInt = 16

    def build(self, graph: Any) -> Any: ...


class Inner(Decoder):
    """The inner product."""

    name: Literal["inner"] = "inner"

    def build(self, channels: int) -> Any: ...


class Hinge(Loss):
    """The hinge."""

    name: Literal["hinge"] = "hinge"

    def build(self) -> Any: ...


class Steps(Trainer):
    """Steps downhill."""

    name: Literal["steps"] = "steps"

    rate: PositiveFloat = 0.01

    def fit(self, task: Any) -> Any: ...


class Popular(Scorer):
    """The same for everybody."""

    name: Literal["popular"] = "popular"

    def fit(self, observed: Any, generator: Any) -> Any: ...


@hookimpl
def gnnrec_components() -> tuple[type, ...]:
    return (ToyData, Often, Ones, Halves, Plain, Uniform, Mean, Lookup, Inner, Hinge, Steps, Popular)


@hookimpl
def gnnrec_commands(app: typer.Typer) -> None:
    @app.command()
    def fail(how: str) -> None:
        """Fail in one way or another."""
        raise {
            "unforeseen": RuntimeError("what now"),
            "interrupted": KeyboardInterrupt(),
            "hungry": RuntimeError("CUDA out of memory. Tried to allocate 8.00 GiB"),
        }[how]
