"""A distribution drawn with bars of block characters, or of signs that every terminal has."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnnrec.data.bins import Bins

EIGHTHS = " ▏▎▍▌▋▊▉█"
"""From nothing to a whole block."""

PLAIN = "#"


def draw(bins: Bins, width: int, *, blocks: bool) -> list[str]:
    """A line for each bin: its bounds, a bar, and how many there are.

    Args:
        bins: What is drawn.
        width: Of the longest bar, in characters.
        blocks: Whether block characters can be shown.

    >>> from gnnrec.data.bins import Bins
    >>> import numpy as np
    >>> draw(Bins(((1, 1), (2, 9)), np.array([0, 0, 1])), 4, blocks=False)
    ['     1  ####  2', '2 to 9  ##    1']
    """
    sizes = bins.sizes.tolist()
    bars = [_bar(size / max(sizes), width, blocks=blocks) for size in sizes]
    counts = [f"{size:,}" for size in sizes]
    left, right = (max(map(len, column)) for column in (bins.labels, counts))
    rows = zip(bins.labels, bars, counts, strict=True)
    return [f"{label.rjust(left)}  {bar.ljust(width)}  {count.rjust(right)}" for label, bar, count in rows]


def beside(left: Sequence[str], right: Sequence[str], gap: int = 4) -> list[str]:
    """Two texts beside each other, by lines."""
    width = max(map(len, left))
    count = max(len(left), len(right))
    padded = [[*each, *[""] * (count - len(each))] for each in (left, right)]
    return [f"{one.ljust(width + gap)}{two}".rstrip() for one, two in zip(*padded, strict=True)]


def has_blocks() -> bool:
    """Whether what is printed may hold block characters."""
    try:
        EIGHTHS.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _bar(share: float, width: int, *, blocks: bool) -> str:
    """What is there at all is seen."""
    if not blocks:
        return PLAIN * max(1, round(share * width))
    eighths = max(1, round(share * width * 8))
    return EIGHTHS[-1] * (eighths // 8) + EIGHTHS[eighths % 8].strip()
