"""Accidents that befall files: hypothesis makes them up."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

STRAY = (
    b'"',
    b"'",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\r",
    b"\r\n",
    b"\n",
    b",",
    b"\t",
    b'\\"',
    b"::",
    b"\x1f",
    b"  ",
    b"\xe9",
)
"""What gets in between."""

WRONG = (
    b"nan",
    b"\\N",
    b"1e400",
    b"99999999999999999999",
    b"true",
    b"1.70E+09",
    b"-0",
    b"007",
    b"2024-01-01",
    b"x",
    b"",
)
"""What stands where something else should."""

NEWLINES = (b"\r", b"\r\n", b"\n\n", b"")


@st.composite
def damaged(draw: st.DrawFn, whole: bytes, replaced: Sequence[bytes]) -> bytes:
    """A file after one to four accidents.

    Args:
        draw: Hypothesis'.
        whole: What it was.
        replaced: Words in it, in whose place something wrong may come.
    """
    content = whole
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        kind = draw(st.sampled_from(["cut", "flip", "stray", "wrong", "loss", "newlines"]))
        if kind == "cut":
            content = content[:at]
        elif kind == "flip":
            flipped = bytes(each ^ 1 << draw(st.integers(0, 7)) for each in content[at : at + 1])
            content = content[:at] + flipped + content[at + 1 :]
        elif kind == "stray":
            content = content[:at] + draw(st.sampled_from(STRAY)) * draw(st.sampled_from([1, 2, 50])) + content[at:]
        elif kind == "wrong":
            content = content.replace(draw(st.sampled_from(replaced)), draw(st.sampled_from(WRONG)))
        elif kind == "loss":
            content = content[:at] + content[at + draw(st.integers(1, 30)) :]
        else:
            content = content.replace(b"\n", draw(st.sampled_from(NEWLINES)))
    return content


@st.composite
def damaged_text(draw: st.DrawFn, whole: str, replaced: Sequence[bytes]) -> bytes:
    """A file of text, perhaps in another encoding and packed, after accidents; see `damaged`."""
    content = whole.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-16", "utf-32"])))
    if draw(st.booleans()):
        content = gzip.compress(content, mtime=0)
    return draw(damaged(content, replaced))
