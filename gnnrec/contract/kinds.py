"""The contracts: one abstract component per kind, each with the one method that does its job.

Up to the graph, data are pandas tables and numpy arrays; from the graph on, they are tensors. Shapes are
written with U users, I items, E edges, B supervision pairs of a batch, R negatives per positive, D channels.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from gnnrec.contract.component import Component

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Self

    import pandas as pd
    from torch import Generator, Tensor, nn
    from torch_geometric.data import HeteroData

    from gnnrec.contract.training import Fit, TrainingTask
    from gnnrec.data.edges import Edges, EdgeType
    from gnnrec.data.features import Encoding
    from gnnrec.data.interactions import Availability, Interactions
    from gnnrec.data.observed import Observed
    from gnnrec.data.ranked_lists import Catalogue, RankedLists
    from gnnrec.data.split import Split

    Tables = Mapping[str | EdgeType, str]
    """Files of tables by what is in them, see `Dataset.reading`; a name for annotations."""

NODE_TYPES = ("user", "item")


class Dataset(Component):
    """Where interactions come from."""

    kind = "dataset"

    terms: ClassVar[str] = ""
    """The terms of use, shown by `gnnrec data fetch`."""

    @abstractmethod
    def load(self) -> Interactions:
        """Fetch, check and parse: ids contiguous from 0, original ids kept.

        Raises:
            DataError: The data cannot be had or are damaged; the message names each place tried.
        """

    @classmethod
    def reading(cls, tables: Tables) -> Mapping[str, Any] | None:  # noqa: ARG003 - the fall-back reads none
        """The fields with which it reads tables that somebody has in Python (`gnnrec.run(recipe, data=frame)`).

        Args:
            tables: Files of Parquet, of `interactions`, `users`, `items`, and of relations by source type, name and
                target type.

        Returns:
            Fields that a recipe may set; None, as in the fall-back, where it reads no tables of others.

        Raises:
            ValueError: There are tables that it cannot read, or one is missing.
        """
        return None

    def available(self) -> tuple[Availability, ...]:
        """What can be loaded without a network, and from where. The fall-back knows of nothing."""
        return ()


class Filter(Component):
    """Says which interactions count, before anything is held out."""

    kind = "filters"

    @abstractmethod
    def apply(self, interactions: Interactions) -> Interactions:
        """The interactions that count: made by `interactions.keep(mask)`, which numbers the nodes that are left anew.

        Raises:
            DataError: What it looks at is not there (no times, no weights), or nothing is left.
        """

    @classmethod
    def proposed_for(cls, interactions: Interactions) -> Self | None:  # noqa: ARG003 - for those that override
        """The filter that a first recipe over these data has; None where it has none of this class."""
        return None


class FeatureEncoder(Component):
    """Turns a node table into numbers."""

    kind = "features"

    @abstractmethod
    def fit(self, table: pd.DataFrame, observed: Observed) -> Encoding:
        """Learn how to encode, from what training may know.

        Args:
            table: The nodes that are there in training: row i = node i of `observed`, with a column `user` or `item`.
            observed: All of train over these nodes; never anything held out.

        Returns:
            What encodes these rows, and new ones, as float32 [N, F] with F names.
        """

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> Encoding:
        """The encoding from its saved `state()`: arrays as they were, tuples as lists."""

    @classmethod
    def proposed_for(cls, column: pd.Series[Any]) -> Self | None:  # noqa: ARG003 - for those that override
        """The encoder that a first recipe has for a column of a node table; None where it is not for such columns."""
        return None


class Splitter(Component):
    """Divides interactions into train, val and test, and train into message and supervision edges."""

    kind = "split"

    seed: NonNegativeInt = 42
    """Rules the split and the evaluation negatives; the recipe's own `seed` does not touch them."""

    @abstractmethod
    def split(self, interactions: Interactions) -> Split:
        """Put each interaction into one part, and give each train one its use: message, supervision or both.

        Draws go by `gnnrec.data.draws`, so that no part hangs on the order of rows.

        Raises:
            DataError: What it looks at is not there (no times), or a part would be empty.
        """


class GraphBuilder(Component):
    """Lays out the graph that an encoder propagates over."""

    kind = "graph"

    @abstractmethod
    def build(self, observed: Observed) -> HeteroData:
        """Build a graph from what a phase may know, and from nothing else.

        Node types are `user`, `item` and those that relations lead to, each with `node_id` int64 [N] and, where
        `observed.features` has its type, `x` float32 [N, F]. Edge types are `(user, interacts, item)` and, reversed,
        `(item, rev_interacts, user)`; a behaviour is `(user, <its name>, item)`, a relation has its own edge type, and
        the reverse of each is called `rev_<name>`. Where edges have weights they are `edge_weight` float32 [E], none
        negative.

        Raises:
            DataError: What it looks at is not there, or a weight is negative.
        """


class NegativeSampler(Component):
    """Draws pairs that are taken for negatives in training."""

    kind = "negatives"

    ratio: PositiveInt = 1
    """How many negatives are drawn for each positive (R)."""

    corrupt: Literal["pair", "item"] = "item"
    """`pair` draws user and item; `item` keeps the positive's user (what ranking losses need)."""

    exclude: Literal["train", "all"] = "train"
    """Which positives a negative never is. `all` includes held-out ones and so leaks them: it warns."""

    @abstractmethod
    def build(self, observed: Observed, supervision: Edges, avoid: Edges, generator: Generator) -> nn.Module:
        """Return the sampler, an `nn.Module` so that its tables follow the model to a device.

        Args:
            observed: All of train, over the nodes that are there in training.
            supervision: The positives, over the same nodes.
            avoid: The pairs that a negative never is: `supervision` and everything else that is known.
            generator: For what is drawn before training.

        Its call `sampler(batch, generator, score=None)` gives `(users, items)`, each int64 [B, R], never a pair
        of `avoid`. `batch` is a `gnnrec.contract.training.Batch`; its `edge_ids` number the rows of `supervision`.
        `score` takes `(users, items)` and gives the model's scores, for samplers that look for hard negatives.

        Optional attributes of the module: `every`, one of `run`, `epoch` and `step` (taken where it is missing), says
        for how long an edge keeps its negatives, so that a trainer asks for all of them at once, and anew when that
        time is over. `needs_score = True`: in training `score` is always given.
        """


class Encoder(Component):
    """Turns a graph into user and item embeddings."""

    kind = "encoder"

    @property
    def hops(self) -> int | None:
        """How many layers of neighbours an embedding depends on: the field `layers`, or None where there is none."""
        hops: int | None = getattr(self, "layers", None)
        return hops

    def unread(self, edge_types: Sequence[EdgeType]) -> tuple[EdgeType, ...]:  # noqa: ARG002 - for those that override
        """Of a graph's edge types those that this encoder does not read; none is, unless an encoder says so.

        They are taken out of what it is given, and what is lost by that is said.
        """
        return ()

    @abstractmethod
    def build(self, graph: HeteroData) -> nn.Module:
        """Return a module whose `forward(graph)` gives user [U, D] and item [I, D], both float32.

        Embeddings of ids are looked up by `node_id`, so the same module runs on a sampled subgraph; of nodes that are
        marked there (`is_new`, bool [N]) training knew nothing: `gnnrec.graph.new_nodes.look_up` gives them the mean.
        Edges may have weights, `edge_weight` float32 [E]; an edge type may bear the degrees that count, `source_degree`
        [S] and `target_degree` [T]: those of the whole graph on a subgraph, those without new nodes where there are
        some. `gnnrec.graph.propagation.propagate_over` minds all of it. With full fan-outs the subgraph's answer for
        the seeds is the whole graph's.

        The module may also have:

        - `auxiliary_loss(graph, batch, generator)`, a scalar that is added to the loss in training; `batch.users` and
          `batch.items` are rows of `graph`. Without it nothing is added.
        - `initial_embeddings(graph)`, layer 0: node type to [N, D], of `user`, `item` and what else they hang on;
          `trainer.l2` weighs the rows of these two.
        - `propagate_layer(graph, layer, tables)`, one layer (from 0) of `forward`: node type to [N, D], to those of the
          next, without changing them; `num_layers`, how many there are (K); and `combine_layers(tables)`, the
          K + 1 layers' tables [N, D] of one node type to the final one, without which the last is taken. With these
          and `initial_embeddings`, inference on a large graph goes layer by layer in blocks of nodes, and new users and
          items are folded in by the rows of theirs alone; otherwise the whole graph is encoded at once, and for each
          new node once more.
        - `fold_in(graph, histories)`, user [B, D] for users of whom only their items are known, where it knows better.
        """


class Decoder(Component):
    """Turns a pair of embeddings into a score."""

    kind = "decoder"

    @abstractmethod
    def build(self, channels: int) -> nn.Module:
        """Return a module with two methods that agree, for embeddings of `channels` dimensions.

        `forward(user [E, D], item [E, D])` gives scores [E]; `score_all(user [B, D], item [I, D])` gives [B, I].
        Optional: `score_pairs(user [U, D], item [I, D], edge_label_index [2, P])` gives [P] without copying
        embeddings per pair; where it is missing, pairs are gathered and handed to `forward`. And `over_items(item)`
        gives what takes user [B, D] to [B, I] as `score_all` does, once what hangs on items alone is done.
        """


class Loss(Component):
    """Compares positives with what is taken for negative."""

    kind = "loss"

    listwise: ClassVar[bool] = False
    """False: called with (positive [B], negative [B, R]). True: with all scores [B, I] of some users and positives
    int64 [2, P] (row of the scores, item); then a recipe has no negatives. A listwise loss is a mean over positives, so
    that users can be scored in blocks; in validation, items that a user has seen score -inf."""

    batchwise: ClassVar[bool] = False
    """True: called with a `gnnrec.contract.training.EmbeddedBatch`, positives and the embeddings of their users and
    items; then a recipe has no negatives, and its decoder, which training does not ask, no weights. In validation it is
    given held-out positives in batches of 4,096, drawn once."""

    @classmethod
    def takes_negatives(cls) -> bool:
        """Whether a recipe with it has negatives: a loss that is neither listwise nor batchwise is pairwise."""
        return not (cls.listwise or cls.batchwise)

    @abstractmethod
    def build(self) -> Callable[..., Tensor]:
        """Return the loss: a callable that gives a scalar to minimise."""


class Trainer(Component):
    """Fits a model; knows neither metrics nor printing."""

    kind = "trainer"

    epochs: PositiveInt = 100
    """How many times the supervision edges are gone through at the most."""

    monitor: str = "loss"
    """The validation metric that chooses the epoch: `loss` is minimised, everything else maximised."""

    replays: ClassVar[bool] = False
    """True: `fit` knows what to do with `task.replay`, so that a model can be fitted anew on more data (`refit`)."""

    checkpoint_seconds: Annotated[float, Field(ge=0)] = 20.0
    """Seconds between checkpoints, from which an interrupted run is resumed; 0 writes one whenever it can be done."""

    @property
    def sampled_hops(self) -> int | None:
        """How many layers of neighbours are sampled around a batch; None where the whole graph is propagated over."""
        return None

    @abstractmethod
    def fit(self, task: TrainingTask) -> Fit:
        """Train `task.model` and leave it with the weights of the best epoch by `monitor`.

        Calls `task.validate(model, epoch)` after each epoch and `task.epoch_ended(record)` with what it gave. Takes its
        randomness from `task.streams` alone. Starts from `task.checkpoints.restore()` where that is something, and
        where `task.checkpoints.due()` saves all that going on from there needs, so that a resumed run equals an
        uninterrupted one. With `replays`, a task with `replay` goes through these epochs again instead.
        """


class Scorer(Component):
    """A closed-form recommender; takes the place of graph, negatives, encoder, decoder, loss and trainer."""

    kind = "scorer"

    stored: ClassVar[bool] = False
    """True: what was fitted is saved with the run and `restore` reads it. False: it is fitted again on load."""

    deterministic: ClassVar[bool] = True
    """True: the run's seed does not change what is fitted, so that one seed stands for all."""

    @abstractmethod
    def fit(self, observed: Observed, generator: Generator) -> nn.Module:
        """Fit on `observed`, all of train, and return the scorer.

        Its `forward(histories)` takes a sparse CSR float32 [B, I], a one for each item that a user knows, and gives
        scores float32 [B, I] in fresh memory; so a user it has never seen is scored like any other. What it learned
        is in its buffers.
        """

    def restore(self, state: Mapping[str, Tensor]) -> nn.Module:
        """The fitted scorer from its saved `state_dict`; asked only where `stored`."""
        raise NotImplementedError(f"scorer '{self.name}' is stored but has no restore")


class Metric(Component):
    """Judges the top of users' rankings."""

    kind = "metric"

    @abstractmethod
    def measure(self, lists: RankedLists, catalogue: Catalogue) -> Tensor:
        """A value per user, float32 [Q], which is averaged over users; or one value for all lists together, a scalar.

        `lists` holds k recommended items of each of Q users, and which of them are relevant.
        """


CONTRACTS: dict[str, type[Component]] = {
    contract.kind: contract
    for contract in (
        Dataset,
        Filter,
        FeatureEncoder,
        Splitter,
        GraphBuilder,
        NegativeSampler,
        Encoder,
        Decoder,
        Loss,
        Trainer,
        Scorer,
        Metric,
    )
}
"""Every kind of component, in the order in which a recipe names them."""

Fraction = Annotated[float, Field(gt=0, lt=1)]
"""A share of a whole, both ends excluded."""
