"""An encoder, a decoder and a negative sampler for gnnrec. Importing them imports no torch: listing stays light."""

from typing import TYPE_CHECKING, Annotated, Literal

from gnnrec import Decoder, Encoder, Fraction, NegativeSampler, Tuned, UsageError, hookimpl
from pydantic import Field, PositiveInt

if TYPE_CHECKING:
    from gnnrec import Edges, Observed
    from torch import Generator, nn
    from torch_geometric.data import HeteroData


class APPNP(Encoder):
    """Personalised PageRank over embeddings of ids: propagation that teleports home (Gasteiger et al. 2019)."""

    name: Literal["appnp"] = "appnp"
    channels: PositiveInt = 64
    """Size of every embedding (D)."""
    layers: PositiveInt = 4
    """How many times embeddings are propagated (K), and so how many hops one sees."""
    alpha: Annotated[Fraction, Tuned(0.05, 0.5)] = 0.2
    """Share of a node's own embedding in every layer, the teleport probability."""

    def build(self, graph: "HeteroData") -> "nn.Module":
        from gnnrec_example.modules import PageRank

        if ("item", "rev_interacts", "user") not in graph.edge_types:
            raise UsageError("appnp propagates both ways; set graph.reverse: true")
        return PageRank(graph["user"].num_nodes, graph["item"].num_nodes, self.channels, self.layers, self.alpha)


class GMF(Decoder):
    """Generalised matrix factorisation: an inner product with a weight for each channel (He et al. 2017)."""

    name: Literal["gmf"] = "gmf"

    def build(self, channels: int) -> "nn.Module":
        from gnnrec_example.modules import WeightedProduct

        return WeightedProduct(channels)


class Mixed(NegativeSampler):
    """Mixed negative sampling: popular items, as a batch would hold them, and uniform ones (Yang et al. 2020)."""

    name: Literal["mixed"] = "mixed"
    corrupt: Annotated[Literal["item"], Field(description="A negative keeps its positive's user.")] = "item"
    uniform: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of uniform draws."""

    def build(self, observed: "Observed", supervision: "Edges", avoid: "Edges", generator: "Generator") -> "nn.Module":
        from gnnrec_example.modules import MixedNegatives

        return MixedNegatives(observed.edges, avoid, self.ratio, self.uniform)


@hookimpl
def gnnrec_components() -> tuple[type, ...]:
    return (APPNP, GMF, Mixed)
