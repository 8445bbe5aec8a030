"""EDLAE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, PositiveFloat

from gnnrec import Scorer, Tuned

if TYPE_CHECKING:
    from torch import Generator, nn

    from gnnrec import Observed
    from gnnrec.data.size import Size


class EDLAE(Scorer):
    """EDLAE: EASE trained with dropout on its input, emphasised on what was dropped, in closed form (Steck 2020).

    A history of which a share `dropout` is hidden predicts the hidden part, in the limit of all such draws: EASE with
    the penalty l2 + dropout / (1 - dropout) · n_i on what item i of n_i interactions gives. Memory and time are EASE's.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    memory_for: ClassVar[str] = "a dense matrix of items by items; scorer sansa takes a sparse one"

    name: Literal["edlae"] = "edlae"

    l2: Annotated[PositiveFloat, Tuned(50.0, 1000.0, log=True)] = 150.0
    """Weight of the squared entries of B, of all items alike (λ of the paper)."""

    dropout: Annotated[float, Field(ge=0, lt=1), Tuned(0.0, 0.6)] = 0.2
    """Share of a history that is hidden (p of the paper): more holds popular items back; 0 is EASE."""

    def memory(self, size: Size) -> int:
        """See `block_memory.memory_of_autoencoder`."""
        from gnnrec_scorers.block_memory import memory_of_autoencoder

        return memory_of_autoencoder(size)

    def fit(self, observed: Observed, generator: Generator) -> nn.Module:  # noqa: ARG002 - nothing is drawn
        """See `autoencoder.fit_autoencoder`.

        Raises:
            UsageError: `l2` is too small for float32.
        """
        from gnnrec_scorers.autoencoder import fit_autoencoder

        return fit_autoencoder(self.name, observed.edges, self.l2, self.dropout)
