"""Drawing pairs that are no interaction of Gowalla, against `torch_geometric.utils.negative_sampling`.

The time is that of one pair which is verified: each that comes back is looked up afterwards, outside of the time, and
none may be known. gnnrec looks at the known pairs once, when a sampler is built, and torch_geometric at each call; so
both are measured, drawing again and again, and the first draw with all that comes before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch_geometric.utils import negative_sampling

from benchmarks.data import gowalla
from benchmarks.harness import OURS, Measurement, seconds_of, take_turns
from gnnrec.graph.pair_sampling import UnknownPairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    Draw = Callable[[], Tensor]

ROUNDS, QUICK_ROUNDS = 11, 5

PEER = "negative_sampling"


def measure(quick: bool) -> Iterator[Measurement]:
    """The time of a verified negative, as many at once as there are interactions."""
    rounds, known = QUICK_ROUNDS if quick else ROUNDS, gowalla("train")
    edge_index = torch.stack([torch.from_numpy(known.users), torch.from_numpy(known.items)])
    size, count = (known.num_users, known.num_items), len(known)
    generator, sampler = torch.Generator().manual_seed(0), UnknownPairs(known)
    keys = torch.from_numpy(known.keys).sort().values

    def drawn() -> Tensor:
        return torch.stack(sampler.draw_pairs((count,), generator))

    def built() -> Tensor:
        return torch.stack(UnknownPairs(known).draw_pairs((count,), generator))

    def theirs() -> Tensor:
        found: Tensor = negative_sampling(edge_index, size, count)
        return found

    def verified(draw: Draw) -> Callable[[], float]:
        def each() -> float:
            pairs: list[Tensor] = []
            seconds = seconds_of(lambda: pairs.append(draw()))()
            asked = pairs[0][0] * size[1] + pairs[0][1]
            at = torch.searchsorted(keys, asked).clamp_(max=len(keys) - 1)
            if (keys[at] == asked).any():
                raise ArithmeticError("a pair that was drawn is known")
            return seconds / len(asked)

        return each

    for what, ours in (("a pair, drawing again", drawn), ("a pair, with building the sampler", built)):
        samples = take_turns({OURS: verified(ours), PEER: verified(theirs)}, rounds)
        yield Measurement.of(what, "ns", samples, per=1e-9)
