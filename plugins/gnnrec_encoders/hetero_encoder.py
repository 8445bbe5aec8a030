"""What encoders of any graph have in common: which node types they know by what, and which edges they read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import PositiveFloat, PositiveInt

from gnnrec import Encoder, Tuned
from gnnrec_encoders.embedding_memory import MEMORY_FOR
from gnnrec_encoders.interactions import WEIGHED_IN_THE_GRAPH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch_geometric.data import HeteroData

    from gnnrec.data.edges import EdgeType


class HeteroEncoder(Encoder):
    """Layers of convolutions over every node and edge type.

    Layer 0 is the sum of a linear map of the features and an embedding of the id.
    """

    instead: ClassVar[Mapping[str, str]] = WEIGHED_IN_THE_GRAPH
    memory_for: ClassVar[str] = MEMORY_FOR

    channels: Annotated[PositiveInt, Tuned(16, 256, log=True)] = 64
    """Size of every embedding (D)."""

    layers: Annotated[PositiveInt, Tuned(1, 3)] = 2
    """How many convolutions, and so how many hops an embedding sees."""

    features: bool = True
    """Use the features of node types that have some."""

    id_embeddings: bool = True
    """Learn an embedding for each node. An item without one is known by its features and edges alone, and so a new one
    as well as an old one."""

    id_types: tuple[str, ...] | None = None
    """The node types that get such embeddings; all where it is left out."""

    without: tuple[str, ...] = ()
    """Names of edge types that are not read. Without `interacts` items hear nothing of who took them, and a new item,
    which nobody took yet, is embedded as the old ones are."""

    init_std: Annotated[PositiveFloat, Tuned(0.01, 1.0, log=True)] = 1.0
    """Standard deviation of the initial embeddings of ids."""

    def unread(self, edge_types: Sequence[EdgeType]) -> tuple[EdgeType, ...]:
        """Those that the recipe leaves out, and those that end farther from users and items than there are layers.

        Raises:
            UsageError: What the recipe leaves out is not there.
        """
        from gnnrec import UsageError
        from gnnrec.errors import suggestion
        from gnnrec_encoders.hetero_module import needed_types

        names = [name for _, name, _ in edge_types]
        for name in self.without:
            if name not in names:
                raise UsageError(f"encoder.without: the graph has no edges '{name}'{suggestion(name, names)}")
        read = self._read(edge_types)
        heard = set().union(*needed_types(read, self.layers)[1:])
        return tuple(each for each in edge_types if each not in read or each[2] not in heard)

    def _sizes(self, graph: HeteroData) -> tuple[dict[str, int], dict[str, int]]:
        """`num_features` and `num_embeddings` of a graph.

        Raises:
            UsageError: A node type would have neither features nor id embeddings, or one that is named is not there.
        """
        from gnnrec_encoders.node_embeddings import sizes

        kinds = graph.node_types
        return sizes(graph, features=kinds if self.features else (), ids=self._known_by_id(kinds), encoder=self.name)

    def _read(self, edge_types: Sequence[EdgeType]) -> list[EdgeType]:
        return [each for each in edge_types if each[1] not in self.without]

    def _known_by_id(self, kinds: Sequence[str]) -> Sequence[str]:
        """The node types that get an embedding per id."""
        if not self.id_embeddings:
            return ()
        if self.id_types is None:
            return kinds
        from gnnrec import UsageError
        from gnnrec.errors import suggestion

        for kind in self.id_types:
            if kind not in kinds:
                raise UsageError(f"encoder.id_types: the graph has no {kind} nodes{suggestion(kind, kinds)}")
        return self.id_types
