"""A trained recommender's network: an encoder and a decoder, joined."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from gnnrec.errors import ContractError
from gnnrec.modelling.layerwise import check_layers, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch_geometric.data import HeteroData

    from gnnrec.contract.kinds import Decoder, Encoder


class Model(nn.Module):
    """Scores pairs: encode the graph, then decode each pair.

    Args:
        encoder: See `Encoder.build`.
        decoder: See `Decoder.build`.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    @classmethod
    def build(cls, encoder: Encoder, decoder: Decoder, graph: HeteroData) -> Model:
        """Build both from their components; one pass over `graph` tells how many channels there are.

        Raises:
            ContractError: The encoder's output is not user [U, D] and item [I, D], float32, or its layers take
                something else than they are given.
        """
        module = encoder.build(graph)
        check_layers(module, encoder.name)
        module.eval()
        output: object = encode(module, graph)
        module.train()
        wanted = (graph["user"].num_nodes, graph["item"].num_nodes)
        if (
            not isinstance(output, tuple)
            or tuple(len(part) for part in output) != wanted
            or any(part.dim() != 2 or part.dtype != torch.float32 for part in output)  # noqa: PLR2004
            or output[0].size(1) != output[1].size(1)
        ):
            got = (
                ", ".join(f"{part.dtype} {list(part.shape)}" for part in output)
                if isinstance(output, tuple) and all(isinstance(part, Tensor) for part in output)
                else type(output).__name__
            )
            raise ContractError(
                f"encoder '{encoder.name}' must give user [{wanted[0]}, D] and item [{wanted[1]}, D], "
                f"both float32; got {got}"
            )
        return cls(module, decoder.build(output[0].size(1)))

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return next((parameter.device for parameter in self.parameters()), torch.device("cpu"))

    def forward(self, graph: HeteroData, wanted: Tensor) -> Tensor:
        """Propagate over `graph`, then score.

        Args:
            graph: What is propagated over.
            wanted: Pairs int64 [2, P] (row 0 users, row 1 items), or users int64 [B] whose every item is scored.

        Returns:
            float32 [P], or [B, I].
        """
        user, item = self.encoder(graph)
        return self.score_all(user[wanted], item) if wanted.dim() == 1 else self.score_pairs(user, item, wanted)

    def score_all(self, user: Tensor, item: Tensor) -> Tensor:
        """Score every item for encoded users: user [B, D], item [I, D] → float32 [B, I]."""
        scores: Tensor = cast("Any", self.decoder).score_all(user, item)
        return scores

    def over_items(self, item: Tensor) -> Callable[[Tensor], Tensor]:
        """What takes encoded users [B, D] to the scores of these items, float32 [B, I], as `score_all` does."""
        own = getattr(self.decoder, "over_items", None)
        scored: Callable[[Tensor], Tensor] = partial(self.score_all, item=item) if own is None else own(item)
        return scored

    def score_pairs(self, user: Tensor, item: Tensor, edge_label_index: Tensor) -> Tensor:
        """Score pairs of encoded nodes, by the decoder's own `score_pairs` where it has one: float32 [P]."""
        score_pairs = getattr(self.decoder, "score_pairs", None)
        if score_pairs is not None:
            scores: Tensor = score_pairs(user, item, edge_label_index)
        else:
            scores = self.decoder(user[edge_label_index[0]], item[edge_label_index[1]])
        return scores
