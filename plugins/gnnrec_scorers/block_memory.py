"""What scorers take that go through all pairs of items in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnnrec.data.size import RANKED_CELLS

if TYPE_CHECKING:
    from gnnrec.data.size import Size

BLOCK_CELLS = 2**21
"""Size of the dense matrices held at once, [users, items of a block] and [all items, items of a block]: 8 MiB."""

BLOCKS = 4 * 4 * BLOCK_CELLS
"""Bytes of such matrices: of users, of items, as they are transposed, and what is made of them."""

ROWS = 1024
"""Rows [I] that are held beside a matrix that is inverted."""

PAIR = 64
"""Bytes of a pair of items at the most: as it is found, sorted, and kept."""


def memory_of_autoencoder(size: Size) -> int:
    """Bytes of `autoencoder.fit_autoencoder` at its peak: one float32 matrix [I, I] that is inverted in its own memory.

    Through users: three float64 matrices [U, U], and a float32 one [I, U].
    """
    if fits_through_users(size.users, size.items):
        return 4 * size.users * (6 * size.users + size.items) + BLOCKS
    return 4 * size.items * (size.items + ROWS) + BLOCKS


def fits_through_users(users: int, items: int) -> bool:
    """Whether a system of users by users takes less memory than one of items by items: from about 3 items a user on."""
    return users * (6 * users + items) < items**2


def memory_of_nearest(size: Size, neighbours: int) -> int:
    """Bytes of `item_similarity.nearest`, and of the `ItemSimilarity` that is made of it, at their peak.

    There are no more pairs than neighbours are asked for, and hardly more than users make: d² each, of d interactions.
    """
    made = size.interactions**2 // size.users
    return PAIR * min(size.items * min(neighbours, size.items), made) + BLOCKS


def memory_of_neighbours(size: Size) -> int:
    """Bytes of a `UserKNNModule`: every interaction twice, and cosines of as many histories as are ranked at once."""
    return 48 * size.interactions + 3 * 4 * size.users * min(size.users, max(1, RANKED_CELLS // size.items))


def memory_of_spectrum(size: Size, rank: int) -> int:
    """Bytes of `spectrum.leading` at its peak, and of the graph and the block of users that are filtered."""
    from gnnrec_scorers.spectrum import columns_of

    columns = columns_of(rank, size.users, size.items)
    subspace = 4 * columns * (6 * size.items + 2 * size.users)
    return subspace + PAIR * size.interactions + 4 * 4 * RANKED_CELLS
