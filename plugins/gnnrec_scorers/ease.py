"""EASE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import PositiveFloat

from gnnrec import Scorer, Tuned

if TYPE_CHECKING:
    from torch import Generator, nn

    from gnnrec import Observed
    from gnnrec.data.size import Size


class EASE(Scorer):
    """EASE: the linear autoencoder over items without self-similarity, in closed form (Steck 2019, equation 8).

    B = -P / diag(P) with a zero diagonal, P = (XᵀX + l2 · 1)⁻¹; scores are X B. It holds one float32 matrix [I, I] and
    takes time by I³: 0.4 GB and seconds for 10,000 items, 6.7 GB and many minutes for 41,000. Where users are fewer
    than a third of the items it is solved through them, to the same B: in a moment where they are hundreds.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    memory_for: ClassVar[str] = "a dense matrix of items by items; scorer sansa takes a sparse one"

    name: Literal["ease"] = "ease"

    l2: Annotated[PositiveFloat, Tuned(50.0, 1000.0, log=True)] = 200.0
    """Weight of the squared entries of B (λ of the paper): more where there is less data for each item."""

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

        return fit_autoencoder(self.name, observed.edges, self.l2)
