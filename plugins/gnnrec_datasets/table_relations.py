"""What a recipe may say of a relation that stands in a file: who trusts whom, what belongs to what."""

from __future__ import annotations

from gnnrec.contract.component import Part
from gnnrec_datasets.table_words import Text, Word


class RelationFile(Part):
    """A file with a row per edge: its first column says from where, its second to where."""

    path: Text
    """The file; of any kind that the file of interactions may be."""

    source: Word
    """The type of the nodes in its first column: `user`, `item`, or the target of a relation before it."""

    name: Word
    """What it says: `trusts`, `has_tag`."""

    target: Word
    """The type of the nodes in its second column."""

    weight: Text | None = None
    """The column of weights, if they matter; it needs a header."""

    header: bool = True
    """Whether the first line of a text file names the columns."""
